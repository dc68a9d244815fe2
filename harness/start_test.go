package harness_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/harness"
	"github.com/pertask/pertask/internal/golden"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
)

const proxy = "http://127.0.0.1:18081/t/x/"

// job is a job of a task for an arm whose main model is at an upstream.
func job(upstream string, settings ...arm.Setting) trial.Job {
	r := trial.Route{Upstream: upstream, BaseURL: proxy + upstream, Token: "ptk_0123456789abcdef", Provider: upstream, URLs: map[string]string{}}
	for _, u := range meter.DefaultUpstreams() {
		r.URLs[u.Name] = proxy + u.Name
	}
	r.URLs[upstream] = r.BaseURL
	return trial.Job{
		Slot: trial.Slot{Task: "t", Arm: trial.Base}, Task: suite.Task{ID: "t", Prompt: "Fix the {token} test.\n"},
		Arm: arm.Arm{}.With(settings...), Workspace: "/trial/work", Home: "/trial/home", Settings: "/trial/settings", Route: r,
	}
}

func set(key arm.Key, value string) arm.Setting { return in(arm.MainSlot, key, value) }

func in(slot string, key arm.Key, value string) arm.Setting {
	return arm.Setting{Slot: slot, Key: key, Value: value}
}

// show prints a process.
func show(p trial.Process) string {
	var b strings.Builder
	for _, arg := range p.Argv {
		fmt.Fprintf(&b, "arg %q\n", arg)
	}
	for _, entry := range p.Env {
		fmt.Fprintf(&b, "env %s\n", entry)
	}
	if p.Stdin != "" {
		fmt.Fprintf(&b, "stdin %q\n", p.Stdin)
	}
	for _, path := range slices.Sorted(maps.Keys(p.Files)) {
		fmt.Fprintf(&b, "\n%s:\n%s\n", path, strings.TrimSuffix(string(p.Files[path]), "\n"))
	}
	return b.String()
}

// values has a value for every setting that some agent takes.
var values = map[string]string{
	"model": "m-1", "effort": "high", "service_tier": "flex", "temperature": "0.7", "max_output_tokens": "4096",
	"thinking_budget": "1024", "haiku.model": "h-1", "sonnet.model": "so-1", "opus.model": "o-1", "subagent.model": "sub-1", "verbosity": "low", "small.model": "s-1",
	"small.effort": "low", "small.max_output_tokens": "512", "small.temperature": "0.1",
}

// full is a job with every setting that the agent takes at the upstream.
func full(t *testing.T, a harness.Agent, upstream string) (trial.Job, error) {
	t.Helper()
	takes, err := harness.Takes(a, job(upstream).Route)
	var settings []arm.Setting
	for _, name := range takes {
		value, ok := values[name]
		if !ok {
			t.Errorf("%s takes %s, which the test has no value for", a.Name, name)
		}
		slot, key, isOther := strings.Cut(name, ".")
		if !isOther {
			slot, key = arm.MainSlot, name
		}
		settings = append(settings, in(slot, arm.Key(key), value))
	}
	return job(upstream, settings...), err
}

// TestProcesses shows what every agent is given at every upstream: everything that it takes, and only a model.
func TestProcesses(t *testing.T) {
	upstreams := []string{"own-server"}
	for _, u := range meter.DefaultUpstreams() {
		upstreams = append(upstreams, u.Name)
	}
	slices.Sort(upstreams)
	for _, a := range harness.Descriptions() {
		h := harness.All()[a.Name]
		var b strings.Builder
		for _, upstream := range upstreams {
			whole, err := full(t, a, upstream)
			if err != nil {
				fmt.Fprintf(&b, "## %s: refused\n%v\n\n", upstream, err)
				continue
			}
			p, err := h.Start(whole)
			if err != nil {
				t.Errorf("%s at %s: %v", a.Name, upstream, err)
			}
			fmt.Fprintf(&b, "## %s\n%s\n", upstream, show(p))
		}
		p, err := h.Start(job(slices.Concat(a.Speaks[0].Upstreams, []string{home(a)})[0], set(arm.Model, "m-1")))
		if err != nil {
			t.Errorf("%s: %v", a.Name, err)
		}
		fmt.Fprintf(&b, "## only a model\n%s", show(p))
		golden.Check(t, "testdata/processes/"+a.Name+".txt", b.String())
	}
}

// home is an upstream that the agent speaks to.
func home(a harness.Agent) string {
	for _, u := range meter.DefaultUpstreams() {
		if _, err := harness.Takes(a, job(u.Name).Route); err == nil {
			return u.Name
		}
	}
	return ""
}

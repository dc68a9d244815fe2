package proposal_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/review/proposal"
)

const (
	conf = ".github/pertask.yml"
	flow = ".github/workflows/pertask.yml"
	su   = "evals/suite.yaml"
)

const suiteText = `name: tickets
harness: prompt
tasks:
  - {id: a, prompt: "Which team?", grade: {equals: billing}}
  - {id: b, prompt: "Which team?", grade: {equals: billing}}
  - {id: c, prompt: "Which team?", grade: {equals: sales}}
`

// files is a head that adds a good configuration, with changes; a file without a text is taken away.
func files(changes map[string]string) fstest.MapFS {
	tree := fstest.MapFS{}
	for name, text := range map[string]string{
		conf: "version: 1\nsuite: evals/suite.yaml\nmodels: [{path: config/agent.yaml, model: $.coder.model}]\n", su: suiteText, "config/agent.yaml": "coder:\n  model: gpt-5.4\n",
	} {
		tree[name] = &fstest.MapFile{Data: []byte(text)}
	}
	for name, text := range changes {
		if tree[name] = (&fstest.MapFile{Data: []byte(text)}); text == "" {
			delete(tree, name)
		}
	}
	return tree
}

func look(changes map[string]string, with ...string) proposal.Proposal {
	in := proposal.Input{Tree: files(changes), Path: conf, Book: price.Embedded(), At: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
	if with != nil {
		k := meter.KeysFromEnv(func(name string) string {
			for _, w := range with {
				if name == w {
					return "sk-secret"
				}
			}
			return ""
		}, meter.DefaultUpstreams())
		in.Keys = &k
	}
	return proposal.Look(in)
}

// text is everything that a proposal says.
func text(p proposal.Proposal) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", p.Reason.Code, p.Reason.Text)
	for _, f := range p.Findings {
		fmt.Fprintf(&b, "%s: %s\n", f.Code, f.Text)
	}
	for _, n := range p.Next {
		fmt.Fprintf(&b, "next: %s\n", n)
	}
	return b.String()
}

func TestWhatIsGood(t *testing.T) {
	got := text(look(nil, "OPENAI_API_KEY"))
	for _, want := range []string{
		"config-added: This pull request adds `.github/pertask.yml`. ", "they count from the next pull request on.\n",
		"head-config: The configuration can be read: mode `report`, at most $10.00 a check, and a forecast above $3.00 waits for a person.\n",
		"head-suite: The suite `tickets` can be read: 3 tasks, `", " Measuring a change would cost about $",
		"head-settings: Model settings that will be watched: `model` is `gpt-5.4` in `config/agent.yaml:2`.\n",
		"head-key: Trials will need the key `OPENAI_API_KEY`, which this check has.\n",
		"next: Merge this. ",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in:\n%s", want, got)
		}
	}
	if w := look(nil).Watched; len(w) != 1 || w[0] != "config/agent.yaml" {
		t.Errorf("watched %q", w)
	}
	if strings.Contains(got, "head-error") || strings.Contains(got, "head-warning") || strings.Contains(got, "sk-secret") {
		t.Errorf("%s", got)
	}
}

func TestWhatIsWrong(t *testing.T) {
	for _, tt := range []struct {
		name    string
		changes map[string]string
		want    []string
		not     string
	}{
		{"a mistake in the configuration", map[string]string{conf: "version: 1\nrnu: {}\n"},
			[]string{"head-error: `.github/pertask.yml:2:1`: unknown key \"rnu\", did you mean \"run\"?", "next: Put right what the findings name"}, "can be read"},
		{"no suite", map[string]string{conf: "version: 1\n"}, []string{"head-warning: `.github/pertask.yml`: no suite is configured", "next: Write a suite and name it under `suite` in `.github/pertask.yml`", "next: Merge this."}, "head-suite"},
		{"a suite that is not there", map[string]string{su: ""}, []string{"head-error: `evals/suite.yaml`: ", "Trials will need the key `OPENAI_API_KEY`"}, "Merge this"},
		{"a mistake in the suite", map[string]string{su: strings.Replace(suiteText, "prompt\n", "promt\n", 1)}, []string{"head-error: `evals/suite.yaml:2:10`: "}, "Merge this"},
		{"a settings file that cannot be read", map[string]string{"config/agent.yaml": "coder: [\n"}, []string{"head-error: `config/agent.yaml:"}, "Merge this"},
		{"no settings", map[string]string{"config/agent.yaml": ""}, []string{"head-warning: `.github/pertask.yml`: no model setting is found"}, "head-settings"},
		{"a suite that is too small", map[string]string{conf: "version: 1\nsuite: evals/suite.yaml\nrun: {max_trials: 2}\n"}, []string{"head-error: `.github/pertask.yml:3:19`: max_trials: 2 trials"}, "Merge this"},
		{"a workflow without a permission", map[string]string{flow: "on: pull_request\npermissions: {contents: read}\njobs: {a: {steps: [{uses: pertask/pertask@v1}]}}\n"},
			[]string{"head-error: `.github/workflows/pertask.yml:2:14`: the permissions lack pull-requests: write"}, "Merge this"},
		{"no price", map[string]string{"config/agent.yaml": "coder: {model: mystery-1}\n"}, []string{"What measuring a change would cost is not known"}, "head-key"},
		{"more than is done unasked", map[string]string{conf: "version: 1\nsuite: evals/suite.yaml\nmodels: [{path: config/agent.yaml, model: $.coder.model}]\nrun: {auto_run_below: 0}\n"},
			[]string{"that may be more than `run.auto_run_below`, and then a person is asked first."}, "head-error"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := text(look(tt.changes))
			for _, want := range tt.want {
				if !strings.Contains(got, want) {
					t.Errorf("no %q in:\n%s", want, got)
				}
			}
			if strings.Contains(got, tt.not) {
				t.Errorf("there is %q in:\n%s", tt.not, got)
			}
		})
	}
}

func TestKeys(t *testing.T) {
	mine := map[string]string{conf: "version: 1\nsuite: evals/suite.yaml\nmodels: [{path: config/agent.yaml, model: $.coder.model}]\n" +
		"upstreams: [{name: openai, provider: openai, url: 'https://gate.example.com/v1', auth: bearer, key_env: GATE}]\n"}
	for _, tt := range []struct {
		name    string
		changes map[string]string
		with    []string
		want    string
	}{
		{"it is there", nil, []string{"OPENAI_API_KEY"}, "`OPENAI_API_KEY`, which this check has."},
		{"it is not there", nil, []string{"ANTHROPIC_API_KEY"}, "`OPENAI_API_KEY`, which this check does not have"},
		{"nothing can be known", nil, nil, "`OPENAI_API_KEY`. Whether there is one cannot be seen"},
		// The head must not find out what else the environment of the check holds.
		{"a name of the head's own", mine, []string{"GATE"}, "`GATE`. Whether there is one cannot be seen"},
	} {
		got := text(look(tt.changes, tt.with...))
		if !strings.Contains(got, tt.want) || strings.Contains(got, "next: Add a secret") != strings.Contains(tt.want, "does not have") {
			t.Errorf("%s: no %q in:\n%s", tt.name, tt.want, got)
		}
	}
}

func TestAHeadThatCannotBeRead(t *testing.T) {
	got := text(proposal.Look(proposal.Input{Path: conf, Unread: errors.New("it has more than 100000 files")}))
	if !strings.Contains(got, "head-unread: The head's files could not be read here, so nothing is said of them: it has more than 100000 files.") || !strings.Contains(got, "next: Run `pertask doctor`") {
		t.Errorf("%s", got)
	}
}

// Many mistakes do not make a long comment.
func TestManyMistakes(t *testing.T) {
	var b strings.Builder
	b.WriteString("version: 1\n")
	for i := range 200 {
		fmt.Fprintf(&b, "key%d: x\n", i)
	}
	p := look(map[string]string{conf: b.String()})
	if n := len(p.Findings); n > 20 || !strings.Contains(text(p), "There is more of this kind: ") {
		t.Errorf("%d findings:\n%s", n, text(p))
	}
}

// What the pull request writes cannot end the marks around it, and stays short.
func TestHostileValues(t *testing.T) {
	bad := "x`**bold**` @everyone <img src=x> \u202e" + strings.Repeat("y", 500)
	p := look(map[string]string{
		"config/agent.yaml": "coder:\n  model: " + fmt.Sprintf("%q", bad) + "\n",
		su:                  strings.Replace(suiteText, "tickets", "'t`i`ckets <b>'", 1),
	})
	for _, f := range p.Findings {
		if strings.Count(f.Text, "`")%2 != 0 || len([]rune(f.Text)) > 650 || strings.ContainsAny(f.Text, "\u202e\n") {
			t.Errorf("%q", f.Text)
		}
	}
	if got := text(p); !strings.Contains(got, "`x'**bold**' @everyone <img src=x> ") {
		t.Errorf("%s", got)
	}
}

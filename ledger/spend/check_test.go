package spend_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/ledger/spendtest"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/usage"
)

func TestCheckAllows(t *testing.T) {
	for name, change := range map[string]func(*spend.Entry){
		"as it is":          func(*spend.Entry) {},
		"only unseen calls": func(e *spend.Entry) { e.Calls, e.Unseen, e.Tokens = 0, 3, usage.Tokens{} },
		"counters": func(e *spend.Entry) {
			e.Source, e.Calls = spend.Counters, 0
		},
		"a part without a session": func(e *spend.Entry) { e.Session, e.Part = "", "event 7" },
		"nothing of a place":       func(e *spend.Entry) { e.Place = spend.Place{} },
		"all of a place": func(e *spend.Entry) {
			e.Place = spend.Place{Repository: "gitlab.com/a/b/c", Branch: "feature/Ä", Commit: strings.Repeat("a", 64), Pull: 7, Author: "A. B.", Labels: []string{"team:b", "team:a", "team:a"}}
		},
		"a model that nobody knows": func(e *spend.Entry) { e.Provider, e.Model = "", "" },
		"bounds that are far apart": func(e *spend.Entry) { e.Above, e.Upto = 32_000, 1_000_000 },
		"no bounds":                 func(e *spend.Entry) { e.Above, e.Upto = 0, 0 },
		"measured by another":       func(e *spend.Entry) { e.Source, e.Provenance = spend.Import, spend.Measured },
		"tokens not known":          func(e *spend.Entry) { e.Tokens = usage.Tokens{} },
		"the last nanosecond":       func(e *spend.Entry) { e.Last = e.Hour.Add(time.Hour - 1) },
		"a local time":              func(e *spend.Entry) { e.Hour = e.Hour.In(time.FixedZone("", 7200)) },
		"reported":                  func(e *spend.Entry) { e.ReportedUSD = price.Known(price.MustMoney("0.123456789")) },
	} {
		e := spendtest.Entry(1)
		change(&e)
		if err := e.Complete().Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCheckRefuses(t *testing.T) {
	long := strings.Repeat("x", 256)
	many := map[string]string{}
	for i := range 17 {
		many[strings.Repeat("k", i+1)] = "v"
	}
	for _, tt := range []struct {
		name   string
		change func(*spend.Entry)
		want   string
	}{
		{"no source", func(e *spend.Entry) { e.Source = "" }, `source ""`},
		{"another source", func(e *spend.Entry) { e.Source = "bill" }, `source "bill"`},
		{"no provenance", func(e *spend.Entry) { e.Provenance = "" }, `provenance ""`},
		{"a log that measures", func(e *spend.Entry) { e.Provenance = spend.Measured }, "measures nothing"},
		{"a session's own name", func(e *spend.Entry) { e.Session = "3fa85f64-5717-4562-b3fc-2c963f66afa6" }, "session"},
		{"neither session nor part", func(e *spend.Entry) { e.Session = "" }, "neither a session nor a part"},
		{"a long part", func(e *spend.Entry) { e.Part = long }, "part of 256 bytes"},
		{"a long harness", func(e *spend.Entry) { e.Harness = long }, "harness"},
		{"a version of two lines", func(e *spend.Entry) { e.Version = "1\n2" }, "version"},
		{"a version that is no text", func(e *spend.Entry) { e.Version = "\xff" }, "version"},
		{"half an hour", func(e *spend.Entry) { e.Hour = e.Hour.Add(time.Minute) }, "not the beginning"},
		{"no hour", func(e *spend.Entry) { e.Hour, e.Last = time.Time{}, time.Time{} }, "year 1"},
		{"a far hour", func(e *spend.Entry) { e.Hour = e.Hour.AddDate(200, 0, 0); e.Last = e.Hour }, "year 2226"},
		{"last before", func(e *spend.Entry) { e.Last = e.Hour.Add(-1) }, "last"},
		{"last after", func(e *spend.Entry) { e.Last = e.Hour.Add(time.Hour) }, "last"},
		{"a path for a repository", func(e *spend.Entry) { e.Repository = "/home/me" }, "repository"},
		{"a repository without a host", func(e *spend.Entry) { e.Repository = "acme/shop" }, "repository"},
		{"a repository in capitals", func(e *spend.Entry) { e.Repository = "github.com/Acme/shop" }, "repository"},
		{"a long repository", func(e *spend.Entry) { e.Repository = "a/b/" + long }, "repository"},
		{"a long branch", func(e *spend.Entry) { e.Branch = long }, "branch"},
		{"a short commit", func(e *spend.Entry) { e.Commit = "abc" }, "commit"},
		{"a commit that is none", func(e *spend.Entry) { e.Commit = strings.Repeat("z", 40) }, "commit"},
		{"a pull below zero", func(e *spend.Entry) { e.Pull = -1 }, "pull"},
		{"a pull above all", func(e *spend.Entry) { e.Pull = spend.MaxPull + 1 }, "pull"},
		{"an empty label", func(e *spend.Entry) { e.Labels = []string{""} }, "labels"},
		{"many labels", func(e *spend.Entry) { e.Labels = strings.Split("abcdefghijklmnopq", "") }, "17 labels"},
		{"a long label", func(e *spend.Entry) { e.Labels = []string{long} }, "label"},
		{"a bound that is no step", func(e *spend.Entry) { e.Upto = 5 }, "steps"},
		{"bounds the wrong way", func(e *spend.Entry) { e.Above, e.Upto = 100_000, 32_000 }, "steps"},
		{"bounds below zero", func(e *spend.Entry) { e.Above = -1 }, "steps"},
		{"many attributes", func(e *spend.Entry) { e.Attributes = many }, "17 attributes"},
		{"an attribute without a name", func(e *spend.Entry) { e.Attributes = map[string]string{"": "x"} }, "attribute"},
		{"a long attribute", func(e *spend.Entry) { e.Attributes = map[string]string{"x": long} }, "attribute"},
		{"a long model", func(e *spend.Entry) { e.Model = long }, "model"},
		{"calls below zero", func(e *spend.Entry) { e.Calls = -1 }, "calls"},
		{"unseen below zero", func(e *spend.Entry) { e.Unseen = -1 }, "unseen"},
		{"no calls", func(e *spend.Entry) { e.Calls, e.Tokens = 0, usage.None() }, "revision"},
		{"tokens without calls", func(e *spend.Entry) { e.Calls, e.Unseen = 0, 1 }, "none without a call"},
		{"counters with calls", func(e *spend.Entry) { e.Source = spend.Counters }, "counters"},
		{"counters of nothing", func(e *spend.Entry) { e.Source, e.Calls, e.Tokens = spend.Counters, 0, usage.None() }, "revision"},
		{"too many tokens", func(e *spend.Entry) { e.Tokens.Output = usage.Known(spend.MaxCount + 1) }, "output"},
		{"too much reasoning", func(e *spend.Entry) { e.Tokens.Reasoning = usage.Known(spend.MaxCount + 1) }, "reasoning"},
		{"requests below zero", func(e *spend.Entry) { e.Requests = map[string]int64{"web_search": -1} }, "requests"},
		{"requests without a name", func(e *spend.Entry) { e.Requests = map[string]int64{"": 1} }, "unit"},
		{"a cost below zero", func(e *spend.Entry) { e.ReportedUSD = price.Known(price.MustMoney("-1")) }, "reported_usd"},
		{"a cost above all", func(e *spend.Entry) { e.ReportedUSD = price.Known(price.MustMoney("1000000001")) }, "reported_usd"},
	} {
		e := spendtest.Entry(1)
		tt.change(&e)
		err := e.Complete().Check()
		if !errors.Is(err, spend.ErrBad) || !strings.Contains(err.Error(), tt.want) || len(err.Error()) > 300 {
			t.Errorf("%s: error %v, want one about %q", tt.name, err, tt.want)
		}
	}
	for name, change := range map[string]func(*spend.Entry){
		"another schema":   func(e *spend.Entry) { e.Schema = "pertask.entry/2" },
		"another id":       func(e *spend.Entry) { e.ID = strings.Repeat("0", 32) },
		"another model":    func(e *spend.Entry) { e.Model = "free" },
		"another revision": func(e *spend.Entry) { e.Revision++ },
		"unsorted labels":  func(e *spend.Entry) { e.Labels = []string{"b", "a"} },
		"a local time":     func(e *spend.Entry) { e.Hour = e.Hour.In(time.FixedZone("", 7200)) },
	} {
		e := spendtest.Entry(1)
		change(&e)
		if err := e.Check(); !errors.Is(err, spend.ErrBad) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if err := (spend.Entry{}).Check(); !errors.Is(err, spend.ErrBad) {
		t.Errorf("the zero entry: %v", err)
	}
}

func TestIdentify(t *testing.T) {
	want := spend.Identify(spendtest.Entry(1))
	same := map[string]func(*spend.Entry){
		"more calls": func(e *spend.Entry) { e.Calls, e.Unseen, e.Tokens.Output = 9, 9, usage.Known(9) },
		"later":      func(e *spend.Entry) { e.Last = e.Last.Add(time.Minute) },
		"commit":     func(e *spend.Entry) { e.Commit = strings.Repeat("a", 40) },
		"version":    func(e *spend.Entry) { e.Version = "3" },
		"author":     func(e *spend.Entry) { e.Author = "A. B." },
		"labels":     func(e *spend.Entry) { e.Labels = []string{"team:a"} },
		"reported":   func(e *spend.Entry) { e.ReportedUSD = price.Known(price.MustMoney("1")) },
		"no attributes, said otherwise": func(e *spend.Entry) {
			e.Attributes = map[string]string{}
		},
		"a local hour": func(e *spend.Entry) { e.Hour = e.Hour.In(time.FixedZone("", 7200)) },
	}
	for name, change := range same {
		e := spendtest.Entry(1)
		change(&e)
		if got := spend.Identify(e); got != want {
			t.Errorf("%s: another id", name)
		}
	}
	ids := map[string]string{want: "as it is"}
	for name, change := range map[string]func(*spend.Entry){
		"source":     func(e *spend.Entry) { e.Source = spend.Telemetry },
		"provenance": func(e *spend.Entry) { e.Provenance = spend.Allocated },
		"session":    func(e *spend.Entry) { e.Session = spend.SessionKey("a", "b") },
		"part":       func(e *spend.Entry) { e.Part = "1" },
		"harness":    func(e *spend.Entry) { e.Harness = "codex" },
		"hour":       func(e *spend.Entry) { e.Hour = e.Hour.Add(time.Hour) },
		"repository": func(e *spend.Entry) { e.Repository = "github.com/acme/shop2" },
		"branch":     func(e *spend.Entry) { e.Branch = "main" },
		"run over":   func(e *spend.Entry) { e.Repository, e.Branch = "github.com/acme/sho", "pfix-date" },
		"pull":       func(e *spend.Entry) { e.Pull = 1 },
		"provider":   func(e *spend.Entry) { e.Provider = "vertex" },
		"model":      func(e *spend.Entry) { e.Model = "claude-opus-5" },
		"tier":       func(e *spend.Entry) { e.Tier = "batch" },
		"attribute":  func(e *spend.Entry) { e.Attributes = map[string]string{"speed": "fast"} },
		"a value":    func(e *spend.Entry) { e.Attributes = map[string]string{"speed": "slow"} },
		"two":        func(e *spend.Entry) { e.Attributes = map[string]string{"speed": "fast", "geo": "us"} },
		"above":      func(e *spend.Entry) { e.Above = 100_000 },
		"upto":       func(e *spend.Entry) { e.Upto = 100_000 },
	} {
		e := spendtest.Entry(1)
		change(&e)
		id := spend.Identify(e)
		if other, ok := ids[id]; ok || len(id) != 32 {
			t.Errorf("%s has the id %q, as %q", name, id, other)
		}
		ids[id] = name
	}
	// Stored ledgers depend on the very digits, which docs/spend.md says how to work out.
	if want != "8e3688a0c120b2d75a6541ca24b3f52f" {
		t.Errorf("the id is %s: stored entries have another one", want)
	}
}

func TestSessionKey(t *testing.T) {
	// printf 'claude-code\0abc' | sha256sum
	if got := spend.SessionKey("claude-code", "abc"); got != "ecd1226b22d0c489e2e0ff09b4aca165" {
		t.Errorf("got %s", got)
	}
	if spend.SessionKey("claude-code", "") != "" {
		t.Error("a session without a name has a key")
	}
	if spend.SessionKey("a", "b") == spend.SessionKey("c", "b") {
		t.Error("sessions of two harnesses have one key")
	}
}

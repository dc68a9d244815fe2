package evidence_test

import (
	"maps"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare/evidence"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/usage"
)

func settings(kv ...string) arm.Arm {
	var a arm.Arm
	for i := 0; i < len(kv); i += 3 {
		a = a.With(arm.Setting{Slot: kv[i], Key: arm.Key(kv[i+1]), Value: kv[i+2]})
	}
	return a
}

func terms() evidence.Terms {
	return evidence.Terms{Method: 1, Pair: arm.Pair{Base: settings("main", "model", "gpt-5.4"), Head: settings("main", "model", "gpt-5.5")},
		Suite: "sha256:00", Harness: map[string]string{"codex": "1"}}
}

// The key of journals that are kept must not change: what it is for given terms stays while Method does.
func TestKeyStays(t *testing.T) {
	const want = "sha256:"
	got := terms().Key()
	if !strings.HasPrefix(got, want) || len(got) != len(want)+64 || got != terms().Key() {
		t.Errorf("key %q", got)
	}
	with := terms()
	with.Conditions = map[string]string{}
	if with.Key() != got {
		t.Error("no conditions are other terms than none")
	}
}

// Another spelling of a number is no other test: else the verdict could be had again by rewriting 0.7 as 0.70.
func TestKeyKnowsSpellings(t *testing.T) {
	with := func(key, value string) string {
		x := terms()
		x.Pair.Head = settings("main", "model", "gpt-5.5", "main", key, value)
		return x.Key()
	}
	for _, same := range [][2]string{{"0.7", "0.70"}, {"0.7", "0.700000"}, {"1", "1.0"}, {"0", "0.00"}} {
		if with("temperature", same[0]) != with("temperature", same[1]) {
			t.Errorf("temperatures %s and %s are two tests", same[0], same[1])
		}
	}
	for _, other := range [][2]string{{"0.7", "0.71"}, {"0.7", "0.07"}, {"1.0", "10"}, {"1", "1."}, {"x.0", "x"}} {
		if with("temperature", other[0]) == with("temperature", other[1]) {
			t.Errorf("temperatures %s and %s are one test", other[0], other[1])
		}
	}
	if with("model", "gpt-5.0") == with("model", "gpt-5") {
		t.Error("a model's name was taken for a number")
	}
}

func TestKeyCoversEverything(t *testing.T) {
	seen := map[string]string{terms().Key(): "the terms"}
	for name, change := range map[string]func(*evidence.Terms){
		"method":           func(x *evidence.Terms) { x.Method++ },
		"base":             func(x *evidence.Terms) { x.Pair.Base = settings("main", "model", "gpt-5.3") },
		"head":             func(x *evidence.Terms) { x.Pair.Head = settings("main", "model", "gpt-5.3") },
		"slot":             func(x *evidence.Terms) { x.Pair.Head = settings("small", "model", "gpt-5.5") },
		"suite":            func(x *evidence.Terms) { x.Suite = "sha256:01" },
		"version":          func(x *evidence.Terms) { x.Harness = map[string]string{"codex": "2"} },
		"cache":            func(x *evidence.Terms) { x.Cache = "cold" },
		"condition":        func(x *evidence.Terms) { x.Conditions = map[string]string{"a": "1"} },
		"value":            func(x *evidence.Terms) { x.Conditions = map[string]string{"a": "2"} },
		"condition's name": func(x *evidence.Terms) { x.Conditions = map[string]string{"b": "1"} },
	} {
		x := terms()
		change(&x)
		if other, there := seen[x.Key()]; there {
			t.Errorf("%s is not told apart from %s", name, other)
		}
		seen[x.Key()] = name
	}
}

func TestSubjectSaysWhatTheKeyStandsFor(t *testing.T) {
	x := terms()
	x.Conditions = map[string]string{"limit of memory": "5 bytes"}
	x.Pair.Head = x.Pair.Head.With(arm.Setting{Slot: "small", Key: arm.Model, Value: "gpt-5.4-mini"})
	want := map[string]string{"method": "1", "cache regime": "", "suite": "sha256:00", "version of codex": "1", "limit of memory": "5 bytes",
		"model of the base": "gpt-5.4", "model of the head": "gpt-5.5", "small.model of the head": "gpt-5.4-mini"}
	got := x.Subject()
	if diff := cmp.Diff(want, got.Facts); diff != "" || got.Key != x.Key() {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
}

func TestTold(t *testing.T) {
	e := trial.Evidence{Results: []trial.Result{
		{Trial: trial.Trial{EvidenceKey: "k", Slot: trial.Slot{Arm: trial.Head}}, Calls: []usage.Call{{DeclaredModel: "gpt-4"}, {}}},
		{Trial: trial.Trial{EvidenceKey: "other", Slot: trial.Slot{Arm: trial.Base}}, Calls: []usage.Call{{DeclaredModel: "gpt-3"}}},
	}}
	there, here := evidence.Told("k", e, terms().Subject())
	if diff := cmp.Diff(map[string]string{"model of the head": "gpt-4"}, there.Facts); diff != "" {
		t.Errorf("there (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"model of the head": "gpt-5.5"}, here.Facts); diff != "" {
		t.Errorf("here (-want +got):\n%s", diff)
	}
}

func conditions(t *testing.T, files map[string]string) evidence.Conditions {
	t.Helper()
	tree := fstest.MapFS{}
	for name, text := range files {
		tree[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return evidence.Conditions{Source: tree, Watches: []arm.Watch{{Path: "models.yaml"}, {Path: "not-there.yaml"}},
		Upstreams: meter.DefaultUpstreams(), Book: price.Embedded(), Limits: trial.Limits{Memory: 1 << 30}}
}

func suiteOf(t ...suite.Task) *suite.Suite { return &suite.Suite{Tasks: t} }

var (
	agent  = suite.Task{ID: "agent", Harness: "command"}
	prompt = suite.Task{ID: "prompt", Harness: "prompt"}
)

func TestConditions(t *testing.T) {
	pair := arm.Pair{Base: settings("main", "model", "gpt-5.4"), Head: settings("main", "model", "claude-sonnet-4-5", "small", "model", "gpt-5.4-mini", "odd", "model", "nobody-sells-it")}
	c := conditions(t, map[string]string{"models.yaml": "model: gpt-5.4\ntemperature: 0\n"})
	c.Upstreams[1].URL = "https://user:secret@gateway.example/anthropic?key=secret"
	got, err := c.Of(suiteOf(prompt, agent), pair)
	if err != nil {
		t.Fatal(err)
	}
	digest := got["content of the watched files"]
	want := map[string]string{"endpoint of the base": "https://api.openai.com/v1", "endpoint of the head": "https://gateway.example/anthropic",
		"small.endpoint of the head": "https://api.openai.com/v1", "limit of memory": "1073741824 bytes", "content of the watched files": digest}
	if diff := cmp.Diff(want, got); diff != "" || !strings.HasPrefix(digest, "sha256:") {
		t.Errorf("conditions (-want +got):\n%s", diff)
	}

	// For requests alone the files and limits mean nothing.
	only, err := c.Of(suiteOf(prompt), pair)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"limit of memory", "content of the watched files"} {
		delete(want, name)
	}
	if diff := cmp.Diff(want, only); diff != "" {
		t.Errorf("conditions of prompts (-want +got):\n%s", diff)
	}
}

// Whatever is in a watched file is a condition, wherever it is and whichever file it is in.
func TestConditionsCoverTheFiles(t *testing.T) {
	seen := map[string]bool{}
	for _, files := range []map[string]string{
		{"models.yaml": "model: gpt-5.4\n"},
		{"models.yaml": "model: gpt-5.4\nverbosity: low\n"},
		{"models.yaml": "model: gpt-5.4\n", "not-there.yaml": "x: 1\n"},
		{"not-there.yaml": "model: gpt-5.4\n"},
		{},
	} {
		got, err := conditions(t, files).Of(suiteOf(agent), arm.Pair{})
		if err != nil {
			t.Fatal(err)
		}
		seen[got["content of the watched files"]] = true
		files["other.yaml"] = "not watched"
		again, err := conditions(t, files).Of(suiteOf(agent), arm.Pair{})
		if err != nil || !maps.Equal(got, again) {
			t.Errorf("a file that is not watched changes %v to %v, %v", got, again, err)
		}
	}
	if len(seen) != 5 || !seen[""] {
		t.Errorf("%d different contents, want 5 with none", len(seen))
	}
}

func TestConditionsOfAFileThatCannotBeRead(t *testing.T) {
	c := conditions(t, map[string]string{"folder/x": ""})
	c.Watches = []arm.Watch{{Path: "folder"}}
	if _, err := c.Of(suiteOf(agent), arm.Pair{}); err == nil {
		t.Error("a file that cannot be read was left out")
	}
}

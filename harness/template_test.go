package harness

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/trial"
)

func TestFill(t *testing.T) {
	v := vocabulary{"model": "m-{effort}", "small.model": "s", "empty": ""}
	tests := []struct {
		template, want string
		complete       bool
	}{
		{"{model}", "m-{effort}", true}, // values are not templates
		{"a {model} b {small.model}", "a m-{effort} b s", true},
		{"{effort}", "", false},
		{"{empty}", "", true},
		{"{Model} {} {a b} {model", "{Model} {} {a b} {model", true}, // no names
	}
	for _, test := range tests {
		if got, ok := v.fill(test.template); got != test.want && ok || ok != test.complete {
			t.Errorf("%q is filled to %q, %v; want %q, %v", test.template, got, ok, test.want, test.complete)
		}
	}
}

func TestArgv(t *testing.T) {
	v := vocabulary{"model": "-m", "prompt": "--help"}
	tests := []struct {
		name   string
		groups [][]string
		want   []string
		fails  bool
	}{
		{"in a flag's own argument", [][]string{{"--model={model}"}}, []string{"--model=-m"}, false},
		{"as an argument of its own", [][]string{{"--model", "{model}"}}, nil, true},
		{"behind two dashes", [][]string{{"--", "{prompt}"}}, []string{"--", "--help"}, false},
		{"a group without a value", [][]string{{"run"}, {"--effort", "{effort}"}, {"end"}}, []string{"run", "end"}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := v.argv(test.groups)
			if diff := cmp.Diff(test.want, got); diff != "" || (err != nil) != test.fails {
				t.Errorf("error %v, arguments differ (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestObject(t *testing.T) {
	v := vocabulary{"model": "m", "id": "p", "small.id": "p", "small.model": "s", "n": "7", "f": "0.5", "effort": "low"}
	got, err := v.object(map[string]any{
		"kept":   map[string]any{"empty": map[string]any{}, "yes": true},
		"gone":   map[string]any{"a": "{nothing}", "b": []any{"{nothing}"}},
		"number": Number("{n}"), "fraction": Number("{f}"), "none": Number("{nothing}"),
		"when": When{"effort", 1}, "never": When{"nothing", 1},
		"list": []any{"{nothing}", "{model}"},
		"providers": map[string]any{
			"{id}":       map[string]any{"models": map[string]any{"{model}": 1}, "url": "u"},
			"{small.id}": map[string]any{"models": map[string]any{"{small.model}": 2}},
			"{nothing}":  1,
		},
	})
	want := map[string]any{
		"kept":   map[string]any{"empty": map[string]any{}, "yes": true},
		"number": int64(7), "fraction": 0.5, "when": 1, "list": []any{"m"},
		"providers": map[string]any{"p": map[string]any{"models": map[string]any{"m": 1, "s": 2}, "url": "u"}},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("error %v, object differs (-want +got):\n%s", err, diff)
	}
	for _, value := range []string{"x", "1e5", "NaN", "0x10", "1_000", "99999999999999999999", ""} {
		if _, _, err := (vocabulary{"n": value}).number("{n}"); err == nil {
			t.Errorf("%q is taken for a number", value)
		}
	}
}

func TestEncode(t *testing.T) {
	content := map[string]any{"a": "x\"\n<>&", "b": map[string]any{"c.d": int64(1)}}
	for path, want := range map[string]string{
		"f.json": "{\n  \"a\": \"x\\\"\\n<>&\",\n  \"b\": {\n    \"c.d\": 1\n  }\n}\n",
		"f.toml": "a = \"x\\\"\\n<>&\"\n\n[b]\n'c.d' = 1\n",
	} {
		if got, err := encode(path, content); string(got) != want || err != nil {
			t.Errorf("%s is %q and %v, want %q", path, got, err, want)
		}
	}
}

// The way of a slot is that of its own provider, and the main one's where it names none.
func TestSlotWays(t *testing.T) {
	r := trial.Route{Upstream: "openai", Provider: "openai", Token: "ptk", BaseURL: "b/openai",
		URLs: map[string]string{"openai": "b/openai", "anthropic": "b/anthropic", "google": "b/google", "gemini": "b/gemini", "xai": "b/xai"}}
	for provider, want := range map[string]string{"": "b/openai", "openai": "b/openai", "anthropic": "b/anthropic/v1", "google": "b/gemini/v1beta", "x-ai": "b/xai"} {
		j := trial.Job{Route: r, Arm: arm.Arm{}.With(arm.Setting{Slot: arm.MainSlot, Key: arm.Model, Value: "m"}, arm.Setting{Slot: "small", Key: arm.Model, Value: "s"})}
		if provider != "" {
			j.Arm = j.Arm.With(arm.Setting{Slot: "small", Key: arm.Provider, Value: provider})
		}
		v, err := opencode().vocabulary(j)
		if v["small.url"] != want || v["url"] != "b/openai" || err != nil {
			t.Errorf("with provider %q the small model is at %q, the main one at %q, error %v; want %q", provider, v["small.url"], v["url"], err, want)
		}
	}
}

func TestReadVersion(t *testing.T) {
	for answer, want := range map[string]string{
		"codex-cli 0.169.0\n": "0.169.0", "v1.2.3": "1.2.3", "GitHub Copilot CLI 1.0.102.": "1.0.102", "1.2.3-beta.1 (x)": "1.2.3-beta.1",
		"1.2": "", "": "", "node v20.20.2, tool 1.0.0": "20.20.2",
	} {
		if got := readVersion([]byte(answer)); got != want {
			t.Errorf("the version in %q is %q, want %q", answer, got, want)
		}
	}
}

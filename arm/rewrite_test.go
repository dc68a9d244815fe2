package arm_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/arm"
)

// hostileValues try to break out of a scalar of some format.
var hostileValues = []string{
	"gpt-5.5", "", " ", "a b", "x\nevil: true", "x\r\nevil: true", "x\"", "x'", "'", "\"", `\`, `x\`, `x\"`, `"'`, `x", "evil": "y`,
	`x"` + "\nevil = 1\n#", "x' # '", "x # y", "#x", "x: y", "- x", "? x", "*a", "&a", "!x", "|", ">", "%x", "@x", "`x`", "{a: b}", "[a]", "null",
	"~", "true", "no", "1", "0.7", "1e5", "0x1F", "1_000", "2026-11-01", "<<", "---", "...", "$HOME", "${HOME}", "$(id)", "`id`", "x;id", "=", "a=b",
	"\u2028evil: x", "\u0085x", "\ufeff", "\u200b", "ä", "\U0001F600", "\x00", "\x01", "\x7f", "\t", "\tx", "x ", "'''", `"""`, "//x", "/*x*/", "</script>",
	strings.Repeat("long ", 1000),
}

// formats has a file with values and one without for each format, and its watch.
var formats = []struct {
	name, with, without string
	selectors           map[arm.Key]string
}{
	{"a.yaml", "# c\na:\n  model: m # c\n  'b c': \"e\"\n  t: 0.1\nevil: false\n", "a: {x: 1}\nevil: false\n", nested},
	{"flow.yaml", "{a: {model: m, 'b c': 'e', t: 0.1}, evil: false}\n", "{a: {}, evil: false}", nested},
	{"a.json", "{\n  \"a\": {\"model\": \"m\", \"b c\": \"e\", \"t\": 0.1}, // c\n  \"evil\": false\n}\n", `{"evil": false}`, nested},
	{"a.toml", "evil = false\n[a]\nmodel = 'm' # c\n\"b c\" = \"e\"\nt = 0.1\n", "evil = false\n", nested},
	{"inline.toml", "a = { model = 'm', \"b c\" = \"e\", t = 0.1 }\nevil = false\n", "a = {}\nevil = false\n", nested},
	{".env", "# c\nMODEL=m # c\nEFFORT=\"e\"\nexport T='0.1'\nevil=false\n", "evil=false", map[arm.Key]string{
		arm.Model: "MODEL", arm.Effort: "EFFORT", arm.Temperature: "T"}},
}

var nested = map[arm.Key]string{arm.Model: "$.a.model", arm.Effort: "$.a['b c']", arm.Temperature: "$.a.t"}

// TestRewriteRoundTrip writes each hostile value into each format, over a value and as a new one.
func TestRewriteRoundTrip(t *testing.T) {
	for _, f := range formats {
		t.Run(f.name, func(t *testing.T) {
			refused := 0
			for _, content := range []string{f.with, f.without, ""} {
				fsys := fstest.MapFS{}
				if content != "" {
					fsys[f.name] = &fstest.MapFile{Data: []byte(content)}
				}
				watches := []arm.Watch{{Path: f.name, Selectors: f.selectors}}
				for _, v := range hostileValues {
					for _, key := range []arm.Key{arm.Model, arm.Effort, arm.Temperature} {
						base, err := arm.Read(fsys, watches)
						if err != nil {
							t.Fatal(err)
						}
						a := base.With(arm.Setting{Slot: arm.MainSlot, Key: key, Value: v})
						if !roundTrip(t, fsys, watches, a) {
							refused++
							if f.name != ".env" {
								t.Errorf("%q for %s is refused", v, key)
							}
						}
					}
				}
			}
			if f.name == ".env" && refused == 0 {
				t.Error("no value is refused in a dotenv file, which cannot hold all")
			}
		})
	}
}

// TestRewriteSubsets takes away every subset of the settings, and then adds them again.
func TestRewriteSubsets(t *testing.T) {
	keys := []arm.Key{arm.Model, arm.Effort, arm.Temperature}
	for _, f := range formats {
		for subset := range 1 << len(keys) {
			t.Run(fmt.Sprintf("%s/%d", f.name, subset), func(t *testing.T) {
				fsys := fstest.MapFS{f.name: &fstest.MapFile{Data: []byte(f.with)}}
				watches := []arm.Watch{{Path: f.name, Selectors: f.selectors}}
				full, err := arm.Read(fsys, watches)
				if err != nil {
					t.Fatal(err)
				}
				a := full
				for i, k := range keys {
					if subset&(1<<i) != 0 {
						a = a.Without(arm.MainSlot, k)
					}
				}
				if !roundTrip(t, fsys, watches, a) {
					t.Fatal("refused")
				}
				files, _ := arm.Rewrite(fsys, watches, a)
				if subset == 0 {
					if len(files) != 0 {
						t.Errorf("nothing differs, and %d files are returned", len(files))
					}
					return
				}
				if !roundTrip(t, fstest.MapFS{f.name: &fstest.MapFile{Data: files[f.name]}}, watches, full) {
					t.Error("adding them again is refused")
				}
			})
		}
	}
}

// TestRewriteLeavesTheRest compares line by line: only the line of the value differs.
func TestRewriteLeavesTheRest(t *testing.T) {
	for _, f := range formats {
		t.Run(f.name, func(t *testing.T) {
			for _, eol := range []string{"\n", "\r\n"} {
				content := "\ufeff" + strings.ReplaceAll(f.with, "\n", eol)
				fsys := fstest.MapFS{f.name: &fstest.MapFile{Data: []byte(content)}}
				watches := []arm.Watch{{Path: f.name, Selectors: f.selectors}}
				a, err := arm.Read(fsys, watches)
				if err != nil {
					t.Fatal(err)
				}
				s, _ := a.Get(arm.MainSlot, arm.Model)
				a = a.With(arm.Setting{Slot: arm.MainSlot, Key: arm.Model, Value: s + "2"})
				files, err := arm.Rewrite(fsys, watches, a)
				if err != nil {
					t.Fatal(err)
				}
				before, after := strings.SplitAfter(content, "\n"), strings.SplitAfter(string(files[f.name]), "\n")
				if len(before) != len(after) {
					t.Fatalf("%d lines became %d", len(before), len(after))
				}
				changed := 0
				for i := range before {
					if before[i] != after[i] {
						changed++
						if strings.Replace(after[i], "m2", "m", 1) != before[i] {
							t.Errorf("line %q became %q", before[i], after[i])
						}
					}
				}
				if changed != 1 {
					t.Errorf("%d lines changed, want 1", changed)
				}
			}
		})
	}
}

func TestRewriteErrors(t *testing.T) {
	watch := func(path, sel string) []arm.Watch {
		return []arm.Watch{{Path: path, Selectors: map[arm.Key]string{arm.Model: sel}}}
	}
	set := func(value string) arm.Arm {
		return arm.Arm{Settings: []arm.Setting{{Slot: arm.MainSlot, Key: arm.Model, Value: value}}}
	}
	tests := []struct {
		name, path, content, selector string
		arm                           arm.Arm
		want                          string
	}{
		{"no place", "a.yaml", "model: m\n", "$.model", set("m").With(arm.Setting{Slot: "other", Key: arm.Model, Value: "x"}), `writing model of slot "other": no watch has a place`},
		{"not UTF-8", "a.yaml", "model: m\n", "$.model", set("\xff"), "not UTF-8"},
		{"several lines", "a.yaml", "model: a\n  b\n", "$.model", set("x"), "1:8: $.model is written over several lines"},
		{"shared mapping", "a.yaml", "d: &d {model: m}\na: *d\n", "$.a.model", set("x"), "shared through an alias"},
		{"add to shared mapping", "a.yaml", "d: &d {b: m}\na: *d\n", "$.a.model", set("x"), "what an alias or a merge key shares"},
		{"anchor with users", "a.yaml", "d: &d m\na: *d\n", "$.d", set("x"), "without changing something else"},
		{"element", "a.yaml", "a: []\n", "$.a[0].model", set("x"), "the list has no such element"},
		{"below a value", "a.json", `{"a": 1}`, "$.a.model", set("x"), "cannot be added below a single value"},
		{"below null", "a.yaml", "a:\n", "$.a.model", set("x"), "cannot be added below null"},
		{"below a list", "a.json", `[]`, "$.model", set("x"), "cannot be added below a list"},
		{"table in a list", "a.toml", "a = [{b = 1}]\n", "$.a[0].model", set("x"), "without changing something else"},
		{"dotenv text", ".env", "M=m\n", "M", set("a'\"$b"), "$.M cannot be written"},
		{"dotenv name", ".env", "M=m\n", "$['a b']", set("x"), "$['a b'] cannot be written"},
		{"bad file", "a.yaml", "model: [\n", "$.model", set("x"), "YAML is allowed"},
		{"too large", "a.json", `{"model": "m"}` + strings.Repeat(" ", 1<<20-14), "$.model", set("longer"), "larger than 1 MiB with $.model written in"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fsys := fstest.MapFS{tt.path: &fstest.MapFile{Data: []byte(tt.content)}}
			files, err := arm.Rewrite(fsys, watch(tt.path, tt.selector), tt.arm)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %q, error %v, want %q", files, err, tt.want)
			}
		})
	}
}

// TestRewriteSplit covers values that hold provider and model.
func TestRewriteSplit(t *testing.T) {
	fsys := fstest.MapFS{"opencode.json": &fstest.MapFile{Data: []byte(`{"model": "openai/gpt-5.1"}`)}}
	tests := []struct{ name, provider, model, want string }{
		{"model", "openai", "gpt-5.2", `{"model": "openai/gpt-5.2"}`},
		{"provider", "azure", "gpt-5.1", `{"model": "azure/gpt-5.1"}`},
		{"slash in the model", "router", "openai/gpt-5.1", `{"model": "router/openai/gpt-5.1"}`},
		{"no provider", "", "gpt-5.1", `{"model": "gpt-5.1"}`},
		{"neither", "", "", `{}`},
		{"provider alone", "openai", "", "error"},
		{"slash in the provider", "a/b", "m", "error"},
		{"slash without a provider", "", "a/m", "error"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var a arm.Arm
			if tt.model != "" {
				a = a.With(arm.Setting{Slot: arm.MainSlot, Key: arm.Model, Value: tt.model})
			}
			if tt.provider != "" {
				a = a.With(arm.Setting{Slot: arm.MainSlot, Key: arm.Provider, Value: tt.provider})
			}
			files, err := arm.Rewrite(fsys, arm.WellKnown(), a)
			got := string(files["opencode.json"])
			if err != nil {
				got = "error"
			}
			if got != tt.want {
				t.Errorf("got %s, %v, want %s", got, err, tt.want)
			}
			if err == nil {
				roundTrip(t, fsys, arm.WellKnown(), a)
			}
		})
	}
}

// TestRewriteOverride removes a setting that two places of one watch give.
func TestRewriteOverride(t *testing.T) {
	const path = ".claude/settings.json"
	fsys := fstest.MapFS{path: &fstest.MapFile{Data: []byte(`{"model": "a", "env": {"X": "1", "ANTHROPIC_MODEL": "b"}}`)}}
	files, err := arm.Rewrite(fsys, arm.WellKnown(), arm.Arm{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(files[path]), `{"env": {"X": "1"}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestRewriteKeepsAgentsApart does not write one agent's setting to the file of another.
func TestRewriteKeepsAgentsApart(t *testing.T) {
	fsys := fstest.MapFS{".gemini/settings.json": &fstest.MapFile{Data: []byte(`{"model": {"name": "g"}}`)}}
	a := arm.Arm{Settings: []arm.Setting{
		{Slot: arm.MainSlot, Key: arm.Effort, Value: "high"}, {Slot: arm.MainSlot, Key: arm.Model, Value: "g"}}}
	files, err := arm.Rewrite(fsys, arm.WellKnown(), a)
	if err == nil || !strings.Contains(err.Error(), "no watch has a place") {
		t.Errorf("got %q, error %v, want none of the other agents' files", files, err)
	}
}

func TestReadNamesPlaces(t *testing.T) {
	fsys := fstest.MapFS{"opencode.json": &fstest.MapFile{Data: []byte("{\n  \"model\": \"openai/gpt-5.1\",\n  \"small_model\": \"x\"\n}\n")}}
	got, err := arm.Read(fsys, arm.WellKnown())
	if err != nil {
		t.Fatal(err)
	}
	at := func(line, column int, sel string) arm.Source {
		return arm.Source{Path: "opencode.json", Line: line, Column: column, Selector: sel}
	}
	want := arm.Arm{Settings: []arm.Setting{
		{Slot: "main", Key: arm.Model, Value: "gpt-5.1", Source: at(2, 12, "$.model")},
		{Slot: "main", Key: arm.Provider, Value: "openai", Source: at(2, 12, "$.model")},
		{Slot: "small", Key: arm.Model, Value: "x", Source: at(3, 18, "$.small_model")},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Read (-want +got):\n%s", diff)
	}
	if !slices.Equal(got.Slots(), []string{"main", "small"}) || got.Model() != "gpt-5.1" {
		t.Errorf("got slots %v and model %s", got.Slots(), got.Model())
	}
}

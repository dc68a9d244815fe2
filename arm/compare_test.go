package arm_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/pertask/pertask/arm"
)

// one returns a tree with one file.
func one(name, content string) fstest.MapFS {
	return fstest.MapFS{name: &fstest.MapFile{Data: []byte(content)}}
}

// codes returns the codes of a pair's findings.
func codes(p arm.Pair) []string {
	var out []string
	for _, f := range p.Findings {
		out = append(out, f.Code)
	}
	return out
}

func TestHeadValues(t *testing.T) {
	tests := []struct {
		key   arm.Key
		value string
		ok    bool
	}{
		{arm.Model, "gpt-5.5", true},
		{arm.Model, "us.anthropic.claude-opus-4-5-20251101-v1:0", true},
		{arm.Model, "@cf/meta/llama-3+x", true},
		{arm.Model, "GPT 5.5", true},
		{arm.Model, "", false},
		{arm.Model, " x", false},
		{arm.Model, "x ", false},
		{arm.Model, "-x", false},
		{arm.Model, "x;id", false},
		{arm.Model, "$(id)", false},
		{arm.Model, "x\u00a0y", false},
		{arm.Model, "größe", false},
		{arm.Model, "[x](http://y)", false},
		{arm.Provider, "open ai", true},
		{arm.Provider, "<b>", false},
		{arm.Effort, "xhigh", true},
		{arm.Effort, "high|low", false},
		{arm.ServiceTier, "flex", true},
		{arm.ServiceTier, "flex%", false},
		{arm.Temperature, "0.7", true},
		{arm.Temperature, "1", true},
		{arm.Temperature, ".5", true},
		{arm.Temperature, "1e-3", true},
		{arm.Temperature, ".", false},
		{arm.Temperature, "", false},
		{arm.Temperature, "0.7 ", false},
		{arm.Temperature, "NaN", false},
		{arm.MaxOutputTokens, "4096", true},
		{arm.MaxOutputTokens, "4_096", true},
		{arm.MaxOutputTokens, "-1", false},
		{arm.MaxOutputTokens, "4e3", false},
		{"verbosity", "<anything> on one line; it's not applied by us", true},
		{"verbosity", "two\nlines", false},
		{"verbosity", "bell\a", false},
		{"verbosity", "right\u202eleft", false},
		{"verbosity", strings.Repeat("a", 256), true},
		{"verbosity", strings.Repeat("a", 257), false},
	}
	for i, tt := range tests {
		t.Run(fmt.Sprintf("%d %s", i, tt.key), func(t *testing.T) {
			watches := []arm.Watch{{Path: "a.json", Selectors: map[arm.Key]string{tt.key: "$.v"}}}
			head := one("a.json", fmt.Sprintf(`{"v": %s}`, jsonText(tt.value)))
			base := one("a.json", `{"v": "something else"}`)
			pair, err := arm.Compare(arm.Trees{Base: base, MergeBase: base, Head: head}, watches)
			if tt.ok {
				if got, _ := pair.Head.Get(arm.MainSlot, tt.key); err != nil || got != tt.value || !pair.Changed() {
					t.Errorf("got %q, error %v, want it applied", got, err)
				}
				return
			}
			if err == nil {
				t.Fatalf("%q is taken", tt.value)
			}
			e := asError(t, err)
			if e.Side != "the head" || e.Source.Line != 1 || e.Source.Column != 7 {
				t.Errorf("got %v, want the head's place 1:7", err)
			}
			// The base is trusted with its own values, and a head that leaves them alone with them.
			if pair, err := arm.Compare(arm.Trees{Base: head, MergeBase: head, Head: head}, watches); err != nil || pair.Changed() {
				t.Errorf("the same value everywhere: error %v, changed %v", err, pair.Changed())
			}
		})
	}
}

// jsonText quotes by JSON's own rules for what is not printable.
func jsonText(s string) string {
	var b strings.Builder
	for _, r := range s {
		fmt.Fprintf(&b, `\u%04x`, r)
	}
	return `"` + b.String() + `"`
}

func TestErrorsNameTheTree(t *testing.T) {
	good, bad := one("a.yaml", "model: x\n"), one("a.yaml", "model: [\n")
	wrong := one("a.yaml", "model: {}\n")
	for _, b := range []fstest.MapFS{bad, wrong} {
		for want, trees := range map[string]arm.Trees{
			"the base":       {Base: b, MergeBase: good, Head: good},
			"the merge base": {Base: good, MergeBase: b, Head: good},
			"the head":       {Base: good, MergeBase: good, Head: b},
		} {
			_, err := arm.Compare(trees, []arm.Watch{model("a.yaml", "")})
			if err == nil {
				t.Fatalf("a bad file in %s is no error", want)
			}
			if e := asError(t, err); e.Side != want || !strings.Contains(err.Error(), "in "+want+": ") || !strings.HasPrefix(err.Error(), "a.yaml:1:") {
				t.Errorf("got %q, want it to name %s", err, want)
			}
		}
	}
}

func TestRenames(t *testing.T) {
	const old, now = "model: x\n", "model: y\n"
	tests := []struct {
		name    string
		head    fstest.MapFS
		renames map[string]string
		changed []string // head values of changes
		codes   []string
	}{
		{"followed", one("b.yaml", now), map[string]string{"b.yaml": "a.yaml"}, []string{"y"}, []string{"watched-file-renamed"}},
		{"followed, not changed", one("b.yaml", old), map[string]string{"b.yaml": "a.yaml"}, nil, []string{"watched-file-renamed"}},
		{"another format", one("b.toml", `model = "y"`), map[string]string{"b.toml": "a.yaml"}, []string{""}, nil},
		{"no settings file", one("b.txt", now), map[string]string{"b.txt": "a.yaml"}, []string{""}, nil},
		{"of another file", one("b.yaml", now), map[string]string{"b.yaml": "c.yaml"}, []string{""}, nil},
		{"the old path is there", fstest.MapFS{"a.yaml": {Data: []byte(old)}, "b.yaml": {Data: []byte(now)}},
			map[string]string{"b.yaml": "a.yaml"}, nil, nil},
		{"two new paths, the first counts", fstest.MapFS{"c.yaml": {Data: []byte(old)}, "b.yaml": {Data: []byte(now)}},
			map[string]string{"c.yaml": "a.yaml", "b.yaml": "a.yaml"}, []string{"y"}, []string{"watched-file-renamed"}},
		{"new path is not there", fstest.MapFS{}, map[string]string{"b.yaml": "a.yaml"}, []string{""}, []string{"watched-file-renamed"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			base := one("a.yaml", old)
			pair, err := arm.Compare(arm.Trees{Base: base, MergeBase: base, Head: tt.head, Renames: tt.renames}, []arm.Watch{model("a.yaml", "")})
			if err != nil {
				t.Fatal(err)
			}
			var changed []string
			for _, c := range pair.Changes {
				changed = append(changed, c.Head)
			}
			if !slices.Equal(changed, tt.changed) || !slices.Equal(codes(pair), tt.codes) {
				t.Errorf("got changes %q and findings %q, want %q and %q", changed, codes(pair), tt.changed, tt.codes)
			}
		})
	}
}

// TestRenameOutOfTheTree gives a rename whose path is not a path.
func TestRenameOutOfTheTree(t *testing.T) {
	base := one("a.yaml", "model: x\n")
	_, err := arm.Compare(arm.Trees{Base: base, MergeBase: base, Head: fstest.MapFS{},
		Renames: map[string]string{"../../b.yaml": "a.yaml"}}, []arm.Watch{model("a.yaml", "")})
	if err == nil || !strings.Contains(err.Error(), "is not allowed") {
		t.Errorf("got %v, want the path refused", err)
	}
}

func TestBaseMovedRemovals(t *testing.T) {
	with := func(v string) fstest.MapFS {
		if v == "" {
			return one("a.yaml", "x: 1\n")
		}
		return one("a.yaml", "x: 1\nmodel: "+v+"\n")
	}
	tests := []struct{ name, mergeBase, base, head, want, text string }{
		{"base removed, head changed", "a", "", "b", "b", `from "a" to no value, where the pull request has "b"`},
		{"base changed, head removed", "a", "b", "", "", `from "a" to "b", where the pull request has no value`},
		{"both added", "", "a", "b", "b", `from no value to "a"`},
		{"both removed", "a", "", "", "", ""},
		{"both added the same", "", "a", "a", "a", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			pair, err := arm.Compare(arm.Trees{Base: with(tt.base), MergeBase: with(tt.mergeBase), Head: with(tt.head)}, []arm.Watch{model("a.yaml", "")})
			if err != nil {
				t.Fatal(err)
			}
			if got := pair.Head.Model(); got != tt.want {
				t.Errorf("head arm has %q, want %q", got, tt.want)
			}
			if pair.Changed() != (tt.text != "") {
				t.Errorf("changed is %v", pair.Changed())
			}
			if tt.text == "" {
				if len(pair.NotApplied) != 1 || pair.NotApplied[0].Why != "the base branch has the same value already" {
					t.Errorf("got %+v, want it noted", pair.NotApplied)
				}
				return
			}
			if len(pair.Findings) != 1 || pair.Findings[0].Code != "base-moved" || !strings.Contains(pair.Findings[0].Text, tt.text) {
				t.Errorf("got %+v, want %q", pair.Findings, tt.text)
			}
		})
	}
}

// TestOthersAreBounded gives a head whose other changes would be long to list.
func TestOthersAreBounded(t *testing.T) {
	deep := strings.Repeat(`{"`+strings.Repeat("k", 5000)+`":`, 90)
	head := one("a.json", `{"model": "x", "deep": `+deep+"1"+strings.Repeat("}", 90)+`, "list": [`+strings.Repeat("1,", 100_000)+`1]}`)
	base := one("a.json", `{"model": "x"}`)
	pair, err := arm.Compare(arm.Trees{Base: base, MergeBase: base, Head: head}, []arm.Watch{model("a.json", "")})
	if err != nil {
		t.Fatal(err)
	}
	if len(pair.NotApplied) != 51 || pair.Changed() {
		t.Fatalf("%d entries, changed %v, want 50 and a summary", len(pair.NotApplied), pair.Changed())
	}
	if got, want := pair.NotApplied[50].Why, "99952 more changes in watched files, not listed"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, c := range pair.NotApplied {
		if len(c.Source.Selector) > 256 || len(c.Head) > 200 {
			t.Errorf("entry is too long: %d and %d bytes", len(c.Source.Selector), len(c.Head))
		}
	}
}

// TestBaseURLBehindManyChanges hides the base URL of the provider in use behind other changes.
func TestBaseURLBehindManyChanges(t *testing.T) {
	const config = "model = \"m\"\nmodel_provider = \"own\"\n"
	var noise strings.Builder
	for i := range 80 {
		fmt.Fprintf(&noise, "k%d = 1\n", i)
	}
	table := func(url string) string {
		return "[model_providers.own]\nbase_url = \"" + url + "\"\n[model_providers.unused]\nbase_url = \"" + url + "\"\n"
	}
	base := one(".codex/config.toml", config+table("https://a.example"))
	head := one(".codex/config.toml", config+noise.String()+table("https://b.example"))
	pair, err := arm.Compare(arm.Trees{Base: base, MergeBase: base, Head: head}, arm.WellKnown())
	if err != nil {
		t.Fatal(err)
	}
	if len(pair.Findings) != 1 || !pair.Findings[0].Withhold || pair.Findings[0].Source.Selector != "$.model_providers.own.base_url" {
		t.Errorf("got %+v, want one finding about the provider in use", pair.Findings)
	}
	if len(pair.Changes) != 0 || !pair.Changed() {
		t.Errorf("got changes %+v, Changed %v, want none and true", pair.Changes, pair.Changed())
	}
}

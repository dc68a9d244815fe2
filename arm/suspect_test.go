package arm_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/pertask/pertask/arm"
	"golang.org/x/tools/txtar"
)

// unmappedModels are known models in the files of testdata/unmapped.
var unmappedModels = strings.Fields(`gpt-5.4 gpt-5.4-mini gpt-5.5 claude-opus-4-5 claude-opus-5-5 claude-haiku-4-5 claude-haiku-5-5
	gemini-2.5-pro gemini-2.5-flash gemini-3.1-pro gemini-3.5-flash qwen3-max qwen3-plus`)

// TestUnmapped changes one text at a time in a file as an agent, a tool or an application has it. Files of
// testdata/unmapped have the file, and edits "this => that" by what they are: "setting" and "redirect" withhold the
// verdict with a finding at the line that is changed, "quiet" does nothing. "\n" in an edit is a line end.
func TestUnmapped(t *testing.T) {
	names, err := filepath.Glob("testdata/unmapped/*.txtar")
	if err != nil || len(names) < 10 {
		t.Fatal(names, err)
	}
	codes := map[string]string{"setting": "model-setting-not-applied", "redirect": "base-url-not-applied", "quiet": ""}
	for _, name := range names {
		agent := strings.TrimSuffix(filepath.Base(name), ".txtar")
		a, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		watches, tree, edits := arm.ForAgent(arm.WellKnown(), agent), map[string]string{}, map[string]string{}
		for _, f := range a.Files {
			if _, ok := codes[f.Name]; ok {
				edits[f.Name] = string(f.Data)
			} else if f.Name == "watches" {
				watches = scenarioWatches(t, f.Data)
			} else {
				tree[f.Name] = string(f.Data)
			}
		}
		for kind, code := range codes {
			for line := range strings.Lines(edits[kind]) {
				t.Run(agent+" "+kind+" "+strings.TrimSpace(line), func(t *testing.T) {
					testEdit(t, watches, tree, strings.ReplaceAll(strings.TrimSuffix(line, "\n"), `\n`, "\n"), code)
				})
			}
			if edits[kind] == "" {
				t.Errorf("%s has no edits that are %s", name, kind)
			}
		}
	}
}

func testEdit(t *testing.T, watches []arm.Watch, tree map[string]string, edit, code string) {
	before, after, ok := strings.Cut(edit, " => ")
	if !ok {
		t.Fatalf("no edit")
	}
	base, head := fstest.MapFS{}, fstest.MapFS{}
	var path string
	var line int
	for name, content := range tree {
		base[name] = &fstest.MapFile{Data: []byte(content)}
		head[name] = base[name]
		if strings.Contains(content, before) {
			if path != "" || strings.Count(content, before) > 1 {
				t.Fatalf("%q is there more than once", before)
			}
			path, line = name, strings.Count(content[:strings.Index(content, before)], "\n")+1
			head[name] = &fstest.MapFile{Data: []byte(strings.Replace(content, before, after, 1))}
		}
	}
	if path == "" {
		t.Fatalf("%q is not there", before)
	}
	for _, tt := range []struct {
		name       string
		base, head fstest.MapFS
	}{{"changed", base, head}, {"changed back", head, base}, {"unchanged", base, base}, {"unchanged after", head, head}} {
		p, err := arm.Compare(arm.Trees{Base: tt.base, MergeBase: tt.base, Head: tt.head, Models: unmappedModels}, watches)
		if err != nil {
			t.Fatal(err)
		}
		want := code
		if strings.HasPrefix(tt.name, "unchanged") {
			want = ""
		}
		if want == "" {
			if p.Changed() || len(p.Findings) > 0 {
				t.Errorf("%s: changed %v, findings %+v", tt.name, p.Changed(), p.Findings)
			}
			continue
		}
		if len(p.Changes) > 0 || len(p.Findings) == 0 || !p.Changed() {
			t.Fatalf("%s: changes %+v, findings %+v", tt.name, p.Changes, p.Findings)
		}
		var got []string
		for _, f := range p.Findings {
			got = append(got, f.Code)
			where := fmt.Sprintf("%s:%d:%d", f.Source.Path, f.Source.Line, f.Source.Column)
			if f.Source.Path != path || f.Source.Line != line || f.Source.Column < 1 || !strings.Contains(f.Text, where) {
				t.Errorf("%s: at %+v, want line %d of %s, also in the text %q", tt.name, f.Source, line, path, f.Text)
			}
		}
		if tt.name == "changed" && got[len(got)-1] != want || !strings.Contains(strings.Join(got, " "), "not-applied") {
			t.Errorf("%s: findings %v, want %s", tt.name, got, want)
		}
	}
}

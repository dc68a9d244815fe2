package outside_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/arm/outside"
	"github.com/pertask/pertask/internal/document"
)

var knownModels = []string{"gpt-5.4", "gpt-5.4-mini", "gpt-5.5", "claude-opus-4-5", "openai/gpt-5.5", "models/gemini-2.5-pro", "o3"}

func none(outside.FileDiff) bool { return false }

// patch returns a hunk that starts at line 10 on both sides.
func patch(lines ...string) string {
	old, now := 0, 0
	for _, l := range lines {
		switch l[0] {
		case '-':
			old++
		case '+':
			now++
		case ' ':
			old++
			now++
		}
	}
	return fmt.Sprintf("@@ -10,%d +10,%d @@ func main() {\n%s", old, now, strings.Join(lines, "\n"))
}

func TestModels(t *testing.T) {
	tests := []struct {
		name, patch string
		what        string // between "measured: " and the end; "" for no finding
		line        int
	}{
		{"changed", patch(" x", `-	model = "gpt-5.4"`, `+	model = "gpt-5.5"`), "gpt-5.4 -> gpt-5.5 in a.go:11.", 11},
		{"longer name", patch(`-m = "gpt-5.4-mini"`, `+m = "gpt-5.4-nano"`), "gpt-5.4-mini -> none in a.go, line 10 of the merge base.", 0},
		{"inside a name", patch(`-m = "gpt-5.4-nano"`, `+m = "my-gpt-5.4"`, `+m = "gpt-5.4.1"`, `+m = "xgpt-5.4"`), "", 0},
		{"only context", patch(` m = "gpt-5.4"`, `-x`, `+y`), "", 0},
		{"line around it", patch(`-m("gpt-5.4", 1)`, `+m("gpt-5.4", 2)`), "", 0},
		{"added", patch(" x", " y", `+m = 'claude-opus-4-5'`), "none -> claude-opus-4-5 in a.go:12.", 12},
		{"removed", patch(" x", `-m = gpt-5.4`), "gpt-5.4 -> none in a.go, line 11 of the merge base.", 0},
		{"full stop", patch(`+We use gpt-5.4.`), "none -> gpt-5.4 in a.go:10.", 10},
		{"emphasis", patch(`+We use _gpt-5.4_...`), "none -> gpt-5.4 in a.go:10.", 10},
		{"option", patch(`-run --model=gpt-5.4`, `+run --model=gpt-5.5`), "gpt-5.4 -> gpt-5.5 in a.go:10.", 10},
		{"option with a space", patch(`-run -m gpt-5.4`, `+run -m gpt-5.5`), "gpt-5.4 -> gpt-5.5 in a.go:10.", 10},
		{"provider before", patch(`-"openai/gpt-5.4"`, `+"openai/gpt-5.5"`), "gpt-5.4 -> openai/gpt-5.5 in a.go:10.", 10},
		{"id of two words", patch(`+models/gemini-2.5-pro:generate`), "none -> models/gemini-2.5-pro in a.go:10.", 10},
		{"id of two words, longer", patch(`+models/gemini-2.5-pro-exp`), "", 0},
		{"after other letters", patch(`+ü` + "gpt-5.4" + `ü`), "none -> gpt-5.4 in a.go:10.", 10},
		{"moved", patch(`-m = "gpt-5.4"`, " x", " y", `+m = "gpt-5.4"`), "", 0},
		{"changed places, one block", patch(`-a = "gpt-5.4"`, `-b = "gpt-5.5"`, `+a = "gpt-5.5"`, `+b = "gpt-5.4"`), "the places of gpt-5.4, gpt-5.5 in a.go:10.", 10},
		{"changed places, two blocks", patch(`-a = "gpt-5.4"`, `+a = "gpt-5.5"`, " x", `-b = "gpt-5.5"`, `+b = "gpt-5.4"`), "the places of gpt-5.4, gpt-5.5 in a.go:10.", 10},
		{"one more", patch(`-a("gpt-5.4")`, `+a("gpt-5.4", "gpt-5.4")`), "none -> gpt-5.4 in a.go:10.", 10},
		{"removed line like a header", patch(`--- gpt-5.4`, `+-- gpt-5.5`), "gpt-5.4 -> gpt-5.5 in a.go:10.", 10},
		{"added line like a hunk", patch(`+@@ -1 +1 @@ gpt-5.4`, `+gpt-5.4`), "none -> gpt-5.4 in a.go:10.", 10},
		{"no new line at the end", patch(`-gpt-5.4`, `\ No newline at end of file`, `+gpt-5.5`), "gpt-5.4 -> gpt-5.5 in a.go:10.", 10},
		{"second hunk", patch(" x") + "\n@@ -100 +200 @@\n-gpt-5.4\n+gpt-5.5", "gpt-5.4 -> gpt-5.5 in a.go:200.", 200},
		{"no header", "-gpt-5.4\n+gpt-5.5", "gpt-5.4 -> gpt-5.5 in a.go.", 0},
		{"wrong header", "@@ -x +y @@\n-gpt-5.4\n+gpt-5.5", "gpt-5.4 -> gpt-5.5 in a.go.", 0},
		{"header with a huge number", "@@ -99999999999999999999 +1 @@\n+gpt-5.5", "none -> gpt-5.5 in a.go.", 0},
		{"several", patch(`-gpt-5.4 o3`, `+gpt-5.5 claude-opus-4-5`), "gpt-5.4, o3 -> gpt-5.5, claude-opus-4-5 in a.go:10.", 10},
		{"many", patch(`+gpt-5.4 gpt-5.4-mini gpt-5.5 claude-opus-4-5 openai/gpt-5.5 models/gemini-2.5-pro o3`), "none -> gpt-5.4, gpt-5.4-mini, gpt-5.5, claude-opus-4-5, openai/gpt-5.5 and 2 more in a.go:10.", 10},
		{"carriage returns", strings.ReplaceAll(patch(`-gpt-5.4`, `+gpt-5.5`), "\n", "\r\n"), "gpt-5.4 -> gpt-5.5 in a.go:10.", 10},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := outside.Models([]outside.FileDiff{{Path: "a.go", Patch: tt.patch}}, none, knownModels)
			var want []outside.Finding
			if tt.what != "" {
				source := document.Source{Path: "a.go"}
				if tt.line > 0 {
					source.Line, source.Column = tt.line, 1
				}
				want = []outside.Finding{{Code: "model-outside-watched-files", Source: source,
					Text: "A known model changes outside of the watched files, which is neither applied nor measured: " + tt.what}}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("Models (-want +got):\n%s", diff)
			}
		})
	}
}

// TestModelsMany has the size that GitHub allows, 3,000 files, and 300 ids.
func TestModelsMany(t *testing.T) {
	var known []string
	for i := range 300 {
		known = append(known, fmt.Sprintf("provider/model-%d", i), fmt.Sprintf("model-%d", i))
	}
	var diffs []outside.FileDiff
	for i := range 3000 {
		lines := []string{}
		for j := range 50 {
			lines = append(lines, fmt.Sprintf("-x := call(%q, 'provider/other', %d)", fmt.Sprintf("model-%d", j), i), "+y")
		}
		diffs = append(diffs, outside.FileDiff{Path: fmt.Sprintf("f%d.go", i), Patch: patch(lines...)})
	}
	for i := range 30 {
		diffs = append(diffs, outside.FileDiff{Path: fmt.Sprintf("big%d.go", i)})
	}
	got := outside.Models(diffs, none, known)
	count := map[string]int{}
	for _, f := range got {
		count[f.Code]++
	}
	if diff := cmp.Diff(map[string]int{"model-outside-watched-files": 101, "diff-not-given": 11}, count); diff != "" {
		t.Errorf("findings by code (-want +got):\n%s", diff)
	}
	if got, want := got[100].Text, "Known models change in 2900 more files outside of the watched files."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := got[111].Text, "GitHub gives no diff of 20 more files, in which a model could change unseen."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func FuzzModels(f *testing.F) {
	f.Add(patch(`-m = "gpt-5.4"`, `+m = "gpt-5.5"`), "gpt-5.4")
	f.Add("@@ -1,2 +1 @@\n-a\n-gpt-5.4.\n+b\n\\ No newline", "gpt-5.4-mini")
	f.Add("@@ -0,0 +1,9999999 @@\n+models/x", "models/x")
	f.Add("\n\n@@ @@\n+._x_.", "x")
	f.Fuzz(func(t *testing.T, text, id string) {
		diff := outside.FileDiff{Path: "a.go", Patch: text}
		for _, found := range outside.Models([]outside.FileDiff{diff}, none, []string{id, "gpt-5.4"}) {
			if found.Code != "model-outside-watched-files" && text != "" {
				t.Errorf("unexpected finding %+v", found)
			}
			if found.Source.Line < 0 {
				t.Errorf("negative line: %+v", found)
			}
			if text != "" && !strings.Contains(text, id) && !strings.Contains(text, "gpt-5.4") {
				t.Errorf("a finding without an id in the patch: %+v", found)
			}
		}
		// Context lines alone change nothing.
		context := "@@ -1 +1 @@\n " + strings.ReplaceAll(text, "\n", "\n ")
		if got := outside.Models([]outside.FileDiff{{Path: "a.go", Patch: context}}, none, []string{id}); len(got) > 0 {
			t.Errorf("context lines give %+v", got)
		}
	})
}

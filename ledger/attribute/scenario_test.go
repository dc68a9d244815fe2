package attribute_test

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/merged"
	"github.com/pertask/pertask/internal/golden"
	"github.com/pertask/pertask/ledger/attribute"
)

// TestScenarios plays the histories in testdata and compares what the ledger says of them. A new one needs no Go: write the
// history, see the type history for its lines, and run the test with -update.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) < 25 {
		t.Fatalf("got %d histories and %v", len(files), err)
	}
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if len(a.Files) == 0 || a.Files[0].Name != "history" || len(strings.TrimSpace(string(a.Comment))) < 20 {
				t.Fatalf("%s: a comment that says what it shows, and the file \"history\" are needed", path)
			}
			h := play(t, string(a.Files[0].Data))
			a.Files = append(a.Files[:1], txtar.File{Name: "want", Data: []byte(h.ledger(h.index()))})
			golden.Check(t, filepath.ToSlash(path), string(txtar.Format(a)))
		})
	}
}

// index reads all that is to be read from the server, as a command does.
func (h *history) index() *attribute.Index {
	h.t.Helper()
	r, err := merged.New(github.Config{BaseURL: h.s.URL, GraphQLURL: h.s.GraphQLURL, Token: h.s.Token}, merged.Options{Page: 3})
	if err != nil {
		h.t.Fatal(err)
	}
	var repos []attribute.Repository
	for _, asked := range h.read {
		repo, err := github.ParseRepo(asked)
		if err != nil {
			h.t.Fatal(err)
		}
		got, err := r.All(context.Background(), merged.Query{Repo: repo, Since: h.since, Unmerged: true, Open: true})
		if err != nil {
			h.t.Fatal(err)
		}
		to := attribute.Repository{Name: h.host + "/" + got.Repo, Former: []string{h.host + "/" + asked}, DefaultBranch: got.DefaultBranch}
		for _, p := range got.Pulls {
			to.Pulls = append(to.Pulls, attribute.Pull(p))
		}
		repos = append(repos, to)
	}
	return attribute.New(repos...)
}

// ledger returns a line for each answer with what counts there, and the sum over all entries.
func (h *history) ledger(x *attribute.Index) string {
	type sum struct{ tokens, entries int64 }
	lines, all := map[string]sum{}, sum{}
	for _, e := range h.entries {
		n, _ := e.Tokens.Input.Value()
		who := h.show(x.Find(e))
		lines[who] = sum{lines[who].tokens + n, lines[who].entries + 1}
		all = sum{all.tokens + n, all.entries + 1}
	}
	var out strings.Builder
	for _, who := range slices.Sorted(maps.Keys(lines)) {
		fmt.Fprintf(&out, "%s tokens %d entries %d\n", who, lines[who].tokens, lines[who].entries)
		all = sum{all.tokens - lines[who].tokens, all.entries - lines[who].entries}
	}
	if all != (sum{}) {
		h.t.Errorf("the lines are not the sum of the entries: %+v is missing", all)
	}
	return out.String()
}

func (h *history) show(a attribute.Attribution) string {
	out := "unattributed " + string(a.Reason)
	if a.Attributed() {
		out = "merged"
	}
	if a.Repository != "" {
		out += " " + strings.TrimPrefix(a.Repository, "github.com/")
	}
	if a.Pull != 0 {
		out += fmt.Sprintf(" pull %d", a.Pull)
	}
	if a.Commit != "" {
		out += " as " + h.nameOf(a.Commit)
	}
	if a.How != "" {
		out += " how " + string(a.How)
	}
	return out
}

package repostore_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/github/githubtest/gitstore"
	"github.com/pertask/pertask/github/githubtest/repostore"
)

func TestComparison(t *testing.T) {
	w := newWorld()
	beside := w.repo.Git.Commit([]string{w.base}, gitstore.Text(map[string]string{"b": "1\n"}), "beside")
	stranger := w.repo.Git.Commit(nil, gitstore.Text(map[string]string{"c": "1\n"}), "stranger")
	for name, tt := range map[string]struct {
		base, head    string
		status        string // "" is no comparison
		ahead, behind int
	}{
		"a child":    {w.base, w.head, "ahead", 1, 0},
		"a parent":   {w.head, w.base, "behind", 0, 1},
		"itself":     {w.head, w.head, "identical", 0, 0},
		"a sibling":  {w.head, beside, "diverged", 1, 1},
		"a stranger": {w.head, stranger, "", 0, 0},
	} {
		m, found := w.repo.Comparison(tt.base, tt.head, true, nil)
		if found != (tt.status != "") {
			t.Errorf("%s: found is %v", name, found)
		}
		if !found {
			continue
		}
		if diff := cmp.Diff([]any{m["status"], m["ahead_by"], m["behind_by"], m["total_commits"]}, []any{tt.status, tt.ahead, tt.behind, tt.ahead}); diff != "" {
			t.Errorf("%s: got-want:\n%s", name, diff)
		}
	}
}

// TestComparisonLimits has 260 commits and 301 files more than the base.
func TestComparisonLimits(t *testing.T) {
	w := newWorld()
	files, head := map[string]string{"a": "1\n"}, w.base
	for i := range 260 {
		files[fmt.Sprintf("f%d", i)] = "x"
		if i == 259 {
			for j := range 41 {
				files[fmt.Sprintf("g%d", j)] = fmt.Sprint(j)
			}
		}
		head = w.repo.Git.Commit([]string{head}, gitstore.Text(files), fmt.Sprint(i))
	}
	for name, tt := range map[string]struct {
		files         bool
		page          func(int) (int, int)
		commits, want int
	}{
		"everything": {true, nil, 250, 300},
		"no files":   {false, nil, 250, 0},
		"a page":     {true, func(total int) (int, int) { return total - 60, total }, 60, 300},
	} {
		m, _ := w.repo.Comparison(w.base, head, tt.files, tt.page)
		if c, f := len(m["commits"].([]any)), len(m["files"].([]any)); c != tt.commits || f != tt.want || m["total_commits"] != 260 {
			t.Errorf("%s: got %d commits and %d files, want %+v", name, c, f, tt)
		}
	}
}

func TestChanges(t *testing.T) {
	w := newWorld()
	p := w.open(t)
	all, found := w.repo.Changes(p)
	if !found || len(all) != 1 || all[0].Path != "a" || all[0].Status != "modified" {
		t.Errorf("got %+v, %v", all, found)
	}
	if list := w.repo.FilesJSON(p.Head, all); len(list) != 1 || list[0].(map[string]any)["filename"] != "a" {
		t.Errorf("got %v", list)
	}
	many := map[string]string{}
	for i := range 3001 {
		many[fmt.Sprint(i)] = "x"
	}
	big := &repostore.Pull{Base: w.base, Head: w.repo.Git.Commit([]string{w.base}, gitstore.Text(many), "many")}
	if all, _ := w.repo.Changes(big); len(all) != 3000 {
		t.Errorf("got %d files", len(all))
	}
	p.Base = w.repo.Git.Commit(nil, gitstore.Text(nil), "stranger")
	if _, found := w.repo.Changes(p); found {
		t.Error("a pull request on a stranger has changes")
	}
}

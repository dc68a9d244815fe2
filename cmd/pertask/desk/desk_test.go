package desk_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/cmd/pertask/desk"
	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/ledger/spendtest"
	"github.com/pertask/pertask/session"
)

func env(pairs ...string) func(string) string {
	m := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return func(name string) string { return m[name] }
}

func TestFolder(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the usual place is another one on each system; this is Linux's")
	}
	for _, test := range []struct {
		name, option string
		env          func(string) string
		want         string
	}{
		{"the option goes first", "/a", env("PERTASK_LEDGER", "/b", "HOME", "/h"), "/a"},
		{"then the variable", "", env("PERTASK_LEDGER", "/b", "HOME", "/h"), "/b"},
		{"off by the option", "off", env("PERTASK_LEDGER", "/b"), ""},
		{"off by the variable", "", env("PERTASK_LEDGER", "off", "HOME", "/h"), ""},
		{"the option over off", "/a", env("PERTASK_LEDGER", "off"), "/a"},
		{"the usual place", "", env("HOME", "/h"), "/h/.local/share/pertask"},
		{"the usual place for data", "", env("HOME", "/h", "XDG_DATA_HOME", "/d"), "/d/pertask"},
		{"a relative one is none", "", env("HOME", "/h", "XDG_DATA_HOME", "d"), "/h/.local/share/pertask"},
		{"nobody's home", "", env(), ""},
	} {
		if got := desk.Folder(test.option, test.env); got != test.want {
			t.Errorf("%s: %q; want %q", test.name, got, test.want)
		}
	}
}

// TestOpen has many processes begin at once: all of them write under one name.
func TestOpen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "ledger")
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			d, err := desk.Open(dir)
			if err != nil {
				t.Error(err)
				return
			}
			defer d.Close()
			if err := d.Add(t.Context(), spendtest.Entry(i)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	d, err := desk.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if n := len(spendtest.All(t, d.Entries(t.Context(), spend.Query{}))); n != 20 {
		t.Errorf("%d entries; want 20", n)
	}
	writers := map[string]bool{}
	files, err := os.ReadDir(filepath.Join(dir, "ledger"))
	if err != nil {
		t.Fatal(err)
	}
	name, err := os.ReadFile(filepath.Join(dir, "writer"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		writers[f.Name()] = strings.Contains(f.Name(), strings.TrimSpace(string(name)))
	}
	for f, ours := range writers {
		if !ours {
			t.Errorf("%s is of another writer than %s", f, name)
		}
	}
}

func TestAnswers(t *testing.T) {
	d, err := desk.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	now := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	if a, err := d.Answers(now); err != nil || a.Len() != 0 {
		t.Errorf("before the first: %d, %v", a.Len(), err)
	}
	for _, ids := range [][]string{{"msg_1", "resp_2"}, {"msg_1", ""}, {}, {"two\nlines"}} {
		if err := d.Answered(now, ids...); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Answered(now.AddDate(-2, 0, 0), "msg_old"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if a, err := d.Answers(now.AddDate(-1, 0, 0)); err != nil || a.Len() != 2 {
			t.Errorf("%d answers, %v; want 2", a.Len(), err)
		}
	}
	if a, err := d.Answers(now.AddDate(-9, 0, 0)); err != nil || a.Len() != 2 {
		t.Errorf("%d answers, %v; want that the old file is gone", a.Len(), err)
	}
}

// TestTornAnswers has a file that a power cut has left: what is after it counts.
func TestTornAnswers(t *testing.T) {
	dir := t.TempDir()
	d, err := desk.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	now := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	if err := d.Answered(now, "msg_1"); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "answers", "2026-11.txt"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(append(make([]byte, 100_000), "msg_to"...)); err != nil {
		t.Fatal(err)
	}
	f.Close()
	if err := d.Answered(now, "msg_2"); err != nil {
		t.Fatal(err)
	}
	a, err := d.Answers(now)
	want := new(session.Answers)
	want.Add("msg_1", "msg_2")
	if err != nil || a.Len() < want.Len() || a.Len() > want.Len()+1 { // the end of the torn line may count as a name that nobody has
		t.Errorf("%d answers, %v", a.Len(), err)
	}
}

// TestPlaceOfJob has the variables as GitHub documents them for each event.
func TestPlaceOfJob(t *testing.T) {
	const sha = "0123456789abcdef0123456789abcdef01234567"
	for _, test := range []struct {
		name string
		env  []string
		want spend.Place
	}{
		{"a pull request", []string{"GITHUB_REF", "refs/pull/12/merge", "GITHUB_HEAD_REF", "fix-date"}, spend.Place{Repository: "github.com/acme/shop", Branch: "fix-date", Pull: 12}},
		{"a push", []string{"GITHUB_REF", "refs/heads/team/fix"}, spend.Place{Repository: "github.com/acme/shop", Branch: "team/fix", Commit: sha}},
		{"a tag", []string{"GITHUB_REF", "refs/tags/v1"}, spend.Place{Repository: "github.com/acme/shop", Commit: sha}},
		{"an enterprise server", []string{"GITHUB_SERVER_URL", "https://git.acme.example", "GITHUB_REF", "refs/heads/main"}, spend.Place{Repository: "git.acme.example/acme/shop", Branch: "main", Commit: sha}},
		{"no number", []string{"GITHUB_REF", "refs/pull/0/merge"}, spend.Place{Repository: "github.com/acme/shop", Commit: sha}},
	} {
		got := desk.Place(t.TempDir(), time.Now(), env(append(test.env, "GITHUB_ACTIONS", "true", "GITHUB_REPOSITORY", "Acme/Shop", "GITHUB_SHA", sha)...))
		if d := cmp.Diff(test.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, d)
		}
	}
}

func TestPlaceOfFolder(t *testing.T) {
	dir := t.TempDir()
	if got := desk.Place(dir, time.Now(), env()); !cmp.Equal(got, spend.Place{}) {
		t.Errorf("a folder of nobody: %+v", got)
	}
	for name, text := range map[string]string{".git/HEAD": "ref: refs/heads/fix-date\n", ".git/config": "[remote \"origin\"]\n\turl = git@github.com:Acme/Shop.git\n"} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want := spend.Place{Repository: "github.com/acme/shop", Branch: "fix-date"}
	if got := desk.Place(dir, time.Now(), env()); !cmp.Equal(got, want) {
		t.Errorf("%+v; want %+v", got, want)
	}
}

package spendbranch_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/branch"
	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/ledger/spendbranch"
	"github.com/pertask/pertask/ledger/spendtest"
)

var acme = github.Repo{Owner: "acme", Name: "shop"}

// world is a server with a repository of code.
type world struct {
	*githubtest.Server
	repo, base string
}

func newWorld(t testing.TB, opt githubtest.Options) *world {
	t.Helper()
	opt.Actor = githubtest.WorkflowActor()
	opt.Actor.Permissions["contents"] = "write"
	w := &world{Server: githubtest.NewWith(t, opt)}
	w.repo = w.AddRepo(acme.Owner, acme.Name)
	w.base = w.Commit(w.repo, nil, githubtest.Text(map[string]string{"main.go": "package main\n"}))
	w.SetBranch(w.repo, "main", w.base)
	return w
}

// brief waits a hundredth of the time: the server's requests take about a hundredth of GitHub's.
func brief(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d / 100):
		return nil
	}
}

// open is another process: a client and a store of its own.
func (w *world) open(t testing.TB) *spendbranch.Store {
	t.Helper()
	return spendbranch.New(w.files(t), spendbranch.Options{Sleep: brief})
}

func (w *world) files(t testing.TB) github.BranchFiles {
	t.Helper()
	c, err := github.New(github.Config{BaseURL: w.URL, GraphQLURL: w.GraphQLURL, Token: w.Token, Sleep: brief})
	if err != nil {
		t.Fatal(err)
	}
	return c.BranchFiles(acme)
}

// paths returns the paths of the files of the branch.
func (w *world) paths(t testing.TB) []string {
	t.Helper()
	files := w.files(t)
	at, err := files.Ref(t.Context(), spendbranch.DefaultBranch)
	if err != nil {
		t.Fatal(err)
	}
	list, err := files.List(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range list {
		out = append(out, f.Path)
	}
	return out
}

// put puts files on the branch that nobody checked.
func (w *world) put(t testing.TB, files map[string]string) {
	t.Helper()
	var parents []string
	if log := w.Log(w.repo, spendbranch.DefaultBranch); len(log) > 0 {
		parents = log[:1]
	}
	w.SetBranch(w.repo, spendbranch.DefaultBranch, w.Commit(w.repo, parents, githubtest.Text(files)))
}

func read(t testing.TB, s spend.Store) ([]spend.Entry, spend.Skipped) {
	t.Helper()
	var out []spend.Entry
	skipped, err := spend.Each(s.Entries(t.Context(), spend.Query{}), func(e spend.Entry) error {
		out = append(out, e)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out, skipped
}

func add(t testing.TB, s spend.Store, entries ...spend.Entry) {
	t.Helper()
	if err := s.Add(t.Context(), entries...); err != nil {
		t.Fatal(err)
	}
}

func line(t testing.TB, e spend.Entry) string {
	t.Helper()
	text, err := spend.Encode(e)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestStore(t *testing.T) {
	spendtest.Run(t, func(t *testing.T) func() spend.Store {
		w := newWorld(t, githubtest.Options{Unchecked: true, Hourly: 1 << 30})
		return func() spend.Store { return w.open(t) }
	})
}

// Fifty writers at once, some of whose requests are not answered: no entry is lost, and none is there twice.
func TestFiftyWriters(t *testing.T) {
	w := newWorld(t, githubtest.Options{Unchecked: true, Hourly: 1 << 30})
	w.Fail(githubtest.Match("PATCH", "/git/refs/"), 502, 3, true)
	w.Fail(githubtest.Match("PATCH", "/git/refs/"), 500, 3, false)
	w.Fail(githubtest.Match("POST", "/git/refs$"), 0, 1, true)
	w.Fail(githubtest.Match("POST", "/git/trees$"), 500, 2, false)
	w.Fail(githubtest.Match("GET", "/git/ref/"), 503, 2, false)
	const writers, batches, each = 50, 2, 5
	var wg sync.WaitGroup
	for p := range writers {
		s := w.open(t)
		wg.Go(func() {
			for b := range batches {
				entries := spendtest.Entries((p*batches + b + 1) * each)[(p*batches+b)*each:]
				if err := s.Add(context.Background(), append(entries, spendtest.More(spendtest.Entry(9999), int64(p)))...); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	want := append(spendtest.Entries(writers*batches*each), spendtest.More(spendtest.Entry(9999), writers-1))
	spend.Sort(want)
	got, skipped := read(t, w.open(t))
	if diff := cmp.Diff(want, got); diff != "" || skipped.Lines != 0 {
		t.Errorf("skipped %+v (-want +got):\n%.3000s", skipped, diff)
	}
	lines := map[string]int{}
	files := w.files(t)
	at, err := files.Ref(t.Context(), spendbranch.DefaultBranch)
	if err != nil {
		t.Fatal(err)
	}
	list, err := files.List(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		text, err := files.Content(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		for l := range strings.Lines(string(text)) {
			lines[l]++
		}
	}
	for _, e := range want[:len(want)-1] {
		if n := lines[line(t, e)]; n != 1 {
			t.Errorf("the line of %s is there %d times", e.ID, n)
		}
	}
	log := w.Log(w.repo, spendbranch.DefaultBranch)
	if len(log) < writers*batches || slices.Contains(log, w.base) {
		t.Errorf("%d commits, want %d that share nothing with the code", len(log), writers*batches)
	}
	t.Logf("%d commits for %d batches, %d requests", len(log), writers*batches, len(w.Requests()))
}

// What one writer costs in requests, against GitHub's description of them.
func TestRequests(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	s := w.open(t)
	for i, want := range []int{4, 5, 5} { // the first commit has no parent to look at
		w.ResetRequests()
		add(t, s, spendtest.Entries(200)[i*60:(i+1)*60]...) // of two months
		if got := len(w.Requests()); got != want {
			t.Errorf("adding takes %d requests, want %d", got, want)
		}
	}
	if n := len(w.Log(w.repo, spendbranch.DefaultBranch)); n != 3 {
		t.Errorf("%d commits, want one for each of 3 batches", n)
	}
	if paths := w.paths(t); len(paths) != 2 || !strings.HasPrefix(paths[0], "entries/2026-10/") || !strings.HasPrefix(paths[1], "entries/2026-11/") {
		t.Errorf("files %q", paths)
	}
	w.ResetRequests()
	other := w.open(t)
	if got := spendtest.All(t, other.Entries(t.Context(), spend.Query{From: spendtest.Noon.AddDate(0, 0, 3)})); len(got) != 0 {
		t.Errorf("%d entries", len(got))
	}
	if got := len(w.Requests()); got != 3 {
		t.Errorf("reading one of two months takes %d requests, want 3", got)
	}
	if v := w.Violations(); len(v) > 0 {
		t.Errorf("violations of what GitHub describes: %q", v)
	}
}

// A file that is full is followed by another one, in the middle of a batch, too.
func TestFilesRollOver(t *testing.T) {
	w := newWorld(t, githubtest.Options{Unchecked: true})
	big := func(n int) spend.Entry {
		e := spendtest.Entry(n % 10)
		e.Part, e.Branch, e.Author = fmt.Sprint(n), strings.Repeat("<", 255), strings.Repeat("<", 255)
		return e.Complete()
	}
	var want []spend.Entry
	s := w.open(t)
	for b := range 3 {
		var entries []spend.Entry
		for n := range 300 {
			entries = append(entries, big(b*300+n))
		}
		add(t, s, entries...)
		want = append(want, entries...)
	}
	files := w.files(t)
	at, err := files.Ref(t.Context(), spendbranch.DefaultBranch)
	if err != nil {
		t.Fatal(err)
	}
	list, err := files.List(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	total := int64(0)
	for _, f := range list {
		if total += f.Size; f.Size > branch.MaxFile {
			t.Errorf("%s has %d bytes", f.Path, f.Size)
		}
	}
	if least := int(total/branch.MaxFile) + 1; len(list) != least || least < 3 {
		t.Errorf("%d files of %d bytes, want %d", len(list), total, least)
	}
	spend.Sort(want)
	if got, _ := read(t, w.open(t)); cmp.Diff(want, got) != "" {
		t.Errorf("%d entries, want %d", len(got), len(want))
	}
	var more []spend.Entry
	for range 6 {
		more = append(more, want...)
	}
	if err := s.Add(t.Context(), more...); err == nil || !strings.Contains(err.Error(), "at most") {
		t.Errorf("error %v for too much at once", err)
	}
}

// What somebody with write access puts on the branch is numbers at most.
func TestHostileBranch(t *testing.T) {
	good, other := line(t, spendtest.Entry(1)), line(t, spendtest.Entry(2))
	many := strings.Repeat("x\n", 3000)
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  int // entries
		lines int // skipped
		told  string
	}{
		{"nothing of ours", map[string]string{"README.md": good, "entries/x.jsonl": good, "entries/2026-10/../x.jsonl/y": good, "entries/2026-10/A.0.jsonl": good}, 0, 0, ""},
		{"another's file", map[string]string{"entries/2026-10/abc.0.jsonl": good + other}, 2, 0, ""},
		{"lines that are none", map[string]string{"entries/2026-10/abc.0.jsonl": "x\n" + good + `{"schema":"pertask.entry/1"}` + "\n\xff\n"}, 1, 3, "abc.0.jsonl:1:"},
		{"a torn line", map[string]string{"entries/2026-10/abc.0.jsonl": good + other[:50]}, 1, 1, "no end"},
		{"too many bad lines", map[string]string{"entries/2026-10/abc.0.jsonl": many, "entries/2026-10/abd.0.jsonl": good}, 1, 1001, ""},
		{"a large file", map[string]string{"entries/2026-10/abc.0.jsonl": strings.Repeat("x", branch.MaxFile+1), "entries/2026-10/abd.0.jsonl": good}, 1, 1, "at most 1048576"},
		{"another month", map[string]string{"entries/2026-09/abc.0.jsonl": good}, 0, 1, "another month"},
		{"a cheaper model under the id", map[string]string{"entries/2026-10/abc.0.jsonl": strings.Replace(good, "sonnet", "haiku", 1)}, 0, 1, "id"},
		{"more tokens than there are", map[string]string{"entries/2026-10/abc.0.jsonl": strings.Replace(good, `"output":500`, `"output":9000000000000000000`, 1)}, 0, 1, "output"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, githubtest.Options{Unchecked: true})
			w.put(t, tt.files)
			got, skipped := read(t, w.open(t))
			if len(got) != tt.want || skipped.Lines != tt.lines || tt.lines > 0 && !strings.Contains(errors.Join(skipped.First...).Error(), tt.told) {
				t.Errorf("%d entries, %d skipped, told %q; want %d, %d, %q", len(got), skipped.Lines, skipped.First, tt.want, tt.lines, tt.told)
			}
			add(t, w.open(t), spendtest.Entry(7)) // and nobody is kept from adding
			if got, _ := read(t, w.open(t)); len(got) != tt.want+1 {
				t.Errorf("%d entries after one more", len(got))
			}
		})
	}
}

func TestTooManyFiles(t *testing.T) {
	w := newWorld(t, githubtest.Options{Unchecked: true, Hourly: 1 << 30})
	files := map[string]string{}
	for i := range 5002 {
		files[fmt.Sprintf("entries/2026-10/a%05d.0.jsonl", i)] = ""
	}
	files["entries/2026-10/a00000.0.jsonl"] = line(t, spendtest.Entry(1))
	files["entries/2026-10/a05001.0.jsonl"] = line(t, spendtest.Entry(2))
	w.put(t, files)
	w.ResetRequests()
	got, skipped := read(t, w.open(t))
	if len(got) != 1 || skipped.Lines != 1 || !strings.Contains(skipped.First[0].Error(), "2 files of the month") {
		t.Errorf("%d entries, skipped %+v", len(got), skipped)
	}
	if n := len(w.Requests()); n > 4 {
		t.Errorf("reading them takes %d requests", n)
	}
}

func TestCompact(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	for i := range 6 {
		add(t, w.open(t), spendtest.Entry(i), spendtest.Entry(150+i), spendtest.More(spendtest.Entry(100), int64(i)))
	}
	kept := w.open(t)
	add(t, kept, spendtest.Entry(50))
	before, _ := read(t, w.open(t))
	s := w.open(t)
	c, err := s.Compact(t.Context(), "2026-10")
	if err != nil || c != (spendbranch.Compacted{Before: 7, After: 1}) {
		t.Fatalf("%+v, %v", c, err)
	}
	if n := len(w.paths(t)); n != 7 {
		t.Errorf("%d files, want 6 of November and 1", n)
	}
	after, skipped := read(t, w.open(t))
	if diff := cmp.Diff(before, after); diff != "" || skipped.Lines != 0 {
		t.Errorf("entries (-before +after):\n%s", diff)
	}
	commits := len(w.Log(w.repo, spendbranch.DefaultBranch))
	for _, m := range []string{"2026-10", "2025-01", "entries", "../x"} {
		if c, err := s.Compact(t.Context(), m); err != nil || c.Before != c.After {
			t.Errorf("%s: %+v, %v", m, c, err)
		}
	}
	if n := len(w.Log(w.repo, spendbranch.DefaultBranch)); n != commits {
		t.Errorf("%d commits of nothing", n-commits)
	}
	add(t, kept, spendtest.Entry(51)) // whose file is gone
	if got, _ := read(t, w.open(t)); len(got) != len(before)+1 {
		t.Errorf("%d entries, want %d", len(got), len(before)+1)
	}
	if v := w.Violations(); len(v) > 0 {
		t.Errorf("violations of what GitHub describes: %q", v)
	}
	w.put(t, map[string]string{"entries/2026-10/a.0.jsonl": line(t, spendtest.Entry(1)), "entries/2026-10/b.0.jsonl": "x\n"})
	if c, err := s.Compact(t.Context(), "2026-10"); err != nil || c != (spendbranch.Compacted{Before: 2, After: 2}) {
		t.Errorf("with a line that is none: %+v, %v", c, err)
	}
}

// Whoever adds while files are put together loses nothing.
func TestCompactWhileOthersAdd(t *testing.T) {
	w := newWorld(t, githubtest.Options{Unchecked: true, Hourly: 1 << 30})
	const writers, each = 5, 4
	var all, compacting sync.WaitGroup
	stop := make(chan struct{})
	s := w.open(t)
	compacting.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if _, err := s.Compact(context.Background(), "2026-10"); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for p := range writers {
		s := w.open(t)
		all.Go(func() {
			for i := range each {
				if err := s.Add(context.Background(), spendtest.Entry(p*each+i), spendtest.More(spendtest.Entry(100), int64(p*each+i))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	close(stop)
	compacting.Wait()
	want := append(spendtest.Entries(writers*each), spendtest.More(spendtest.Entry(100), writers*each-1))
	spend.Sort(want)
	if got, _ := read(t, w.open(t)); cmp.Diff(want, got) != "" {
		t.Errorf("%d entries, want %d", len(got), len(want))
	}
}

func TestRefusals(t *testing.T) {
	reader := newWorld(t, githubtest.Options{})
	reader.AddToken("reader", githubtest.ReadOnlyActor())
	c, err := github.New(github.Config{BaseURL: reader.URL, GraphQLURL: reader.GraphQLURL, Token: "reader", Sleep: brief})
	if err != nil {
		t.Fatal(err)
	}
	err = spendbranch.New(c.BranchFiles(acme), spendbranch.Options{Sleep: brief}).Add(t.Context(), spendtest.Entry(1))
	if !errors.Is(err, github.ErrPermission) || !strings.Contains(err.Error(), `"contents: write"`) {
		t.Errorf("without the permission: %v", err)
	}

	w := newWorld(t, githubtest.Options{})
	s := w.open(t)
	add(t, s, spendtest.Entry(1))
	w.Inject(githubtest.Fault{Match: githubtest.Match("PATCH", "/git/refs/"), Status: 422, Message: "Repository rule violations found", Times: 1})
	if err := s.Add(t.Context(), spendtest.Entry(2)); err == nil || !strings.Contains(err.Error(), "rule violations") {
		t.Errorf("of a branch that rules protect: %v", err)
	}
	if n := w.Count("PATCH", ""); n != 1 {
		t.Errorf("%d moves, want 1", n)
	}
	add(t, s, spendtest.Entry(3)) // and what comes next is not in the same file
	if got, _ := read(t, s); len(got) != 2 {
		t.Errorf("%d entries, want 2", len(got))
	}

	secret, err := github.New(github.Config{BaseURL: w.URL, GraphQLURL: w.GraphQLURL, Token: w.Token, Sleep: brief,
		Redact: func(s string) string { return strings.ReplaceAll(s, "fix-date", "***") }})
	if err != nil {
		t.Fatal(err)
	}
	err = spendbranch.New(secret.BranchFiles(acme), spendbranch.Options{}).Add(t.Context(), spendtest.Entry(4))
	if err == nil || !strings.Contains(err.Error(), "holds a secret") {
		t.Errorf("with a secret: %v", err)
	}
	gone := github.Repo{Owner: "acme", Name: "gone"}
	nowhere := spendbranch.New(secret.BranchFiles(gone), spendbranch.Options{Branch: "x"})
	if _, skipped := read(t, nowhere); skipped.Lines != 0 {
		t.Errorf("skipped %+v", skipped)
	}
}

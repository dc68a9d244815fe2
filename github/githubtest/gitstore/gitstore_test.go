package gitstore_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/github/githubtest/gitstore"
)

// repo is a repository of git itself, to compare with.
type repo struct {
	t        *testing.T
	git, dir string
}

func newRepo(t *testing.T) *repo {
	t.Helper()
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("no git")
	}
	r := &repo{t, git, t.TempDir()}
	r.run("", "init", "-q", "--object-format=sha1")
	return r
}

func (r *repo) run(stdin string, args ...string) string {
	r.t.Helper()
	cmd := exec.Command(r.git, args...)
	cmd.Dir, cmd.Stdin = r.dir, strings.NewReader(stdin)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_AUTHOR_DATE=1767225600 +0000",
		"GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com", "GIT_COMMITTER_DATE=1767225600 +0000")
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSuffix(string(out), "\n")
}

// commit makes git's commit of the files.
func (r *repo) commit(parents []string, files map[string]gitstore.File) string {
	r.t.Helper()
	r.run("", "read-tree", "--empty")
	for p, f := range files {
		mode, id := f.Mode, f.Content
		if mode == "" {
			mode = gitstore.Regular
		}
		if mode != gitstore.Submodule {
			id = r.run(f.Content, "hash-object", "-w", "--stdin")
		}
		r.run("", "update-index", "--add", "--cacheinfo", mode+","+id+","+p)
	}
	args := []string{"commit-tree", r.run("", "write-tree"), "-m", "change"}
	for _, p := range parents {
		args = append(args, "-p", p)
	}
	return r.run("", args...)
}

// both commits to both and wants the same id.
func (r *repo) both(st *gitstore.Store, parents []string, files map[string]gitstore.File) string {
	r.t.Helper()
	got, want := st.Commit(parents, files, "change"), r.commit(parents, files)
	if got != want {
		r.t.Fatalf("commit %s, want git's %s", got, want)
	}
	return got
}

var mixed = map[string]gitstore.File{
	"a.txt": {Content: "1\n"}, "run.sh": {Content: "#!/bin/sh\n", Mode: gitstore.Executable}, "link": {Content: "a.txt", Mode: gitstore.Symlink},
	"vendored": {Content: strings.Repeat("1", 40), Mode: gitstore.Submodule}, "d/e/f.txt": {Content: "f"}, "d.txt": {Content: "beside d"},
	"d-e": {}, "bin": {Content: "a\x00b"},
}

func TestObjectIDsAreGits(t *testing.T) {
	r, st := newRepo(t), gitstore.New()
	root := r.both(st, nil, mixed)
	left := r.both(st, []string{root}, gitstore.Text(map[string]string{"a.txt": "2\n"}))
	r.both(st, []string{left, root}, nil)
	tree, entries, ok := st.Tree(root)
	if !ok || tree != r.run("", "rev-parse", root+"^{tree}") {
		t.Errorf("tree %s is not git's", tree)
	}
	var got []string
	for _, e := range entries {
		got = append(got, fmt.Sprintf("%s %s %s\t%s", e.Mode, e.Kind(), e.SHA, e.Name))
	}
	if diff := cmp.Diff(strings.Join(got, "\n"), r.run("", "ls-tree", root)); diff != "" {
		t.Errorf("tree, got-git's:\n%s", diff)
	}
}

func TestMergeBasesAreGits(t *testing.T) {
	r, st := newRepo(t), gitstore.New()
	rng := rand.New(rand.NewPCG(1, 1))
	commits := []string{r.both(st, nil, nil), r.both(st, nil, gitstore.Text(map[string]string{"other": "root"}))}
	for i := range 14 {
		parents := []string{commits[rng.IntN(len(commits))]}
		if p := commits[rng.IntN(len(commits))]; p != parents[0] && i%3 == 0 {
			parents = append(parents, p)
		}
		commits = append(commits, r.both(st, parents, gitstore.Text(map[string]string{"n": fmt.Sprint(i)})))
	}
	none := 0
	for range 40 {
		a, b := commits[rng.IntN(len(commits))], commits[rng.IntN(len(commits))]
		cmd := exec.Command(r.git, "merge-base", "--all", a, b)
		cmd.Dir = r.dir
		out, _ := cmd.Output() // status 1 when there is none
		got, ok := st.MergeBase(a, b)
		if !ok {
			none++
		}
		if ok != (len(out) > 0) || ok && !strings.Contains(string(out), got) {
			t.Errorf("%s and %s: got %q, %v, want one of git's %q", a, b, got, ok, out)
		}
	}
	if none == 0 || none == 40 {
		t.Errorf("%d of 40 pairs have no merge base: the history tests one side only", none)
	}
}

// randomText has few different lines, so that there is much to match, and sometimes no line break at its end.
func randomText(rng *rand.Rand) string {
	var b strings.Builder
	for range rng.IntN(30) {
		fmt.Fprintf(&b, "%d\n", rng.IntN(6))
	}
	if rng.IntN(3) == 0 {
		b.WriteString("end")
	}
	return b.String()
}

// TestPatchesApply lets git apply the patches, and count their lines.
func TestPatchesApply(t *testing.T) {
	r, st := newRepo(t), gitstore.New()
	rng := rand.New(rand.NewPCG(7, 7))
	was, is := map[string]string{}, map[string]string{}
	for i := range 60 {
		was[fmt.Sprintf("f%02d", i)], is[fmt.Sprintf("f%02d", i)] = "first\n"+randomText(rng), "first\n"+randomText(rng)
	}
	base := r.both(st, nil, gitstore.Text(was))
	head := r.both(st, []string{base}, gitstore.Text(is))
	changes := st.Changes(base, head)
	if len(changes) < 50 {
		t.Fatalf("only %d changes", len(changes))
	}
	for _, c := range changes {
		file := filepath.Join(r.dir, c.Path)
		if err := os.WriteFile(file, []byte(was[c.Path]), 0o600); err != nil {
			t.Fatal(err)
		}
		r.run(fmt.Sprintf("--- a/%s\n+++ b/%s\n%s\n", c.Path, c.Path, c.Patch), "apply", "-")
		if got, err := os.ReadFile(file); err != nil || string(got) != is[c.Path] {
			t.Errorf("%s: the patch gives %q, %v, want %q", c.Path, got, err, is[c.Path])
		}
		want := r.run("", "diff", "--minimal", "--numstat", base, head, "--", c.Path)
		if got := fmt.Sprintf("%d\t%d\t%s", c.Added, c.Deleted, c.Path); got != want {
			t.Errorf("counts %q, want git's %q", got, want)
		}
	}
}

func TestChanges(t *testing.T) {
	st := gitstore.New()
	ten := "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n"
	big := func(from, to int, mark string) string {
		var b strings.Builder
		for i := range 5000 {
			if i >= from && i < to {
				b.WriteString(mark)
			}
			fmt.Fprintln(&b, i)
		}
		return b.String()
	}
	base := st.Commit(nil, map[string]gitstore.File{
		"same": {Content: "x"}, "mode": {Content: "x\n"}, "moved": {Content: "y\n"}, "half": {Content: ten}, "less": {Content: ten + "x\n"},
		"gone": {Content: "z\n"}, "bin": {Content: "\x00"}, "big": {Content: big(0, 0, "")}, "big moved": {Content: big(0, 0, "") + "moved\n"},
	}, "base")
	head := st.Commit([]string{base}, map[string]gitstore.File{
		"same": {Content: "x"}, "mode": {Content: "x\n", Mode: gitstore.Executable}, "moved to": {Content: "y\n"},
		"half to": {Content: strings.NewReplacer("1\n", "one\n", "2\n", "two\n").Replace(ten)}, "less to": {Content: "a\nb\nc\nd\n10\n"},
		"bin": {Content: "\x00\x01"}, "big": {Content: big(0, 5000, "x")}, "big moved to": {Content: big(1000, 3100, "x") + "moved\n"},
	}, "head")
	var got []string
	for _, c := range st.Changes(base, head) {
		got = append(got, fmt.Sprintf("%s %q from %q +%d -%d patch %v", c.Status, c.Path, c.Previous, c.Added, c.Deleted, c.Patch != ""))
	}
	want := []string{
		`modified "big" from "" +5000 -5000 patch false`,
		`renamed "big moved to" from "big moved" +2100 -2100 patch false`,
		`modified "bin" from "" +0 -0 patch false`,
		`removed "gone" from "" +0 -1 patch true`,
		`renamed "half to" from "half" +2 -2 patch true`,
		`removed "less" from "" +0 -11 patch true`,
		`added "less to" from "" +5 -0 patch true`,
		`changed "mode" from "" +0 -0 patch false`,
		`renamed "moved to" from "moved" +0 -0 patch false`,
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("got-want:\n%s", diff)
	}
}

func TestAtAndWalk(t *testing.T) {
	st := gitstore.New()
	id := st.Commit(nil, mixed, "x")
	for p, want := range map[string]string{
		"": "tree", ".": "tree", "d": "tree", "/d/e/": "tree", "d/e/f.txt": "blob", "link": "blob", "vendored": "commit",
		"nope": "", "d/nope": "", "a.txt/below": "", "link/below": "", "vendored/below": "",
	} {
		e, ok := st.At(id, p)
		if ok != (want != "") || ok && e.Kind() != want {
			t.Errorf("%q: got %+v, %v, want %q", p, e, ok, want)
		}
	}
	if _, ok := st.At(strings.Repeat("0", 40), ""); ok {
		t.Error("the root of no commit is there")
	}
	var got []string
	st.Walk(id, "top", func(p string, e gitstore.Entry) { got = append(got, p) })
	if want := []string{"top/a.txt", "top/bin", "top/d-e", "top/d.txt", "top/d", "top/d/e", "top/d/e/f.txt", "top/link", "top/run.sh", "top/vendored"}; !cmp.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTarball(t *testing.T) {
	st := gitstore.New()
	id := st.Commit(nil, mixed, "x")
	gz, err := gzip.NewReader(bytes.NewReader(st.Tarball("top", id)))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for tr := tar.NewReader(gz); ; {
		h, err := tr.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(tr)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%c %o %s%s %q", h.Typeflag, h.Mode, h.Name, h.Linkname, data))
		if h.Typeflag == tar.TypeXGlobalHeader && h.PAXRecords["comment"] != id {
			t.Errorf("the global header names %q, want the commit", h.PAXRecords["comment"])
		}
	}
	want := []string{
		`g 0 pax_global_header ""`, `5 775 top/ ""`, `0 664 top/a.txt "1\n"`, `0 664 top/bin "a\x00b"`, `5 775 top/d/ ""`, `0 664 top/d-e ""`,
		`0 664 top/d.txt "beside d"`, `5 775 top/d/e/ ""`, `0 664 top/d/e/f.txt "f"`, `2 777 top/linka.txt ""`, `0 775 top/run.sh "#!/bin/sh\n"`,
		`5 775 top/vendored/ ""`,
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("got-want:\n%s", diff)
	}
}

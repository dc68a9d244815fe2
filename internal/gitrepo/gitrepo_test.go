package gitrepo_test

import (
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/internal/gitrepo"
)

// history makes a repository with a commit per map of files; an empty text removes a file.
func history(t *testing.T, commits ...map[string]string) (dir string, shas []string) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("git is not installed, and CI needs it")
		}
		t.Skip("git is not installed")
	}
	dir = t.TempDir()
	git := func(args ...string) string {
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null",
			"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	git("init", "-q", "-b", "main")
	for _, files := range commits {
		for name, text := range files {
			path := filepath.Join(dir, name)
			switch {
			case text == "":
				_ = os.Remove(path)
			case strings.HasPrefix(text, "-> "):
				if err := os.Symlink(text[3:], path); err != nil {
					t.Fatal(err)
				}
			default:
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
		git("add", "-A")
		git("commit", "-q", "--allow-empty", "-m", "x")
		shas = append(shas, git("rev-parse", "HEAD"))
	}
	return dir, shas
}

func open(t *testing.T, dir string) *gitrepo.Repo {
	t.Helper()
	r, err := gitrepo.Open(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTreeReadsObjectsAndNotTheWorkTree(t *testing.T) {
	dir, shas := history(t, map[string]string{"a/b c.txt": "committed", "link": "-> /etc/passwd"})
	if err := os.WriteFile(filepath.Join(dir, "a/b c.txt"), []byte("changed"), 0o644); err != nil {
		t.Fatal(err)
	}
	tr, err := open(t, dir).Tree(shas[0])
	if err != nil {
		t.Fatal(err)
	}
	if got, err := fs.ReadFile(tr, "a/b c.txt"); err != nil || string(got) != "committed" {
		t.Errorf("read %q, %v", got, err)
	}
	if st, err := tr.Lstat("link"); err != nil || st.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("link: %v, %v", st, err)
	}
}

func TestDiff(t *testing.T) {
	long := strings.Repeat("line\n", 20)
	dir, shas := history(t,
		map[string]string{"keep": "x\n", "old name": long, "gone": "bye\n", "edit": "model: a\n"},
		map[string]string{"old name": "", "new name": long + "more\n", "gone": "", "edit": "model: b\n", "diff --git ": "diff --git a/x b/x\n"})
	got, err := open(t, dir).Diff(shas[0], shas[1])
	if err != nil {
		t.Fatal(err)
	}
	want := []arm.FileDiff{
		{Path: "diff --git ", Patch: "@@ -0,0 +1 @@\n+diff --git a/x b/x", Changes: 1},
		{Path: "edit", Patch: "@@ -1 +1 @@\n-model: a\n+model: b", Changes: 2},
		{Path: "gone", Patch: "@@ -1 +0,0 @@\n-bye", Changes: 1},
		{Path: "new name", PreviousPath: "old name", Patch: "@@ -18,3 +18,4 @@ line\n line\n line\n line\n+more", Changes: 1},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDiffOfAFileThatBecomesALink(t *testing.T) {
	dir, shas := history(t, map[string]string{"a": "x\n", "b": "x\n"}, map[string]string{"a": "", "b": "y\n"})
	if err := os.Symlink("b", filepath.Join(dir, "a")); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"add", "-A"}, {"-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "--amend", "-m", "x"}} {
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	got, err := open(t, dir).Diff(shas[0], "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].Path != "a" || !strings.Contains(got[0].Patch, "-x") || got[1].Path != "b" || !strings.Contains(got[1].Patch, "+y") {
		t.Errorf("diff: %+v", got)
	}
}

func TestTreeLeavesOutNamesThatAreNotText(t *testing.T) {
	dir, shas := history(t, map[string]string{"caf\xe9.txt": "x", "ok": "y"})
	tr, err := open(t, dir).Tree(shas[0])
	if err != nil {
		t.Fatal(err)
	}
	if got, err := fs.ReadFile(tr, "ok"); err != nil || string(got) != "y" {
		t.Errorf("read %q, %v", got, err)
	}
}

func TestResolveAndMergeBase(t *testing.T) {
	dir, shas := history(t, map[string]string{"a": "1"}, map[string]string{"a": "2"})
	r := open(t, dir)
	if got, err := r.Resolve("HEAD~1"); err != nil || got != shas[0] {
		t.Errorf("Resolve = %q, %v", got, err)
	}
	if got, err := r.MergeBase(shas[0], shas[1]); err != nil || got != shas[0] {
		t.Errorf("MergeBase = %q, %v", got, err)
	}
	for _, bad := range []string{"", "--upload-pack=x", "nowhere", "HEAD:a"} {
		if got, err := r.Resolve(bad); err == nil {
			t.Errorf("Resolve(%q) = %q, no error", bad, got)
		}
	}
}

func TestOpenRefusesAFolderThatIsNoRepository(t *testing.T) {
	t.Setenv("GIT_CEILING_DIRECTORIES", "/")
	if _, err := gitrepo.Open(context.Background(), t.TempDir()); err == nil {
		t.Error("no error")
	}
}

// Whatever folder it is opened in, the whole work tree and the objects are found: of a linked work tree, too.
func TestFolders(t *testing.T) {
	dir, _ := history(t, map[string]string{"evals/suite.yaml": "x"})
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	linked := filepath.Join(t.TempDir(), "linked")
	if out, err := exec.Command("git", "-C", dir, "worktree", "add", "-q", "--detach", linked).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if linked, err = filepath.EvalSymlinks(linked); err != nil {
		t.Fatal(err)
	}
	objects := filepath.Join(dir, ".git")
	for from, want := range map[string][]string{
		filepath.Join(dir, "evals"): {dir, objects}, dir: {dir, objects}, filepath.Join(linked, "evals"): {linked, objects}, objects: {objects},
	} {
		if got, err := open(t, from).Folders(); err != nil || !slices.Equal(got, want) {
			t.Errorf("from %s: got %q, %v, want %q", from, got, err, want)
		}
	}
}

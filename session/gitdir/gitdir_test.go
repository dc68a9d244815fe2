package gitdir_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/pertask/pertask/session/gitdir"
)

// begun is when the first commit of the tests' repositories was made.
var begun = time.Date(2026, 11, 3, 10, 0, 0, 0, time.UTC)

// git runs git at a time of the day of begun.
func git(t *testing.T, dir string, minute int, args ...string) {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "protocol.file.allow=always"}, args...)...)
	at := fmt.Sprintf("%d +0000", begun.Add(time.Duration(minute)*time.Minute).Unix())
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null", "GIT_COMMITTER_DATE="+at, "GIT_AUTHOR_DATE="+at)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %q: %v\n%s", args, err, out)
	}
}

func repository(t *testing.T) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "shop")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	git(t, dir, 0, "init", "-q", "-b", "main")
	git(t, dir, 0, "remote", "add", "upstream", "https://github.com/other/shop")
	git(t, dir, 0, "remote", "add", "origin", "git@github.com:Acme/Shop.git")
	git(t, dir, 0, "commit", "-q", "--allow-empty", "-m", "first")
	return dir
}

func TestBranchAtATime(t *testing.T) {
	dir := repository(t)
	git(t, dir, 10, "checkout", "-q", "-b", "fix-date")
	git(t, dir, 20, "commit", "-q", "--allow-empty", "-m", "second")
	git(t, dir, 30, "checkout", "-q", "--detach", "HEAD")
	git(t, dir, 40, "switch", "-q", "-c", "feature/x")
	c := gitdir.Find(dir)
	if c == nil || c.Remote != "git@github.com:Acme/Shop.git" {
		t.Fatalf("found %+v", c)
	}
	for minute, want := range map[int]string{-5: "main", 5: "main", 10: "fix-date", 25: "fix-date", 31: "HEAD", 40: "feature/x", 600: "feature/x"} {
		if got := c.Branch(begun.Add(time.Duration(minute) * time.Minute)); got != want {
			t.Errorf("at minute %d %q was checked out, want %q", minute, got, want)
		}
	}
}

// TestWithoutJournal: only what is checked out today is known.
func TestWithoutJournal(t *testing.T) {
	dir := repository(t)
	git(t, dir, 10, "checkout", "-q", "-b", "fix-date")
	if err := os.RemoveAll(filepath.Join(dir, ".git", "logs")); err != nil {
		t.Fatal(err)
	}
	if got := gitdir.Find(dir).Branch(begun); got != "fix-date" {
		t.Errorf("%q is checked out", got)
	}
}

func TestFoldersOfARepository(t *testing.T) {
	dir := repository(t)
	deep := filepath.Join(dir, "a", "b")
	if err := os.MkdirAll(deep, 0o700); err != nil {
		t.Fatal(err)
	}
	tree := filepath.Join(filepath.Dir(dir), "tree")
	git(t, dir, 5, "worktree", "add", "-q", "-b", "side", tree)
	module := repository(t)
	git(t, module, 0, "remote", "set-url", "origin", "https://github.com/acme/module.git")
	git(t, dir, 6, "submodule", "add", "-q", module, "mod")
	git(t, filepath.Join(dir, "mod"), 6, "remote", "set-url", "origin", "https://github.com/acme/module.git")
	for folder, want := range map[string][2]string{
		deep: {"git@github.com:Acme/Shop.git", "main"}, filepath.Join(dir, "gone", "deeper"): {"git@github.com:Acme/Shop.git", "main"},
		tree: {"git@github.com:Acme/Shop.git", "side"}, filepath.Join(dir, "mod"): {"https://github.com/acme/module.git", "main"},
	} {
		c := gitdir.Find(folder)
		if c == nil {
			t.Errorf("%s: nothing was found", folder)
			continue
		}
		if got := [2]string{c.Remote, c.Branch(begun.Add(time.Hour))}; got != want {
			t.Errorf("%s is of %q, want %q", folder, got, want)
		}
	}
}

func TestRemoteOfABranch(t *testing.T) {
	dir := repository(t)
	git(t, dir, 0, "config", "branch.main.remote", "upstream")
	if c := gitdir.Find(dir); c.Remote != "https://github.com/other/shop" {
		t.Errorf("the remote is %q", c.Remote)
	}
	git(t, dir, 1, "checkout", "-q", "-b", "fix-date")
	git(t, dir, 1, "remote", "remove", "origin")
	if c := gitdir.Find(dir); c.Remote != "https://github.com/other/shop" {
		t.Errorf("the only remote is %q", c.Remote)
	}
	git(t, dir, 1, "remote", "remove", "upstream")
	if c := gitdir.Find(dir); c == nil || c.Remote != "" {
		t.Errorf("without a remote: %+v", c)
	}
}

func TestWhatIsNoRepository(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("empty/.git/x", "")
	write("text/.git", "not a folder of git's")
	write("away/.git", "gitdir: /nowhere/at/all")
	if err := os.MkdirAll(filepath.Join(dir, "linked"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(repository(t), ".git"), filepath.Join(dir, "linked", ".git")); err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"empty", "text", "away", "linked", "."} {
		if c := gitdir.Find(filepath.Join(dir, folder)); c != nil {
			t.Errorf("%s: found %+v", folder, c)
		}
	}
	for _, folder := range []string{"", "relative/path", "/"} {
		if c := gitdir.Find(folder); c != nil {
			t.Errorf("%q: found %+v", folder, c)
		}
	}
}

// TestStrangeFiles: what git did not write is passed over.
func TestStrangeFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), ".git")
	if err := os.MkdirAll(filepath.Join(dir, "logs"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"HEAD":      "ref: refs/heads/main\n",
		"config":    "[remote \"origin\"\n\turl = \n[REMOTE \"or\\\"igin\"] ; odd\n\turl = \"https://github.com/acme/odd\"\n# url = x\n[branch]\n\tremote\n",
		"logs/HEAD": "text\n0 1 a <b> x +0000\tcheckout: moving from a to b\n0 1 a <b> 99 +0000\tcheckout: moving from a\n0 1 A <x> B <c@d> 1793700000 +0000\tcheckout: moving from old to new\n0 1 a <b> 1793700001 +0000\tcommit: checkout: moving from x to y\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := gitdir.Find(filepath.Dir(dir))
	if c == nil || c.Remote != "https://github.com/acme/odd" {
		t.Fatalf("found %+v", c)
	}
	if before, after := c.Branch(time.Unix(1793699999, 0)), c.Branch(time.Unix(1793700000, 0)); before != "old" || after != "new" {
		t.Errorf("%q and then %q was checked out", before, after)
	}
}

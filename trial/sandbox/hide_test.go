//go:build linux

package sandbox_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pertask/pertask/trial/process"
	"github.com/pertask/pertask/trial/sandbox"
	"github.com/pertask/pertask/trial/sandbox/view/viewtest"
)

// A path that cannot be hidden is an error of Find, before any program runs.
func TestFindHide(t *testing.T) {
	for hide, want := range map[string]string{"checkout": "absolute", "": "absolute", "/": "nothing runs", "/usr": "nothing runs"} {
		_, err := sandbox.Find(t.Context(), sandbox.Options{Hide: []string{t.TempDir(), hide}})
		if err == nil || errors.Is(err, sandbox.ErrNone) || !strings.Contains(err.Error(), want) {
			t.Errorf("hiding %q: error %v, want one about %q", hide, err, want)
		}
	}
}

// What is hidden is not seen, by whatever path, also when it comes after the sandbox was found.
func TestWayHide(t *testing.T) {
	dir := viewtest.Open(t, "real/checkout/secret", "link", "->", "real", "file", "other/secret")
	if err := os.Chmod(dir+"/file", 0o644); err != nil {
		t.Fatal(err)
	}
	eachWay(t, func(t *testing.T, l *lab) {
		if err := os.RemoveAll(dir + "/late"); err != nil {
			t.Fatal(err)
		}
		l.find(t, sandbox.Options{Hide: []string{dir + "/link/checkout", dir + "/file", dir + "/late"}, Getenv: os.Getenv})
		l.room.Proxy = false
		look := "cd " + dir + " && cat real/checkout/secret link/checkout/secret late/secret other/secret file 2>/dev/null; test -e real/checkout/secret && echo there; pwd"
		for range 2 {
			got, err := l.run(t, look, nil)
			if want := "x" + dir + "\n"; string(got.Output) != want || err != nil {
				t.Errorf("seen %q, %v, want %q", got.Output, err, want)
			}
			viewtest.Plant(t, dir, "late/secret")
		}
	})
}

// A trial whose folders are reached by links has them, whether the links are hidden or not.
func TestWayLinkedFolders(t *testing.T) {
	dir := viewtest.Open(t, "real/", "link", "->", "real", "home/", "home/link", "->", "../real")
	if err := os.Chmod(dir+"/real", 0o777); err != nil {
		t.Fatal(err)
	}
	eachWay(t, func(t *testing.T, l *lab) {
		l.find(t, sandbox.Options{Hide: []string{dir + "/real", dir + "/home"}, Getenv: os.Getenv})
		l.room.Proxy = false
		for _, link := range []string{"link", "home/link"} {
			l.in = filepath.Join(dir, link)
			got, err := l.run(t, "echo made > made && pwd -P && ls "+dir+"/real", nil)
			work, evalErr := filepath.EvalSymlinks(l.work)
			want := work + "\n" + filepath.Base(filepath.Dir(work)) + "\n"
			if link == "home/link" { // it is a folder of its own there
				want = l.work + "\n" + filepath.Base(filepath.Dir(work)) + "\n"
			}
			if string(got.Output) != want || err != nil || evalErr != nil {
				t.Errorf("%s: %q, %v, want %q", link, got.Output, err, want)
			}
			if text, err := os.ReadFile(filepath.Join(l.work, "made")); err != nil || string(text) != "made\n" {
				t.Errorf("%s: what was written is %q, %v", link, text, err)
			}
		}
	})
}

// The machine's folder for temporary files, wherever it is, is a new one for each program.
func TestWayTemporary(t *testing.T) {
	dir := viewtest.Open(t, "tmp/agent.sock.lock", "tmp/other/secret", "user/bus")
	if err := os.Chmod(dir+"/tmp", 0o777); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"PATH": os.Getenv("PATH"), "TMPDIR": dir + "/tmp", "XDG_RUNTIME_DIR": dir + "/user"}
	eachWay(t, func(t *testing.T, l *lab) {
		l.find(t, sandbox.Options{Getenv: func(name string) string { return env[name] }})
		l.room.Proxy, l.in = false, dir+"/tmp"
		for range 2 {
			got, err := l.run(t, "cd "+dir+"; find . -type f; touch tmp/made && touch $TMPDIR/mine; touch user/made 2>/dev/null && echo open; ls tmp | grep -v ^room; true",
				func(p *process.Program) { p.Env = append(p.Env, "TMPDIR="+p.Dir) })
			if want := "made\n"; string(got.Output) != want || err != nil {
				t.Errorf("seen %q, %v, want %q", got.Output, err, want)
			}
			if _, err := os.Stat(dir + "/tmp/made"); err == nil {
				t.Error("what was written to it is on the machine")
			}
			if _, err := os.Stat(l.work + "/mine"); err != nil {
				t.Error("the program's own is not honoured:", err)
			}
		}
	})
}

// An agent in the sandbox reads no credential of the runner.
func TestWayRunner(t *testing.T) {
	dir := viewtest.Open(t, "r/.credentials", "r/.runner", "r/.env", "r/.path", "r/_diag/log", "r/_work/repo/repo/.git/config", "r/_work/_temp/token")
	env := map[string]string{"PATH": os.Getenv("PATH"), "GITHUB_WORKSPACE": dir + "/r/_work/repo/repo"}
	eachWay(t, func(t *testing.T, l *lab) {
		l.find(t, sandbox.Options{Getenv: func(name string) string { return env[name] }})
		l.room.Proxy = false
		got, err := l.run(t, "find "+dir+" | sort", nil)
		if want := dir + "\n" + dir + "/r\n"; string(got.Output) != want || err != nil {
			t.Errorf("seen %q, %v, want %q", got.Output, err, want)
		}
	})
}

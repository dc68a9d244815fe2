//go:build linux

package sandbox_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/trial/process"
	"github.com/pertask/pertask/trial/sandbox"
)

// nothing is an environment without variables.
func nothing(string) string { return "" }

// hidden returns what is hidden below a folder, by path from there.
func hidden(t *testing.T, dir string, opts sandbox.Options) map[string]any {
	t.Helper()
	all, err := sandbox.View(opts)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]any{}
	for _, m := range all {
		if rel, err := filepath.Rel(dir, m.Path); err == nil && filepath.IsLocal(rel) && (m.Kind == sandbox.Hide || m.Kind == sandbox.Scratch || m.Kind == sandbox.Seal) {
			got[rel] = m.Kind
		}
	}
	return got
}

// open makes a folder that everybody may enter and that no sandbox hides by itself, with entries as tree takes them.
func open(t *testing.T, entries ...string) string {
	t.Helper()
	base := "/opt"
	if given := os.Getenv("SANDBOX_TEST_OPEN"); given != "" { // made by TestUnprivileged
		base = given
	}
	dir, err := os.MkdirTemp(base, "pertask-test-")
	if os.IsPermission(err) {
		t.Skip("a folder outside of those for temporary files takes root")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	plant(t, dir, entries...)
	return dir
}

// What Options.Hide names is hidden where it really is, or refused.
func TestHide(t *testing.T) {
	dir := open(t, "real/checkout/secret", "link", "->", "real", "loop", "->", "loop", "file")
	tests := []struct {
		name, hide string
		want       map[string]any
		err        string
	}{
		{name: "a folder", hide: dir + "/real/checkout", want: map[string]any{"real/checkout": sandbox.Hide}},
		{name: "a path with a link in it", hide: dir + "/link/checkout", want: map[string]any{"real/checkout": sandbox.Hide}},
		{name: "a link", hide: dir + "/link", want: map[string]any{"real": sandbox.Hide}},
		{name: "dots", hide: dir + "/link/../link/./checkout/", want: map[string]any{"real/checkout": sandbox.Hide}},
		{name: "a file", hide: dir + "/link/checkout/secret", want: map[string]any{"real/checkout/secret": sandbox.Seal}},
		{name: "nothing is there", hide: dir + "/none", want: map[string]any{}},
		{name: "relative", hide: "checkout", err: "absolute"},
		{name: "empty", hide: "", err: "absolute"},
		{name: "a link in a circle", hide: dir + "/loop", err: "loop"},
		{name: "a path through a file", hide: dir + "/file/x", err: "file"},
		{name: "everything", hide: "/", err: "nothing runs"},
		{name: "what every program needs", hide: "/usr", err: "nothing runs"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			opts := sandbox.Options{Hide: []string{tt.hide}, Getenv: nothing}
			if tt.err != "" {
				_, err := sandbox.View(opts)
				if err == nil || !strings.Contains(err.Error(), tt.err) || !strings.Contains(err.Error(), "hiding") {
					t.Errorf("error %v, want one about %q", err, tt.err)
				}
				if _, err := sandbox.Find(t.Context(), opts); err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("Find: error %v, want one about %q", err, tt.err)
				}
				return
			}
			if diff := cmp.Diff(tt.want, hidden(t, dir, opts)); diff != "" {
				t.Errorf("hidden (-want +got):\n%s", diff)
			}
		})
	}
}

// What is hidden is not seen, by whatever path, also when it comes after the sandbox was found.
func TestWayHide(t *testing.T) {
	dir := open(t, "real/checkout/secret", "link", "->", "real", "file", "other/secret")
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
			plant(t, dir, "late/secret")
		}
	})
}

// A trial whose folders are reached by links has them, whether the links are hidden or not.
func TestWayLinkedFolders(t *testing.T) {
	dir := open(t, "real/", "link", "->", "real", "home/", "home/link", "->", "../real")
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
	dir := open(t, "tmp/agent.sock.lock", "tmp/other/secret", "user/bus")
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

// A TMPDIR without which nothing runs is not hidden, and one that is a link is hidden where it leads.
func TestHideTemporary(t *testing.T) {
	dir := open(t, "tmp/", "link", "->", "tmp")
	for value, want := range map[string]map[string]any{dir + "/link": {"tmp": sandbox.Scratch}, "/": {}, "/usr": {}, "relative": {}, dir + "/none": {}} {
		got := hidden(t, dir, sandbox.Options{Getenv: func(name string) string { return map[string]string{"TMPDIR": value}[name] }})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("hidden with TMPDIR=%s (-want +got):\n%s", value, diff)
		}
	}
}

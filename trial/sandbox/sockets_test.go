//go:build linux

package sandbox_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pertask/pertask/internal/need"
	"github.com/pertask/pertask/trial/process"
	"github.com/pertask/pertask/trial/sandbox"
	"github.com/pertask/pertask/trial/sandbox/view/viewtest"
)

// listen makes a socket that everybody may connect to, and that answers.
func listen(t *testing.T, path string) {
	t.Helper()
	serve(t, path)
	if err := os.Chmod(path, 0o777); err != nil {
		t.Fatal(err)
	}
}

// No service of the machine is reached by its socket, wherever that lies, also when it came after the sandbox was found.
// What a set-up has started in the trial's own folders is.
func TestWaySockets(t *testing.T) {
	need.Program(t, "curl")
	dir := viewtest.Open(t, "srv/", "tool/bin/x", "linked/", "tmp/ssh/", "home/tool/bin/x", "home/.gnupg/")
	if err := os.Symlink("../srv", dir+"/linked/run"); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"srv/docker.sock", "tool/s.sock", "tmp/ssh/agent", "home/tool/s.sock", "home/.gnupg/S.agent"} {
		listen(t, filepath.Join(dir, path))
	}
	env := map[string]string{"PATH": dir + "/tool/bin:" + dir + "/home/tool/bin:" + os.Getenv("PATH"), "HOME": dir + "/home", "TMPDIR": dir + "/tmp"}
	ask := func(paths ...string) (script string) {
		for _, path := range paths {
			script += fmt.Sprintf("curl -s --max-time 20 --unix-socket %s http://x/ >/dev/null && echo reached %s\n", path, strings.TrimPrefix(path, dir+"/"))
		}
		return script + "true"
	}
	eachWay(t, func(t *testing.T, l *lab) {
		l.find(t, sandbox.Options{Getenv: func(name string) string { return env[name] }})
		l.room.Proxy = false
		late := filepath.Join(dir, "srv", strings.ReplaceAll(l.way, " ", "-"))
		listen(t, late)
		var own string
		got, err := l.run(t, "", func(p *process.Program) {
			own = filepath.Join(l.work, "own")
			listen(t, own)
			p.Argv[2] = ask(dir+"/srv/docker.sock", dir+"/linked/run/docker.sock", dir+"/tool/s.sock", dir+"/tmp/ssh/agent", dir+"/home/tool/s.sock", dir+"/home/.gnupg/S.agent", late, own)
		})
		if want := "reached " + own + "\n"; string(got.Output) != want || err != nil {
			t.Errorf("%q, %v, want %q", got.Output, err, want)
		}
	})
}

// A socket that the environment names is covered where this network does not know it, as in a container.
func TestWaySocketsByName(t *testing.T) {
	dir := viewtest.Open(t, "deep/er/")
	path := dir + "/deep/er/docker.sock"
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	if err := l.Close(); err != nil { // and now the kernel has no more of it than of another network's
		t.Fatal(err)
	}
	eachWay(t, func(t *testing.T, l *lab) {
		env := map[string]string{"PATH": os.Getenv("PATH"), "DOCKER_HOST": "unix://" + path}
		l.find(t, sandbox.Options{Getenv: func(name string) string { return env[name] }})
		l.room.Proxy = false
		got, err := l.run(t, "test -S "+path+" && echo socket; test -e "+path+" && echo covered", nil)
		if want := "covered\n"; string(got.Output) != want || err != nil {
			t.Errorf("%q, %v, want %q", got.Output, err, want)
		}
	})
}

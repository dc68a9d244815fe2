//go:build linux

package sandbox_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/internal/need"
	"github.com/pertask/pertask/trial/process"
	"github.com/pertask/pertask/trial/sandbox"
)

func TestSocketTables(t *testing.T) {
	const unix = `Num       RefCount Protocol Flags    Type St Inode Path
0000000000000000: 00000002 00000000 00010000 0001 01 18291 /run/docker.sock
0000000000000000: 00000003 00000000 00000000 0001 03 19000
0000000000000000: 00000002 00000000 00010000 0001 01 20001 @/tmp/.X11-unix/X0
0000000000000000: 00000002 00000000 00010000 0005 01 20002 /srv/a b/c.sock
0000000000000000: 00000002 00000000 00010000 0001 01 20003 private/smtp
`
	if diff := cmp.Diff([]string{"/run/docker.sock", "/srv/a b/c.sock"}, sandbox.BoundSockets(unix)); diff != "" {
		t.Errorf("bound sockets (-want +got):\n%s", diff)
	}
	const mounts = `22 27 0:21 / /proc rw,relatime - proc proc rw
23 27 0:22 / /sys rw,relatime - sysfs sysfs rw
25 24 0:23 / /dev/shm rw,relatime - tmpfs tmpfs rw
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
28 27 0:25 /docker.sock /host\040socks/docker.sock ro - tmpfs tmpfs ro
broken
29 27 0:26 / /process ro - tmpfs tmpfs ro
`
	if diff := cmp.Diff([]string{"/", "/host socks/docker.sock", "/process"}, sandbox.MountPoints(mounts)); diff != "" {
		t.Errorf("mount points (-want +got):\n%s", diff)
	}
}

func TestSocketPath(t *testing.T) {
	for value, want := range map[string]string{
		"/run/ssh/agent.1": "/run/ssh/agent.1", "unix:///var/run/docker.sock": "/var/run/docker.sock", "unix:path=/run/user/1000/bus,guid=1": "/run/user/1000/bus",
		"unix:/x": "/x", "/tmp/tmux-0/default,123,0": "/tmp/tmux-0/default", "tcp://127.0.0.1:2375": "", "wayland-0": "", ":0": "", "": "", "unix:abstract=/x": "",
	} {
		got, ok := sandbox.SocketPath(value)
		if ok != (want != "") || ok && got != want {
			t.Errorf("%q names %q, %t, want %q", value, got, ok, want)
		}
	}
}

// A socket is covered wherever the view shows it, and nowhere else.
func TestSealed(t *testing.T) {
	mounts := []sandbox.Mount{
		{Kind: sandbox.Hide, Path: "/home"}, {Kind: sandbox.Read, Path: "/home/me/current", From: "/opt/tool"}, {Kind: sandbox.Read, Path: "/home/me/sdk", From: "/home/me/sdk"},
		{Kind: sandbox.Cache, Path: "/srv/cache", From: "/srv/cache"}, {Kind: sandbox.Store, Path: "/srv/store", From: "/srv/store"},
		{Kind: sandbox.Scratch, Path: "/tmp"}, {Kind: sandbox.Write, Path: "/tmp/trial/work", From: "/tmp/trial/work"},
	}
	tests := []struct {
		socket string
		want   []string
	}{
		{"/srv/db.sock", []string{"/srv/db.sock"}},
		{"/home/me/.agent.sock", nil},
		{"/tmp/agent.sock", nil},
		{"/tmp/trial/work/db.sock", nil},
		{"/opt/tool/sock", []string{"/home/me/current/sock", "/opt/tool/sock"}},
		{"/home/me/sdk/sock", []string{"/home/me/sdk/sock"}},
		{"/srv/cache/sock", nil},
		{"/srv/store/sock", []string{"/srv/store/sock"}},
		{"/srv/stored", []string{"/srv/stored"}},
	}
	for _, tt := range tests {
		var got []string
		for _, m := range sandbox.Sealed(mounts, []string{tt.socket}) {
			if m.Kind == sandbox.Seal {
				got = append(got, m.Path)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s is covered at (-want +got):\n%s", tt.socket, diff)
		}
	}
}

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
	dir := open(t, "srv/", "tool/bin/x", "linked/", "tmp/ssh/", "home/tool/bin/x", "home/.gnupg/")
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
	dir := open(t, "deep/er/")
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

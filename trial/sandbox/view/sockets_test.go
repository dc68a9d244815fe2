package view_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/trial/sandbox/view"
)

func TestSocketTables(t *testing.T) {
	const unix = `Num       RefCount Protocol Flags    Type St Inode Path
0000000000000000: 00000002 00000000 00010000 0001 01 18291 /run/docker.sock
0000000000000000: 00000003 00000000 00000000 0001 03 19000
0000000000000000: 00000002 00000000 00010000 0001 01 20001 @/tmp/.X11-unix/X0
0000000000000000: 00000002 00000000 00010000 0005 01 20002 /srv/a b/c.sock
0000000000000000: 00000002 00000000 00010000 0001 01 20003 private/smtp
`
	if diff := cmp.Diff([]string{"/run/docker.sock", "/srv/a b/c.sock"}, view.BoundSockets(unix)); diff != "" {
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
	if diff := cmp.Diff([]string{"/", "/host socks/docker.sock", "/process"}, view.MountPoints(mounts)); diff != "" {
		t.Errorf("mount points (-want +got):\n%s", diff)
	}
}

func TestSocketPath(t *testing.T) {
	for value, want := range map[string]string{
		"/run/ssh/agent.1": "/run/ssh/agent.1", "unix:///var/run/docker.sock": "/var/run/docker.sock", "unix:path=/run/user/1000/bus,guid=1": "/run/user/1000/bus",
		"unix:/x": "/x", "/tmp/tmux-0/default,123,0": "/tmp/tmux-0/default", "tcp://127.0.0.1:2375": "", "wayland-0": "", ":0": "", "": "", "unix:abstract=/x": "",
	} {
		got, ok := view.SocketPath(value)
		if ok != (want != "") || ok && got != want {
			t.Errorf("%q names %q, %t, want %q", value, got, ok, want)
		}
	}
}

// A socket is covered wherever the view shows it, and nowhere else.
func TestSealed(t *testing.T) {
	mounts := []view.Mount{
		{Kind: view.Hide, Path: "/home"}, {Kind: view.Read, Path: "/home/me/current", From: "/opt/tool"}, {Kind: view.Read, Path: "/home/me/sdk", From: "/home/me/sdk"},
		{Kind: view.Cache, Path: "/srv/cache", From: "/srv/cache"}, {Kind: view.Store, Path: "/srv/store", From: "/srv/store"},
		{Kind: view.Scratch, Path: "/tmp"}, {Kind: view.Write, Path: "/tmp/trial/work", From: "/tmp/trial/work"},
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
		for _, m := range view.Sealed(mounts, []string{tt.socket}) {
			if m.Kind == view.Seal {
				got = append(got, m.Path)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s is covered at (-want +got):\n%s", tt.socket, diff)
		}
	}
}

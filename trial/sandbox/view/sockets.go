package view

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// socketVariables name sockets of services by a path, a URL such as "unix:///x.sock", or D-Bus's "unix:path=/x,guid=y".
var socketVariables = []string{
	"DOCKER_HOST", "CONTAINER_HOST", "BUILDKIT_HOST", "CONTAINERD_ADDRESS", "SSH_AUTH_SOCK", "GPG_AGENT_INFO",
	"DBUS_SESSION_BUS_ADDRESS", "DBUS_SYSTEM_BUS_ADDRESS", "PULSE_SERVER", "WAYLAND_DISPLAY", "DISPLAY", "TMUX", "STY",
}

// Sockets lists the unix sockets that have a path, of whatever service: those that the kernel has in this network, that
// the environment names, and that are mounted, or lie right in what is mounted, which may come from another machine's or
// container's network. What the kernel knows by a relative path only is left out.
func Sockets(getenv func(string) string) []string {
	var out []string
	for _, name := range socketVariables {
		if path, ok := socketPath(getenv(name)); ok {
			out = append(out, path)
		}
	}
	bound, _ := os.ReadFile("/proc/self/net/unix")    // where there is none, the others count
	mounted, _ := os.ReadFile("/proc/self/mountinfo") // likewise
	out = append(out, boundSockets(string(bound))...)
	for _, path := range mountPoints(string(mounted)) {
		out = append(append(out, path), few(path)...)
	}
	return realSockets(out)
}

// socketPath returns the path in the value of a variable.
func socketPath(value string) (string, bool) {
	for _, prefix := range []string{"unix:path=", "unix://", "unix:"} {
		if rest, ok := strings.CutPrefix(value, prefix); ok {
			value = rest
			break
		}
	}
	value, _, _ = strings.Cut(value, ",")
	return value, strings.HasPrefix(value, "/")
}

// boundSockets returns the paths in the kernel's table of unix sockets. Abstract names are of a network namespace, which
// programs do not have.
func boundSockets(table string) (out []string) {
	for line := range strings.Lines(table) {
		if i := strings.Index(line, " /"); i >= 0 {
			out = append(out, strings.TrimSuffix(line[i+1:], "\n"))
		}
	}
	return out
}

// mountPoints returns the places in the kernel's table of mounts that are not of the kernel itself.
func mountPoints(table string) (out []string) {
	unescape := strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)
	for line := range strings.Lines(table) {
		f := strings.Fields(line)
		if len(f) < 5 {
			continue
		}
		path := unescape.Replace(f[4])
		if !slices.ContainsFunc([]string{"/proc", "/sys", "/dev"}, func(dir string) bool { return inside(path, dir) }) {
			out = append(out, path)
		}
	}
	return out
}

// few returns the sockets right in a folder, of as many entries as are quickly looked through.
func few(dir string) (out []string) {
	f, _ := os.Open(dir) // of none nothing is read
	defer f.Close()
	entries, _ := f.ReadDir(1000) // what could be read counts
	for _, e := range entries {
		if e.Type()&fs.ModeSocket != 0 {
			out = append(out, filepath.Join(dir, e.Name()))
		}
	}
	return out
}

// realSockets resolves paths, and drops what is no socket.
func realSockets(paths []string) (out []string) {
	for _, path := range paths {
		real, err := filepath.EvalSymlinks(path)
		if err != nil {
			continue
		}
		if info, err := os.Lstat(real); err == nil && info.Mode()&fs.ModeSocket != 0 {
			out = append(out, real)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Sealed adds to a view what covers sockets, wherever it shows them. What a trial has in its own folders it keeps.
func Sealed(all []Mount, sockets []string) []Mount {
	set := map[Mount]bool{}
	for _, m := range all {
		set[m] = true
	}
	for _, socket := range sockets {
		places := []string{socket}
		for _, m := range all {
			if (m.Kind == Read || m.Kind == Store) && inside(socket, m.From) {
				places = append(places, m.Path+strings.TrimPrefix(socket, m.From))
			}
		}
		for _, at := range places {
			if seen(all, at) == socket {
				set[Mount{Kind: Seal, Path: at}] = true
			}
		}
	}
	return sorted(set)
}

// seen returns which path of the machine is seen at a path; "" for none, and for one that may be written.
func seen(all []Mount, path string) string {
	from := path
	for _, m := range all { // the last one that it lies in is on top
		if !inside(path, m.Path) {
			continue
		}
		switch m.Kind {
		case Read, Store:
			from = m.From + strings.TrimPrefix(path, m.Path)
		default:
			from = ""
		}
	}
	return from
}

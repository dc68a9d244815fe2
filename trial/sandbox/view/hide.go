package view

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// hideMachine hides what every machine has: the homes of people, the sockets of services, temporary files.
func (v *viewer) hideMachine() {
	for _, dir := range []string{"/tmp", "/var/tmp", v.getenv("TMPDIR")} {
		if real, ok := folderAt(dir); ok && !wide(real) {
			v.hide(Scratch, real)
		}
	}
	v.homes = append(homes(), "/root", v.getenv("HOME"))
	for _, dir := range slices.Concat(v.homes, []string{"/home", "/run", "/var/run", v.getenv("XDG_RUNTIME_DIR")}) {
		if real, ok := folderAt(dir); ok {
			v.hide(Hide, real)
		}
	}
}

// hide hides a folder, by its real path.
func (v *viewer) hide(k Kind, real string) {
	if !slices.Contains(v.roots, real) {
		v.mounts[Mount{Kind: k, Path: real}] = true
		v.roots = append(v.roots, real)
	}
}

// hideMore hides the folders and files that the caller hides, wherever links lead. What cannot be hidden is an error, and what
// is not there is returned.
func (v *viewer) hideMore(paths []string) (absent []string, err error) {
	for _, path := range paths {
		real, info, err := hideable(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			absent = append(absent, path)
		case err != nil:
			return nil, fmt.Errorf("hiding %q: %w", path, err)
		case info.IsDir():
			v.hide(Hide, real)
			v.more = append(v.more, real)
		default:
			v.mounts[Mount{Kind: Seal, Path: real}] = true
		}
	}
	return absent, nil
}

// hideable resolves a path that is to be hidden.
func hideable(path string) (real string, info fs.FileInfo, err error) {
	if !filepath.IsAbs(path) {
		return "", nil, errors.New("the path is not absolute")
	}
	if real, err = filepath.EvalSymlinks(path); err != nil {
		return "", nil, err
	}
	if wide(real) {
		return "", nil, errors.New("nothing runs without what is in it")
	}
	info, err = os.Stat(real)
	return real, info, err
}

// wide reports whether a folder holds what no program can do without.
func wide(dir string) bool {
	return slices.ContainsFunc([]string{"/usr", "/etc", "/bin", "/lib", "/proc", "/sys", "/dev"}, func(needed string) bool {
		return dir == "/" || inside(needed, dir)
	})
}

// folderAt resolves the path of a folder other than the root.
func folderAt(dir string) (string, bool) {
	if !filepath.IsAbs(dir) {
		return "", false
	}
	real, err := filepath.EvalSymlinks(dir)
	if err != nil || real == "/" {
		return "", false
	}
	info, err := os.Stat(real)
	return real, err == nil && info.IsDir()
}

// homes lists the home folders of the machine's people.
func homes() []string {
	var out []string
	text, _ := os.ReadFile("/etc/passwd") // without it there are no people
	for line := range strings.Lines(string(text)) {
		f := strings.Split(strings.TrimSpace(line), ":")
		// Ids below 1000 are of the system: their homes are such as /usr/bin.
		if len(f) == 7 && len(f[2]) >= 4 && f[2] != "65534" {
			out = append(out, f[5])
		}
	}
	inHome, _ := filepath.Glob("/home/*")
	return append(out, inHome...)
}

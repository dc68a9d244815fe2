// Package view says what programs in a sandbox see of the machine's files: what is hidden from them, what of that they
// are shown nevertheless, and what they may write.
//
// It knows homes, PATH and its tools, checkouts, the folders of CI runners, and the sockets of services. It only looks at
// the machine: it refuses to know how a view is made true, by which sandbox, and what the programs are.
package view

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pertask/pertask/trial"
)

// Mount is one difference between what programs see and the root tree of the machine, which they may read.
type Mount struct {
	Kind Kind
	Path string // where it is
	From string // what is seen there; for a link, what it says
}

// Kind is what is at the place of a mount.
type Kind int

// The kinds, in the order in which they are mounted where several have one path.
const (
	Hide    Kind = iota // an empty folder that is read-only
	Scratch             // an empty folder that may be written and goes with the program
	Read                // a file or folder of the machine
	Cache               // a folder of the machine; what is written to it goes with the program. At worst it is empty
	Store               // the same, save that at worst nothing can be written to it
	Link                // a symbolic link
	Write               // a folder of the machine that may be written
	Seal                // an empty file in the place of a file or socket of the machine
)

// Static says what all programs see, whatever their own folders: what is hidden of the machine and of the paths in hide,
// and in it what they need nevertheless. Paths to hide that are not there, and may come, are returned as absent; one that
// is not absolute, or without which nothing runs, is an error. Variables are looked up by getenv.
func Static(hide []string, getenv func(string) string) (all []Mount, absent []string, err error) {
	v := viewer{getenv: getenv, mounts: map[Mount]bool{}}
	v.hideMachine()
	if absent, err = v.hideMore(hide); err != nil {
		return nil, nil, err
	}
	v.hideRunner(hide, ancestors("self"))
	for _, dir := range filepath.SplitList(getenv("PATH")) {
		if filepath.IsAbs(dir) {
			v.programs(filepath.Clean(dir))
		}
	}
	for _, name := range trial.Inherited() {
		if name != "PATH" && name != "SHELL" {
			for _, value := range filepath.SplitList(getenv(name)) {
				v.value(name, value)
			}
		}
	}
	return needed(sorted(v.mounts)), absent, nil
}

// needed leaves out what is seen anyway as a part of something that is shown, and what is hidden anyway.
func needed(all []Mount) (out []Mount) {
	for _, m := range all {
		var above *Mount // the last thing that is mounted above it
		for _, a := range out {
			if a.Kind <= Read && (m.Path != a.Path && inside(m.Path, a.Path) || m.Path == a.Path && m.Kind == Link) {
				above = &a
			}
		}
		shown := above != nil && above.Kind == Read
		switch {
		case m.Kind == Link && shown, m.Kind == Read && shown && m.From == m.Path && above.From == above.Path,
			(m.Kind == Hide || m.Kind == Scratch) && above != nil && !shown:
			continue
		}
		out = append(out, m)
	}
	return out
}

// Within adds the folders that a program may write to a view, at their real paths. Of those above them the first that is
// closed to other users is hidden: it holds other trials, and it would be closed to the program too.
func Within(static []Mount, folders []string) []Mount {
	out := map[Mount]bool{}
	for _, m := range static {
		out[m] = true
	}
	for _, folder := range folders {
		folder = filepath.Clean(folder)
		real, err := filepath.EvalSymlinks(folder)
		if err != nil {
			real = folder // and the mount says what is wrong
		}
		out[Mount{Write, real, real}] = true
		if real != folder && slices.ContainsFunc(static, func(m Mount) bool { return m.Kind <= Scratch && inside(folder, m.Path) }) {
			out[Mount{Write, folder, real}] = true // the link is hidden
		}
		at := string(filepath.Separator)
		for _, part := range strings.Split(filepath.Dir(real), at) {
			at = filepath.Join(at, part)
			if info, err := os.Stat(at); err == nil && info.Mode()&0o005 != 0o005 {
				out[Mount{Kind: Hide, Path: at}] = true
				break
			}
		}
	}
	return needed(sorted(out))
}

// sorted puts what is mounted above something before it.
func sorted(set map[Mount]bool) []Mount {
	var out []Mount
	for m := range set {
		out = append(out, m)
	}
	slices.SortFunc(out, func(a, b Mount) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), int(a.Kind)-int(b.Kind), strings.Compare(a.From, b.From))
	})
	return out
}

// viewer puts a view together.
type viewer struct {
	getenv func(string) string
	roots  []string // hidden folders
	more   []string // those that the caller hides among them
	homes  []string // folders of which people keep secrets in the children
	mounts map[Mount]bool
}

// hidden reports whether a path lies in a hidden folder.
func (v *viewer) hidden(path string) bool {
	return slices.ContainsFunc(v.roots, func(root string) bool { return inside(path, root) })
}

func inside(path, dir string) bool { return path == dir || strings.HasPrefix(path, dir+"/") }

// value shows the folder or file that a variable of the allow-list names.
func (v *viewer) value(name, value string) {
	if !filepath.IsAbs(value) {
		return
	}
	real, err := filepath.EvalSymlinks(value)
	if err != nil || v.root(real) {
		return
	}
	k := Read
	switch name {
	case "GOCACHE":
		k = Cache
	case "GOMODCACHE":
		k = Store
	}
	if k != Read || v.hidden(real) {
		v.mounts[Mount{k, real, real}] = true
	}
	if value = filepath.Clean(value); value != real && v.hidden(value) {
		v.mounts[Mount{k, value, real}] = true
	}
}

// root reports whether a folder is hidden as a whole or holds one that is.
func (v *viewer) root(dir string) bool {
	return slices.ContainsFunc(slices.Concat(v.roots, v.homes), func(r string) bool { return inside(r, dir) })
}

// shared reports whether a folder holds more than one thing, and perhaps secrets: a hidden folder, or what lies right
// in a home, such as .local or .cargo.
func (v *viewer) shared(dir string) bool {
	return v.root(dir) || slices.Contains(v.homes, filepath.Dir(dir)) || slices.Contains(v.roots, filepath.Dir(dir))
}

package sandbox

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pertask/pertask/trial"
)

// mount is one difference between what programs see and the root tree of the machine, which they may read.
type mount struct {
	Kind kind
	Path string // where it is
	From string // what is seen there; for a link, what it says
}

type kind int

// The kinds, in the order in which they are mounted where several have one path.
const (
	hide    kind = iota // an empty folder that is read-only
	scratch             // an empty folder that may be written and goes with the program
	read                // a file or folder of the machine
	cache               // a folder of the machine; what is written to it goes with the program. At worst it is empty
	store               // the same, save that at worst nothing can be written to it
	link                // a symbolic link
	write               // a folder of the machine that may be written
	seal                // an empty file in the place of a file or socket of the machine
)

// view says what all programs see: what is hidden, and in it what they need nevertheless. Folders of Options.Hide that
// are not there, and may come, are returned too.
func view(opts Options) (all []mount, absent []string, err error) {
	v := viewer{getenv: opts.Getenv, mounts: map[mount]bool{}}
	v.hideMachine()
	if absent, err = v.hideMore(opts.Hide); err != nil {
		return nil, nil, err
	}
	v.hideRunner(opts.Hide, ancestors("self"))
	for _, dir := range filepath.SplitList(opts.Getenv("PATH")) {
		if filepath.IsAbs(dir) {
			v.programs(filepath.Clean(dir))
		}
	}
	for _, name := range trial.Inherited() {
		if name != "PATH" && name != "SHELL" {
			for _, value := range filepath.SplitList(opts.Getenv(name)) {
				v.value(name, value)
			}
		}
	}
	return needed(sorted(v.mounts)), absent, nil
}

// needed leaves out what is seen anyway as a part of something that is shown, and what is hidden anyway.
func needed(all []mount) (out []mount) {
	for _, m := range all {
		var above *mount // the last thing that is mounted above it
		for _, a := range out {
			if a.Kind <= read && (m.Path != a.Path && inside(m.Path, a.Path) || m.Path == a.Path && m.Kind == link) {
				above = &a
			}
		}
		shown := above != nil && above.Kind == read
		switch {
		case m.Kind == link && shown, m.Kind == read && shown && m.From == m.Path && above.From == above.Path,
			(m.Kind == hide || m.Kind == scratch) && above != nil && !shown:
			continue
		}
		out = append(out, m)
	}
	return out
}

// within adds the folders of a room to a view, at their real paths. Of those above them the first that is closed to
// other users is hidden: it holds other trials, and it would be closed to the program too.
func within(static []mount, folders []string) []mount {
	out := map[mount]bool{}
	for _, m := range static {
		out[m] = true
	}
	for _, folder := range folders {
		folder = filepath.Clean(folder)
		real, err := filepath.EvalSymlinks(folder)
		if err != nil {
			real = folder // and the mount says what is wrong
		}
		out[mount{write, real, real}] = true
		if real != folder && slices.ContainsFunc(static, func(m mount) bool { return m.Kind <= scratch && inside(folder, m.Path) }) {
			out[mount{write, folder, real}] = true // the link is hidden
		}
		at := string(filepath.Separator)
		for _, part := range strings.Split(filepath.Dir(real), at) {
			at = filepath.Join(at, part)
			if info, err := os.Stat(at); err == nil && info.Mode()&0o005 != 0o005 {
				out[mount{Kind: hide, Path: at}] = true
				break
			}
		}
	}
	return needed(sorted(out))
}

// sorted puts what is mounted above something before it.
func sorted(set map[mount]bool) []mount {
	var out []mount
	for m := range set {
		out = append(out, m)
	}
	slices.SortFunc(out, func(a, b mount) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), int(a.Kind)-int(b.Kind), strings.Compare(a.From, b.From))
	})
	return out
}

// viewer puts a view together.
type viewer struct {
	getenv func(string) string
	roots  []string // hidden folders
	more   []string // those of Options.Hide among them
	homes  []string // folders of which people keep secrets in the children
	mounts map[mount]bool
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
	k := read
	switch name {
	case "GOCACHE":
		k = cache
	case "GOMODCACHE":
		k = store
	}
	if k != read || v.hidden(real) {
		v.mounts[mount{k, real, real}] = true
	}
	if value = filepath.Clean(value); value != real && v.hidden(value) {
		v.mounts[mount{k, value, real}] = true
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

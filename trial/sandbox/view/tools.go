package view

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// programs shows a folder of the PATH, as far as it lies in a hidden one, and what the links in it lead to.
func (v *viewer) programs(dir string) {
	real, ok := folderAt(dir)
	if !ok {
		return
	}
	v.show(dir, real)
	entries, _ := os.ReadDir(real) // what could be read counts
	for _, e := range entries {
		if e.Type()&fs.ModeSymlink != 0 {
			v.follow(filepath.Join(real, e.Name()))
		}
	}
}

// show makes a folder with programs visible at its real path and at the one that the PATH says, along with what
// programs take to lie beside it.
func (v *viewer) show(dir, real string) {
	for from, at := range v.around(real) {
		if v.hidden(from) {
			v.mounts[Mount{Read, from, from}] = true
		}
		if at = filepath.Join(dir, at); dir != real && v.hidden(at) {
			v.mounts[Mount{Read, at, from}] = true
		}
	}
}

// around returns the folders that a folder with programs needs, with their paths from there. A bin folder comes with
// the whole installation that it is a part of, unless that is a checkout or a place which everything shares, such as
// ~/.local: of that only the libraries are shown.
func (v *viewer) around(dir string) map[string]string {
	if modules, ok := nodeModules(dir); ok {
		rel, err := filepath.Rel(dir, modules)
		if err == nil && !v.root(modules) {
			return map[string]string{modules: rel}
		}
	}
	above := filepath.Dir(dir)
	switch name := filepath.Base(dir); {
	case v.root(dir):
		return nil
	case name != "bin" && name != "sbin":
		return map[string]string{dir: "."}
	case exists(filepath.Join(above, pyvenv)), !v.shared(above) && !checkout(above):
		return map[string]string{above: ".."}
	}
	out := map[string]string{dir: "."}
	if v.root(above) {
		return out
	}
	for _, name := range []string{"lib", "lib64", "libexec"} {
		if real, ok := folderAt(filepath.Join(above, name)); ok && real == filepath.Join(above, name) {
			out[real] = filepath.Join("..", name)
		}
	}
	return out
}

// nodeModules returns the outermost folder of node packages that a path lies in: packages use their neighbours.
func nodeModules(path string) (string, bool) {
	const name = "/node_modules"
	before, _, ok := strings.Cut(path+"/", name+"/")
	return before + name, ok
}

// follow shows what a link of a PATH folder leads to, and every link on the way.
func (v *viewer) follow(path string) {
	named := map[string]string{} // folders on the way that are reached by links, by the names that they have there
	for range 40 {               // as many as the kernel follows
		above := filepath.Dir(path)
		dir, err := filepath.EvalSymlinks(above)
		if err != nil {
			return
		}
		if dir != above {
			named[path] = dir
		}
		path = filepath.Join(dir, filepath.Base(path))
		target, err := os.Readlink(path)
		if err != nil {
			break
		}
		if v.hidden(path) {
			v.mounts[Mount{Link, path, target}] = true
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(dir, target)
		}
		path = target
	}
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return
	}
	for at, dir := range named {
		switch {
		case !v.alone(dir):
			v.show(filepath.Dir(at), dir)
		case v.hidden(at):
			v.mounts[Mount{Read, at, path}] = true
		}
	}
	switch dir := filepath.Dir(path); {
	case !v.hidden(path):
	case v.alone(dir):
		v.mounts[Mount{Read, path, path}] = true
	default:
		v.show(dir, dir)
	}
}

// alone reports whether of a folder that a link leads into only the program is shown. It has a neighbourhood that is
// safe to show where it is a part of packages or of a virtual environment; otherwise it has none in a place that
// everything shares, nor in a checkout, where people work and keep what they need for that. To have more of a checkout
// shown its folder is put into the PATH.
func (v *viewer) alone(dir string) bool {
	if _, ok := nodeModules(dir); ok || exists(filepath.Join(filepath.Dir(dir), pyvenv)) {
		return false
	}
	return filepath.Base(dir) != "bin" && v.shared(dir) || v.inCheckout(dir)
}

const pyvenv = "pyvenv.cfg" // makes a folder a virtual environment of Python

// checkout reports whether a folder is one of version control.
func checkout(dir string) bool {
	return slices.ContainsFunc([]string{".git", ".hg", ".svn", ".jj"}, func(name string) bool { return exists(filepath.Join(dir, name)) })
}

// inCheckout reports whether a folder lies in one that is to be hidden, or in a checkout. A home that is one, and the
// folders of tools right in a home, such as ~/.nvm, are not meant.
func (v *viewer) inCheckout(dir string) bool {
	for ; ; dir = filepath.Dir(dir) {
		switch {
		case slices.Contains(v.more, dir):
			return true
		case dir == "/", v.root(dir):
			return false
		case checkout(dir):
			return !(strings.HasPrefix(filepath.Base(dir), ".") && slices.Contains(v.homes, filepath.Dir(dir)))
		}
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

package suite

import (
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/pertask/pertask/internal/strict"
)

const pathRule = "a path with slashes, without '..', '\\' or a slash at the start"

// relative reads a path that stays below the folder that it is relative to. A slash at the end is dropped.
func (l *loader) relative(v strict.Value) (string, bool) {
	s := v.Scalar()
	if s == "" {
		return "", false
	}
	clean := path.Clean(s)
	ok := fs.ValidPath(clean) && !path.IsAbs(s) && !strings.ContainsFunc(s, unprintable) && !strings.Contains(s, `\`)
	for part := range strings.SplitSeq(s, "/") {
		ok = ok && part != ".."
	}
	// A drive letter is an absolute path on one system and a file name on another.
	if !ok || len(s) > 1 && s[1] == ':' {
		v.Fail(fmt.Sprintf("%s: %q is not allowed", v.Name(), strict.Clip(s)), pathRule)
		return "", false
	}
	return clean, true
}

// inside reads a list of paths inside a workspace.
func (l *loader) inside(v strict.Value) (paths []string, at []strict.Value) {
	for _, e := range v.Distinct(0, maxList) {
		if p, ok := l.insideOne(e); ok {
			paths, at = append(paths, p), append(at, e)
		}
	}
	return paths, at
}

func (l *loader) insideOne(v strict.Value) (string, bool) {
	p, ok := l.relative(v)
	if ok && p == "." {
		v.Fail(v.Name()+" is the whole workspace", "a file or folder in it")
		return "", false
	}
	return p, ok
}

// place returns a path from the root of the repository: beside the suite file where something is there, else from
// the root where something is there.
func (l *loader) place(p string) string {
	beside := path.Join(l.dir, p)
	if _, err := fs.Lstat(l.files.fsys, beside); err == nil {
		return beside
	}
	if _, err := fs.Lstat(l.files.fsys, p); err == nil {
		return p
	}
	return beside
}

const placeRule = "relative to the folder of the suite file or to the root of the repository"

// folder reads the path of a folder and takes all of its files into the suite. The result is from the root of
// the repository.
func (l *loader) folder(v strict.Value) string {
	p, ok := l.relative(v)
	if !ok {
		return ""
	}
	p = l.place(p)
	if within(l.path, p) {
		v.Fail(fmt.Sprintf("%s: %s has the suite file in it, so an agent would see the graders", v.Name(), p), "a folder without the suite file")
		return ""
	}
	if err := l.files.addFolder(p); err != nil {
		v.Fail(fmt.Sprintf("%s: %v", v.Name(), err), "a folder of plain files, "+placeRule)
		return ""
	}
	return p
}

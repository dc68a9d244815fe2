package gitrepo

import (
	"fmt"
	"strings"

	"github.com/pertask/pertask/arm"
)

// Diff returns what changed from one commit to another, file by file, with renames found.
func (r *Repo) Diff(from, to string) ([]arm.FileDiff, error) {
	names, err := r.git("diff-tree", "-r", "-z", "-M", "--name-status", "--no-ext-diff", "--no-textconv", from, to)
	if err != nil {
		return nil, fmt.Errorf("comparing %.12s with %.12s: %w", from, to, err)
	}
	text, err := r.git("diff-tree", "-r", "-M", "--patch", "--no-color", "--no-ext-diff", "--no-textconv", from, to)
	if err != nil {
		return nil, fmt.Errorf("comparing %.12s with %.12s: %w", from, to, err)
	}
	files, hunks := fileNames(string(names)), patches(string(text))
	var diffs []arm.FileDiff
	for _, f := range files {
		blocks := 1
		if f.retyped { // shown as a removal and an addition, such as of a file that became a link
			blocks = 2
		}
		if len(hunks) < blocks {
			return nil, fmt.Errorf("comparing %.12s with %.12s: git shows fewer changes than the %d files that it names", from, to, len(files))
		}
		f.Patch = strings.Trim(strings.Join(hunks[:blocks], "\n"), "\n")
		f.Changes = changes(f.FileDiff)
		diffs, hunks = append(diffs, f.FileDiff), hunks[blocks:]
	}
	if len(hunks) != 0 {
		return nil, fmt.Errorf("comparing %.12s with %.12s: git shows more changes than the %d files that it names", from, to, len(files))
	}
	return diffs, nil
}

// named is a file that git names in a diff.
type named struct {
	arm.FileDiff
	retyped bool // it changed its type, such as from a file to a link
}

// fileNames reads the NUL-separated list of --name-status: a status and one path, or two for a rename.
func fileNames(list string) []named {
	f := strings.Split(strings.TrimSuffix(list, "\x00"), "\x00")
	var out []named
	for i := 0; i+1 < len(f); i += 2 {
		d := named{FileDiff: arm.FileDiff{Path: f[i+1]}, retyped: f[i] == "T"}
		if s := f[i]; (strings.HasPrefix(s, "R") || strings.HasPrefix(s, "C")) && i+2 < len(f) {
			d.PreviousPath, d.Path = f[i+1], f[i+2]
			i++
		}
		out = append(out, d)
	}
	return out
}

// changes counts added and removed lines. A file that git shows no lines of, such as a binary one, has changed
// none the less, unless it was renamed only.
func changes(d arm.FileDiff) int {
	n := 0
	for line := range strings.Lines(d.Patch) {
		if line[0] == '+' || line[0] == '-' {
			n++
		}
	}
	if n == 0 && d.PreviousPath == "" {
		return 1
	}
	return n
}

// patches splits the output of --patch into the hunks of each file, in the order of the files. Lines of a hunk
// begin with a space, a sign or a backslash, so a line that begins with "diff --git " begins a file.
func patches(text string) []string {
	var out []string
	var b strings.Builder
	inHunks, any := false, false
	flush := func() {
		if any {
			out = append(out, strings.TrimSuffix(b.String(), "\n"))
		}
		b.Reset()
	}
	for line := range strings.Lines(text) {
		switch {
		case strings.HasPrefix(line, "diff --git "):
			flush()
			any, inHunks = true, false
		case strings.HasPrefix(line, "@@ "):
			inHunks = true
			b.WriteString(line)
		case inHunks:
			b.WriteString(line)
		}
	}
	flush()
	return out
}

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
	diffs, patches := fileNames(string(names)), patches(string(text))
	if len(patches) != len(diffs) {
		return nil, fmt.Errorf("comparing %.12s with %.12s: git names %d files and shows %d", from, to, len(diffs), len(patches))
	}
	for i := range diffs {
		diffs[i].Patch = patches[i]
		diffs[i].Changes = changes(diffs[i])
	}
	return diffs, nil
}

// fileNames reads the NUL-separated list of --name-status: a status and one path, or two for a rename.
func fileNames(list string) []arm.FileDiff {
	f := strings.Split(strings.TrimSuffix(list, "\x00"), "\x00")
	var out []arm.FileDiff
	for i := 0; i+1 < len(f); i += 2 {
		d := arm.FileDiff{Path: f[i+1]}
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

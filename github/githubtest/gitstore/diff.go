package gitstore

import (
	"fmt"
	"strings"
)

// maxDiff is the number of pairs of lines above which no patch is made, as GitHub leaves out large ones.
const maxDiff = 4 << 20

// edit is one line of a diff: ' ', '-' or '+'.
type edit struct {
	kind byte
	line string
}

// diffLines returns the edits that turn a into b, by their longest common subsequence.
func diffLines(a, b []string) ([]edit, bool) {
	if len(a)*len(b) > maxDiff {
		return nil, false
	}
	// common[i][j] is the length for a[i:] and b[j:].
	common := make([][]int32, len(a)+1)
	for i := range common {
		common[i] = make([]int32, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var out []edit
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			out = append(out, edit{' ', a[i]})
			i, j = i+1, j+1
		case i < len(a) && (j == len(b) || common[i+1][j] >= common[i][j+1]):
			out = append(out, edit{'-', a[i]})
			i++
		default:
			out = append(out, edit{'+', b[j]})
			j++
		}
	}
	return out, true
}

// lines splits text after each line break.
func lines(s string) []string {
	if s == "" {
		return nil
	}
	out := strings.SplitAfter(s, "\n")
	if out[len(out)-1] == "" {
		out = out[:len(out)-1]
	}
	return out
}

// patch returns the hunks of a unified diff with three lines of context, the counts of lines, and whether there
// is a patch. Binary files have neither; large ones have counts only.
func patch(a, b string) (text string, added, deleted int, ok bool) {
	if strings.ContainsRune(a, 0) || strings.ContainsRune(b, 0) {
		return "", 0, 0, false
	}
	la, lb := lines(a), lines(b)
	edits, ok := diffLines(la, lb)
	if !ok {
		added, deleted = between(la, lb)
		return "", added, deleted, false
	}
	for _, e := range edits {
		switch e.kind {
		case '+':
			added++
		case '-':
			deleted++
		}
	}
	return strings.TrimSuffix(hunks(edits, 3), "\n"), added, deleted, true
}

// between counts the lines between those that two texts begin and end with in common.
func between(a, b []string) (added, deleted int) {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	return len(b), len(a)
}

func hunks(edits []edit, context int) string {
	near := make([]bool, len(edits))
	for i, e := range edits {
		if e.kind == ' ' {
			continue
		}
		for j := max(i-context, 0); j <= min(i+context, len(edits)-1); j++ {
			near[j] = true
		}
	}
	var out strings.Builder
	oldLine, newLine := 1, 1
	for i := 0; i < len(edits); {
		if !near[i] {
			oldLine, newLine, i = oldLine+1, newLine+1, i+1
			continue
		}
		var body strings.Builder
		olds, news := 0, 0
		for ; i < len(edits) && near[i]; i++ {
			e := edits[i]
			if e.kind != '+' {
				olds++
			}
			if e.kind != '-' {
				news++
			}
			body.WriteByte(e.kind)
			body.WriteString(strings.TrimSuffix(e.line, "\n"))
			body.WriteByte('\n')
			if !strings.HasSuffix(e.line, "\n") {
				body.WriteString("\\ No newline at end of file\n")
			}
		}
		fmt.Fprintf(&out, "@@ -%s +%s @@\n%s", span(oldLine, olds), span(newLine, news), body.String())
		oldLine, newLine = oldLine+olds, newLine+news
	}
	return out.String()
}

// span is a range of a hunk's header: empty ranges name the line before, single lines have no count.
func span(line, n int) string {
	switch n {
	case 0:
		return fmt.Sprintf("%d,0", line-1)
	case 1:
		return fmt.Sprint(line)
	}
	return fmt.Sprintf("%d,%d", line, n)
}

// Package cut makes texts as short as GitHub wants them.
//
// It knows where a text may be cut: on a line, on a character, and never inside an open code fence. It refuses to
// know what is cut, and why.
package cut

import (
	"strings"
	"unicode/utf8"
)

// cutNote is the last line of a text that was cut.
const cutNote = "… (cut here: GitHub allows no more)"

// Text returns s in at most limit bytes of valid UTF-8. It cuts on a line where there is one, closes a code
// fence that the cut has left open, and says that it has cut.
func Text(s string, limit int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= limit {
		return s
	}
	room := limit - len(cutNote) - 3
	for room > 0 {
		head := cutLine(s, room)
		end := ""
		if fence := openFence(head); fence != "" {
			end = "\n" + fence
		}
		if out := head + end + "\n\n" + cutNote; len(out) <= limit {
			return out
		}
		room -= len(end)
	}
	return cutRune(s, limit)
}

// cutLine returns at most n bytes of s in whole lines, or in whole runes when there is no line that short.
func cutLine(s string, n int) string {
	s = cutRune(s, n)
	if i := strings.LastIndexByte(s, '\n'); i > 0 {
		return strings.TrimSuffix(s[:i], "\r")
	}
	return s
}

func cutRune(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:max(n, 0)]
}

// openFence returns what would close the code fence that is open at the end of s, or "".
// Source: CommonMark 0.31, "Fenced code blocks"; any indentation is taken, for fences inside lists.
func openFence(s string) string {
	open := ""
	for line := range strings.Lines(s) {
		line = strings.TrimLeft(strings.TrimRight(line, "\r\n"), " \t")
		run := fenceRun(line)
		switch {
		case run == "":
		case open == "":
			if run[0] != '`' || !strings.Contains(line[len(run):], "`") {
				open = run
			}
		case run[0] == open[0] && len(run) >= len(open) && strings.TrimSpace(line[len(run):]) == "":
			open = ""
		}
	}
	return open
}

// fenceRun returns the three or more backticks or tildes that a line begins with.
func fenceRun(line string) string {
	if line == "" || line[0] != '`' && line[0] != '~' {
		return ""
	}
	n := len(line) - len(strings.TrimLeft(line, line[:1]))
	if n < 3 {
		return ""
	}
	return line[:n]
}

// Line makes a title of s: one line, at most n bytes.
func Line(s string, n int) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "\uFFFD")), " ")
	if len(s) <= n {
		return s
	}
	return cutRune(s, n-len("…")) + "…"
}

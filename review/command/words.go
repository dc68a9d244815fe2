package command

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// reason checks why a change is accepted. White space within it becomes one space, so that the same reason is the same
// text however it was typed.
func reason(text string) (string, error) {
	if !utf8.ValidString(text) {
		return "", fmt.Errorf("the reason of accept is not UTF-8")
	}
	for _, r := range text {
		if r != '\t' && hidden(r) {
			return "", fmt.Errorf("the reason of accept has the character %U, which cannot be seen or turns others round; printable characters are allowed", r)
		}
	}
	text = strings.Join(strings.FieldsFunc(text, unicode.IsSpace), " ")
	if !strings.ContainsFunc(text, func(r rune) bool { return unicode.In(r, unicode.L, unicode.N, unicode.S) }) {
		return "", errNoReason
	}
	if n := utf8.RuneCountInString(text); n > MaxReason {
		return "", fmt.Errorf("the reason of accept has %d characters; up to %d are allowed", n, MaxReason)
	}
	return text, nil
}

// hidden reports whether r is a control character, a separator of lines, one that turns the direction of text round,
// or another one without a look of its own. Joiners are none: scripts and emoji need them.
func hidden(r rune) bool {
	if r == '\u200c' || r == '\u200d' {
		return false
	}
	switch {
	case r == 0x2800, r == 0x3164, r == 0x115f, r == 0x1160, r == 0xffa0: // blanks that count as letters or symbols
		return true
	case r >= 0xe0100 && r <= 0xe01ef: // variation selectors that can carry hidden text
		return true
	case r == utf8.RuneError:
		return true
	}
	return unicode.In(r, unicode.C, unicode.Zl, unicode.Zp) || !unicode.IsGraphic(r) && !unicode.IsSpace(r)
}

// unknown is the error of a verb that there is none of, with the nearest one.
func unknown(verb string) error {
	names := make([]string, 0, len(All()))
	for _, u := range All() {
		names = append(names, string(u.Verb))
	}
	hint := ""
	if near := nearest(verb, names); near != "" {
		hint = fmt.Sprintf(", did you mean %s?", near)
	}
	return fmt.Errorf("%s is not a command%s; allowed are %s and %s", quote(verb), hint, strings.Join(names[:len(names)-1], ", "), names[len(names)-1])
}

// nearest is the name that a typing mistake would have made the word of; "" when none is near enough.
func nearest(word string, names []string) string {
	word = strings.ToLower(word)
	if len(word) > 20 {
		return ""
	}
	best, at := "", 3
	for _, n := range names {
		if d := distance([]rune(word), []rune(n)); d < at && d < len(n) {
			best, at = n, d
		}
	}
	return best
}

// distance is how many letters have to be put in, taken out, changed or swapped with their neighbour.
// Source: the optimal string alignment distance, as in Navarro, "A guided tour to approximate string matching", 2001.
func distance(a, b []rune) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}

// maxQuote is how many characters of a person's text an error repeats.
const maxQuote = 40

// quote repeats a person's text in an error: one short line in which every hidden character can be seen.
func quote(s string) string {
	r := []rune(s)
	if len(r) > maxQuote {
		s = string(slices.Concat(r[:maxQuote], []rune("...")))
	}
	return fmt.Sprintf("%+q", s)
}

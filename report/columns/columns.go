// Package columns lays out plain text for a terminal: paragraphs of a width, and tables.
//
// It knows how many characters a line has. It refuses to know colours, what the text says, and what is safe to
// write to a terminal: that has been seen to before. Every character counts as one column, so that wide ones, such
// as Chinese, are a little out of line. All of it is safe for concurrent use.
package columns

import (
	"strings"
	"unicode/utf8"
)

// gap is what separates two columns.
const gap = "  "

// Align pads the cells of a table, row by row, to columns of equal width with two spaces between them. A row may
// have fewer cells than others. No line ends in white space.
func Align(table [][]string) []string {
	var widths []int
	for _, row := range table {
		for i, c := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(c))
		}
	}
	out := make([]string, len(table))
	for i, row := range table {
		var b strings.Builder
		for j, c := range row {
			b.WriteString(c + strings.Repeat(" ", widths[j]-utf8.RuneCountInString(c)) + gap)
		}
		out[i] = strings.TrimRight(b.String(), " ")
	}
	return out
}

// Spare is how many characters of a width are left for one more column beside an aligned table; negative when the
// table is wider.
func Spare(table [][]string, width int) int {
	most := 0
	for _, l := range Align(table) {
		most = max(most, utf8.RuneCountInString(l))
	}
	return width - most - len(gap)
}

// Cut shortens s to n characters, of which the last three say that there was more. n is at least 4.
func Cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return strings.TrimRight(s[:runeIndex(s, n-3)], " ") + "..."
}

// Wrap breaks a paragraph into lines of at most width characters, between words; a longer word is cut. It
// returns at least one line. A width below 10 counts as 10.
func Wrap(s string, width int) []string {
	width = max(width, 10)
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		for utf8.RuneCountInString(word) > width {
			if line != "" {
				lines, line = append(lines, line), ""
			}
			cut := runeIndex(word, width)
			lines, word = append(lines, word[:cut]), word[cut:]
		}
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width:
			lines, line = append(lines, line), word
		default:
			line += " " + word
		}
	}
	if line != "" || len(lines) == 0 {
		lines = append(lines, line)
	}
	return lines
}

// runeIndex is the byte offset of the n-th character.
func runeIndex(s string, n int) int {
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}

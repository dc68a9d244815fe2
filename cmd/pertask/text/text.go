// Package text makes words and tables fit a terminal.
//
// It knows lines, columns and which characters a terminal shows as they are. It refuses to know what the words say.
package text

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Width is how many characters a line has at most: those of the narrowest usual terminal, less one for terminals that
// break a line which is full.
const Width = 79

// Clip makes a text that somebody else wrote fit to be shown: it cuts it to a number of characters, and puts "?" for
// those that a terminal does not show as they are, such as control characters and those that turn the direction of
// what follows.
func Clip(s string, most int) string {
	r := []rune(strings.Map(func(r rune) rune {
		if hidden(r) {
			return '?'
		}
		return r
	}, s))
	if len(r) > most {
		return string(r[:most-3]) + "..."
	}
	return string(r)
}

// hidden reports whether a character is none that is seen as itself: controls, formats, separators of lines, and what
// is private or not assigned.
func hidden(r rune) bool { return r != ' ' && !unicode.IsPrint(r) }

// Quote writes a text as a JSON string, which YAML reads too. What a terminal does not show as it is, is escaped;
// what the two would escape differently is replaced.
func Quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case !hidden(r):
			b.WriteRune(r)
		case r > 0xffff: // JSON and YAML escape it differently
			b.WriteRune(utf8.RuneError)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// Wrap breaks a text into lines of at most so many characters, the later ones behind the indentation that is given. A
// word that is longer has a line of its own.
func Wrap(s string, most int, indent string) []string {
	var out []string
	line := ""
	for _, word := range strings.Fields(s) {
		switch {
		case line == "":
			line = word
		case length(line)+1+length(word) > most:
			out = append(out, line)
			line = indent + word
		default:
			line += " " + word
		}
	}
	return append(out, line)
}

// Fill breaks the paragraphs of a text into lines of at most so many characters. Indented lines are left as they are.
func Fill(s string, most int) string {
	var out, prose []string
	flush := func() {
		if len(prose) > 0 {
			out, prose = append(out, Wrap(strings.Join(prose, " "), most, "")...), nil
		}
	}
	for line := range strings.SplitSeq(s, "\n") {
		if line == "" || line[0] == ' ' {
			flush()
			out = append(out, line)
			continue
		}
		prose = append(prose, line)
	}
	flush()
	return strings.Join(out, "\n")
}

// Align pads the columns of a table: the first to the left, the others to the right.
func Align(rows [][]string) []string { return columns(rows, false) }

// AlignLeft pads the columns of a table, all of them to the left.
func AlignLeft(rows [][]string) []string { return columns(rows, true) }

func columns(rows [][]string, left bool) []string {
	width := map[int]int{}
	for _, row := range rows {
		for i, cell := range row {
			width[i] = max(width[i], length(cell))
		}
	}
	var out []string
	for _, row := range rows {
		var b strings.Builder
		for i, cell := range row {
			if i > 0 {
				b.WriteString("  ")
			}
			pad := strings.Repeat(" ", width[i]-length(cell))
			if left || i == 0 {
				b.WriteString(cell + pad)
			} else {
				b.WriteString(pad + cell)
			}
		}
		out = append(out, strings.TrimRight(b.String(), " "))
	}
	return out
}

func length(s string) int { return len([]rune(s)) }

// WriteJSON writes a value as one line of JSON. What a terminal does not show as it is, is escaped, which changes
// nothing for programs; nothing else is.
func WriteJSON(w io.Writer, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	line := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	if bytes.ContainsFunc(line, hidden) {
		line = escaped(string(line))
	}
	_, err := w.Write(append(line, '\n'))
	return err
}

// escaped writes hidden characters, which JSON has in its strings only, as escapes.
func escaped(line string) []byte {
	var b bytes.Buffer
	for _, r := range line {
		if !hidden(r) {
			b.WriteRune(r)
			continue
		}
		for _, u := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, u)
		}
	}
	return b.Bytes()
}

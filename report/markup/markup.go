// Package markup makes strings that strangers wrote safe to show.
//
// It knows what is live on GitHub (markup, HTML, mentions, references, links, formulas, emoji), what moves a
// terminal's cursor, what a reader cannot see, and how long a string may be. It refuses to know what a string
// means and where it is put. Every result is one line of valid UTF-8. All of it is safe for concurrent use.
package markup

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Lengths, in characters, above which a string is cut. They keep one hostile value from pushing
// the answer out of a comment.
const (
	MaxValue    = 120 // a model name, path or task id
	MaxSentence = 700 // the text of a finding, a note or a reason
)

// Clean makes s one line of printable characters, at most limit of them. White space of every kind becomes
// one space. Control, bidirectional, zero-width and other invisible characters, and bytes that are not UTF-8,
// become U+FFFD, so that what a reader sees is what is there. It is the whole of the escaping for terminals
// and for GitHub's plain text fields; Markdown needs Code or Text on top.
func Clean(s string, limit int) string {
	var b strings.Builder
	n, space := 0, false
	for _, r := range s {
		if unicode.IsSpace(r) {
			space = n > 0
			continue
		}
		if n >= limit || space && n+1 >= limit {
			b.WriteString("...")
			return b.String()
		}
		if space {
			b.WriteByte(' ')
			n, space = n+1, false
		}
		if hidden(r) {
			r = unicode.ReplacementChar
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}

// hidden reports whether r shows nothing or changes how its neighbours are shown.
func hidden(r rune) bool {
	switch {
	case r == 0x2800, r == 0x3164, r == 0x115F, r == 0x1160, r == 0xFFA0: // blanks that count as letters or symbols
		return true
	case r >= 0xE0100 && r <= 0xE01EF: // variation selectors that can carry hidden text
		return true
	}
	return !unicode.IsGraphic(r)
}

// Value is Clean for values: at most MaxValue characters, and "(empty)" for nothing.
func Value(s string) string {
	s = Clean(s, MaxValue)
	if s == "" {
		return "(empty)"
	}
	return s
}

// Sentence is Clean for findings, notes and reasons: at most MaxSentence characters.
func Sentence(s string) string { return Clean(s, MaxSentence) }

// inCode replaces what is not safe even in a code span: a vertical bar ends a table cell, and parsers differ on
// how to escape it there; the start of an HTML comment would be found by whoever looks for our hidden marker in
// the text of our own comment.
var inCode = strings.NewReplacer("|", "│", "<!--", "<!\u2011\u2011")

// Code renders a Value as a Markdown code span in which nothing is live, in a table cell or elsewhere.
func Code(s string) string {
	s = inCode.Replace(Value(s))
	fence := strings.Repeat("`", longestRun(s, '`')+1)
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " "
	}
	return fence + s + fence
}

func longestRun(s string, c byte) int {
	longest, run := 0, 0
	for i := range len(s) {
		if s[i] != c {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}

// zeroWidth separates the two halves of something that GitHub would turn into a link. Mentions and
// references are found in the rendered text, so that a backslash or an entity does not stop them.
const zeroWidth = "&#8203;"

var specials = strings.NewReplacer(
	"&", "&amp;", "<", "&lt;", ">", "&gt;", `\`, "&#92;", "|", "&#124;", "`", "&#96;",
	"*", `\*`, "_", `\_`, "~", `\~`, "[", `\[`, "]", `\]`,
	"$", "<span>$</span>", // otherwise a pair of them is a formula
	"@", "@"+zeroWidth, "#", "#"+zeroWidth, "://", ":"+zeroWidth+"//",
)

var live = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`(?i)\b(www)\.`), "${1}" + zeroWidth + "."},
	{regexp.MustCompile(`(?i)\b(gh-)(\d)`), "${1}" + zeroWidth + "${2}"},
	{regexp.MustCompile(`:([a-z+-][a-z0-9+\\_-]*):`), ":" + zeroWidth + "${1}:"}, // :emoji:
}

var (
	sha        = regexp.MustCompile(`\b[0-9a-f]{7,}\b`)
	blockStart = regexp.MustCompile(`^([-+=]|\d+[.)])`)
)

// Text renders a Sentence as Markdown in which nothing of it is markup, HTML, a mention, a reference, a link, an
// image, a formula or the start of a block.
func Text(s string) string { return escape(Sentence(s)) }

// escape is Text for a string that is clean.
func escape(s string) string {
	s = specials.Replace(s)
	for _, l := range live {
		s = l.pattern.ReplaceAllString(s, l.with)
	}
	s = sha.ReplaceAllStringFunc(s, func(m string) string {
		if !strings.ContainsAny(m, "abcdef") {
			return m // a number; breaking it would spoil copying it
		}
		out := m[:6] // GitHub links 7 digits and more
		for m = m[6:]; m != ""; m = m[min(6, len(m)):] {
			out += zeroWidth + m[:min(6, len(m))]
		}
		return out
	})
	if m := blockStart.FindString(s); m != "" {
		_, size := utf8.DecodeLastRuneInString(m)
		s = m[:len(m)-size] + `\` + s[len(m)-size:]
	}
	return s
}

// Rich renders a Sentence that may hold `values` in backquotes: it is Text, but for balanced spans between
// single backquotes, which become code spans. If they do not balance, or two touch, all of it is Text.
func Rich(s string) string {
	s = Sentence(s)
	parts := strings.Split(s, "`")
	if len(parts)%2 == 0 || strings.Contains(s, "``") {
		return escape(s)
	}
	for i, p := range parts {
		if i%2 == 1 {
			parts[i] = Code(p)
		} else {
			parts[i] = escape(p)
		}
	}
	return strings.Join(parts, "")
}

var linkable = regexp.MustCompile(`^https?://[A-Za-z0-9][A-Za-z0-9.:-]*(/[A-Za-z0-9._~/?=&%#+-]*)?$`)

// Link renders a Markdown link to url, or "" when the URL has a character that could end it or is neither http nor
// https. label is our own words and not escaped.
func Link(label, url string) string {
	if len(url) > 1000 || !linkable.MatchString(url) {
		return ""
	}
	return "[" + label + "](" + url + ")"
}

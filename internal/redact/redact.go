// Package redact hides secrets in text that was escaped for Markdown or HTML, too.
//
// It knows how our escapes look within a secret. It refuses to know which secrets there are, and where a text goes.
package redact

import "strings"

// escapes are what package markup and html/template write within a secret, after which nothing would find it.
var escapes = strings.NewReplacer(`\_`, "_", `\*`, "*", `\~`, "~", `\[`, "[", `\]`, "]", "&#8203;", "", "&#43;", "+", "&#61;", "=", "&amp;", "&",
	"<span>$</span>", "$")

// Unescape returns a text without the escapes, as its reader sees it.
func Unescape(s string) string { return escapes.Replace(s) }

// Text returns a text after hide, which replaces secrets as they are. A line in which hide finds more without the escapes is
// hidden whole: without its escapes it would be live.
func Text(s string, hide func(string) string) string {
	s = hide(s)
	if text := Unescape(s); text == s || hide(text) == text {
		return s
	}
	var b strings.Builder
	for line := range strings.Lines(s) {
		if text := Unescape(line); hide(text) != text {
			line = "[redacted line]" + line[len(strings.TrimRight(line, "\r\n")):]
		}
		b.WriteString(line)
	}
	return b.String()
}

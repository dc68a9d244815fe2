// Package markuptest finds what is live or broken in Markdown that was made of other people's strings.
//
// It knows which constructs our renderings use on purpose. It refuses to know how package markup escapes, so that
// a mistake there is a problem here. It is for tests.
package markuptest

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// allowed are the only tags that a rendering writes.
var allowed = regexp.MustCompile(`</?(br|details|summary)>|<details open>|<span>\$</span>`)

// dangers are patterns that must not be in what is left of a rendering without its code spans, its own tags and
// its own link.
var dangers = map[string]*regexp.Regexp{
	"HTML":          regexp.MustCompile(`<`),
	"a mention":     regexp.MustCompile(`@[A-Za-z0-9]`),
	"a reference":   regexp.MustCompile(`(?:^|[^&])#[0-9]|(?i)\bgh-[0-9]`),
	"a link":        regexp.MustCompile(`://|(?i)\bwww\.|mailto:[^\s@]*@[A-Za-z0-9]`),
	"a link label":  regexp.MustCompile(`(?:^|[^\\])[\[\]]`),
	"a formula":     regexp.MustCompile(`\$(?:[^0-9]|$)`),
	"a stray tick":  regexp.MustCompile("`"),
	"an emphasis":   regexp.MustCompile(`(?:^|[^\\*])[_~]|(?:^|[^\\*])\*(?:$|[^*])`),
	"a commit":      regexp.MustCompile(`\b(?:[0-9a-f]{7,}[a-f][0-9a-f]*)\b`),
	"an escape":     regexp.MustCompile(`\\[^*_~\[\]+=:.)-]`),
	"a nested list": regexp.MustCompile(`^- (?:[-+*=] |[0-9]+[.)] |#+(?: |$))`),
}

// fenced is what a line may be in the blocks of code that a rendering writes, by how a block begins: its bars and our own
// words, and a chart, in which another's string is quoted and has letters, digits and harmless marks only.
var fenced = map[string]*regexp.Regexp{
	"```text": regexp.MustCompile(`^[A-Za-z0-9 ,.+$█▐▌│-]*$`),
	"```mermaid": regexp.MustCompile(`^(xychart-beta|    title "[A-Za-z0-9 ,.]+"|    x-axis \["[\w .,()/-]+"(, "[\w .,()/-]+")*\]|` +
		`    y-axis "[a-z ]+" -?[0-9.]+ --> [0-9.]+|    (bar|line) \[-?[0-9.]+(, -?[0-9.]+)*\])$`),
}

// Problems parses Markdown as far as it takes to say what in it is live or broken, one sentence each with its
// line. Whatever equals one of own, such as the rendering's own link, is not looked at.
func Problems(md string, own ...string) []string {
	var out []string
	pipes, open, fence := 0, 0, ""
	for n, line := range strings.Split(md, "\n") {
		problem := func(format string, args ...any) {
			out = append(out, fmt.Sprintf("line %d: %s", n+1, fmt.Sprintf(format, args...)))
		}
		for _, r := range line {
			if !unicode.IsGraphic(r) {
				problem("the character %U", r)
			}
		}
		if fence == "" && fenced[line] != nil {
			fence = line
			continue
		}
		if fence != "" {
			if line == "```" {
				fence = ""
			} else if !fenced[fence].MatchString(line) {
				problem("%q in a block of code", line)
			}
			continue
		}
		if strings.Contains(line, "<!--") {
			problem("an HTML comment, if only in a code span: a marker could be forged")
		}
		rest, err := withoutCode(line)
		if err != "" {
			problem("%s", err)
		}
		open += strings.Count(rest, "<details>") + strings.Count(rest, "<details open>") - strings.Count(rest, "</details>")
		if open < 0 || open > 1 {
			problem("%d details open", open)
		}
		switch count := strings.Count(rest, "|"); {
		case !strings.HasPrefix(line, "|"):
			pipes = 0
			if count > 0 {
				problem("a bar outside of a table")
			}
		case pipes == 0:
			pipes = strings.Count(line, "|")
		case strings.Count(line, "|") != pipes:
			problem("%d bars in a table of %d", strings.Count(line, "|"), pipes)
		}
		rest = allowed.ReplaceAllString(rest, " ")
		for _, o := range own {
			rest = strings.ReplaceAll(rest, o, "")
		}
		for what, p := range dangers {
			if m := p.FindString(rest); m != "" {
				problem("%s: %q in %q", what, m, rest)
			}
		}
	}
	if fence != "" {
		out = append(out, "a block of code left open")
	}
	if open != 0 {
		out = append(out, "details left open")
	}
	return out
}

// withoutCode replaces the code spans of a line by "x", as CommonMark pairs runs of backquotes.
func withoutCode(line string) (rest, problem string) {
	var b strings.Builder
	for line != "" {
		i := strings.IndexByte(line, '`')
		if i < 0 {
			break
		}
		b.WriteString(line[:i])
		line = line[i:]
		run := len(line) - len(strings.TrimLeft(line, "`"))
		end := closing(line[run:], run)
		if end < 0 {
			return b.String() + line, "a code span that does not end"
		}
		b.WriteByte('x')
		line = line[run+end+run:]
	}
	return b.String() + line, ""
}

// closing is the offset of the first run of exactly n backquotes, or -1.
func closing(s string, n int) int {
	for i := 0; i < len(s); {
		if s[i] != '`' {
			i++
			continue
		}
		run := len(s[i:]) - len(strings.TrimLeft(s[i:], "`"))
		if run == n {
			return i
		}
		i += run
	}
	return -1
}

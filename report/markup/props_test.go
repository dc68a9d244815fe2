package markup_test

import (
	"html"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/pertask/pertask/report/markup"
	"github.com/pertask/pertask/report/markup/markuptest"
)

// parts are what hostile strings are made of: everything that GitHub, Markdown, HTML, a workflow's log or a terminal
// gives a meaning to, and plain text to go between.
var parts = []string{
	"a", "0", " ", "gpt-5.4", "é", "日本", "😀", "\n", "\r\n", "\t", "`", "``", "```", "|", "\\", "\\|", "<", ">", "&", "&amp;", "&#64;",
	"<!--", "-->", "<b>", "</details>", "<script>", "@octocat", "@acme/team", "#1", "acme/agent#2", "GH-3", "gh-4", "3f9a6c1e0b7d4258",
	"http://a.example", "https://", "www.a.example", "mailto:a@b.example", "[a](b)", "![a](b)", "[", "]", "(", ")", "$", "$$", "$`", "`$",
	"*", "**", "_", "__", "~~", "- ", "+ ", "1. ", "2) ", "# ", "> ", "---", "===", ":shipit:", "::error::", "%0A", "\x1b[31m", "\x07", "\x9b",
	"\u202e", "\u200b", "\ufeff", "\u2028", "\u00a0", "\U000e0041", "\ufe0f", "\u3164", "\xff", "\xc3",
}

// hostile is a string of up to n parts.
func hostile(r *rand.Rand, n int) string {
	var b strings.Builder
	for range r.IntN(n) + 1 {
		b.WriteString(parts[r.IntN(len(parts))])
	}
	return b.String()
}

// TestNothingIsLive puts strings made of everything that is live where a report's strings go.
func TestNothingIsLive(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 3000 {
		s := hostile(r, 8)
		md := "| a | b |\n|:--|:--|\n| " + markup.Code(s) + " | " + markup.Text(s) + " |\n\n- " + markup.Rich(s) + "\n\n" + markup.Text(s) + "\n"
		if p := markuptest.Problems(md); len(p) > 0 {
			t.Fatalf("%q: %s in:\n%s", s, strings.Join(p, "; "), md)
		}
	}
}

// TestOneLineOfValidText holds of every renderer that its result is one line that can be seen, and no longer than
// its limit allows.
func TestOneLineOfValidText(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for name, c := range map[string]struct {
		render func(string) string
		most   int // characters; what escaping adds is at most 24 characters for one
	}{
		"Value":    {markup.Value, markup.MaxValue + 3},
		"Sentence": {markup.Sentence, markup.MaxSentence + 3},
		"Code":     {markup.Code, 3*(markup.MaxValue+3) + 4},
		"Text":     {markup.Text, 24 * (markup.MaxSentence + 3)},
		"Rich":     {markup.Rich, 24 * (markup.MaxSentence + 3)},
	} {
		for range 200 {
			s := hostile(r, 400)
			got := c.render(s)
			if !utf8.ValidString(got) {
				t.Fatalf("%s(%q) is not UTF-8", name, s)
			}
			if i := strings.IndexFunc(got, func(r rune) bool { return !unicode.IsGraphic(r) || r != ' ' && unicode.IsSpace(r) }); i >= 0 {
				t.Fatalf("%s(%q) has %q at byte %d", name, s, got[i:i+1], i)
			}
			if n := utf8.RuneCountInString(got); n > c.most {
				t.Fatalf("%s makes %d characters, want at most %d", name, n, c.most)
			}
		}
	}
}

var backslash = regexp.MustCompile(`\\([!-/:-@\[-` + "`" + `{-~])`)

// shown is what a reader sees of escaped prose: entities and backslash escapes are undone, and so are our spans and
// zero-width characters.
func shown(md string) string {
	md = strings.ReplaceAll(md, "<span>$</span>", "$")
	md = backslash.ReplaceAllString(md, "$1")
	return strings.ReplaceAll(html.UnescapeString(md), "\u200b", "")
}

// TestTextReadsTheSame holds that escaping changes what is live and not what is read.
func TestTextReadsTheSame(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for range 3000 {
		s := markup.Sentence(hostile(r, 12))
		if got := shown(markup.Text(s)); got != s {
			t.Fatalf("Text(%q) reads %q:\n%s", s, got, markup.Text(s))
		}
	}
}

// TestCodeCopies holds that a reader who copies a value gets that value, but for a bar and the start of a comment,
// which cannot be written in a code span of a table.
func TestCodeCopies(t *testing.T) {
	for _, s := range []string{
		"gpt-5.4", "claude-sonnet-4-5-20250929", "openai/gpt-oss-120b:free", "anthropic.claude-v2:1", "models/gemini-3.1-pro",
		"a b", "a\\b", "$x", "@a", "<b>", "a&amp;b", "a*b*", "ft:gpt-4o:acme::9x", "日本",
	} {
		if got, want := markup.Code(s), "`"+s+"`"; got != want {
			t.Errorf("Code(%q) = %s, want %s", s, got, want)
		}
	}
	if got := markup.Code("a|b<!--c"); strings.ContainsAny(got, "|") || strings.Contains(got, "<!--") {
		t.Errorf("a bar or a comment is left: %s", got)
	}
}

// TestLengths holds that limits are in characters and that what is cut says so.
func TestLengths(t *testing.T) {
	for _, c := range []struct {
		name   string
		render func(string) string
		limit  int
	}{{"Value", markup.Value, markup.MaxValue}, {"Sentence", markup.Sentence, markup.MaxSentence}} {
		whole := strings.Repeat("日", c.limit)
		if got := c.render(whole); got != whole {
			t.Errorf("%s of as many characters as allowed was changed", c.name)
		}
		if got, want := c.render(whole+"x"), whole+"..."; got != want {
			t.Errorf("%s of one more ends in %q", c.name, got[len(got)-6:])
		}
		if got := c.render(whole + " \n "); got != whole {
			t.Errorf("%s: white space at the end counts", c.name)
		}
	}
	if got, want := markup.Clean("abc", 0), "..."; got != want {
		t.Errorf("a limit of none: got %q, want %q", got, want)
	}
}

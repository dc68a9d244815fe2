package markup_test

import (
	"testing"
	"unicode/utf8"

	"github.com/pertask/pertask/report/markup"
	"github.com/pertask/pertask/report/markup/markuptest"
)

// FuzzEscape puts any string where a Report's strings go and looks for anything live.
func FuzzEscape(f *testing.F) {
	for _, s := range []string{"a", "`", "``a`", "|\\|", "@a #1 GH-1 www.a.b http://c", "<!-- --><b>", "\x1b[0m\u202e", "$$x$$", "1. a", "![a](b)", ":a:"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		md := "| a | b |\n|:--|:--|\n| " + markup.Code(s) + " | " + markup.Text(s) + " |\n\n- " + markup.Rich(s) + "\n- " + markup.Code(s) + ": " + markup.Rich("a `"+s+"` b")
		for _, p := range markuptest.Problems(md) {
			t.Errorf("%q: %s in:\n%s", s, p, md)
		}
		if !utf8.ValidString(md) {
			t.Errorf("%q: not UTF-8", s)
		}
	})
}

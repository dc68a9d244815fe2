package report

import (
	"github.com/pertask/pertask/report/markup"
)

// style is how the pieces of a sentence look in one format, so that every format says the same words.
type style struct {
	bold func(string) string // of our own words and numbers, never of a Report's strings
	code func(string) string // a value of the Report
	rich func(string) string // a sentence of the Report
}

func same(s string) string { return s }

var (
	markdownStyle = style{
		bold: func(s string) string { return "**" + s + "**" },
		code: markup.Code,
		rich: markup.Rich,
	}
	// plainStyle is for titles and annotations, which GitHub shows as they are, and for terminals.
	plainStyle = style{bold: same, code: markup.Value, rich: markup.Sentence}
)

package html_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/pertask/pertask/report/html"
	"github.com/pertask/pertask/report/plot"
)

type closed struct{}

func (closed) Write([]byte) (int, error) { return 0, errors.New("full") }

// TestSheet: what is text is escaped, what Words wrote stays, and the page asks nothing of anybody.
func TestSheet(t *testing.T) {
	w := html.Words()
	s := html.Sheet{Title: "A <title>", Answer: w.Bold("Yes") + " " + w.Rich("<b>no</b>"), Notes: []string{w.Code("<i>")}, Footer: []string{"end"},
		Sections: []html.Section{
			{Title: "One <x>", Text: []string{"text"}, Head: []string{"name", "n"}, Rows: [][]string{{w.Code("a|b"), "1"}}, More: "more"},
			{Title: "Two", Chart: &html.Chart{Title: "Chart <y>", Note: "note", Chart: plot.Chart{Scale: plot.Linear([]float64{0, 2}), Tick: func(float64) string { return "<t>" },
				Rows: []plot.Row{{Label: "<row>", Figure: "2", Spans: []plot.Span{{From: 0, To: 2, Class: "head"}}}}}}},
			{Title: "Three", Folds: true, Head: []string{"h"}, Rows: [][]string{{"1"}}, Chart: &html.Chart{Title: "empty"}},
		}}
	var b bytes.Buffer
	if err := html.WriteSheet(&b, s); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, want := range []string{"<h1>A &lt;title&gt;</h1>", "<strong>Yes</strong> &lt;b&gt;no", "<code>&lt;i&gt;</code>", "<h2>One &lt;x&gt;</h2>", "<code>a|b</code>", "more", "Chart &lt;y&gt;", "&lt;row&gt;", "&lt;t&gt;", "<h2>Three</h2>", "default-src &#39;none&#39;"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not there", want)
		}
	}
	for _, live := range []string{"<b>", "<x>", "<y>", "<row>", "<t>", "<script"} {
		if strings.Contains(page, live) {
			t.Errorf("%q is there", live)
		}
	}
	if err := html.WriteSheet(closed{}, s); err == nil {
		t.Error("an error of the writer is lost")
	}
}

package layout_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/pertask/pertask/app/page/layout"
	"github.com/pertask/pertask/app/page/sheet"
	"github.com/pertask/pertask/report/plot"
)

// Every part of a page is there, and what is given is shown as text.
func TestRender(t *testing.T) {
	h := "<b>"
	v := &layout.View{Title: h, Status: 404, Done: h, Login: h, Account: h, Older: "/older", Newest: "/newest", Tabs: []layout.Tab{{Words: h, Path: "/tab", Here: true}}, Others: []layout.Tab{{Words: h, Path: "/other"}},
		Blocks: []layout.Block{{Title: h, Lead: &layout.Lead{Class: "good", Label: h, Text: h}, Text: []string{h}, Links: []layout.Tab{{Words: h, Path: "/link"}}, Facts: []layout.Fact{{Name: h, Cell: sheet.Text(h)}},
			Form:  &layout.Form{Post: true, Action: "/do", Submit: h, Fields: []layout.Field{{Name: "a", Label: h, Options: []layout.Option{{Value: h, Words: h, Chosen: true}}}, {Name: "b", Type: "hidden", Value: h}}},
			Chart: &layout.Chart{Title: h, Alt: h, Note: h, Legend: []layout.Mark{{Class: "s0", Words: h}}, Wide: plot.Drawing{Width: 720}, Narrow: plot.Drawing{Width: 328}},
			List:  &sheet.Sheet{Caption: h, Export: "/list", Columns: []sheet.Column{{Key: "k", Title: h}}, Rows: [][]sheet.Cell{{sheet.Text(h)}}}}}}
	w := httptest.NewRecorder()
	if err := layout.Render(w, v); err != nil {
		t.Fatal(err)
	}
	body := w.Body.String()
	if w.Code != 404 || strings.Contains(body, h) || strings.Count(body, "&lt;b&gt;") < 20 {
		t.Errorf("%d, %s", w.Code, body)
	}
	for _, want := range []string{layout.StylePath, `href="/older"`, `href="/newest"`, `action="/do"`, `method="post"`, `href="/list.csv"`, `href="/list.json"`, `aria-current="page"`, `viewBox="0 0 720`, `viewBox="0 0 328`} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s", want)
		}
	}
}

func TestStyle(t *testing.T) {
	w := httptest.NewRecorder()
	layout.Style(w, nil)
	if w.Body.Len() < 1000 || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || !strings.HasPrefix(layout.StylePath, "/style-") {
		t.Errorf("%d bytes at %s", w.Body.Len(), layout.StylePath)
	}
}

func TestWords(t *testing.T) {
	if got := layout.Alt("Spend", []plot.Row{{Label: "May", Figure: "$1"}, {Label: "June", Figure: "nothing"}}); got != "Spend: May $1; June nothing." {
		t.Error(got)
	}
	if got := layout.Dollars(0.25); got != "$0.25" {
		t.Error(got)
	}
}

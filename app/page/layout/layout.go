// Package layout is what pages of the dashboard are made of, and how they look.
//
// It knows the parts of a page, its one template and its style sheet. It refuses to know what a page is about, who looks at it, and
// where its figures are from. Whatever text is given to it is shown as text.
package layout

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the template and the style
	"encoding/hex"
	"html/template"
	"net/http"

	"github.com/pertask/pertask/app/page/sheet"
	"slices"
)

// View is a page.
type View struct {
	Title   string
	Tab     string // path of its tab, without what all have before it
	Status  int    // 0 is 200
	Done    string // what was just done
	Once    string // a secret that came of it, which is shown this one time
	Blocks  []Block
	Older   string // path of the next page; "" without one
	Newest  string
	Login   string // of the viewer
	Tabs    []Tab
	Account string
	Others  []Tab
}

// Tab is a link of the navigation.
type Tab struct {
	Words, Path string
	Here        bool
}

// Block is a part of a page: whatever of it is there, in this order.
type Block struct {
	Title  string
	Lead   *Lead
	Text   []string
	Links  []Tab
	Facts  []Fact
	Pieces []Piece
	Form   *Form
	Chart  *Chart
	List   *sheet.Sheet
}

// Lead is an answer in large.
type Lead struct{ Class, Label, Text string }

// Piece is text to copy as it is, line by line.
type Piece struct{ Title, Text string }

// Fact is a figure under its name.
type Fact struct {
	Key, Name string
	Cell      sheet.Cell
}

// Form is one of a page's; with Post it does something.
type Form struct {
	Post   bool
	Action string
	Submit string
	Class  string
	Fields []Field
	Reset  string // path without anything filled in
}

// Field is an input of a form: with Options one of them, otherwise of the Type.
type Field struct {
	Name, Label, Type, Value string
	Options                  []Option
}

// Option is one of the answers that a field takes.
type Option struct {
	Value, Words string
	Chosen       bool
}

//go:embed layout.css
var css []byte

//go:embed layout.tmpl
var page string

var form = template.Must(template.New("page").Parse(page))

// StylePath is where pages look for Style. It changes with the style, so that browsers may keep it for good.
var StylePath = func() string {
	sum := sha256.Sum256(css)
	return "/style-" + hex.EncodeToString(sum[:8]) + ".css"
}()

// Style answers with the style sheet.
func Style(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = w.Write(css) // the browser is gone if that fails
}

// Render writes a page. It is made whole before any of it is sent, so that after an error there is still nothing written.
func Render(w http.ResponseWriter, v *View) error {
	var out bytes.Buffer
	if err := form.Execute(&out, struct {
		*View
		Style string
	}{v, StylePath}); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if v.Status != 0 {
		w.WriteHeader(v.Status)
	}
	_, _ = w.Write(out.Bytes())
	return nil
}

// Named are the facts that a page shows.
func Named(all []Fact) []Fact { return with(all, func(f Fact) string { return f.Name }) }

// Keyed are the facts that an export has.
func Keyed(all []Fact) []Fact { return with(all, func(f Fact) string { return f.Key }) }

// with are the facts that have something.
func with(all []Fact, what func(Fact) string) []Fact {
	return slices.DeleteFunc(slices.Clone(all), func(f Fact) bool { return what(f) == "" })
}

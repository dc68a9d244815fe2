// Package comment knows how a comment of ours on a pull request is put together, which of several is the one that counts,
// and what becomes of the older ones.
//
// It refuses to know what a result says, when one is posted, and everything of GitHub but comments. A comment's hidden
// marker is trusted only in one that GitHub says we wrote, so whoever hands in comments takes them from package github.
package comment

import (
	"strings"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/marker"
)

// Page is a comment in its parts, in the order in which they stand. An empty part is not there.
type Page struct {
	Marker   marker.Marker
	Progress string // Markdown, while trials run
	Notice   string // Markdown above the result, such as who accepted it
	Text     string // Markdown of the result
	Foot     string // Markdown below the result
}

// These names stand in comments on pull requests. They must never change: a block whose name is not recognised would be
// taken for a part of the result. What is between two of them never holds one, since package markup lets no HTML comment
// through.
const (
	nameProgress = "progress"
	nameNotice   = "notice"
	nameFoot     = "foot"
)

func begin(name string) string { return "<!-- pertask:" + name + " -->\n" }
func end(name string) string   { return "\n<!-- /pertask:" + name + " -->" }

// Body is the comment as it is posted. The error is the marker's.
func (p Page) Body() (string, error) {
	line, err := p.Marker.Line()
	if err != nil {
		return "", err
	}
	return line + "\n" + p.Visible(), nil
}

// Visible is the comment without the marker.
func (p Page) Visible() string {
	var parts []string
	for _, part := range []struct{ name, text string }{{nameProgress, p.Progress}, {nameNotice, p.Notice}, {"", p.Text}, {nameFoot, p.Foot}} {
		text := strings.TrimSpace(part.text)
		switch {
		case text == "":
		case part.name == "":
			parts = append(parts, text)
		default:
			parts = append(parts, begin(part.name)+text+end(part.name))
		}
	}
	return strings.Join(parts, "\n\n") + "\n"
}

// Parse takes a comment of ours apart. A comment of an earlier version is all result.
func Parse(c github.Comment) Page {
	p := Page{Marker: c.Marker, Text: marker.Text(c.Body)}
	p.Progress, p.Text = take(p.Text, nameProgress)
	p.Notice, p.Text = take(p.Text, nameNotice)
	p.Foot, p.Text = take(p.Text, nameFoot)
	return p
}

// take cuts a block out of a text. One that does not end, as after a person's edit, reaches to the text's end.
func take(text, name string) (block, rest string) {
	before, after, found := strings.Cut(text, begin(name))
	if !found {
		return "", strings.TrimSpace(text)
	}
	block, after, _ = strings.Cut(after, end(name))
	return strings.TrimSpace(block), strings.TrimSpace(strings.TrimSpace(before) + "\n\n" + strings.TrimSpace(after))
}

// Package listing is what tables of records look like: reviews, verdicts, costs, and what happened.
//
// It knows columns and cells, and what repositories are called now. It refuses to know which records somebody may see, and where they
// are from.
package listing

import (
	"net/url"
	"regexp"
	"strconv"

	"github.com/pertask/pertask/app/page/result"
	"github.com/pertask/pertask/app/page/sheet"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/app/signin"
)

// Names are what repositories are called now, as GitHub has told the viewer, and where GitHub is.
type Names struct {
	Web    *url.URL
	Grants []signin.Grant
}

// ReviewPath is the path of the page of a review, for links to it.
func ReviewPath(installation int64, id string) string {
	return "/i/" + strconv.FormatInt(installation, 10) + "/reviews/" + url.PathEscape(id)
}

// Name is what a repository is called now, as GitHub has told the viewer.
func (n Names) Name(r record.Repo) sheet.Cell {
	name := r.Name
	for _, g := range n.Grants {
		if now, ok := g.Repo(r.ID); ok && g.Installation == r.Installation {
			name = now.Name
		}
	}
	return sheet.Text(name)
}

// slug is the name of a repository that can stand in an address.
var slug = regexp.MustCompile(`^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$`)

// Pull is a pull request with a link to it; nothing for 0.
func (n Names) Pull(r record.Repo, number int) sheet.Cell {
	c := sheet.Cell{Raw: number}
	if number <= 0 {
		return c
	}
	c.Show = "#" + strconv.Itoa(number)
	if name, _ := n.Name(r).Raw.(string); slug.MatchString(name) {
		c.Href = n.Web.JoinPath(name, "pull", strconv.Itoa(number)).String()
	}
	return c
}

// Reviews lists reviews.
func (n Names) Reviews(all []record.Review) *sheet.Sheet {
	l := &sheet.Sheet{Caption: "Reviews, the newest first", Cards: true, Empty: "There is no review yet, or none that is asked for.", Columns: []sheet.Column{{Key: "started", Title: "Started (UTC)"},
		{Key: "title", Title: "Result"}, {Key: "repository", Title: "Repository"}, {Key: "pull", Title: "Pull request"}, {Key: "state", Title: "State"}, {Key: "conclusion"},
		{Key: "spent_usd", Title: "Spent", Num: true}, {Key: "by", Title: "Asked by"}, {Key: "ended"}, {Key: "kind"}, {Key: "head"}, {Key: "base"}, {Key: "exit"}, {Key: "id"}, {Key: "repository_id"}}}
	for _, r := range all {
		title, rest := result.Split(r.Title)
		if title == "" {
			title = "no result yet"
		}
		l.Rows = append(l.Rows, []sheet.Cell{sheet.When(r.Started).To(ReviewPath(r.Repo.Installation, r.ID)), {Show: title, More: rest, Raw: r.Title, Class: result.Tone(r)}, n.Name(r.Repo), n.Pull(r.Repo, r.Pull),
			sheet.Text(string(r.State)), sheet.Text(r.Conclusion), sheet.Money(r.Spent), sheet.Text(r.By), sheet.When(r.Ended), sheet.Text(r.Kind), sheet.Short(r.Head), sheet.Short(r.Base), sheet.Whole(r.Exit), sheet.Text(r.ID), sheet.ID(r.Repo.ID)})
	}
	return l
}

// Verdicts lists what suites came to.
func (n Names) Verdicts(all []record.Review) *sheet.Sheet {
	l := &sheet.Sheet{Caption: "Verdicts of reviews, the newest first", Cards: true, Empty: "There is no verdict yet, or none that is asked for.", Columns: []sheet.Column{{Key: "started", Title: "Review of (UTC)"},
		{Key: "repository", Title: "Repository"}, {Key: "pull", Title: "Pull request"}}}
	l.Columns = append(l.Columns, result.Columns...)
	l.Columns = append(l.Columns, sheet.Column{Key: "head"}, sheet.Column{Key: "id"}, sheet.Column{Key: "repository_id"})
	for _, r := range all {
		for _, s := range r.Suites {
			row := []sheet.Cell{sheet.When(r.Started).To(ReviewPath(r.Repo.Installation, r.ID)), n.Name(r.Repo), n.Pull(r.Repo, r.Pull)}
			l.Rows = append(l.Rows, append(append(row, result.Cells(s)...), sheet.Short(r.Head), sheet.Text(r.ID), sheet.ID(r.Repo.ID)))
		}
	}
	return l
}

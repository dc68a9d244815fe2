package page

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pertask/pertask/app/page/layout"
	"github.com/pertask/pertask/app/page/result"
	"github.com/pertask/pertask/app/page/sheet"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/app/signin"
	"github.com/pertask/pertask/report/figure"
)

// perPage is how many reviews or acts a page shows.
const perPage = 50

var states = []record.State{record.Running, record.Ended, record.Superseded, record.Broken}

// id is a review's as package record makes them.
var id = regexp.MustCompile(`^[0-9a-f]{32}$`)

// filter is what the form of a page asks for.
func (v *visit) filter() (record.Filter, error) {
	var f record.Filter
	var err error
	if f.Repo, err = v.repo(); err != nil {
		return f, err
	}
	if f.Since, err = v.since(); err != nil {
		return f, err
	}
	f.Suite, f.Model, f.State = strings.TrimSpace(v.q.Get("suite")), strings.TrimSpace(v.q.Get("model")), record.State(v.q.Get("state"))
	if f.State != "" && !slices.Contains(states, f.State) {
		return f, bad("state is one of running, ended, superseded and broken.")
	}
	if len(f.Suite) > 200 || len(f.Model) > 200 {
		return f, bad("The name of a suite or a model has at most 200 characters.")
	}
	f.Before = v.q.Get("before")
	if f.Before == "" {
		return f, nil
	}
	if !id.MatchString(f.Before) {
		return f, bad("before is the id of a review.")
	}
	_, err = v.find(f.Before)
	return f, err
}

// query is the filter as people can link to it, without the place in the list.
func query(f record.Filter) url.Values {
	q := url.Values{}
	set := func(key, value string) {
		if value != "" {
			q.Set(key, value)
		}
	}
	if f.Repo != 0 {
		q.Set("repo", strconv.FormatInt(f.Repo, 10))
	}
	if !f.Since.IsZero() {
		q.Set("since", f.Since.Format(time.DateOnly))
	}
	set("suite", f.Suite)
	set("model", f.Model)
	set("state", string(f.State))
	return q
}

// filters is the form of a filter.
func (v *visit) filters(path string, f record.Filter, state bool) *layout.Form {
	out := &layout.Form{Action: path, Submit: "Show", Reset: path, Fields: []layout.Field{v.repoField(f.Repo),
		{Name: "suite", Label: "Suite", Type: "text", Value: f.Suite}, {Name: "model", Label: "Model", Type: "text", Value: f.Model}}}
	if state {
		x := layout.Field{Name: "state", Label: "State", Options: []layout.Option{{Words: "all"}}}
		for _, s := range states {
			x.Options = append(x.Options, layout.Option{Value: string(s), Words: string(s), Chosen: s == f.State})
		}
		out.Fields = append(out.Fields, x)
	}
	since := ""
	if !f.Since.IsZero() {
		since = f.Since.Format(time.DateOnly)
	}
	out.Fields = append(out.Fields, layout.Field{Name: "since", Label: "Since", Type: "date", Value: since})
	return out
}

// read is a page of reviews, or for an export as many as there are, with the path of what comes after.
func (v *visit) read(f record.Filter, path string) (all []record.Review, older string, err error) {
	more := false
	if v.export {
		if all, more, err = v.collect(v.grant, f); err != nil {
			return nil, "", err
		}
	} else {
		f.Limit = perPage + 1
		page, err := v.Reviews.List(v.ctx, v.grant.Scope(), f)
		if err != nil {
			return nil, "", err
		}
		if more = len(page) > perPage; more {
			page = page[:perPage]
		}
		all = v.ours(v.grant, page)
	}
	if more && len(all) > 0 {
		q := query(f)
		q.Set("before", all[len(all)-1].ID)
		older = path + "?" + q.Encode()
	}
	return all, older, nil
}

// listPage is a page of a list with a filter.
func (v *visit) listPage(name, title string, state bool, list func([]record.Review) *sheet.Sheet) (*layout.View, error) {
	f, err := v.filter()
	if err != nil {
		return nil, err
	}
	path := at(v.grant.Installation, "/"+name)
	target := path
	if v.export {
		target = v.r.URL.Path
	}
	all, older, err := v.read(f, target)
	if err != nil {
		return nil, err
	}
	l := list(all)
	l.Name, l.Export, l.Query = name, path, query(f).Encode()
	p := &layout.View{Title: title, Tab: name, Older: older, Blocks: []layout.Block{{Form: v.filters(path, f, state)}, {List: l}}}
	if f.Before != "" {
		p.Newest = path + "?" + query(f).Encode()
	}
	return p, nil
}

func reviews(v *visit) (*layout.View, error) {
	return v.listPage("reviews", "Reviews", true, func(all []record.Review) *sheet.Sheet {
		l := &sheet.Sheet{Caption: "Reviews, the newest first", Cards: true, Empty: "There is no review yet, or none that is asked for.", Columns: []sheet.Column{{Key: "started", Title: "Started (UTC)"},
			{Key: "title", Title: "Result"}, {Key: "repository", Title: "Repository"}, {Key: "pull", Title: "Pull request"}, {Key: "state", Title: "State"}, {Key: "conclusion"},
			{Key: "spent_usd", Title: "Spent", Num: true}, {Key: "by", Title: "Asked by"}, {Key: "ended"}, {Key: "kind"}, {Key: "head"}, {Key: "base"}, {Key: "exit"}, {Key: "id"}, {Key: "repository_id"}}}
		for _, r := range all {
			title, rest := result.Split(r.Title)
			if title == "" {
				title = "no result yet"
			}
			l.Rows = append(l.Rows, []sheet.Cell{sheet.When(r.Started).To(ReviewPath(r.Repo.Installation, r.ID)), {Show: title, More: rest, Raw: r.Title, Class: result.Tone(r)}, v.name(r.Repo), v.pull(r.Repo, r.Pull),
				sheet.Text(string(r.State)), sheet.Text(r.Conclusion), sheet.Money(r.Spent), sheet.Text(r.By), sheet.When(r.Ended), sheet.Text(r.Kind), sheet.Short(r.Head), sheet.Short(r.Base), sheet.Whole(r.Exit), sheet.Text(r.ID), sheet.ID(r.Repo.ID)})
		}
		return l
	})
}

func verdicts(v *visit) (*layout.View, error) {
	return v.listPage("verdicts", "Verdicts", false, func(all []record.Review) *sheet.Sheet {
		l := &sheet.Sheet{Caption: "Verdicts of reviews, the newest first", Cards: true, Empty: "There is no verdict yet, or none that is asked for.", Columns: []sheet.Column{{Key: "started", Title: "Review of (UTC)"},
			{Key: "repository", Title: "Repository"}, {Key: "pull", Title: "Pull request"}}}
		l.Columns = append(l.Columns, result.Columns...)
		l.Columns = append(l.Columns, sheet.Column{Key: "head"}, sheet.Column{Key: "id"}, sheet.Column{Key: "repository_id"})
		for _, r := range all {
			for _, s := range r.Suites {
				row := []sheet.Cell{sheet.When(r.Started).To(ReviewPath(r.Repo.Installation, r.ID)), v.name(r.Repo), v.pull(r.Repo, r.Pull)}
				l.Rows = append(l.Rows, append(append(row, result.Cells(s)...), sheet.Short(r.Head), sheet.Text(r.ID), sheet.ID(r.Repo.ID)))
			}
		}
		return l
	})
}

// name is what a repository is called now, as GitHub has told the viewer.
func (v *visit) name(r record.Repo) sheet.Cell {
	name := r.Name
	for _, g := range v.viewer.Grants {
		if now, ok := g.Repo(r.ID); ok && g.Installation == r.Installation {
			name = now.Name
		}
	}
	return sheet.Text(name)
}

// slug is the name of a repository that can stand in an address.
var slug = regexp.MustCompile(`^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$`)

// pull is a pull request with a link to it; nothing for 0.
func (v *visit) pull(r record.Repo, n int) sheet.Cell {
	c := sheet.Cell{Raw: n}
	if n <= 0 {
		return c
	}
	c.Show = "#" + strconv.Itoa(n)
	if name, _ := v.name(r).Raw.(string); slug.MatchString(name) {
		c.Href = v.web.JoinPath(name, "pull", strconv.Itoa(n)).String()
	}
	return c
}

// rights are what somebody can do with a repository.
func rights(r signin.Repo) string {
	switch {
	case r.Admin:
		return "admin"
	case r.Write:
		return "write"
	}
	return "read"
}

// plural is a number of things.
func plural(n int, noun string) string { return figure.Plural(n, noun) }

func words(format string, args ...any) []string { return []string{fmt.Sprintf(format, args...)} }

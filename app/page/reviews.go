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
	"github.com/pertask/pertask/app/page/sheet"
	"github.com/pertask/pertask/app/page/trouble"
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
		return f, trouble.Bad("state is one of running, ended, superseded and broken.")
	}
	if len(f.Suite) > 200 || len(f.Model) > 200 {
		return f, trouble.Bad("The name of a suite or a model has at most 200 characters.")
	}
	f.Before = v.q.Get("before")
	if f.Before == "" {
		return f, nil
	}
	if !id.MatchString(f.Before) {
		return f, trouble.Bad("before is the id of a review.")
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

// listPage is a page of a list with a filter, or all of it for an export.
func (v *visit) listPage(name, title string, state bool, list func([]record.Review) *sheet.Sheet) (*layout.View, error) {
	f, err := v.filter()
	if err != nil {
		return nil, err
	}
	if v.export {
		l, err := v.streamed(f, list)
		if err != nil {
			return nil, err
		}
		l.Name = name
		return &layout.View{Blocks: []layout.Block{{List: l}}}, nil
	}
	path, q := at(v.grant.Installation, "/"+name), query(f)
	f.Limit = perPage + 1
	all, err := v.Reviews.List(v.ctx, v.grant.Scope(), f)
	if err != nil {
		return nil, err
	}
	p := &layout.View{Title: title, Tab: name}
	if f.Before != "" {
		p.Newest = path + "?" + q.Encode()
	}
	if len(all) > perPage {
		all = all[:perPage]
		older := query(f)
		older.Set("before", all[perPage-1].ID)
		p.Older = path + "?" + older.Encode()
	}
	l := list(v.ours(v.grant, all))
	l.Export, l.Query = path, q.Encode()
	p.Blocks = []layout.Block{{Form: v.filters(path, f, state)}, {List: l}}
	return p, nil
}

func reviews(v *visit) (*layout.View, error) {
	return v.listPage("reviews", "Reviews", true, v.names().Reviews)
}

func verdicts(v *visit) (*layout.View, error) {
	return v.listPage("verdicts", "Verdicts", false, v.names().Verdicts)
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

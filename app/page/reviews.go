package page

import (
	"fmt"

	"github.com/pertask/pertask/app/page/asked"
	"github.com/pertask/pertask/app/page/layout"
	"github.com/pertask/pertask/app/page/sheet"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/app/signin"
	"github.com/pertask/pertask/report/figure"
)

// perPage is how many reviews or acts a page shows.
const perPage = 50

// filter is what the form of a page asks for.
func (v *visit) filter() (record.Filter, error) {
	repo, err := v.repo()
	if err != nil {
		return record.Filter{}, err
	}
	f, err := asked.Reviews(v.q, repo)
	if err == nil && f.Before != "" {
		_, err = v.find(f.Before)
	}
	return f, err
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
	path, q := at(v.grant.Installation, "/"+name), asked.Query(f)
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
		older := asked.Query(f)
		older.Set("before", all[perPage-1].ID)
		p.Older = path + "?" + older.Encode()
	}
	l := list(v.ours(v.grant, all))
	l.Export, l.Query = path, q.Encode()
	p.Blocks = []layout.Block{{Form: asked.Form(path, f, v.repoField(f.Repo), state)}, {List: l}}
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

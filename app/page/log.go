package page

import (
	"net/url"
	"slices"

	"github.com/pertask/pertask/app/page/asked"
	"github.com/pertask/pertask/app/page/layout"
	"github.com/pertask/pertask/app/page/sheet"
	"github.com/pertask/pertask/app/record"
)

// logged is the audit log: the verdicts that were posted beside what people did, in time order.
func logged(v *visit) (*layout.View, error) {
	f, q, err := v.logFilter()
	if err != nil {
		return nil, err
	}
	path := at(v.grant.Installation, "/audit")
	if v.export {
		next := v.entries(f)
		first, err := next()
		if err != nil {
			return nil, err
		}
		l := v.names().Log(first)
		l.More = func() ([][]sheet.Cell, error) {
			all, err := next()
			return v.names().Log(all).Rows, err
		}
		return &layout.View{Blocks: []layout.Block{{List: l}}}, nil
	}
	f.Limit = perPage + 1
	all, err := v.Reviews.Log(v.ctx, v.grant.Scope(), f)
	if err != nil {
		return nil, err
	}
	p := &layout.View{Title: "Audit log", Tab: "audit"}
	if !f.After.IsZero() {
		p.Newest = path + "?" + q.Encode()
	}
	query := q.Encode()
	if len(all) > perPage {
		all = all[:perPage]
		q.Set("after", all[perPage-1].Place.String())
		p.Older = path + "?" + q.Encode()
	}
	l := v.names().Log(v.seen(all))
	l.Export, l.Query, l.Empty = path, query, "Nothing has happened yet, or nothing that is asked for."
	p.Blocks = []layout.Block{{Text: words("The verdicts that this App has posted, and what people did, by the time. Nothing in it is ever changed."), Form: asked.LogForm(path, v.q, f, v.repoField(f.Repo))}, {List: l}}
	return p, nil
}

// logFilter is what is asked for of the log, with its query without the place.
func (v *visit) logFilter() (record.LogFilter, url.Values, error) {
	repo, err := v.repo()
	if err != nil {
		return record.LogFilter{}, nil, err
	}
	return asked.Log(v.q, repo)
}

// entries returns what reads the log in portions, and none at the end.
func (v *visit) entries(f record.LogFilter) func() ([]record.Entry, error) {
	f.Limit = portion
	ended := false
	return func() ([]record.Entry, error) {
		for !ended {
			all, err := v.Reviews.Log(v.ctx, v.grant.Scope(), f)
			if err != nil {
				return nil, err
			}
			if ended = len(all) < f.Limit; !ended {
				f.After = all[len(all)-1].Place
			}
			if all = v.seen(all); len(all) > 0 {
				return all, nil
			}
		}
		return nil, nil
	}
}

// seen leaves out what a grant does not show, as ours does.
func (v *visit) seen(all []record.Entry) []record.Entry {
	return slices.DeleteFunc(all, func(e record.Entry) bool {
		if e.Act == nil {
			return e.Review == nil || len(v.ours(v.grant, []record.Review{*e.Review})) == 0
		}
		_, ok := v.grant.Repo(e.Act.Repo.ID)
		wrong := e.Act.Repo.Installation != v.grant.Installation || e.Act.Repo.ID != 0 && !ok
		if wrong {
			v.Log.Error("dashboard: the store returned an act out of scope", "installation", v.grant.Installation)
		}
		return wrong
	})
}

// on is the log of the pull request of a review.
func (v *visit) on(r record.Review) (*sheet.Sheet, error) {
	var all []record.Entry
	var err error
	f := record.LogFilter{Repo: r.Repo.ID, Pull: r.Pull}
	if r.Pull > 0 {
		if all, err = v.Reviews.Log(v.ctx, v.grant.Scope(), f); err != nil {
			return nil, err
		}
	}
	l := v.names().Log(v.seen(all))
	for i, c := range l.Columns { // the page is about one
		if c.Key == "repository" || c.Key == "pull" {
			l.Columns[i].Title = ""
		}
	}
	l.Export, l.Query, l.Empty = at(v.grant.Installation, "/audit"), asked.LogQuery(f, "").Encode(), "Nobody has asked for anything on this pull request, and nothing was posted yet."
	return l, nil
}

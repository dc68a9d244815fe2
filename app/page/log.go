package page

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pertask/pertask/app/page/layout"
	"github.com/pertask/pertask/app/page/sheet"
	"github.com/pertask/pertask/app/page/trouble"
	"github.com/pertask/pertask/app/record"
)

// kinds are what can be asked for of the log, by the name in an address.
var kinds = []struct {
	name, words string
	only        []string
}{
	{"", "everything", nil},
	{"verdicts", "verdicts and acceptances", []string{record.VerbVerdict, "accept"}},
	{"accepted", "acceptances", []string{"accept"}},
	{"commands", "commands", []string{"run", "more", "accept", "reprice", "revive"}},
	{"access", "sign-ins, keys, budgets", []string{"sign-in", "key-set", "key-removed", "budget-set"}},
	{"results", "results without a verdict", []string{record.VerbResult}},
}

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
	p.Blocks = []layout.Block{{Text: words("The verdicts that this App has posted, and what people did, by the time. Nothing in it is ever changed."), Form: v.logForm(path, f)}, {List: l}}
	return p, nil
}

// logFilter is what is asked for of the log, with its query without the place.
func (v *visit) logFilter() (f record.LogFilter, q url.Values, err error) {
	if f.Repo, err = v.repo(); err != nil {
		return f, nil, err
	}
	if f.Since, err = v.since(); err != nil {
		return f, nil, err
	}
	i := slices.IndexFunc(kinds, func(k struct {
		name, words string
		only        []string
	}) bool {
		return k.name == v.q.Get("what")
	})
	if i < 0 {
		return f, nil, trouble.Bad("what is one of verdicts, accepted, commands, access and results.")
	}
	f.Only = kinds[i].only
	if f.Who = strings.TrimPrefix(strings.TrimSpace(v.q.Get("who")), "@"); len(f.Who) > 100 {
		return f, nil, trouble.Bad("A login has at most 100 characters.")
	}
	if s := strings.TrimPrefix(strings.TrimSpace(v.q.Get("pull")), "#"); s != "" {
		if f.Pull, err = strconv.Atoi(s); err != nil || f.Pull <= 0 {
			return f, nil, trouble.Bad("pull is the number of a pull request.")
		}
	}
	if s := v.q.Get("after"); s != "" {
		if f.After, err = record.ParsePlace(s); errors.Is(err, record.ErrRecord) {
			return f, nil, trouble.Bad("after is a place in the log, as the link to older entries has it.")
		}
	}
	return f, logQuery(f, kinds[i].name), nil
}

func logQuery(f record.LogFilter, what string) url.Values {
	q := query(record.Filter{Repo: f.Repo, Since: f.Since})
	for key, value := range map[string]string{"what": what, "who": f.Who, "pull": number(f.Pull)} {
		if value != "" {
			q.Set(key, value)
		}
	}
	return q
}

// number is a number above 0, and nothing for 0.
func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func (v *visit) logForm(path string, f record.LogFilter) *layout.Form {
	what := layout.Field{Name: "what", Label: "What"}
	for _, k := range kinds {
		what.Options = append(what.Options, layout.Option{Value: k.name, Words: k.words, Chosen: k.name == v.q.Get("what")})
	}
	since := layout.Field{Name: "since", Label: "Since", Type: "date"}
	if !f.Since.IsZero() {
		since.Value = f.Since.Format(time.DateOnly)
	}
	return &layout.Form{Action: path, Submit: "Show", Reset: path, Fields: []layout.Field{what, v.repoField(f.Repo), {Name: "pull", Label: "Pull request", Type: "text", Value: number(f.Pull)},
		{Name: "who", Label: "Who", Type: "text", Value: f.Who}, since}}
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
	l.Export, l.Query, l.Empty = at(v.grant.Installation, "/audit"), logQuery(f, "").Encode(), "Nobody has asked for anything on this pull request, and nothing was posted yet."
	return l, nil
}

package page

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/pertask/pertask/app/page/agents"
	"github.com/pertask/pertask/app/page/asked"
	"github.com/pertask/pertask/app/page/layout"
	"github.com/pertask/pertask/app/page/listing"
	"github.com/pertask/pertask/app/page/reckon"
	"github.com/pertask/pertask/app/page/sheet"
	"github.com/pertask/pertask/app/page/sums"
	"github.com/pertask/pertask/app/page/trouble"
	"github.com/pertask/pertask/app/record"
)

const (
	// weeks are what the page is of besides this one, unless another day is asked for, which is at most maxDays ago.
	weeks, maxDays = 11, 400
	// maxPulls is how many pull requests the page has. The export has all.
	maxPulls = 20
)

// spent is what was asked for, and what it came to.
type spent struct {
	reckon.Result
	division agents.Division
	repo     int64
	since    time.Time
	query    url.Values
}

// askSpent reads what is asked for.
func (v *visit) askSpent() (s spent, err error) {
	s.query = url.Values{}
	if s.repo, err = v.repo(); err != nil {
		return s, err
	}
	if s.since, err = asked.Since(v.q); err != nil {
		return s, err
	}
	if s.since.IsZero() {
		s.since = agents.Since(v.Now(), weeks)
	} else {
		s.query.Set("since", s.since.Format(time.DateOnly))
	}
	if s.since.Before(v.Now().AddDate(0, 0, -maxDays)) || s.since.After(v.Now()) {
		return s, trouble.Bad("since is a day such as 2026-01-31, at most %d days ago.", maxDays)
	}
	i := slices.IndexFunc(agents.Divisions, func(d agents.Division) bool { return d.Key == cmp.Or(v.q.Get("by"), "week") })
	if i < 0 {
		return s, trouble.Bad("by is week, model, label or repository.")
	}
	s.division = agents.Divisions[i]
	if s.repo != 0 {
		s.query.Set("repo", strconv.FormatInt(s.repo, 10))
	}
	return s, nil
}

// spent adds up what is asked for. Entries that name no repository, or another one, are for those who administer the installation.
func (v *visit) spent() (s spent, err error) {
	if s, err = v.askSpent(); err != nil {
		return s, err
	}
	whole, err := v.admin()
	if err != nil {
		return s, err
	}
	whole = whole && s.repo == 0
	s.Result, err = reckon.Of(v.ctx, v.Ledger, v.Pricing, reckon.Asked{Grant: v.grant, Host: v.web.Hostname(), Repo: s.repo, Since: s.since, Whole: whole, Strict: v.export, Turn: v.turn})
	if !whole && s.repo == 0 {
		s.Notes = append(s.Notes, "What was spent where no repository is said, or in another one, is seen by administrators only.")
	}
	return s, err
}

// shares are the parts of a roll-up that are tables of their own, by the ends of their paths.
var shares = map[string]func(v *visit, s spent) *sheet.Sheet{
	"/summary":       func(_ *visit, s spent) *sheet.Sheet { return summary(s) },
	"/pulls":         func(v *visit, s spent) *sheet.Sheet { return agents.Pulls(s.Rollup, v.pullLink()) },
	"/parts":         func(_ *visit, s spent) *sheet.Sheet { return agents.Parts(s.Rollup) },
	"/left-out":      func(_ *visit, s spent) *sheet.Sheet { return agents.LeftOut(s.Rollup) },
	"/without-price": func(_ *visit, s spent) *sheet.Sheet { return agents.Missing(s.Rollup) },
}

func summary(s spent) *sheet.Sheet {
	l := listing.One(layout.Keyed(agents.Facts(s.Rollup)), "")
	l.Name, l.Caption = "agents-summary", "Cost of agents in figures"
	return l
}

// share is the export of a part.
func share(end string) builder {
	return func(v *visit) (*layout.View, error) {
		s, err := v.spent()
		if err != nil {
			return nil, err
		}
		return &layout.View{Blocks: []layout.Block{{List: shares[end](v, s)}}}, nil
	}
}

// divided is the export of what is asked for by week, model, label or repository.
func divided(v *visit) (*layout.View, error) {
	s, err := v.spent()
	if err != nil {
		return nil, err
	}
	return &layout.View{Blocks: []layout.Block{{List: agents.Groups(s.Rollup, s.division)}}}, nil
}

// agentsCost is what coding agents cost for each merged pull request.
func agentsCost(v *visit) (*layout.View, error) {
	s, err := v.spent()
	if err != nil {
		return nil, err
	}
	path := at(v.grant.Installation, "/agents")
	p := &layout.View{Title: "What agents cost", Tab: "agents", Blocks: []layout.Block{{Text: append([]string{"What coding agents consumed for each merged pull request, at the prices of each hour. It is what meters measured and agents reported; shares of totals are beside it. It is about costs and not about people: authors are not known here."}, s.Notes...),
		Links: []layout.Tab{{Words: "Cost per completed task", Path: at(v.grant.Installation, "/cost")}, {Words: "Predictions", Path: at(v.grant.Installation, "/predictions")}}, Form: v.spentForm(path, s)}}}
	if s.Nothing {
		p.Blocks = append(p.Blocks, layout.Block{List: &sheet.Sheet{Empty: "No agent has sent anything yet. Somebody who administers the repositories can make a sender under Senders, where the lines to paste are."}})
		return p, nil
	}
	facts := agents.Facts(s.Rollup)
	shown, err := v.beside(layout.Named(facts), s)
	if err != nil {
		return nil, err
	}
	table := func(end string, l *sheet.Sheet) *sheet.Sheet {
		l.Export, l.Query = path+end, s.query.Encode()
		return l
	}
	by := agents.Groups(s.Rollup, s.division)
	by.Export = path
	by.Query = s.query.Encode()
	if s.division.Key != "week" {
		q := s.query
		q.Set("by", s.division.Key)
		by.Query = q.Encode()
		q.Del("by")
	}
	pulls := layout.Block{Title: "Pull requests", List: table("/pulls", shares["/pulls"](v, s))}
	if n := len(pulls.List.Rows); n > maxPulls {
		pulls.List.Rows = pulls.List.Rows[:maxPulls]
		pulls.Text = words("The table has the %d dearest of %d; the exports have all.", maxPulls, n)
	}
	groups := layout.Block{Title: "By " + s.division.Words, List: by}
	if said := s.division.Says(); said != "" {
		groups.Text = []string{said}
	}
	p.Blocks = append(p.Blocks, layout.Block{Facts: shown}, layout.Block{List: table("/summary", summary(s))}, layout.Block{Chart: agents.Chart(s.Weeks)}, groups, pulls,
		layout.Block{Title: "Where the numbers are from", Text: words("Measured is by our meter on the wire, reported is what agents say of themselves, allocated is a share of a total that nobody saw divided."), List: table("/parts", shares["/parts"](v, s))},
		layout.Block{Title: "Left out", Text: words("A session that several sources saw counts once, by the best of them."), List: table("/left-out", shares["/left-out"](v, s))},
		layout.Block{Title: "Models without a price", Text: words("What they cost is in no sum, so that sums with them are lower bounds."), List: table("/without-price", shares["/without-price"](v, s))})
	return p, nil
}

// beside adds what the reviews of this App cost in the same time, which no entry has.
func (v *visit) beside(facts []layout.Fact, s spent) ([]layout.Fact, error) {
	var t sums.Total
	more, err := v.each(v.grant, record.Filter{Repo: s.repo, Since: s.since}, added, t.Add)
	if err != nil {
		return nil, err
	}
	c := t.Cell().To(at(v.grant.Installation, "/spend"))
	if more && t.Unknown == 0 {
		c.Show = "at least " + c.Show
	}
	return append(facts, layout.Fact{Name: "And what checks of this App cost", Cell: c}), nil
}

func (v *visit) spentForm(path string, s spent) *layout.Form {
	by := layout.Field{Name: "by", Label: "By"}
	for _, d := range agents.Divisions {
		by.Options = append(by.Options, layout.Option{Value: d.Key, Words: d.Words, Chosen: d.Key == s.division.Key})
	}
	return &layout.Form{Action: path, Submit: "Show", Reset: path, Fields: []layout.Field{v.repoField(s.repo), by, {Name: "since", Label: "Since", Type: "date", Value: s.since.Format("2006-01-02")}}}
}

// pullLink is where a pull request is, by the name that entries have for its repository.
func (v *visit) pullLink() func(repository string, number int) string {
	names := v.readable(0)
	return func(repository string, number int) string {
		r, ok := names[repository]
		if !ok {
			return ""
		}
		return v.names().Pull(record.Repo{Installation: v.grant.Installation, ID: r.ID, Name: r.Name}, number).Href
	}
}

package page

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/pertask/pertask/app/page/layout"
	"github.com/pertask/pertask/app/page/sheet"
	"github.com/pertask/pertask/app/page/sums"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/price"
)

// line is a month of a repository.
type line struct {
	month string
	repo  int64
}

func checks(v *visit) (*layout.View, error) {
	repo, err := v.repo()
	if err != nil {
		return nil, err
	}
	from, now := sums.From(v.Now()), sums.Month(v.Now()).Format("2006-01")
	by, months := map[line]*sums.Total{}, map[string]*sums.Total{now: {}}
	total := func(k line) *sums.Total {
		if by[k] == nil {
			by[k] = &sums.Total{}
		}
		return by[k]
	}
	more, err := v.each(v.grant, record.Filter{Repo: repo, Since: from}, added, func(r record.Review) {
		month := r.Started.UTC().Format("2006-01")
		if months[month] == nil {
			months[month] = &sums.Total{}
		}
		total(line{month, r.Repo.ID}).Add(r)
		months[month].Add(r)
	})
	if err != nil {
		return nil, err
	}
	booked, err := v.Reviews.Booked(v.ctx, v.grant.Scope(), sums.Month(v.Now()), v.Now().Add(-record.Lapse))
	if err != nil {
		return nil, err
	}
	aside, whole := sums.Aside(booked, func(id int64) bool {
		_, seen := v.grant.Repo(id)
		return seen && (repo == 0 || repo == id)
	})
	for id := range aside {
		total(line{now, id})
	}
	path := at(v.grant.Installation, "/spend")
	l := &sheet.Sheet{Name: "spend", Export: path, Caption: "Spend of checks by month and repository", Empty: "No review began in the last twelve months.", Columns: []sheet.Column{{Key: "month", Title: "Month"},
		{Key: "repository", Title: "Repository"}, {Key: "spent_usd", Title: "Spent", Num: true}, {Key: "reviews", Title: "Reviews", Num: true}, {Key: "unknown", Title: "Of unknown cost", Num: true}, {Key: "aside_usd", Title: "Set aside now", Num: true}, {Key: "repository_id"}}}
	for _, k := range slices.SortedFunc(maps.Keys(by), func(a, b line) int {
		return cmp.Or(strings.Compare(b.month, a.month), strings.Compare(v.called(a.repo), v.called(b.repo)), cmp.Compare(a.repo, b.repo))
	}) {
		t, set := by[k], sheet.Cell{}
		if k.month == now {
			set = sheet.Money(price.Known(price.Money{}))
			if sum, there := aside[k.repo]; there {
				set = sheet.Money(sum)
			}
		}
		l.Rows = append(l.Rows, []sheet.Cell{sheet.Text(k.month), sheet.Text(v.called(k.repo)), t.Cell(), sheet.Whole(t.Reviews), sheet.Whole(t.Unknown), set, sheet.ID(k.repo)})
	}
	if repo != 0 {
		l.Query = "repo=" + strconv.FormatInt(repo, 10)
	}
	said := "What the trials of reviews have cost at the provider, by the month (UTC) in which a review began. Stored trials that were used again cost nothing. What is set aside is what reviews that run may spend yet, and what those of unknown cost may have spent: it counts in the month's budget as if it were spent."
	if more {
		said += " There are more reviews than are added up here: the oldest are missing."
	}
	return &layout.View{Title: "Spend of checks", Tab: "spend", Blocks: []layout.Block{{Text: []string{said}, Form: &layout.Form{Action: path, Submit: "Show", Reset: path, Fields: []layout.Field{v.repoField(repo)}}}, {Facts: []layout.Fact{{Name: "Spent this month", Cell: months[now].Cell()}, {Name: "Set aside now", Cell: sheet.Money(whole)}}},
		{Chart: sums.Bars(from, months)}, {List: l}}}, nil
}

// called is a repository's name now.
func (v *visit) called(repo int64) string {
	r, _ := v.grant.Repo(repo)
	return r.Name
}

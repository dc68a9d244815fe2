package page

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pertask/pertask/app/page/sheet"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/report/plot"
)

// total is what some reviews have cost together.
type total struct {
	reviews int
	unknown int         // reviews of which it is not known what they cost
	known   price.Money // what the rest cost
	last    time.Time
}

func (t *total) add(r record.Review) {
	t.reviews++
	if m, known := r.Spent.Value(); known {
		t.known = t.known.Plus(m)
	} else {
		t.unknown++
	}
	if r.Started.After(t.last) {
		t.last = r.Started
	}
}

// words are the sum in words: unknown is not zero.
func (t *total) words() string {
	switch {
	case t.unknown == 0:
		return figure.Amount(price.Known(t.known))
	case t.unknown == t.reviews:
		return figure.Unknown
	}
	return "at least " + figure.Amount(price.Known(t.known))
}

// cell is the sum; in exports it is what is known of it, beside the number of those that are not in it.
func (t *total) cell() sheet.Cell { return sheet.Cell{Show: t.words(), Raw: price.Known(t.known)} }

// months is how far back the pages look that add up.
const months = 12

// from is the first day of what pages that add up look at: a whole month.
func (v *visit) from() time.Time {
	now := v.Now().UTC()
	return time.Date(now.Year(), now.Month()-months+1, 1, 0, 0, 0, 0, time.UTC)
}

// line is a month of a repository.
type line struct {
	month string
	repo  int64
}

func spend(v *visit) (*view, error) {
	repo, err := v.repo()
	if err != nil {
		return nil, err
	}
	from := v.from()
	all, more, err := v.collect(v.grant, record.Filter{Repo: repo, Since: from})
	if err != nil {
		return nil, err
	}
	by, sums := map[line]*total{}, map[string]*total{}
	for _, r := range all {
		month := r.Started.UTC().Format("2006-01")
		k := line{month, r.Repo.ID}
		if by[k] == nil {
			by[k] = &total{}
		}
		if sums[month] == nil {
			sums[month] = &total{}
		}
		by[k].add(r)
		sums[month].add(r)
	}
	path := at(v.grant.Installation, "/spend")
	l := &sheet.Sheet{Name: "spend", Export: path, Caption: "Spend of checks by month and repository", Empty: "No review began in the last twelve months.", Columns: []sheet.Column{{Key: "month", Title: "Month"},
		{Key: "repository", Title: "Repository"}, {Key: "spent_usd", Title: "Spent", Num: true}, {Key: "reviews", Title: "Reviews", Num: true}, {Key: "unknown", Title: "Of unknown cost", Num: true}, {Key: "repository_id"}}}
	for _, k := range slices.SortedFunc(maps.Keys(by), func(a, b line) int {
		return cmp.Or(strings.Compare(b.month, a.month), strings.Compare(v.called(a.repo), v.called(b.repo)), cmp.Compare(a.repo, b.repo))
	}) {
		t := by[k]
		l.Rows = append(l.Rows, []sheet.Cell{sheet.Text(k.month), sheet.Text(v.called(k.repo)), t.cell(), sheet.Whole(t.reviews), sheet.Whole(t.unknown), sheet.ID(k.repo)})
	}
	if repo != 0 {
		l.Query = "repo=" + strconv.FormatInt(repo, 10)
	}
	said := "What the trials of reviews have cost at the provider, by the month (UTC) in which a review began. Stored trials that were used again cost nothing."
	if more {
		said += " There are more reviews than are added up here: the oldest are missing."
	}
	return &view{Title: "Spend of checks", Tab: "spend", Blocks: []block{{Text: []string{said}, Form: &form{Action: path, Submit: "Show", Reset: path, Fields: []field{v.repoField(repo)}}},
		{Chart: bars(from, sums)}, {List: l}}}, nil
}

// called is a repository's name now.
func (v *visit) called(repo int64) string {
	r, _ := v.grant.Repo(repo)
	return r.Name
}

// bars is the spend of each month, also of those in which nothing was spent; nil without any spend.
func bars(from time.Time, sums map[string]*total) *chart {
	var c plot.Chart
	var values []float64
	for i := range months {
		month := from.AddDate(0, i, 0)
		t := sums[month.Format("2006-01")]
		row := plot.Row{Label: month.Format("January 2006"), Figure: "nothing"}
		if t != nil {
			spent := t.known.Float64()
			values = append(values, spent)
			row.Figure, row.Spans = t.words(), []plot.Span{{From: 0, To: spent, Class: "head"}}
		}
		c.Rows = append(c.Rows, row)
	}
	if len(values) == 0 {
		return nil
	}
	slices.Reverse(c.Rows)
	c.Scale, c.Tick = plot.Linear(values), dollars
	return &chart{Title: "Spend by month", Alt: alt("Spend by month", c.Rows), Wide: c.Draw(wide), Narrow: c.Draw(narrow)}
}

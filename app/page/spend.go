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
)

// line is a month of a repository.
type line struct {
	month string
	repo  int64
}

func spend(v *visit) (*layout.View, error) {
	repo, err := v.repo()
	if err != nil {
		return nil, err
	}
	from := sums.From(v.Now())
	all, more, err := v.collect(v.grant, record.Filter{Repo: repo, Since: from})
	if err != nil {
		return nil, err
	}
	by, months := map[line]*sums.Total{}, map[string]*sums.Total{}
	for _, r := range all {
		month := r.Started.UTC().Format("2006-01")
		k := line{month, r.Repo.ID}
		if by[k] == nil {
			by[k] = &sums.Total{}
		}
		if months[month] == nil {
			months[month] = &sums.Total{}
		}
		by[k].Add(r)
		months[month].Add(r)
	}
	path := at(v.grant.Installation, "/spend")
	l := &sheet.Sheet{Name: "spend", Export: path, Caption: "Spend of checks by month and repository", Empty: "No review began in the last twelve months.", Columns: []sheet.Column{{Key: "month", Title: "Month"},
		{Key: "repository", Title: "Repository"}, {Key: "spent_usd", Title: "Spent", Num: true}, {Key: "reviews", Title: "Reviews", Num: true}, {Key: "unknown", Title: "Of unknown cost", Num: true}, {Key: "repository_id"}}}
	for _, k := range slices.SortedFunc(maps.Keys(by), func(a, b line) int {
		return cmp.Or(strings.Compare(b.month, a.month), strings.Compare(v.called(a.repo), v.called(b.repo)), cmp.Compare(a.repo, b.repo))
	}) {
		t := by[k]
		l.Rows = append(l.Rows, []sheet.Cell{sheet.Text(k.month), sheet.Text(v.called(k.repo)), t.Cell(), sheet.Whole(t.Reviews), sheet.Whole(t.Unknown), sheet.ID(k.repo)})
	}
	if repo != 0 {
		l.Query = "repo=" + strconv.FormatInt(repo, 10)
	}
	said := "What the trials of reviews have cost at the provider, by the month (UTC) in which a review began. Stored trials that were used again cost nothing."
	if more {
		said += " There are more reviews than are added up here: the oldest are missing."
	}
	return &layout.View{Title: "Spend of checks", Tab: "spend", Blocks: []layout.Block{{Text: []string{said}, Form: &layout.Form{Action: path, Submit: "Show", Reset: path, Fields: []layout.Field{v.repoField(repo)}}},
		{Chart: sums.Bars(from, months)}, {List: l}}}, nil
}

// called is a repository's name now.
func (v *visit) called(repo int64) string {
	r, _ := v.grant.Repo(repo)
	return r.Name
}

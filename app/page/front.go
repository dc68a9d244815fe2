package page

import (
	"cmp"
	"slices"
	"strings"

	"github.com/pertask/pertask/app/page/layout"
	"github.com/pertask/pertask/app/page/sheet"
	"github.com/pertask/pertask/app/page/sums"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/app/signin"
)

// front is the first page: the repositories, under "/".
func front(v *visit) (*layout.View, error) { return repositories(v) }

// repositories lists what the viewer can read, with what this month brought.
func repositories(v *visit) (*layout.View, error) {
	month := sums.Month(v.Now())
	l := &sheet.Sheet{Name: "repositories", Export: "/repositories", Cards: true, Caption: "Repositories that you can read",
		Empty: "pertask is installed in no repository that you can read on GitHub. Whoever administers one can install it there.",
		Columns: []sheet.Column{{Key: "repository", Title: "Repository"}, {Key: "account", Title: "Account"}, {Key: "access", Title: "You can"}, {Key: "reviews", Title: "Reviews this month", Num: true},
			{Key: "spent_usd", Title: "Spent this month", Num: true}, {Key: "unknown", Num: true}, {Key: "last", Title: "Last this month (UTC)"}, {Key: "repository_id"}, {Key: "installation"}}}
	cut := false
	for _, g := range v.viewer.Grants {
		if len(g.Repos) == 0 {
			continue
		}
		by := map[int64]*sums.Total{}
		more, err := v.each(g, record.Filter{Since: month}, added, func(r record.Review) {
			if by[r.Repo.ID] == nil {
				by[r.Repo.ID] = &sums.Total{}
			}
			by[r.Repo.ID].Add(r)
		})
		if err != nil {
			return nil, err
		}
		cut = cut || more
		for _, r := range sorted(g.Repos) {
			t := by[r.ID]
			if t == nil {
				t = &sums.Total{}
			}
			l.Rows = append(l.Rows, []sheet.Cell{sheet.Text(r.Name).To(at(g.Installation, "/reviews?repo="+sheet.ID(r.ID).Show)), sheet.Text(g.Account), sheet.Text(rights(r)), sheet.Whole(t.Reviews), t.Cell(), sheet.Whole(t.Unknown),
				sheet.When(t.Last), sheet.ID(r.ID), sheet.ID(g.Installation)})
		}
	}
	b := layout.Block{List: l}
	if cut {
		b.Text = words("More reviews began this month than are added up here: only the newest are.")
	}
	return &layout.View{Title: "Repositories", Blocks: []layout.Block{b}}, nil
}

func sorted(repos []signin.Repo) []signin.Repo {
	return slices.SortedFunc(slices.Values(repos), func(a, b signin.Repo) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
}

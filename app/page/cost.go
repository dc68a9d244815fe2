package page

import (
	"cmp"
	"slices"
	"strings"

	"github.com/pertask/pertask/app/page/layout"
	"github.com/pertask/pertask/app/page/result"
	"github.com/pertask/pertask/app/page/sheet"
	"github.com/pertask/pertask/app/page/sums"
	"github.com/pertask/pertask/app/page/timeline"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/price"
)

// most of what the page of costs has: suites, and rows of a table of each. The exports have all.
const (
	maxSuites = 8
	maxRows   = 40
)

// sided is what a completed task cost under one arm of a review.
type sided struct {
	review record.Review
	suite  record.Suite
	arm    string // base or head
	model  string
	cost   price.Amount
	rate   *float64
}

// track is a suite of a repository over time.
type track struct {
	repo  int64
	suite string
	sides []sided // the newest first
}

func cost(v *visit) (*layout.View, error) {
	f, err := v.filter()
	if err != nil {
		return nil, err
	}
	if f.Since.IsZero() {
		f.Since = sums.From(v.Now())
	}
	asked := f
	f.Before, f.State = "", ""
	all, more, err := v.collect(v.grant, f)
	if err != nil {
		return nil, err
	}
	tracks := follow(all, f.Suite, f.Model)
	path := at(v.grant.Installation, "/cost")
	if v.export {
		return &layout.View{Blocks: []layout.Block{{List: v.costs("cost", tracks)}}}, nil
	}
	said := "What a completed task costs, over time: each point is one side of a review. Trials that were stored and used again give the same cost again."
	if more {
		said += " There are more reviews than are shown here: the oldest are missing."
	}
	p := &layout.View{Title: "Cost per completed task", Tab: "cost", Blocks: []layout.Block{{Text: []string{said}, Form: v.filters(path, asked, false)}}}
	for i, t := range tracks {
		if i == maxSuites {
			p.Blocks = append(p.Blocks, layout.Block{Text: words("%s are not shown: choose a repository or a suite.", plural(len(tracks)-maxSuites, "more suite"))})
			break
		}
		p.Blocks = append(p.Blocks, v.block(t))
	}
	l := &sheet.Sheet{Export: path, Query: query(asked).Encode()}
	if len(tracks) == 0 {
		l = &sheet.Sheet{Empty: "Nothing was measured in this time, or nothing that is asked for."}
	}
	p.Blocks = append(p.Blocks, layout.Block{List: l})
	return p, nil
}

// follow groups what was measured by repository and suite, the names in order. With a model it has the sides of that only.
func follow(all []record.Review, suite, model string) []track {
	type key struct {
		repo  int64
		suite string
	}
	by := map[key]*track{}
	var out []*track
	for _, r := range all {
		for _, s := range r.Suites {
			if suite != "" && s.Name != suite {
				continue
			}
			for _, x := range []sided{{r, s, "base", s.BaseModel, s.Base, s.BaseRate}, {r, s, "head", s.HeadModel, s.Head, s.HeadRate}} {
				if !x.cost.IsKnown() && x.rate == nil || model != "" && x.model != model {
					continue
				}
				k := key{r.Repo.ID, s.Name}
				if by[k] == nil {
					by[k] = &track{repo: r.Repo.ID, suite: s.Name}
					out = append(out, by[k])
				}
				by[k].sides = append(by[k].sides, x)
			}
		}
	}
	tracks := make([]track, len(out))
	for i, t := range out {
		tracks[i] = *t
	}
	slices.SortStableFunc(tracks, func(a, b track) int {
		return cmp.Or(strings.Compare(a.suite, b.suite), cmp.Compare(a.repo, b.repo))
	})
	return tracks
}

func (v *visit) costs(name string, tracks []track) *sheet.Sheet {
	l := &sheet.Sheet{Name: name, Columns: []sheet.Column{{Key: "time", Title: "Review of (UTC)"}, {Key: "repository"}, {Key: "suite"}, {Key: "cost_usd", Title: "Cost", Num: true},
		{Key: "model", Title: "Model"}, {Key: "arm", Title: "As"}, {Key: "completion", Title: "Completes", Num: true}, {Key: "pull", Title: "Pull request"}, {Key: "id"}, {Key: "repository_id"}}}
	for _, t := range tracks {
		for _, x := range t.sides {
			r := x.review
			l.Rows = append(l.Rows, []sheet.Cell{sheet.When(r.Started).To(ReviewPath(r.Repo.Installation, r.ID)), v.name(r.Repo), sheet.Code(x.suite.Name), result.Measured(x.suite, x.cost, x.rate), sheet.Code(x.model), sheet.Text(x.arm),
				sheet.Share(x.rate), v.pull(r.Repo, r.Pull), sheet.Text(r.ID), sheet.ID(r.Repo.ID)})
		}
	}
	return l
}

// block is a suite with its drawing and its newest rows.
func (v *visit) block(t track) layout.Block {
	name := sheet.Show(t.suite) + " in " + sheet.Show(v.called(t.repo))
	b := layout.Block{Title: name}
	b.Chart = timeline.Chart("Cost per completed task by model", "Cost per completed task of "+name, lines(t.sides))
	shown := t
	if len(shown.sides) > maxRows {
		shown.sides = shown.sides[:maxRows]
		b.Text = words("The table has the newest %d of %d; the exports have all.", maxRows, len(t.sides))
	}
	b.List = v.costs("", []track{shown})
	b.List.Caption = "Cost per completed task of " + name
	return b
}

// lines are the costs of each model.
func lines(sides []sided) []timeline.Line {
	place := map[string]int{}
	var out []timeline.Line
	for _, x := range sides {
		m, known := x.cost.Value()
		if !known {
			continue
		}
		i, there := place[x.model]
		if !there {
			i = len(out)
			place[x.model], out = i, append(out, timeline.Line{Name: x.model})
		}
		out[i].Points = append(out[i].Points, timeline.Point{At: x.review.Started, Cost: m.Float64()})
	}
	return out
}

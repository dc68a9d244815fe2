package page

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pertask/pertask/app/page/sheet"
	"github.com/pertask/pertask/app/page/timeline"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/figure"
)

// most of what the page of costs draws: classes of marks that a reader can tell apart, suites, and rows of a table. The exports have
// all.
const (
	maxModels = 6
	maxSuites = 8
	maxPoints = 100 // of a model
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

// measured is the cost per completed task under an arm. One under which no task was completed has none, which is not unknown.
func measured(s record.Suite, cost price.Amount, rate *float64) sheet.Cell {
	c := sheet.Money(cost)
	switch {
	case cost.IsKnown():
	case rate != nil && *rate == 0:
		c.Show = "none completed"
	case s.Ratio == nil && rate == nil:
		c.Show = "" // nothing was measured
	}
	return c
}

func cost(v *visit) (*view, error) {
	f, err := v.filter()
	if err != nil {
		return nil, err
	}
	if f.Since.IsZero() {
		f.Since = v.from()
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
		return &view{Blocks: []block{{List: v.costs("cost", tracks)}}}, nil
	}
	said := "What a completed task costs, over time: each point is one side of a review. Trials that were stored and used again give the same cost again."
	if more {
		said += " There are more reviews than are shown here: the oldest are missing."
	}
	p := &view{Title: "Cost per completed task", Tab: "cost", Blocks: []block{{Text: []string{said}, Form: v.filters(path, asked, false)}}}
	for i, t := range tracks {
		if i == maxSuites {
			p.Blocks = append(p.Blocks, block{Text: words("%s are not shown: choose a repository or a suite.", plural(len(tracks)-maxSuites, "more suite"))})
			break
		}
		p.Blocks = append(p.Blocks, v.block(t))
	}
	l := &sheet.Sheet{Export: path, Query: query(asked).Encode()}
	if len(tracks) == 0 {
		l = &sheet.Sheet{Empty: "Nothing was measured in this time, or nothing that is asked for."}
	}
	p.Blocks = append(p.Blocks, block{List: l})
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
			l.Rows = append(l.Rows, []sheet.Cell{sheet.When(r.Started).To(ReviewPath(r.Repo.Installation, r.ID)), v.name(r.Repo), sheet.Code(x.suite.Name), measured(x.suite, x.cost, x.rate), sheet.Code(x.model), sheet.Text(x.arm),
				sheet.Share(x.rate), v.pull(r.Repo, r.Pull), sheet.Text(r.ID), sheet.ID(r.Repo.ID)})
		}
	}
	return l
}

// block is a suite with its drawing and its newest rows.
func (v *visit) block(t track) block {
	name := sheet.Show(t.suite) + " in " + sheet.Show(v.called(t.repo))
	b := block{Title: name}
	names, all, note := models(t.sides)
	if len(all) > 0 {
		b.Chart = &chart{Title: "Cost per completed task by model", Wide: timeline.Draw(wide, all), Narrow: timeline.Draw(narrow, all), Alt: spoken(name, names, all)}
		for i, s := range all {
			b.Chart.Legend = append(b.Chart.Legend, mark{s.Class, sheet.Show(names[i])})
		}
		b.Chart.Note = note
	}
	shown := t
	if len(shown.sides) > maxRows {
		shown.sides = shown.sides[:maxRows]
		b.Text = words("The table has the newest %d of %d; the exports have all.", maxRows, len(t.sides))
	}
	b.List = v.costs("", []track{shown})
	b.List.Caption = "Cost per completed task of " + name
	return b
}

// models makes a series of each model, those with the most points first, and says what of them has no place.
func models(sides []sided) (names []string, all []timeline.Series, note string) {
	points := map[string][]timeline.Point{}
	for _, x := range sides {
		if m, known := x.cost.Value(); known {
			if points[x.model] == nil {
				names = append(names, x.model)
			}
			points[x.model] = append(points[x.model], timeline.Point{At: x.review.Started, Cost: m.Float64()})
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(points[b]), len(points[a])), strings.Compare(a, b))
	})
	var notes []string
	if left := len(names) - maxModels; left > 0 {
		names = names[:maxModels]
		notes = append(notes, plural(left, "more model")+" with fewer points are not drawn.")
	}
	for i, m := range names {
		p := points[m]
		slices.SortStableFunc(p, func(a, b timeline.Point) int { return a.At.Compare(b.At) })
		if len(p) > maxPoints {
			p = p[len(p)-maxPoints:]
		}
		all = append(all, timeline.Series{Class: "s" + strconv.Itoa(i), Points: p})
	}
	if len(names) > 0 && len(points[names[0]]) > maxPoints {
		notes = append(notes, fmt.Sprintf("The newest %d points of a model are drawn; the exports have all.", maxPoints))
	}
	return names, all, strings.Join(notes, " ")
}

// spoken is the drawing in words: where each model begins and ends.
func spoken(name string, names []string, all []timeline.Series) string {
	var says []string
	for i, s := range all {
		first, last := s.Points[0], s.Points[len(s.Points)-1]
		say := fmt.Sprintf("%s %s on %s", sheet.Show(names[i]), figure.USD(figure.Number(first.Cost)), first.At.UTC().Format(time.DateOnly))
		if len(s.Points) > 1 {
			say += fmt.Sprintf(", %s on %s", figure.USD(figure.Number(last.Cost)), last.At.UTC().Format(time.DateOnly))
		}
		says = append(says, say)
	}
	return "Cost per completed task of " + name + ": " + strings.Join(says, "; ") + "."
}

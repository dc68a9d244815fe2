package page

import (
	"cmp"
	"slices"
	"strings"

	"github.com/pertask/pertask/app/page/asked"
	"github.com/pertask/pertask/app/page/layout"
	"github.com/pertask/pertask/app/page/listing"
	"github.com/pertask/pertask/app/page/sheet"
	"github.com/pertask/pertask/app/page/sums"
	"github.com/pertask/pertask/app/page/timeline"
	"github.com/pertask/pertask/app/record"
)

// most of what the page of costs has: suites, and rows of a table of each. The exports have all.
const (
	maxSuites = 8
	maxRows   = 40
)

// track is a suite of a repository over time.
type track struct {
	repo  int64
	suite string
	sides []listing.Side // the newest first
}

func cost(v *visit) (*layout.View, error) {
	f, err := v.filter()
	if err != nil {
		return nil, err
	}
	if f.Since.IsZero() {
		f.Since = sums.From(v.Now())
	}
	sought := f
	f.Before, f.State = "", ""
	if v.export {
		l, err := v.streamed(f, func(all []record.Review) *sheet.Sheet {
			return v.names().Costs("cost", listing.Sides(all, f.Suite, f.Model))
		})
		return &layout.View{Blocks: []layout.Block{{List: l}}}, err
	}
	var all []record.Review
	more, err := v.each(v.grant, f, drawn, func(r record.Review) { all = append(all, r) })
	if err != nil {
		return nil, err
	}
	tracks := follow(listing.Sides(all, f.Suite, f.Model))
	path := at(v.grant.Installation, "/cost")
	said := "What a completed task costs, over time: each point is one side of a review. Trials that were stored and used again give the same cost again."
	if more {
		said += " There are more reviews than are shown here: the oldest are missing."
	}
	p := &layout.View{Title: "Cost per completed task", Tab: "cost", Blocks: []layout.Block{{Text: []string{said}, Links: []layout.Tab{{Words: "What agents cost per merged pull request", Path: at(v.grant.Installation, "/agents")}}, Form: asked.Form(path, sought, v.repoField(sought.Repo), false)}}}
	for i, t := range tracks {
		if i == maxSuites {
			p.Blocks = append(p.Blocks, layout.Block{Text: words("%s are not shown: choose a repository or a suite.", plural(len(tracks)-maxSuites, "more suite"))})
			break
		}
		p.Blocks = append(p.Blocks, v.block(t))
	}
	l := &sheet.Sheet{Export: path, Query: asked.Query(sought).Encode()}
	if len(tracks) == 0 {
		l = &sheet.Sheet{Empty: "Nothing was measured in this time, or nothing that is asked for."}
	}
	p.Blocks = append(p.Blocks, layout.Block{List: l})
	return p, nil
}

// follow groups sides by repository and suite, the names in order.
func follow(all []listing.Side) []track {
	place := map[string]int{}
	var out []track
	for _, x := range all {
		k := sheet.ID(x.Review.Repo.ID).Show + " " + x.Suite.Name
		i, there := place[k]
		if !there {
			i = len(out)
			place[k], out = i, append(out, track{repo: x.Review.Repo.ID, suite: x.Suite.Name})
		}
		out[i].sides = append(out[i].sides, x)
	}
	slices.SortStableFunc(out, func(a, b track) int {
		return cmp.Or(strings.Compare(a.suite, b.suite), cmp.Compare(a.repo, b.repo))
	})
	return out
}

// block is a suite with its drawing and its newest rows.
func (v *visit) block(t track) layout.Block {
	name := sheet.Show(t.suite) + " in " + sheet.Show(v.called(t.repo))
	b := layout.Block{Title: name}
	b.Chart = timeline.Chart("Cost per completed task by model", "Cost per completed task of "+name, lines(t.sides))
	shown := t.sides
	if len(shown) > maxRows {
		shown = shown[:maxRows]
		b.Text = words("The table has the newest %d of %d; the exports have all.", maxRows, len(t.sides))
	}
	b.List = v.names().Costs("", shown)
	b.List.Caption = "Cost per completed task of " + name
	return b
}

// lines are the costs of each model.
func lines(sides []listing.Side) []timeline.Line {
	place := map[string]int{}
	var out []timeline.Line
	for _, x := range sides {
		m, known := x.Cost.Value()
		if !known {
			continue
		}
		i, there := place[x.Model]
		if !there {
			i = len(out)
			place[x.Model], out = i, append(out, timeline.Line{Name: x.Model})
		}
		out[i].Points = append(out[i].Points, timeline.Point{At: x.Review.Started, Cost: m.Float64()})
	}
	return out
}

package listing

import (
	"github.com/pertask/pertask/app/page/result"
	"github.com/pertask/pertask/app/page/sheet"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/price"
)

// Side is what a completed task cost under one arm of a review.
type Side struct {
	Review record.Review
	Suite  record.Suite
	Arm    string // base or head
	Model  string
	Cost   price.Amount
	Rate   *float64
}

// Sides are what was measured, of a suite and a model where they are given.
func Sides(all []record.Review, suite, model string) []Side {
	var out []Side
	for _, r := range all {
		for _, s := range r.Suites {
			if suite != "" && s.Name != suite {
				continue
			}
			for _, x := range []Side{{r, s, "base", s.BaseModel, s.Base, s.BaseRate}, {r, s, "head", s.HeadModel, s.Head, s.HeadRate}} {
				if (x.Cost.IsKnown() || x.Rate != nil) && (model == "" || x.Model == model) {
					out = append(out, x)
				}
			}
		}
	}
	return out
}

// Costs lists sides.
func (n Names) Costs(name string, all []Side) *sheet.Sheet {
	l := &sheet.Sheet{Name: name, Columns: []sheet.Column{{Key: "time", Title: "Review of (UTC)"}, {Key: "repository"}, {Key: "suite"}, {Key: "cost_usd", Title: "Cost", Num: true},
		{Key: "model", Title: "Model"}, {Key: "arm", Title: "As"}, {Key: "completion", Title: "Completes", Num: true}, {Key: "pull", Title: "Pull request"}, {Key: "id"}, {Key: "repository_id"}}}
	for _, x := range all {
		r := x.Review
		l.Rows = append(l.Rows, []sheet.Cell{sheet.When(r.Started).To(ReviewPath(r.Repo.Installation, r.ID)), n.Name(r.Repo), sheet.Code(x.Suite.Name), result.Measured(x.Suite, x.Cost, x.Rate), sheet.Code(x.Model), sheet.Text(x.Arm),
			sheet.Share(x.Rate), n.Pull(r.Repo, r.Pull), sheet.Text(r.ID), sheet.ID(r.Repo.ID)})
	}
	return l
}

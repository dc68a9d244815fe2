package listing

import (
	"github.com/pertask/pertask/app/page/layout"
	"github.com/pertask/pertask/app/page/sheet"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/report/figure"
)

// Facts are those of a review that are no suite's.
func (n Names) Facts(r record.Review) []layout.Fact {
	took := sheet.Cell{Raw: nil}
	if !r.Ended.IsZero() && r.Ended.After(r.Started) {
		seconds := r.Ended.Sub(r.Started).Seconds()
		took = sheet.Cell{Show: figure.Duration(figure.Number(seconds)), Raw: &seconds}
	}
	by := sheet.Text(r.By)
	if r.By == "" {
		by.Show = "nobody; the App began it"
	}
	return []layout.Fact{Fact("repository", "Repository", n.Name(r.Repo)), Fact("pull", "Pull request", n.Pull(r.Repo, r.Pull)), Fact("state", "State", sheet.Text(string(r.State))),
		Fact("title", "Check run", sheet.Text(r.Title)), Fact("conclusion", "Conclusion", sheet.Text(r.Conclusion)), Fact("exit", "Exit status", sheet.Whole(r.Exit)), Fact("spent_usd", "Spent", sheet.Money(r.Spent)),
		Fact("started", "Started (UTC)", sheet.When(r.Started)), Fact("ended", "Ended (UTC)", sheet.When(r.Ended)), Fact("seconds", "Took", took), Fact("by", "Asked by", by), Fact("kind", "Began as", sheet.Text(r.Kind)),
		Fact("base", "Base", sheet.Code(r.Base)), Fact("head", "Head", sheet.Code(r.Head)), Fact("delivery", "Delivery", sheet.Code(r.Delivery)), Fact("id", "Review", sheet.Code(r.ID))}
}

// Fact is a figure under its name.
func Fact(key, name string, c sheet.Cell) layout.Fact {
	return layout.Fact{Key: key, Name: name, Cell: c}
}

// One is facts as a listing of one row, of which the page shows the links only.
func One(facts []layout.Fact, path string) *sheet.Sheet {
	l := &sheet.Sheet{Name: "review", Export: path}
	var row []sheet.Cell
	for _, f := range facts {
		l.Columns = append(l.Columns, sheet.Column{Key: f.Key})
		row = append(row, f.Cell)
	}
	l.Rows = [][]sheet.Cell{row}
	return l
}

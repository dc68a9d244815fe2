package page

import (
	"bytes"
	"net/http"
	"strconv"

	"github.com/pertask/pertask/app/page/guard"
	"github.com/pertask/pertask/app/page/layout"
	"github.com/pertask/pertask/app/page/result"
	"github.com/pertask/pertask/app/page/sheet"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/report/html"
)

// review is the one in the path.
func (v *visit) review() (record.Review, error) { return v.find(v.r.PathValue("id")) }

// find returns a review. One that the viewer may not see is not there.
func (v *visit) find(key string) (record.Review, error) {
	if !id.MatchString(key) {
		return record.Review{}, errMissing
	}
	r, ok, err := v.Reviews.Review(v.ctx, v.grant.Scope(), key)
	if err != nil {
		return record.Review{}, err
	}
	if !ok || len(v.ours(v.grant, []record.Review{r})) == 0 {
		return record.Review{}, errMissing
	}
	return r, nil
}

// one is the page of a review.
func one(v *visit) (*layout.View, error) {
	r, err := v.review()
	if err != nil {
		return nil, err
	}
	acts, err := v.actsOn(r)
	if err != nil {
		return nil, err
	}
	did := v.acts(at(v.grant.Installation, "/audit"), acts, "Nobody asked for anything on this pull request.")
	did.Query = "repo=" + sheet.ID(r.Repo.ID).Show
	title := v.name(r.Repo).Show
	if r.Pull > 0 {
		title += " #" + strconv.Itoa(r.Pull)
	}
	path := ReviewPath(r.Repo.Installation, r.ID)
	answer := layout.Block{Lead: result.Headline(r)}
	if result.HasReport(r) {
		answer.Links = append(answer.Links, layout.Tab{Words: "The whole report", Path: path + "/report"})
	}
	for i, s := range r.Suites {
		if len(s.Report) > 0 {
			words := "report.json"
			if len(r.Suites) > 1 {
				words += " of " + sheet.Show(s.Name)
			}
			answer.Links = append(answer.Links, layout.Tab{Words: words, Path: path + "/suites/" + strconv.Itoa(i+1) + "/report.json"})
		}
	}
	return &layout.View{Title: title, Tab: "reviews", Blocks: []layout.Block{answer, {Title: "Suites", List: suitesOf(r, path)},
		{Title: "What people did", List: did}, {Title: "The review", Facts: v.facts(r)}, {List: export(v.facts(r), path+"/facts")}}}, nil
}

// facts are those of a review that are no suite's.
func (v *visit) facts(r record.Review) []layout.Fact {
	took := sheet.Cell{Raw: nil}
	if !r.Ended.IsZero() && r.Ended.After(r.Started) {
		seconds := r.Ended.Sub(r.Started).Seconds()
		took = sheet.Cell{Show: figure.Duration(figure.Number(seconds)), Raw: &seconds}
	}
	by := sheet.Text(r.By)
	if r.By == "" {
		by.Show = "nobody; the App began it"
	}
	return []layout.Fact{fact("repository", "Repository", v.name(r.Repo)), fact("pull", "Pull request", v.pull(r.Repo, r.Pull)), fact("state", "State", sheet.Text(string(r.State))),
		fact("title", "Check run", sheet.Text(r.Title)), fact("conclusion", "Conclusion", sheet.Text(r.Conclusion)), fact("exit", "Exit status", sheet.Whole(r.Exit)), fact("spent_usd", "Spent", sheet.Money(r.Spent)),
		fact("started", "Started (UTC)", sheet.When(r.Started)), fact("ended", "Ended (UTC)", sheet.When(r.Ended)), fact("seconds", "Took", took), fact("by", "Asked by", by), fact("kind", "Began as", sheet.Text(r.Kind)),
		fact("base", "Base", sheet.Code(r.Base)), fact("head", "Head", sheet.Code(r.Head)), fact("delivery", "Delivery", sheet.Code(r.Delivery)), fact("id", "Review", sheet.Code(r.ID))}
}

func fact(key, name string, c sheet.Cell) layout.Fact {
	return layout.Fact{Key: key, Name: name, Cell: c}
}

// export is facts as a listing of one row, of which the page shows the links only.
func export(facts []layout.Fact, path string) *sheet.Sheet {
	l := &sheet.Sheet{Name: "review", Export: path}
	var row []sheet.Cell
	for _, f := range facts {
		l.Columns = append(l.Columns, sheet.Column{Key: f.Key})
		row = append(row, f.Cell)
	}
	l.Rows = [][]sheet.Cell{row}
	return l
}

func suitesOf(r record.Review, path string) *sheet.Sheet {
	l := &sheet.Sheet{Name: "suites", Cards: true, Caption: "Results of the suites", Export: path + "/suites", Columns: result.Columns, Empty: "There is no result of a suite."}
	for _, s := range r.Suites {
		l.Rows = append(l.Rows, result.Cells(s))
	}
	return l
}

func oneFacts(v *visit) (*layout.View, error) {
	r, err := v.review()
	return &layout.View{Blocks: []layout.Block{{List: export(v.facts(r), "")}}}, err
}

func oneSuites(v *visit) (*layout.View, error) {
	r, err := v.review()
	return &layout.View{Blocks: []layout.Block{{List: suitesOf(r, "")}}}, err
}

// document renders the reports of a review by package report/html, as they were kept.
func document(v *visit) error {
	r, err := v.review()
	if err != nil {
		return err
	}
	var all []*report.Report
	for _, s := range r.Suites {
		if len(s.Report) == 0 {
			continue
		}
		x, err := report.ParseJSON(s.Report)
		if err != nil {
			v.Log.Error("dashboard: reading a report", "review", r.ID, "error", err)
			return problem{http.StatusNotFound, "This report cannot be shown", "It was written by another version of pertask. Its report.json can still be had from the page of the review."}
		}
		all = append(all, x)
	}
	if len(all) == 0 {
		return problem{http.StatusNotFound, "There is no report", "The review has none yet, or it is older than what this App keeps."}
	}
	var out bytes.Buffer
	if err := html.Write(&out, all); err != nil {
		return err
	}
	v.w.Header().Set("Content-Security-Policy", guard.ReportPolicy(out.String()))
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = v.w.Write(out.Bytes())
	return nil
}

// raw is a suite's report.json, byte for byte.
func raw(v *visit) error {
	r, err := v.review()
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(v.r.PathValue("number"))
	if err != nil || n < 1 || n > len(r.Suites) || len(r.Suites[n-1].Report) == 0 {
		return errMissing
	}
	v.w.Header().Set("Content-Type", "application/json")
	v.w.Header().Set("Content-Disposition", `attachment; filename="report.json"`)
	_, _ = v.w.Write(r.Suites[n-1].Report)
	return nil
}

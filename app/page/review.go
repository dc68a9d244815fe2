package page

import (
	"bytes"
	"net/http"
	"strconv"

	"github.com/pertask/pertask/app/page/asked"
	"github.com/pertask/pertask/app/page/guard"
	"github.com/pertask/pertask/app/page/layout"
	"github.com/pertask/pertask/app/page/listing"
	"github.com/pertask/pertask/app/page/result"
	"github.com/pertask/pertask/app/page/sheet"
	"github.com/pertask/pertask/app/page/trouble"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/report/html"
)

// review is the one in the path.
func (v *visit) review() (record.Review, error) { return v.find(v.r.PathValue("id")) }

// find returns a review. One that the viewer may not see is not there.
func (v *visit) find(key string) (record.Review, error) {
	if !asked.IsReview(key) {
		return record.Review{}, trouble.Missing
	}
	r, ok, err := v.Reviews.Review(v.ctx, v.grant.Scope(), key)
	if err != nil {
		return record.Review{}, err
	}
	if !ok || len(v.ours(v.grant, []record.Review{r})) == 0 {
		return record.Review{}, trouble.Missing
	}
	return r, nil
}

// one is the page of a review.
func one(v *visit) (*layout.View, error) {
	r, err := v.review()
	if err != nil {
		return nil, err
	}
	did, err := v.on(r)
	if err != nil {
		return nil, err
	}
	title := v.names().Name(r.Repo).Show
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
		{Title: "On this pull request", List: did}, {Title: "The review", Facts: v.names().Facts(r)}, {List: listing.One(v.names().Facts(r), path+"/facts")}}}, nil
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
	return &layout.View{Blocks: []layout.Block{{List: listing.One(v.names().Facts(r), "")}}}, err
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
			return trouble.Problem{Status: http.StatusNotFound, Title: "This report cannot be shown", Word: "It was written by another version of pertask. Its report.json can still be had from the page of the review."}
		}
		all = append(all, x)
	}
	if len(all) == 0 {
		return trouble.Problem{Status: http.StatusNotFound, Title: "There is no report", Word: "The review has none yet, or it is older than what this App keeps."}
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
		return trouble.Missing
	}
	v.w.Header().Set("Content-Type", "application/json")
	v.w.Header().Set("Content-Disposition", `attachment; filename="report.json"`)
	_, _ = v.w.Write(r.Suites[n-1].Report)
	return nil
}

// Package outcome is what reports come to for others: GitHub's conclusion, and the outputs for later steps of a workflow.
//
// It knows the table of docs and its words. It refuses to know where these are shown, and how reports came about.
package outcome

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/pertask/pertask/compare/final"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/report/html"
	"github.com/pertask/pertask/review/gate"
	"github.com/pertask/pertask/review/state"
	"github.com/pertask/pertask/verdict"
)

// Conclusion is the row of the table of exit statuses that GitHub sees.
func Conclusion(r *report.Report) string {
	switch r.Result {
	case verdict.NothingChanged, verdict.Accepted:
		return gate.Success
	case verdict.BadInput:
		return gate.Failure
	case verdict.Measured:
		switch {
		case r.Verdict == verdict.Switch:
			return gate.Success
		case r.Verdict == verdict.DontSwitch && r.Decision.Blocks:
			return gate.Failure
		}
	}
	if r.Decision.Blocks {
		return gate.Required
	}
	return gate.Neutral
}

// weight orders conclusions from the mildest to the one that must not be hidden by another suite's.
var weight = map[string]int{gate.Success: 0, gate.Neutral: 1, gate.Required: 2, gate.Failure: 3}

// Overall is the heaviest conclusion of several suites.
func Overall(reports []*report.Report) string {
	out := gate.Success
	for _, r := range reports {
		if c := Conclusion(r); weight[c] > weight[out] {
			out = c
		}
	}
	return out
}

// Heaviest is the conclusion of kept results that must not be hidden by another suite's.
func Heaviest(suites []state.Suite) string {
	out := gate.Success
	for _, u := range suites {
		if weight[u.Conclusion] > weight[out] {
			out = u.Conclusion
		}
	}
	return out
}

// Outputs are the values for later steps: words of a closed vocabulary and numbers.
func Outputs(reports []*report.Report) map[string]string {
	worst := reports[0]
	for _, r := range reports[1:] {
		if weight[Conclusion(r)] > weight[Conclusion(worst)] {
			worst = r
		}
	}
	out := map[string]string{"result": string(worst.Result), "verdict": worst.Verdict.String(),
		"blocks": strconv.FormatBool(worst.Decision.Blocks), "conclusion": Overall(reports), "ratio": ""}
	if worst.Ratio != nil {
		out["ratio"] = strconv.FormatFloat(float64(worst.Ratio.Estimate), 'g', 6, 64)
	}
	return out
}

// Suite is what is kept of a report about what was asked.
func Suite(r *report.Report, asked state.Asked) state.Suite {
	u := state.Suite{Name: r.Suite, Question: asked.Question, Prices: asked.Prices, Evidence: r.EvidenceKey, Digest: r.SuiteDigest, Book: r.PriceBook.Digest,
		Result: r.Result, Conclusion: Conclusion(r), Exit: r.Decision.Exit}
	if r.Result == verdict.Measured {
		u.Verdict, u.Ended = r.Verdict, final.Finished(r)
		if q := r.Sequence; q != nil && len(q.Looks) > 0 {
			u.Cap = max(q.Trials, slices.Max(q.Looks))
		}
	}
	if q := r.Ratio; q != nil {
		u.Ratio = &state.Ratio{Estimate: q.Estimate, Low: q.Low, High: q.High}
	}
	return u
}

// Sink takes what a review leaves beside its posts.
type Sink interface {
	Output(name, value string) error
	File(name string, data []byte) error
}

// Leave hands the outputs and the files of reports to a sink: of each report its JSON, and of all together the Markdown and
// the page. The address is that of the files; "" for none.
func Leave(sink Sink, reports []*report.Report, address string) error {
	var errs []error
	for i, r := range reports {
		data, err := report.JSON(r)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		errs = append(errs, sink.File(fileName("report", i, "json"), data))
	}
	md := report.Markdown(reports, report.MarkdownOptions{ReportURL: address, MaxBytes: 1 << 20})
	errs = append(errs, sink.File("report.md", []byte(md)))
	var page bytes.Buffer
	errs = append(errs, html.Write(&page, reports), sink.File("report.html", page.Bytes()))
	for name, value := range Outputs(reports) {
		errs = append(errs, sink.Output(name, value))
	}
	return errors.Join(errs...)
}

// fileName numbers the files of the second suite and on.
func fileName(base string, i int, ext string) string {
	if i == 0 {
		return base + "." + ext
	}
	return fmt.Sprintf("%s-%d.%s", base, i+1, ext)
}

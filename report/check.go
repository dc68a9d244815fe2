package report

import (
	"fmt"
	"math"
	"strings"

	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/report/grounds"
	"github.com/pertask/pertask/report/markup"
	"github.com/pertask/pertask/verdict"
)

// CheckOutput is the content of a check run.
type CheckOutput struct {
	Title       string // plain text, at most 80 characters, our own words and numbers only
	Summary     string // Markdown, at most 65,535 bytes
	Text        string // Markdown, at most 65,535 bytes
	Annotations []Annotation
}

// Annotation is a remark on one line of the head.
type Annotation struct {
	Path    string // slash-separated, from the root of the repository
	Line    int    // 1-based
	Level   string // "notice", "warning" or "failure"
	Message string // plain text
	Title   string // plain text, at most 255 characters
}

const (
	maxTitle       = 80
	checkBytes     = 65_000 // GitHub refuses a summary, and silently cuts a text, of more than 65,535 bytes
	maxAnnotations = 50     // per request; a reader does not want more
)

// Check renders a check run over all suites. It is safe for concurrent use.
func Check(reports []*Report) CheckOutput {
	return CheckOutput{
		Title:       Title(reports),
		Summary:     fit(reports, checkBytes, page{rest: "the job summary"}, checkSummary),
		Text:        fit(reports, checkBytes, page{rest: "the job summary"}, checkText),
		Annotations: annotations(reports),
	}
}

func checkSummary(r *Report, p page) []string {
	if r.Result == verdict.NothingChanged {
		return sections(r, p)
	}
	return compact(answer(r), comparison(r), whyBlock(r), flipBlock(r, p), nextSteps(r, p), footer(r, p))
}

func checkText(r *Report, p page) []string {
	return compact(changes(r, p), beyondLine(r), segments(r, p), storedLine(r), findings(r, p), notApplied(r, p), taskTable(r, p),
		partsFold(r, p), looksFold(r, p), worthFold(r, p), assumptions(r, p))
}

// Title is the result of all suites in at most 80 characters: the one that weighs most, and what was measured.
// It holds no string of a Report, so it is safe wherever it is shown.
func Title(reports []*Report) string {
	if len(reports) == 0 {
		return "Not measured"
	}
	worst, alike := reports[0], 0
	for _, r := range reports[1:] {
		if weight(r) > weight(worst) {
			worst = r
		}
	}
	if len(reports) == 1 {
		return title(worst)
	}
	for _, r := range reports {
		if weight(r) == weight(worst) {
			alike++
		}
	}
	share := fmt.Sprintf(" (%d of %s)", alike, figure.Plural(len(reports), "suite"))
	return label(worst) + share + strings.TrimPrefix(titleIn(worst, maxTitle-len(share)), label(worst))
}

// weight orders results by how much a reader needs to see them.
func weight(r *Report) int {
	switch r.Result {
	case verdict.NothingChanged:
		return 0
	case verdict.Accepted:
		return 2
	case verdict.NotMeasured:
		return 3
	case verdict.BadInput:
		return 6
	}
	switch r.Verdict {
	case verdict.Switch:
		return 1
	case verdict.DontSwitch:
		return 5
	}
	return 4
}

func title(r *Report) string { return titleIn(r, maxTitle) }

// titleIn leaves out the interval, and then the ratio, when there is no room for it.
func titleIn(r *Report, room int) string {
	s := label(r)
	q := r.Ratio
	if r.Result != verdict.Measured || q == nil {
		return s
	}
	limit := r.Policy.MaxCostRatio
	switch {
	case r.Base.Completed == 0 && r.Head.Completed == 0:
		return s + ": no passes on either side"
	case r.Head.Completed == 0:
		return fmt.Sprintf("%s: no passes in %s of the head", s, trials(r.Head.Trials))
	case r.Base.Completed == 0:
		return fmt.Sprintf("%s: no passes in %s of the base", s, trials(r.Base.Trials))
	case math.IsNaN(float64(q.Estimate)):
		return s
	case completesFewer(r) != "":
		return fmt.Sprintf("%s: completes fewer (%s)", s, figure.Points(r.Completion.Estimate))
	}
	short := fmt.Sprintf("%s: %s as much per completed task", s, figure.Times(q.Estimate, limit))
	long := fmt.Sprintf("%s (%s)", short, figure.Interval(q.Low, q.High, grounds.Confidence(r, q.Confidence), limit))
	switch {
	case len(long) <= room:
		return long
	case len(short) <= room:
		return short
	}
	return s
}

// annotations are one on every changed setting, and one on every finding and error that has a place.
func annotations(reports []*Report) []Annotation {
	var out []Annotation
	seen := map[Annotation]bool{}
	add := func(a Annotation) {
		if a.Line > 0 && a.Path != "" && a.Path == markup.Clean(a.Path, 4096) && len(out) < maxAnnotations && !seen[a] {
			seen[a] = true
			out = append(out, a)
		}
	}
	for _, r := range reports {
		for _, a := range settingNotes(r) {
			add(a)
		}
		for _, f := range append([]verdict.Finding{r.Reason}, r.Findings...) {
			level := "warning"
			if r.Result == verdict.BadInput {
				level = "failure"
			}
			add(Annotation{Path: f.Path, Line: f.Line, Level: level, Title: label(r), Message: markup.Sentence(f.Text)})
		}
	}
	return out
}

// settingNotes are the annotations on changed settings. A setting that the head has removed has no line there.
func settingNotes(r *Report) []Annotation {
	var out []Annotation
	if r.Result == verdict.BadInput {
		return nil
	}
	for _, c := range r.Changes {
		if !c.HasHead {
			continue
		}
		out = append(out, Annotation{
			Path: c.Source.Path, Line: c.Source.Line, Level: settingLevel(r), Title: title(r),
			Message: changed(c, markup.Plain) + ". " + strings.TrimSpace(headline(r, markup.Plain)),
		})
	}
	return out
}

func settingLevel(r *Report) string {
	switch {
	case r.Result != verdict.Measured || r.Verdict != verdict.DontSwitch:
		return "notice"
	case r.Decision.Blocks:
		return "failure"
	}
	return "warning"
}

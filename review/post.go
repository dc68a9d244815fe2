package review

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/marker"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/verdict"
)

// post writes the result everywhere it belongs. A place that cannot be written to does not keep the others from
// being written; the errors are returned together.
func (s *session) post(ctx context.Context, reports []*report.Report, canceled bool) error {
	var errs []error
	if !canceled && s.wantsComment(reports) {
		errs = append(errs, s.comment(ctx, reports))
	}
	errs = append(errs, s.completeCheck(ctx, reports), s.leave(reports))
	return errors.Join(errs...)
}

// wantsComment is false when there is nothing to say: no model setting changed and we never said anything, or the
// pull request's head has moved on.
// A mistake in the configuration shows in the check run, and in our comment when there is one.
func (s *session) wantsComment(reports []*report.Report) bool {
	if s.trigger.Pull == 0 || s.config.Run.Comment == "off" {
		return false
	}
	if s.facts.Head != "" && s.facts.Head != s.trigger.HeadSHA {
		return false // the comment is about the newer head, whenever the workflow of an older one is rerun
	}
	if len(s.facts.Comments) > 0 {
		return true
	}
	for _, r := range reports {
		if r.Result != verdict.NothingChanged && r.Result != verdict.BadInput {
			return true
		}
	}
	return false
}

// comment writes our one comment. Without the permission the result still shows in the check run and the summary.
func (s *session) comment(ctx context.Context, reports []*report.Report) error {
	line, err := marker.Marker{Suite: suiteNames(reports), Head: s.trigger.HeadSHA, Time: s.started}.Line()
	if err != nil {
		return err
	}
	body := line + "\n" + report.Markdown(reports, report.MarkdownOptions{ReportURL: s.ReportURL, MaxBytes: maxComment})
	_, err = s.GitHub.Upsert(ctx, s.trigger.Repo, s.trigger.Pull, body, s.facts.Comments)
	if errors.Is(err, github.ErrPermission) {
		if s.trigger.Fork {
			return nil
		}
		f := permission("comment", "pull-requests: write")
		for _, r := range reports {
			r.Findings = append(r.Findings, f)
		}
		return nil
	}
	return err
}

// maxComment leaves room for the marker below GitHub's own limit and ours of 60,000 bytes.
const maxComment = 58_000

func suiteNames(reports []*report.Report) string {
	var names []string
	for _, r := range reports {
		names = append(names, r.Suite)
	}
	return strings.Join(names, ",")
}

// completeCheck completes the check run. Where GitHub refuses to change ours, a fresh one takes its place.
func (s *session) completeCheck(ctx context.Context, reports []*report.Report) error {
	if s.check == nil {
		return nil
	}
	out := report.Check(reports)
	run := github.CheckRun{Name: s.check.Name, HeadSHA: s.check.HeadSHA, Status: "completed", Conclusion: overall(reports),
		Title: out.Title, Summary: out.Summary, Text: out.Text, ExternalID: reports[0].EvidenceKey}
	for _, a := range out.Annotations {
		run.Annotations = append(run.Annotations, github.Annotation{Path: a.Path, StartLine: a.Line, EndLine: a.Line,
			Level: string(a.Level), Title: a.Title, Message: a.Message})
	}
	err := s.GitHub.UpdateCheck(ctx, s.trigger.Repo, s.check.ID, run)
	if errors.Is(err, github.ErrCheckForbidden) {
		_, err = s.GitHub.CreateCheck(ctx, s.trigger.Repo, run)
	}
	return err
}

// leave hands the summary, the outputs and the files to the sink.
func (s *session) leave(reports []*report.Report) error {
	errs := []error{s.sink.Summary(report.Summary(reports))}
	for i, r := range reports {
		data, err := report.JSON(r)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		errs = append(errs, s.sink.File(fileName("report", i, "json"), data))
	}
	md := report.Markdown(reports, report.MarkdownOptions{ReportURL: s.ReportURL, MaxBytes: 1 << 20})
	errs = append(errs, s.sink.File("report.md", []byte(md)))
	for name, value := range outputs(reports) {
		errs = append(errs, s.sink.Output(name, value))
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

// outputs are the values for later steps: words of a closed vocabulary and numbers.
func outputs(reports []*report.Report) map[string]string {
	worst := reports[0]
	for _, r := range reports[1:] {
		if weight[conclusion(r)] > weight[conclusion(worst)] {
			worst = r
		}
	}
	out := map[string]string{"result": string(worst.Result), "verdict": worst.Verdict.String(),
		"blocks": strconv.FormatBool(worst.Decision.Blocks), "conclusion": overall(reports), "ratio": ""}
	if worst.Ratio != nil {
		out["ratio"] = strconv.FormatFloat(float64(worst.Ratio.Estimate), 'g', 6, 64)
	}
	return out
}

package review

import (
	"context"
	"fmt"

	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/report/markup"
	"github.com/pertask/pertask/report/pull"
	"github.com/pertask/pertask/review/beside"
	"github.com/pertask/pertask/review/queue"
	"github.com/pertask/pertask/review/state"
	"github.com/pertask/pertask/verdict"
)

// queued is the report of a question that a pull request of the merge group was asked already, or nil.
func (s *session) queued(ctx context.Context, p plan) (*report.Report, error) {
	if s.queue == nil {
		var err error
		if s.queue, err = queue.Read(ctx, s.GitHub, s.Trigger.Repo, s.Trigger.Pull, s.facts.Comments, s.Change.Commits, s.Log); err != nil {
			return nil, err
		}
	}
	for _, q := range s.queue {
		if a, there := q.State.Accepted(p.asked); there {
			_, why, err := s.prove(ctx, q.Number, a)
			if err != nil {
				return nil, err
			}
			if why == "" {
				return s.acceptedReport(p, a), nil
			}
		}
		if run, u, found := q.State.Find(p.asked.Question); found {
			if err := s.vouched(ctx, q, run, u); err != nil {
				s.Log.Warn("the verdict of a pull request is not proven, and so it does not count", "pull", q.Number, "why", err)
				continue
			}
			where := fmt.Sprintf("the verdict of #%d, measured at %s", q.Number, pull.Short(run.Head))
			r := s.standingAs(p, verdict.Measured, u.Verdict, verdict.Finding{Code: "merge-queue", Text: "This is " + where + "; the group changes the same settings, and nothing was measured again."})
			s.said.Title = report.Title([]*report.Report{r}) + ": " + where
			s.said.Instead = true // the report has no numbers
			s.said.Summary = beside.Joined(s.said.Summary, fmt.Sprintf("**The verdict of #%d holds.** %s, measured at %s. The group changes the same settings, so nothing was measured again.",
				q.Number, markup.Text(run.Title), markup.Code(pull.Short(run.Head))))
			return r, nil
		}
	}
	return nil, nil
}

// vouched reports why nothing vouches for the verdict of a pull request of the merge group. Where the token may not write check
// runs there are none to ask for, and our comment is all that there is.
func (s *session) vouched(ctx context.Context, q queue.Pull, run state.Run, u state.Suite) error {
	if s.gate.ID == 0 {
		return nil
	}
	_, _, err := s.ours().Verdict(ctx, []state.Found{{Run: run, Suite: u}}, q.State.Runs)
	return err
}

package review

import (
	"context"
	"errors"
	"slices"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/review/gate"
	"github.com/pertask/pertask/review/state"
	"github.com/pertask/pertask/verdict"
)

// Stand is the outcome of an event that changes nothing for a pull request: that of the newest result for its head. The job
// of such an event would otherwise take the place of one that has failed. Nothing is written but outputs and, where it is
// not known what stands, the summary.
func (r *Reviewer) Stand(ctx context.Context, t Trigger, sink Sink) (Outcome, error) {
	s := r.begin(t, sink)
	if err := s.open(ctx); err != nil {
		return Outcome{Exit: ExitBroken}, err
	}
	code, err := s.stands(ctx)
	if err != nil {
		return Outcome{Exit: ExitBroken}, err
	}
	return Outcome{Exit: code}, sink.Output("result", "unchanged")
}

// blockedExit is the status of a change that the configuration blocks; 0 where it blocks none.
func (s *session) blockedExit() int {
	return s.Config.Verdict.Outcome(verdict.Measured, verdict.DontSwitch).Exit
}

// stands is the status of what stands. Where the configuration blocks, what is not known does too.
func (s *session) stands(ctx context.Context) (int, error) {
	if s.configErr != nil {
		return verdict.ExitUsage, nil
	}
	blocked := s.blockedExit()
	if run, code, ok := s.state.Standing(s.Trigger.HeadSHA); ok {
		holds, err := s.holds(ctx, run)
		if err == nil && !holds {
			code = max(code, blocked)
		}
		return code, err
	}
	if blocked == 0 || s.Trigger.Bare() {
		return s.Config.Verdict.Outcome(verdict.NotMeasured, verdict.Inconclusive).Exit, nil
	}
	// Nothing is kept in a comment: there is none, or a review is under way.
	if runs, err := s.GitHub.Checks(ctx, s.Trigger.Repo, s.Trigger.HeadSHA, s.Config.Run.CheckName); err == nil && len(runs) > 0 {
		newest := slices.MaxFunc(runs, func(a, b github.CheckRun) int { return int(max(min(a.ID-b.ID, 1), -1)) })
		if newest.Status == github.StatusCompleted && (newest.Conclusion == gate.Success || newest.Conclusion == gate.Neutral) {
			return 0, nil
		}
		return blocked, s.unknown()
	} else if err != nil && !errors.Is(err, github.ErrPermission) {
		return 0, err
	}
	if err := s.ReadChange(ctx); err != nil {
		return 0, err
	}
	if r := s.Comparison().Nothing(s.ConfigPath); r != nil && !s.moved() {
		return r.Decision.Exit, nil
	}
	return blocked, s.unknown()
}

// unknown says why a job fails that nothing was found against.
func (s *session) unknown() error {
	return s.sink.Summary("**No result yet.** There is none for this commit that lets it through, and a job that changes nothing must not. Run this job again once the check has ended.")
}

// holds reports whether the acceptances that a run was about still count.
func (s *session) holds(ctx context.Context, run state.Run) (bool, error) {
	for _, u := range run.Suites {
		if u.Result != verdict.Accepted {
			continue
		}
		a, there := s.state.Accepted(state.Asked{Suite: u.Name, Question: u.Question, Digest: u.Digest, Book: u.Book})
		if !there {
			return false, nil
		}
		if _, why, err := s.prove(ctx, s.Trigger.Pull, a); err != nil || why != "" {
			return false, err
		}
	}
	return true, nil
}

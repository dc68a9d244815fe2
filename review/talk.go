package review

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/marker"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/review/beside"
	"github.com/pertask/pertask/review/comment"
	"github.com/pertask/pertask/review/ending"
	"github.com/pertask/pertask/review/forecast"
	"github.com/pertask/pertask/review/outcome"
	"github.com/pertask/pertask/review/progress"
	"github.com/pertask/pertask/review/state"
	"github.com/pertask/pertask/verdict"
)

// recall reads what our comment keeps, and makes this review's changes in it again.
func (s *session) recall() {
	s.state = state.State{}
	if c, there := s.thread.Latest(); there {
		var err error
		if s.state, err = state.Decode(c.Marker.Data); err != nil {
			s.Log.Warn("what our comment keeps", "error", err)
		}
	}
	for _, change := range s.changes {
		s.state = change(s.state)
	}
}

// keep changes what our comment keeps, now and when it is read again: other processes may have written to it since.
func (s *session) keep(change func(state.State) state.State) {
	s.changes = append(s.changes, change)
	s.state = change(s.state)
}

// look reads our comments again, if there were any.
func (s *session) look(ctx context.Context) error {
	if len(s.thread.Known) == 0 {
		return nil
	}
	err := s.thread.Look(ctx)
	if err == nil {
		s.recall()
	}
	return err
}

// comment writes the results into our comment. Without the permission they still show in the check run and the summary.
func (s *session) comment(ctx context.Context, results []outcome.Result) error {
	err := s.look(ctx)
	if err == nil {
		var p comment.Page
		var changed bool
		if p, changed, err = s.page(results); err == nil {
			var written bool
			if written, err = s.thread.Write(ctx, p, changed); written && err == nil {
				s.key = s.runOf(results).Key()
			}
		}
	}
	if !errors.Is(err, github.ErrPermission) {
		return err
	}
	if s.Trigger.Bare() {
		return nil
	}
	const scope = "pull-requests: write"
	for _, r := range results {
		r.Findings = append(r.Findings, permission(permitted[scope], scope))
	}
	return nil
}

// roomForProgress is left below GitHub's limit for what is put above a result later.
const roomForProgress = 1500

// page is the comment that the results make, and whether it says another verdict than the one that is there.
func (s *session) page(results []outcome.Result) (p comment.Page, changed bool, err error) {
	if s.asked != nil {
		s.keep(func(st state.State) state.State {
			st, _ = st.Expire(s.asked, s.Trigger.HeadSHA, s.started)
			return st
		})
	}
	st, run := s.state, s.runOf(results)
	changed = len(st.Runs) == 0 || beside.Words(st.Runs[0]) != beside.Words(run)
	if len(st.Runs) == 0 || !beside.Alike(st.Runs[0], run) {
		st = st.Add(run)
	}
	p.Marker = marker.Marker{Suite: outcome.Names(results), Head: s.Trigger.HeadSHA, Time: s.at}
	if p.Marker.Data, err = st.Encode(); err != nil {
		return p, changed, err
	}
	p.Notice, p.Foot = s.notice(st, results), beside.Foot(st, false)
	if was, there := s.thread.Current(); there && !slices.ContainsFunc(results, func(r outcome.Result) bool { return !r.Kept }) {
		old := comment.Parse(was)
		if s.said.Anew != "" {
			p.Text, p.Marker.Head = s.said.Anew, s.said.Head
			return p, changed, nil
		}
		if p.Text = old.Text; p.Text != "" {
			p.Marker.Head, p.Marker.Suite = old.Marker.Head, old.Marker.Suite
			return p, changed, nil
		}
	}
	body, err := p.Body()
	p.Text = report.Markdown(outcome.Reports(results), report.MarkdownOptions{ReportURL: s.ReportURL, MaxBytes: github.MaxBody - len(body) - roomForProgress, Month: s.month})
	return p, changed, err
}

// runOf is what is kept of this review.
func (s *session) runOf(results []outcome.Result) state.Run {
	r := state.Run{Time: s.started, Posted: s.Now().UTC(), Head: s.Trigger.HeadSHA, Kind: string(s.Trigger.Kind), By: s.Trigger.By, Title: report.Title(outcome.Reports(results))}
	if s.said.Title != "" {
		r.Title = s.said.Title
	}
	r.Suites, r.Spent = outcome.Kept(results)
	return r
}

// notice is what stands above a result: who accepted it, or why that is over.
func (s *session) notice(st state.State, results []outcome.Result) string {
	var accepted []state.Asked
	for _, r := range results {
		if r.Result == verdict.Accepted {
			accepted = append(accepted, r.Asked)
		}
	}
	return beside.Joined(beside.Notice(st, s.Trigger.HeadSHA, accepted, s.asked == nil || len(s.asked) > 0), s.said.Notice)
}

// tickTimeout bounds what is told while trials wait for it.
const tickTimeout = 10 * time.Second

// tick tells how far the trials are, when it is time to, and ends them when the head has moved on. nil is as far as before.
func (s *session) tick(ctx context.Context, now *progress.Standing) {
	s.ticking.Lock()
	defer s.ticking.Unlock()
	if now != nil {
		s.far = *now
	}
	if !s.throttle.Due() {
		return
	}
	far := s.far
	ctx, cancel := context.WithTimeout(ctx, tickTimeout)
	defer cancel()
	if err := s.gone(ctx); err != nil {
		s.stop(err)
		return
	}
	if err := s.gate.Tell(ctx, far.Title(), far.Block()); err != nil {
		s.Log.Warn("telling how far the trials are", "error", err)
	}
	if s.Trigger.Pull == 0 {
		return
	}
	if err := s.look(ctx); err != nil {
		s.Log.Warn("looking at our comment", "error", err)
		return
	}
	if s.acceptedAll(ctx) {
		s.stop(ending.ErrAccepted)
		return
	}
	block := func(shown string) string { far.Shown = shown; return far.Block() }
	if err := s.thread.Show(ctx, s.started, s.Trigger.HeadSHA, block); err != nil {
		s.Log.Warn("showing how far the trials are", "error", err)
	}
}

// standing is how far a suite's trials are.
func (s *session) standing(p plan, far compare.Progress) progress.Standing {
	out := progress.Standing{Done: far.Done, Total: far.Total, Look: far.Look, Looks: far.Looks, Spent: far.Spent, Head: s.Trigger.HeadSHA}
	if len(s.asked) > 1 {
		out.Suite = p.opts.Suite.Name
	}
	if p.forecast != nil {
		out.Most = forecast.AtMost(p.forecast)
	}
	return out
}

// rest takes our progress away where no result takes its place.
func (s *session) rest(ctx context.Context) error {
	if len(s.thread.Known) == 0 || s.thread.Mode != comment.Update {
		return nil
	}
	return s.thread.Rest(ctx, s.started, ending.Unfinished(s.Trigger.HeadSHA))
}

// moved reports whether the pull request's head is known to be another one.
func (s *session) moved() bool {
	return s.newer != "" || s.Trigger.Kind != MergeGroup && s.facts.Head != "" && s.facts.Head != s.Trigger.HeadSHA
}

// ahead asks for the pull request's head, and returns ending.ErrSuperseded when it is another one. A head that cannot be asked for
// is taken to be this one.
func (s *session) ahead(ctx context.Context) error {
	if s.Trigger.Pull == 0 || s.Trigger.Kind == MergeGroup {
		return nil
	}
	p, err := s.GitHub.Pull(ctx, s.Trigger.Repo, s.Trigger.Pull)
	if err != nil {
		s.Log.Warn("looking whether the head has moved on", "error", err)
		return nil
	}
	s.closed = p.State == "closed" || p.Merged
	if p.HeadSHA == s.Trigger.HeadSHA {
		return nil
	}
	s.newer = p.HeadSHA
	return ending.ErrSuperseded
}

// gone is ahead for who is about to spend: it returns ending.ErrClosed as well.
func (s *session) gone(ctx context.Context) error {
	if err := s.ahead(ctx); err != nil {
		return err
	}
	if s.closed {
		return ending.ErrClosed
	}
	return nil
}

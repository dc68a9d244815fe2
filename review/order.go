package review

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/report/markup"
	"github.com/pertask/pertask/report/pull"
	"github.com/pertask/pertask/review/beside"
	"github.com/pertask/pertask/review/command"
	"github.com/pertask/pertask/review/comment"
	"github.com/pertask/pertask/review/gate"
	"github.com/pertask/pertask/review/outcome"
	"github.com/pertask/pertask/review/proof"
	"github.com/pertask/pertask/review/state"
	"github.com/pertask/pertask/review/words"
	"github.com/pertask/pertask/verdict"
)

// The reactions to the comment of a person who asks for something.
const (
	reactTaken   = "eyes"
	reactDone    = "+1"
	reactRefused = "confused"
)

// react answers the person's comment, if it was one. That it cannot is no reason to stop.
func (s *session) react(ctx context.Context, with string) {
	if s.Trigger.CommentID == 0 {
		return
	}
	if err := s.GitHub.React(ctx, s.Trigger.Repo, s.Trigger.CommentID, with); err != nil {
		s.Log.Warn("reacting to the command", "error", err)
	}
}

// refusal is why a command is not carried out: plain text, in which values are between backquotes.
type refusal struct{ why string }

func (e *refusal) Error() string { return "refusing the command: " + e.why }

// obey carries out the commands that measure nothing, and refuses those that cannot be carried out. It reports whether the
// review is over.
func (s *session) obey(ctx context.Context) (out Outcome, over bool, err error) {
	c := s.Trigger.Command
	if c == nil {
		return out, false, nil
	}
	s.react(ctx, reactTaken)
	switch {
	case c.Verb == command.Help:
		return out, true, s.help(ctx)
	case c.Verb == command.Accept:
		out, err = s.accept(ctx)
		return out, true, err
	case c.Trials > s.Config.Run.MaxTrials:
		return out, true, s.refuse(ctx, fmt.Sprintf("%d trials of each task are more than `run.max_trials` allows on the base branch, which is %d", c.Trials, s.Config.Run.MaxTrials))
	}
	return out, false, nil
}

// ordered is the command in words.
func (s *session) ordered() string {
	if s.unread != "" {
		return s.unread
	}
	return s.Trigger.Command.String()
}

// answered keeps what became of the command.
func (s *session) answered(why string, refused bool) {
	a := state.Answer{Command: s.ordered(), By: s.Trigger.By, CommentID: s.Trigger.CommentID, Time: s.started, Refused: refused, Why: why}
	s.keep(func(st state.State) state.State {
		st.Last = &a
		return st
	})
}

// refuse says why a command is not carried out, where people will see it. What was said before stands.
func (s *session) refuse(ctx context.Context, why string) error {
	s.answered(why, true)
	s.react(ctx, reactRefused)
	text := fmt.Sprintf("**The command was refused.** %s by %s: %s.", markup.Code(s.ordered()), markup.Code(s.Trigger.By), markup.Rich(why))
	errs := []error{s.sink.Summary(text), s.sink.Output("result", "refused"), s.rewrite(ctx, "", false)}
	if s.gate != nil && s.gate.Shown() {
		run := github.CheckRun{Conclusion: s.gate.Conclusion, Title: "The command was refused", Summary: text}
		if last, _, ok := s.state.Standing(s.Trigger.HeadSHA); ok {
			if s.Buttons {
				run.Actions = outcome.Buttons(last.Suites)
			}
			switch holds, err := s.holds(ctx, last); {
			case err == nil && holds:
				run.Conclusion, run.Title = outcome.Heaviest(last.Suites), last.Title
			case s.blockedExit() != 0:
				run.Conclusion = gate.Required
			}
		}
		s.foresee(run.Conclusion)
		errs = append(errs, s.settle(s.gate.Complete(ctx, run)))
	}
	err := errors.Join(errs...)
	if err == nil {
		s.forget()
	}
	return err
}

// help opens the list of commands in our comment. Where there is none, one that says nothing else is made.
func (s *session) help(ctx context.Context) error {
	s.answered("", false)
	err := s.rewrite(ctx, "**Nothing was measured yet.** pertask measures pull requests that change a model setting.", true)
	if err == nil {
		s.react(ctx, reactDone)
	}
	return errors.Join(err, s.sink.Summary(pull.Commands), s.sink.Output("result", "help"))
}

// rewrite writes what stands around the result again, and leaves the result and its time as they are, so that a review
// under way is not taken for an older one. Without a comment, alone is one; "" is none.
func (s *session) rewrite(ctx context.Context, alone string, open bool) error {
	if s.thread.Mode == comment.Off || s.Trigger.Pull == 0 {
		return nil
	}
	if err := s.look(ctx); err != nil {
		return err
	}
	was, there := s.thread.Current()
	if !there && alone == "" {
		return nil
	}
	p := comment.Page{Text: alone}
	if there {
		if p = comment.Parse(was); p.Marker.Time.Equal(s.started) {
			p.Progress = "" // ours, and it is over
		}
	} else {
		p.Marker.Time, p.Marker.Head = s.started, s.Trigger.HeadSHA
	}
	var err error
	if p.Marker.Data, err = s.state.Encode(); err != nil {
		return err
	}
	p.Foot = beside.Foot(s.state, open)
	_, err = s.thread.Write(ctx, p, false)
	if errors.Is(err, github.ErrPermission) {
		return nil // the summary says it
	}
	return err
}

// accept lets a change in, whatever its verdict, on the word of a person. Nothing is measured. There has to be a result that
// the person can have read.
func (s *session) accept(ctx context.Context) (Outcome, error) {
	t := s.Trigger
	if s.configErr != nil {
		return Outcome{}, s.refuse(ctx, "the configuration has a mistake, so nothing was asked: "+s.configErr.Error())
	}
	if s.thread.Mode == comment.Off {
		return Outcome{}, s.refuse(ctx, "`run.comment` is `off`, and an acceptance is kept in our comment")
	}
	if err := s.ReadChange(ctx); err != nil {
		return Outcome{Exit: ExitBroken}, err
	}
	if s.Comparison().Nothing(s.ConfigPath) != nil {
		return Outcome{}, s.refuse(ctx, "no model setting is changed, so there is nothing to accept")
	}
	plans, err := s.plans(ctx)
	if err != nil {
		return Outcome{Exit: ExitBroken}, err
	}
	if len(s.thread.Known) == 0 || !s.state.Answered(s.asked) {
		return Outcome{}, s.refuse(ctx, "there is no result for these settings yet; accept it once our comment shows one")
	}
	at := s.started
	if t.CommentID == 0 {
		if at = t.Pressed; at.IsZero() {
			return Outcome{}, s.refuse(ctx, "it is not known when the button was pressed, so a result that nobody has read may have come since")
		}
	}
	var given []state.Acceptance
	for _, p := range plans {
		given = append(given, state.Acceptance{By: t.By, Reason: t.Command.Reason, Time: at, CommentID: t.CommentID, Head: t.HeadSHA,
			Suite: p.asked.Suite, Question: p.asked.Question, Digest: p.asked.Digest, Book: p.asked.Book})
	}
	written, why, err := s.prove(ctx, t.Pull, given[0])
	if err == nil && why == "" && s.state.ShownSince(s.asked).After(written) {
		why = "the result for these settings is newer than the comment; accept it again if you have read it"
	}
	if err != nil {
		return Outcome{Exit: ExitBroken}, err
	}
	if why != "" {
		return Outcome{}, s.refuse(ctx, why)
	}
	if _, err := s.state.Accept(given...); err != nil {
		return Outcome{}, s.refuse(ctx, err.Error())
	}
	s.keep(func(st state.State) state.State {
		if next, err := st.Accept(given...); err == nil {
			return next
		}
		return st
	})
	s.answered("", false)
	under := s.underWay()
	out, err := s.pass(ctx, plans, given[0])
	if err == nil && under {
		err = s.stay(ctx, given[0])
	}
	return out, err
}

// pass posts that a change was accepted just now.
func (s *session) pass(ctx context.Context, plans []plan, a state.Acceptance) (Outcome, error) {
	if c, there := s.thread.Current(); there {
		s.at = c.Marker.Time // a review under way, which began before this, is no older result
	}
	if err := s.openCheck(ctx); err != nil {
		return Outcome{Exit: ExitBroken}, err
	}
	var results []outcome.Result
	for _, p := range plans {
		results = append(results, outcome.Result{Report: s.acceptedReport(p, a), Asked: p.asked, Kept: true})
	}
	err := s.postSafely(ctx, results, false)
	s.react(ctx, reactDone)
	reports := outcome.Reports(results)
	return Outcome{outcome.Exit(reports, ExitBroken), reports, outcome.Questions(results)}, err
}

// acceptedReport is the report of a change that a person lets in.
func (s *session) acceptedReport(p plan, a state.Acceptance) *report.Report {
	s.said = words.Said{Title: markup.Clean("Accepted by "+a.By+": "+a.Reason, 80), Summary: beside.Acceptance(a).Line()}
	return s.standingAs(p, verdict.Accepted, verdict.Inconclusive, accepted(a))
}

func accepted(a state.Acceptance) verdict.Finding {
	return verdict.Finding{Code: "accepted", Text: "Accepted by " + a.By + ": " + a.Reason}
}

// standingAs is the report of a question that is answered already: nothing is measured.
func (s *session) standingAs(p plan, result verdict.Result, v verdict.Verdict, why verdict.Finding) *report.Report {
	r := p.opts.NotMeasured(why)
	row := p.opts.Policy.Outcome(result, v)
	r.Result, r.Verdict, r.Forecast, r.Decision = result, v, nil, report.Decision{Blocks: row.Blocks, Exit: row.Exit}
	return r
}

// known is the report of a question that is answered already, or nil: a person has accepted the change, it has a verdict, or,
// in a merge queue, its pull request has one.
func (s *session) known(ctx context.Context, p *plan) (*report.Report, error) {
	if s.Trigger.Kind == MergeGroup {
		return s.queued(ctx, *p)
	}
	a, there := s.state.Accepted(p.asked)
	if !there {
		return s.again(ctx, p), nil
	}
	_, why, err := s.prove(ctx, s.Trigger.Pull, a)
	if err != nil {
		return nil, err
	}
	if why != "" {
		s.keep(func(st state.State) state.State {
			st, _ = st.Void(a, why, s.Trigger.HeadSHA, s.started)
			return st
		})
		p.opts.Findings = append(p.opts.Findings, verdict.Finding{Code: "acceptance-void", Text: fmt.Sprintf("`%s` had accepted this change, and that does not count: %s.", a.By, why)})
		return s.again(ctx, p), nil
	}
	return s.acceptedReport(*p, a), nil
}

// prove asks GitHub whether an acceptance was given by whom it says, and says why not: "" when it was.
func (s *session) prove(ctx context.Context, on int, a state.Acceptance) (written time.Time, why string, err error) {
	return proof.Acceptance(ctx, s.GitHub, s.Trigger.Repo, on, a, s.Accepted)
}

// Refuse says why what a person asked for is not carried out, such as a command that could not be read: what is that in the
// person's words. No comment is made for it where there is none.
func (r *Reviewer) Refuse(ctx context.Context, t Trigger, what, why string, sink Sink) error {
	s := r.begin(t, sink)
	s.unread = what
	if err := s.open(ctx); err != nil {
		return err
	}
	return s.refuse(ctx, why)
}

// Decline says to somebody who may not ask for anything that it is not done. Our comment is no place for what strangers
// write, so nothing is said there.
func (r *Reviewer) Decline(ctx context.Context, t Trigger, why string, sink Sink) error {
	s := r.begin(t, sink)
	s.react(ctx, reactRefused)
	return errors.Join(sink.Summary("**Nothing was done.** "+markup.Rich(why)+"."), sink.Output("result", "refused"))
}

// Label is the label of a pull request that asks for a measurement, by the configuration of its base. Where that has a
// mistake it is the default.
func (r *Reviewer) Label(ctx context.Context, t Trigger) (string, error) {
	s := r.begin(t, nil)
	if err := s.open(ctx); err != nil && !errors.Is(err, errName) {
		return "", err
	}
	return s.Config.Run.Label, nil
}

package review

import (
	"context"
	"slices"

	"github.com/pertask/pertask/compare/fit"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/review/again"
	"github.com/pertask/pertask/review/proof"
	"github.com/pertask/pertask/verdict"
)

// actions is the App that a workflow's token stands for.
const actions = "github-actions"

// ours are our check runs: they vouch for what our comment keeps.
func (s *session) ours() *proof.Checks {
	if s.checks == nil {
		s.checks = &proof.Checks{Client: s.GitHub, Repo: s.Trigger.Repo, Name: s.Config.Run.CheckName, Head: s.Trigger.HeadSHA}
		if s.gate != nil {
			s.checks.ID = s.gate.ID
		}
		if s.checks.ID == 0 && s.Trigger.Bare() { // it has no check run of its own to tell by
			s.checks.App = actions
		}
	}
	return s.checks
}

// notProven says why it is paid for again.
var notProven = verdict.Finding{Code: "verdict-not-proven",
	Text: "Our comment keeps a verdict for the same settings. It does not count, because no check run of ours vouches for it."}

// again is the report of a question that has a verdict, which our comment keeps and a check run of ours vouches for, or nil.
// In doubt it is nil: what is measured twice costs money, and what is not measured costs trust.
func (s *session) again(ctx context.Context, p *plan) *report.Report {
	if s.Kept && !(s.IsAway() && len(fit.AgentsOf(p.opts.Suite)) > 0) { // whose versions only the other machine knows
		return nil
	}
	found := s.state.Answers(p.asked)
	withheld := slices.ContainsFunc(p.opts.Findings, func(f verdict.Finding) bool { return f.Withhold })
	if len(found) == 0 || withheld || s.moved() || !again.Answers(s.Trigger, found[0].Suite) {
		return nil
	}
	f, run, err := s.ours().Verdict(ctx, found, s.state.Runs)
	if err != nil {
		s.Log.Warn("an earlier verdict is not proven, and so it does not count", "head", found[0].Run.Head, "why", err)
		if !slices.Contains(p.opts.Findings, notProven) {
			p.opts.Findings = append(p.opts.Findings, notProven)
		}
		return nil
	}
	u := f.Suite
	more := again.More(u, s.Config.Run.MaxTrials, s.Config.Verdict.ExtensionReserve > 0)
	r := s.standingAs(*p, verdict.Measured, u.Verdict, verdict.Finding{Code: again.Code, Text: again.Plain(f, more)})
	at, head := again.Measured(f), s.Trigger.HeadSHA
	u.At = at
	if at == head {
		u.At = ""
	}
	p.again = &u
	s.said.Holds(f, run, more, head, s.state.Runs[0].Suites)
	return r
}

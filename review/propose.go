package review

import (
	"context"
	"errors"
	"io/fs"
	"slices"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/internal/tree"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/review/change"
	"github.com/pertask/pertask/review/ending"
	"github.com/pertask/pertask/review/outcome"
	"github.com/pertask/pertask/review/proposal"
	"github.com/pertask/pertask/review/state"
	"github.com/pertask/pertask/verdict"
)

// adds reports whether the pull request adds the configuration, which its base does not have.
func (s *session) adds() bool {
	return !s.facts.HasConfig && s.Trigger.Kind != MergeGroup && slices.ContainsFunc(s.Change.Files, func(f github.File) bool {
		return f.Path == s.ConfigPath && f.Status != "removed"
	})
}

// propose says what will hold once the pull request is merged. The head's files are read as data, and nothing of them counts.
func (s *session) propose(ctx context.Context) ([]outcome.Result, error) {
	if s.moved() {
		return nil, ending.ErrSuperseded
	}
	in := proposal.Input{Path: s.ConfigPath, Book: s.Book, At: s.Now()}
	if in.Tree, in.Unread = s.head(ctx); in.Unread != nil {
		if ctx.Err() != nil {
			return nil, in.Unread
		}
		s.Log.Warn("reading the head's files", "error", in.Unread)
		in.Tree, in.Unread = nil, errors.New(ending.Told(in.Unread))
	}
	if !s.Trigger.Bare() {
		k := s.Keys(meter.DefaultUpstreams())
		in.Keys = &k
	}
	p, o := proposal.Look(in), s.Comparison()
	o.Findings = append(slices.DeleteFunc(o.Findings, func(f verdict.Finding) bool { return f.Path != "" && slices.Contains(p.Watched, f.Path) }), p.Findings...)
	r := o.NotMeasured(p.Reason, p.Next...)
	s.asked = []state.Asked{}
	if !s.Change.Pair.Changed() {
		return []outcome.Result{{Report: r}}, nil
	}
	return []outcome.Result{{Report: r, Asked: s.ask(plan{opts: o})[0].asked}}, nil
}

// headLimits are those of a head's archive: its author is anybody.
var headLimits = tree.Limits{File: 16 << 20, Total: 256 << 20}

// head is the head's whole tree.
func (s *session) head(ctx context.Context) (fs.FS, error) {
	t, err := change.Tree(ctx, s.GitHub, s.Trigger.Repo, s.Trigger.HeadSHA, headLimits)
	return t, err
}

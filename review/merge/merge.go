// Package merge reads what a merged pull request predicts: which model settings it changed, and what our comment on it says of the
// head that was merged.
//
// It knows which result counts and what vouches for it: a check run of ours, as for a verdict that answers again
// (docs/design/012). It refuses to know what came of a prediction, where predictions are kept, and which event tells of a merge.
// Nothing is measured and nothing is written.
package merge

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/ledger/prediction"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/review/change"
	"github.com/pertask/pertask/review/comment"
	"github.com/pertask/pertask/review/follow"
	"github.com/pertask/pertask/review/ground"
	"github.com/pertask/pertask/review/proof"
	"github.com/pertask/pertask/review/state"
	"github.com/pertask/pertask/review/trigger"
	"github.com/pertask/pertask/verdict"
)

// Options are what is needed to read merges. All fields must be set.
type Options struct {
	GitHub *github.Client
	Book   *price.Book
	// ConfigPath is where the configuration is in the base's tree.
	ConfigPath string
	Host       string // GitHub's, such as "github.com", as entries have it in the names of repositories
	App        string // slug of the App that makes our check runs, such as "github-actions"
	Now        func() time.Time
	Log        *slog.Logger
}

// Merge is a pull request that was merged.
type Merge struct {
	Repo    github.Repo
	Pull    int
	BaseSHA string // tip of the base branch before the merge
	HeadSHA string // that was merged
	Commit  string // that the merge made
	At      time.Time
}

// Unnamed is the suite of a change that no suite is for.
const Unnamed = "none"

// Name is how entries name a repository: "host/owner/name" in lower case.
func Name(host string, repo github.Repo) string { return strings.ToLower(host + "/" + repo.String()) }

// Predictions are what a merge predicts: one for each suite, and none where no model setting was changed, or the settings cannot be
// read. One without a ratio was not measured, or nothing vouches for what our comment says: it is kept because the settings changed.
func (o Options) Predictions(ctx context.Context, m Merge) ([]prediction.Prediction, error) {
	facts, err := o.GitHub.Facts(ctx, m.Repo, m.Pull, m.BaseSHA, m.HeadSHA, o.ConfigPath)
	if err != nil {
		return nil, err
	}
	g := &ground.Ground{Options: ground.Options{GitHub: o.GitHub, Book: o.Book, ConfigPath: o.ConfigPath, Now: o.Now, Log: o.Log},
		Trigger: trigger.Trigger{Kind: trigger.PullRequest, Repo: m.Repo, Pull: m.Pull, BaseSHA: m.BaseSHA, HeadSHA: m.HeadSHA}}
	if err := g.Configure(facts.Config, facts.HasConfig); err != nil {
		o.Log.Warn("the configuration has a mistake, so the well-known settings are looked at", "pull", m.Pull, "error", err)
	}
	switch err := g.ReadChange(ctx); {
	case errors.As(err, new(*change.Mistake)):
		o.Log.Warn("the settings of a merged pull request cannot be read", "pull", m.Pull, "error", err)
		return nil, nil
	case err != nil:
		return nil, err
	case len(g.Change.Pair.Changes) == 0:
		return nil, nil
	}
	reports, err := o.reports(ctx, m, g, facts.Comments)
	if err != nil {
		return nil, err
	}
	return follow.Predictions(follow.Merge{Repository: Name(o.Host, m.Repo), Pull: m.Pull, At: m.At, Commit: m.Commit, Reports: reports}), nil
}

// reports are what is known of the suites of a change.
func (o Options) reports(ctx context.Context, m Merge, g *ground.Ground, comments []github.Comment) ([]*report.Report, error) {
	st := o.recall(m, comments)
	v := voucher{Options: o, merge: m, state: st, checks: &proof.Checks{Client: o.GitHub, Repo: m.Repo, Name: g.Config.Run.CheckName, App: o.App}}
	var out []*report.Report
	run, _, _ := st.Standing(m.HeadSHA)
	for _, u := range run.Suites {
		if u.Question == "" || u.Name == "" { // it was about no change that could be asked about
			continue
		}
		r, err := v.report(ctx, run, u)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	if len(out) == 0 {
		for _, name := range unmeasured(g) {
			out = append(out, o.nothing(name))
		}
	}
	for _, r := range out {
		r.Changes = slices.Clone(g.Change.Pair.Changes)
		slices.SortStableFunc(r.Changes, func(a, b arm.Change) int {
			return cmp.Or(strings.Compare(a.Slot, b.Slot), strings.Compare(string(a.Key), string(b.Key)))
		})
	}
	return out, nil
}

// recall is what our comment keeps.
func (o Options) recall(m Merge, comments []github.Comment) state.State {
	t := comment.Thread{Known: comments}
	c, there := t.Latest()
	if !there {
		return state.State{}
	}
	st, err := state.Decode(c.Marker.Data)
	if err != nil {
		o.Log.Warn("what our comment keeps", "pull", m.Pull, "error", err)
	}
	return st
}

// unmeasured are the suites that a change is for, as the configuration names them.
func unmeasured(g *ground.Ground) []string {
	var out []string
	for _, s := range g.Config.Suites {
		if name := cmp.Or(s.Name, s.Path); name != "" && g.Change.Concerns(s.Models) && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	if len(out) == 0 {
		out = []string{Unnamed}
	}
	return out
}

func (o Options) nothing(suite string) *report.Report {
	return &report.Report{Suite: suite, Result: verdict.NotMeasured, PriceBook: report.PriceBook{AsOf: o.Book.AsOf()}}
}

// voucher says what a kept result comes to.
type voucher struct {
	Options
	merge  Merge
	state  state.State
	checks *proof.Checks
}

// report is what a suite of the run at the head that was merged says, as far as a check run of ours vouches for it. An acceptance
// that came instead of a measurement has the ratio of the newest run that answered the same question, if there is one.
func (v voucher) report(ctx context.Context, run state.Run, u state.Suite) (*report.Report, error) {
	r := v.nothing(u.Name)
	if u.Result != verdict.Measured && u.Result != verdict.Accepted {
		return r, nil
	}
	if ok, err := v.vouched(ctx, run, u); !ok {
		return r, err
	}
	r.Result, r.Verdict = u.Result, u.Verdict
	if u.Result == verdict.Accepted && u.Ratio == nil {
		earlier, found, there := v.state.Find(u.Question)
		if !there {
			return r, nil
		}
		if ok, err := v.vouched(ctx, earlier, found); !ok {
			return r, err
		}
		run, u, r.Verdict = earlier, found, found.Verdict
	}
	if q := u.Ratio; q != nil {
		r.Ratio = &report.Ratio{Estimate: q.Estimate, Low: q.Low, High: q.High}
	}
	if u.Book != v.Book.Digest() {
		// Of another price book only the digest is kept: it is no later than the day of the result.
		r.PriceBook.AsOf = min(run.Time.UTC().Format(time.DateOnly), r.PriceBook.AsOf)
	}
	return r, nil
}

// vouched reports whether a check run of ours vouches for a result. That GitHub cannot be asked is an error: a prediction does not
// change any more once it is kept.
func (v voucher) vouched(ctx context.Context, run state.Run, u state.Suite) (bool, error) {
	if _, err := v.checks.At(ctx, run.Head); err != nil {
		return false, err
	}
	_, _, err := v.checks.Verdict(ctx, []state.Found{{Run: run, Suite: u}}, v.state.Runs)
	if err != nil {
		v.Log.Warn("what our comment keeps is not proven, and so it predicts nothing", "pull", v.merge.Pull, "suite", u.Name, "why", err)
	}
	return err == nil, nil
}

// Package follow works out what came of predictions: whether the spend per merged pull request has changed as a measured change of
// model settings promised.
//
// It knows the order of the steps: which predictions are due, what was merged and spent around them, and that each outcome is kept
// before it is said. It refuses to know where entries and predictions are stored, how pull requests are read, and how a comment is
// posted.
package follow

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/pertask/pertask/ledger/attribute"
	"github.com/pertask/pertask/ledger/prediction"
	"github.com/pertask/pertask/ledger/rollup"
	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/followup"
	"github.com/pertask/pertask/report/markup"
)

// Config is what is needed to follow the predictions of one repository. Every field without "may be" must be set.
type Config struct {
	// Repository is "host/owner/name" in lower case.
	Repository  string
	Predictions prediction.Store
	Entries     spend.Store
	// Read reads the pull requests that ended since a time. It is not called when nothing is due.
	Read func(ctx context.Context, since time.Time) (attribute.Repository, error)
	// Post puts the comment on a merged pull request, in the place of an earlier one of ours; may be nil.
	Post    func(ctx context.Context, pull int, body string) error
	Pricing price.Pricing // with a zero At: each hour at its own rates
	Book    string        // date of the price book
	Rules   prediction.Rules
	Now     func() time.Time
}

// Done is an outcome that was worked out.
type Done struct {
	prediction.Outcome
	Sentence string // for people
}

// margin is how long before the first pull request of a window entries are read, which may be of work on it.
const margin = 90 * 24 * time.Hour

// Run works out the outcomes that are due, keeps them, and says them on their pull requests. What failed for one prediction does not
// keep the others: the errors come with what was done, and the next call tries again.
func Run(ctx context.Context, c Config) ([]Done, error) {
	records, err := c.records(ctx)
	if err != nil {
		return nil, err
	}
	now := c.Now().UTC()
	due := c.due(records, now)
	pulls := unsaid(records, now)
	var done []Done
	var errs []error
	var history prediction.History
	if len(due) > 0 {
		if history, err = c.history(ctx, due, switches(records)); err != nil {
			return nil, err
		}
	}
	for _, p := range due {
		o := prediction.Follow(p, history, c.Rules, now)
		if o.Reason == prediction.TooEarly {
			continue
		}
		if err := c.Predictions.Observe(ctx, o); err != nil && !errors.Is(err, prediction.ErrFinal) {
			errs = append(errs, fmt.Errorf("keeping what came of pull request %d: %w", p.Pull, err))
			continue
		}
		done = append(done, Done{Outcome: o})
		pulls[p.Pull] = true
	}
	said, err := c.say(ctx, pulls, done)
	return said, errors.Join(append(errs, err)...)
}

// sayAgain is for how long a comment is made sure of after an outcome was kept: whoever kept it may have been killed before it was
// said. A comment that says it already is left as it is.
const sayAgain = 3 * 24 * time.Hour

func unsaid(records []prediction.Record, now time.Time) map[int]bool {
	pulls := map[int]bool{}
	for _, r := range records {
		if o, ok := r.Last(); ok && now.Sub(o.AsOf) < sayAgain {
			pulls[r.Prediction.Pull] = true
		}
	}
	return pulls
}

// records reads what is kept. What cannot be read is an error: an outcome without its neighbours could be another one.
func (c Config) records(ctx context.Context) ([]prediction.Record, error) {
	var out []prediction.Record
	for r, err := range c.Predictions.Records(ctx, c.Repository) {
		if err != nil {
			return nil, fmt.Errorf("reading predictions: %w", err)
		}
		out = append(out, r)
	}
	return out, nil
}

// due are the predictions of which there may be something new to say. How many pull requests were merged since is only known once
// they are read, so that the least number of days decides here.
func (c Config) due(records []prediction.Record, now time.Time) []prediction.Prediction {
	rules := c.Rules.Filled()
	var out []prediction.Prediction
	for _, r := range records {
		last, there := r.Last()
		if there && last.Final || r.Prediction.Ratio == nil { // which promised nothing
			continue
		}
		next := nextSwitch(records, r.Prediction)
		stage := c.Rules.Due(r.Prediction, rules.Pulls, next, now)
		if stage == prediction.Final || stage == prediction.First && !there {
			out = append(out, r.Prediction)
		}
	}
	return out
}

func nextSwitch(records []prediction.Record, p prediction.Prediction) time.Time {
	var next time.Time
	for _, r := range records {
		if m := r.Prediction.Merged; m.After(p.Merged) && (next.IsZero() || m.Before(next)) {
			next = m
		}
	}
	return next
}

func switches(records []prediction.Record) []prediction.Switch {
	var out []prediction.Switch
	for _, r := range records {
		out = append(out, prediction.Switch{Pull: r.Prediction.Pull, Merged: r.Prediction.Merged})
	}
	return out
}

// history reads what was merged and spent around predictions.
func (c Config) history(ctx context.Context, due []prediction.Prediction, others []prediction.Switch) (prediction.History, error) {
	first := slices.MinFunc(due, func(a, b prediction.Prediction) int { return a.Merged.Compare(b.Merged) }).Merged
	since := first.AddDate(0, 0, -c.Rules.Filled().BeforeDays)
	repo, err := c.Read(ctx, since)
	if err != nil {
		return prediction.History{}, fmt.Errorf("reading merged pull requests: %w", err)
	}
	begin := c.begin(ctx)
	all, err := rollup.Of(rollup.Input{
		Entries:   c.Entries.Entries(ctx, spend.Query{From: since.Add(-margin)}),
		Attribute: attribute.New(repo).Find, Repositories: []attribute.Repository{repo},
		From: since, Begin: begin, Pricing: c.Pricing,
	})
	if err != nil {
		return prediction.History{}, fmt.Errorf("adding up what was spent: %w", err)
	}
	return prediction.History{Pulls: pulls(all), Others: others, Book: c.Book}, nil
}

// begin is the first hour of which there is an entry of anybody's work: of what was merged before, nobody knows what it cost. What
// our own checks consumed is there from the day on that they were set up, and says nothing about that.
func (c Config) begin(ctx context.Context) time.Time {
	for e, err := range c.Entries.Entries(ctx, spend.Query{}) {
		if err == nil && e.Source != spend.Check {
			return e.Hour
		}
	}
	return time.Time{}
}

// pulls are the merged pull requests with what is known of their cost. Those without entries cost nothing that the ledger could know.
func pulls(r rollup.Rollup) []prediction.Pull {
	var out []prediction.Pull
	for _, p := range r.Pulls {
		x := prediction.Pull{Number: p.Number, Merged: p.Merged, Lines: int64(p.Lines), Sized: true}
		if sum := p.Spend.Seen(); !p.Cut && !sum.AtLeast && sum.Unpriced == 0 && sum.Entries > 0 {
			x.Spend = price.Known(sum.USD)
		}
		out = append(out, x)
	}
	for _, p := range r.Without {
		x := prediction.Pull{Number: p.Number, Merged: p.Merged, Lines: int64(p.Lines), Sized: true}
		if !p.Cut {
			x.Spend = price.Known(price.Money{})
		}
		out = append(out, x)
	}
	return out
}

// say posts a comment on each pull request that something new is known of, with all of its suites, and words the outcomes.
func (c Config) say(ctx context.Context, pulls map[int]bool, done []Done) ([]Done, error) {
	if len(pulls) == 0 {
		return done, nil
	}
	records, err := c.records(ctx)
	if err != nil {
		return done, err
	}
	calibration := prediction.Calibrate(records)
	bodies := map[int]string{}
	for _, r := range records {
		o, ok := r.Last()
		if !ok || !pulls[r.Prediction.Pull] {
			continue
		}
		f := followup.Followup{Prediction: r.Prediction, Outcome: o, Rules: c.Rules, Calibration: calibration}
		if bodies[r.Prediction.Pull] != "" {
			bodies[r.Prediction.Pull] += "\n\n---\n\n"
		}
		bodies[r.Prediction.Pull] += followup.Markdown(f)
		for i := range done {
			if done[i].Key == r.Prediction.Key {
				done[i].Sentence = followup.Sentence(f, markup.Plain)
			}
		}
	}
	var errs []error
	for _, pull := range slices.Sorted(maps.Keys(bodies)) {
		if c.Post == nil {
			continue
		}
		if err := c.Post(ctx, pull, bodies[pull]); err != nil {
			errs = append(errs, fmt.Errorf("saying what came of pull request %d: %w", pull, err))
		}
	}
	return done, errors.Join(errs...)
}

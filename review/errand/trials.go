package errand

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/usage"
)

// The most of one trial and of its texts, which no honest one reaches.
const (
	maxCalls  = 20_000
	maxDetail = 4000
	maxTokens = 1 << 40 // of one call
)

// Check returns an error where trials are not those of the evidence key and the suite, or say what no trial of this program says.
// What it lets through is what a runner says; whether that is so nobody else can know.
func (b Bundle) Check(evidenceKey string, su *suite.Suite) error {
	if b.Evidence != evidenceKey {
		return errors.New("its trials are evidence for something else: the same settings, suite, limits, endpoints and versions of agents are needed, so the Action has to be of the App's version")
	}
	tasks := map[string]suite.Task{}
	for _, t := range su.Tasks {
		tasks[t.ID] = t
	}
	for _, r := range slices.Concat(b.Trials.Results, b.Trials.Replaced) {
		task, known := tasks[r.Trial.Task]
		if !known {
			return fmt.Errorf("it has a trial of a task that the suite does not have: %q", clip(r.Trial.Task, 60))
		}
		if err := sound(r, evidenceKey, task, slices.Max(b.Request.Looks)+b.Request.Extensions*maxExtension); err != nil {
			return fmt.Errorf("trial %q: %w", clip(r.Trial.ID, 80), err)
		}
	}
	for _, c := range slices.Concat(b.Trials.Open, b.Trials.Stray) {
		if err := plausible(c); err != nil {
			return fmt.Errorf("call %q: %w", clip(c.ID, 60), err)
		}
	}
	return nil
}

// maxExtension is more trials of each task and arm than one extension adds.
const maxExtension = 100

// sound reports what is wrong with one trial.
func sound(r trial.Result, evidenceKey string, task suite.Task, most int) error {
	t := r.Trial
	switch {
	case t.EvidenceKey != evidenceKey:
		return errors.New("it is evidence for something else")
	case t.Arm != trial.Base && t.Arm != trial.Head, t.ID != t.Slot.ID(), t.Index < trial.WarmupIndex, t.Index >= most, t.Look < 0, t.Look > maxLooks*2:
		return errors.New("it has a place that no plan has")
	case t.Origin != trial.Fresh && (t.Origin != trial.Stored || t.Arm != trial.Base):
		return errors.New("its origin is none that a runner has")
	case t.Outcome != trial.Completed && t.Outcome != trial.Failed && t.Outcome != trial.Void:
		return errors.New("its outcome is none")
	case t.Harness != task.Harness && t.Harness != "":
		return errors.New("another harness carried it out than the suite's")
	case len(t.Detail) > maxDetail, len(t.Cause) > maxName, len(t.Sandbox) > maxName, len(t.Version) > maxName:
		return errors.New("it has texts that are too long")
	case t.Seconds != nil && (*t.Seconds < 0 || *t.Seconds > 1e6):
		return errors.New("it took a time that no trial takes")
	case len(r.Calls) > maxCalls:
		return errors.New("it has more calls than a trial has")
	}
	for _, c := range r.Calls {
		if err := plausible(c); err != nil {
			return fmt.Errorf("call %q: %w", clip(c.ID, 60), err)
		}
	}
	return nil
}

// plausible reports what is wrong with one call.
func plausible(c usage.Call) error {
	for _, t := range append([]usage.Tokens{c.Tokens}, tokensOf(c.Parts)...) {
		for _, class := range usage.Classes() {
			if n, known := t.Of(class).Value(); known && n > maxTokens { // below 0 it would not have been read
				return errors.New("it has a number of tokens that no call has")
			}
		}
	}
	for _, n := range c.Requests {
		if n < 0 || n > maxTokens {
			return errors.New("it has a number of requests that no call has")
		}
	}
	for _, text := range []string{c.ReportedUSD, c.ReportedUpstreamUSD} {
		if text == "" {
			continue
		}
		if m, err := price.ParseMoney(text); err != nil || m.Cmp(price.Money{}) < 0 {
			return errors.New("its cost is none")
		}
	}
	if len(c.Raw) > 1<<20 || c.Seconds < 0 {
		return errors.New("it says more than a call does")
	}
	return nil
}

func tokensOf(parts []usage.Part) []usage.Tokens {
	var out []usage.Tokens
	for _, p := range parts {
		out = append(out, p.Tokens)
	}
	return out
}

// Spent is what was paid for since a time, by these prices: earlier trials may have been brought along. A call that nobody saw the
// end of has cost at least nothing.
func (b Bundle) Spent(pricing price.Pricing, since time.Time) (sum price.Amount, atLeast bool) {
	total := price.Nothing()
	pay := func(c usage.Call) {
		switch {
		case c.Time.Before(since):
		case c.State != usage.Ended:
			atLeast = true
		default:
			total = total.Plus(pricing.Call(c).Cost)
		}
	}
	for _, r := range b.Trials.Results {
		if r.Trial.Origin != trial.Fresh {
			continue
		}
		for _, c := range r.Calls {
			pay(c)
		}
	}
	for _, c := range slices.Concat(b.Trials.Stray, b.Trials.Open) {
		if c.State == usage.Ended && c.Coverage == usage.Missing && c.ReportedUSD == "" {
			c.State = usage.Admitted // its trial was cut short, and nobody saw what it consumed
		}
		pay(c)
	}
	return total.Amount, atLeast || total.Status == price.LowerBound
}

// Import adds the trials to a journal that has none of them, or some: what counts there already stays, and is not paid for twice.
// It may be repeated.
func (b Bundle) Import(j trial.Journal) error {
	have, err := j.Load()
	if err != nil {
		return err
	}
	there := map[string]trial.Trial{}
	for _, r := range have.Results {
		there[r.Trial.ID] = r.Trial
	}
	for _, r := range b.Trials.Results {
		old, had := there[r.Trial.ID]
		if had && (old.Outcome != trial.Void || r.Trial.Outcome == trial.Void) {
			continue
		}
		for _, c := range r.Calls {
			if err := j.AppendCall(c); err != nil {
				return err
			}
		}
		if err := j.AppendTrial(r.Trial); err != nil {
			return err
		}
	}
	return nil
}

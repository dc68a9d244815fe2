package compare

import (
	"context"
	"errors"
	"fmt"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare/agenda"
	"github.com/pertask/pertask/compare/evidence"
	"github.com/pertask/pertask/compare/stock"
	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/price/purse"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
)

// EnoughStored is how many stored trials of each task leave nothing to carry out for the base but sentinels.
const EnoughStored = agenda.Enough

// FillReport says what FillBase did.
type FillReport struct {
	Had, Added int // trials that are young enough
	Missing    int // trials that are still wanted
	Voids      int // trials that came to nothing
	Spent      price.Amount
	Lost       string // why trials that were stored could not be read, and were carried out again; "" when there were none
	Problem    string // why trials were not stored, or not carried out; "" when all were
}

// FillBase carries out trials of the base alone and puts them into the store, within the budget, until each task has so
// many that are younger than half of Options.ReuseBase: older ones are still used until they are too old, and replaced
// before. The tasks that have fewest come first. What is stored outlives an interrupted process; void trials are left for
// the next one. It refuses what Run refuses. The head of the options is not looked at.
func FillBase(ctx context.Context, o Options, b Bench, want int) (FillReport, error) {
	none := FillReport{Spent: price.Known(price.Money{})}
	o.Pair = arm.Pair{Base: o.Pair.Base, Head: o.Pair.Base}
	if !o.Stores() {
		return none, errors.New("storing trials of the base: there is no store, or `run.reuse_base` is off")
	}
	if o.Suite == nil || len(o.Suite.Tasks) == 0 {
		return none, errors.New("storing trials of the base: no tasks")
	}
	if err := errors.Join(o.Check(), b.Ready(o)); err != nil {
		return none, err
	}
	c := openComparison(o)
	c.open, c.trusting = false, true
	for _, t := range o.Suite.Tasks {
		c.addTask(t)
	}
	stored, err := o.Store.BaseTrials(ctx, o.BaseKey())
	if err != nil {
		// A store that cannot be written either is refused before anything is spent; another one begins anew.
		if broken := o.Store.AddBaseTrials(ctx, o.BaseKey()); broken != nil {
			return none, fmt.Errorf("reading the stored trials of the base: %w", err)
		}
		none.Lost, stored = err.Error(), nil
	}
	f := &filling{Comparison: c, bench: b, stored: stored, needed: map[string]int{}, next: map[string]int{}, report: none}
	if f.bench.Journal == nil {
		f.bench.Journal = journal.NewMemory()
	}
	f.bench = f.bench.Priced(o)
	f.count(want)
	err = f.run(ctx)
	f.report.Spent = c.spent.Amount
	for _, t := range c.tasks {
		f.report.Voids += t.Base.Voids
	}
	return f.report, err
}

// filling is the state of FillBase.
type filling struct {
	*Comparison
	bench  Bench
	stored []ledger.BaseTrial
	needed map[string]int // trials, by task
	next   map[string]int // index of the next one
	report FillReport
}

// count finds out what is needed.
func (f *filling) count(want int) {
	terms := stock.Terms{Suite: f.opts.Suite, Now: f.opts.Now(), MaxAge: f.opts.ReuseBase / 2, Key: f.opts.EvidenceKey(),
		Boxed: func(t suite.Task) bool { return f.bench.NeedsSandbox && evidence.StartsPrograms(t) }}
	young := map[string]int{}
	for _, r := range terms.Use(f.stored) {
		young[r.Trial.Task]++
	}
	for _, t := range f.opts.Suite.Tasks {
		f.report.Had += min(young[t.ID], want)
		f.needed[t.ID], f.next[t.ID] = max(0, want-young[t.ID]), ledger.NextIndex(f.stored, t.ID)
		f.report.Missing += f.needed[t.ID]
	}
}

// run carries out what is needed, a trial of each task at a time.
func (f *filling) run(ctx context.Context) error {
	slots := f.round()
	if len(slots) == 0 {
		return nil
	}
	budget, proxy, stop, err := f.start(ctx, f.bench, true)
	if err != nil {
		return err
	}
	defer stop()
	if f.opts.Cache == CacheWarm {
		if err := f.Comparison.round(ctx, f.bench, proxy, budget, f.plan.Warmups(f.all()), f.report.Missing); err != nil {
			return err
		}
	}
	for ; len(slots) > 0 && f.report.Problem == ""; slots = f.round() {
		if err := f.trials(ctx, proxy, budget, slots); err != nil {
			return err
		}
	}
	return nil
}

func (f *filling) trials(ctx context.Context, proxy *meter.Proxy, budget *purse.Purse, slots []trial.Slot) error {
	if err := budget.Admit(); err != nil {
		f.report.Problem = fmt.Sprintf("The budget is spent, and %s for the next time.", left(f.report.Missing))
		return nil
	}
	err := f.Comparison.round(ctx, f.bench, proxy, budget, slots, f.report.Missing-len(slots))
	for _, s := range slots {
		f.needed[s.Task]--
		f.next[s.Task]++
	}
	switch {
	case f.stopped:
		f.report.Problem = "The provider stopped answering."
	case err == nil:
		f.report.Problem = f.unfit()
	}
	if f.report.Problem != "" && !f.stopped {
		f.fresh = nil
	}
	return errors.Join(err, f.put(context.WithoutCancel(ctx)))
}

// round is a trial of each task that needs more than the others.
func (f *filling) round() []trial.Slot {
	most := 0
	for _, n := range f.needed {
		most = max(most, n)
	}
	var out []trial.Slot
	for _, s := range f.all() {
		if most > 0 && f.needed[s.Task] == most {
			out = append(out, s)
		}
	}
	return out
}

// all is the next trial of each task.
func (f *filling) all() []trial.Slot {
	var names []string
	for _, t := range f.opts.Suite.Tasks {
		names = append(names, t.ID)
	}
	var out []trial.Slot
	for _, s := range trial.Plan(f.opts.Seed, 0, names, 0, 1) {
		if s.Arm == trial.Base {
			s.Index = f.next[s.Task]
			out = append(out, s)
		}
	}
	return out
}

// tooManyVoids is the share of void trials that would withhold a verdict (docs/statistics.md).
const tooManyVoids = 0.1

// unfit says why the trials so far are no evidence of the base: in a comparison they would withhold the verdict, and what
// is stored must lead to none then either.
func (f *filling) unfit() string {
	if finding, ok := f.conduct.NotRun(trial.Base, f.tasks); ok {
		return finding.Text
	}
	voids, all, unknown := 0, 0, 0
	for _, t := range f.tasks {
		voids, all, unknown = voids+t.Base.Voids, all+t.Base.Voids+t.Base.Trials, unknown+t.Base.Unknown
	}
	switch {
	case float64(voids) > tooManyVoids*float64(all):
		return fmt.Sprintf("%d of %s came to nothing.", voids, count(all, "trial"))
	case unknown > 0:
		return fmt.Sprintf("What %s cost is not known.", count(unknown, "trial"))
	}
	return ""
}

// put stores the trials that count.
func (f *filling) put(ctx context.Context) error {
	keep := stock.Keep(f.fresh, f.stored, stock.Source{Origin: f.opts.Origin, Commit: f.opts.Commits.Base})
	f.fresh = nil
	if len(keep) == 0 {
		return nil
	}
	if err := f.opts.Store.AddBaseTrials(ctx, f.opts.BaseKey(), keep...); err != nil {
		return err
	}
	f.stored = append(f.stored, keep...)
	f.report.Added += len(keep)
	f.report.Missing -= len(keep)
	return nil
}

func left(n int) string {
	if n == 1 {
		return "1 trial is left"
	}
	return fmt.Sprintf("%d trials are left", n)
}

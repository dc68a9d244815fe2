// Package compare turns two arms and a suite into a report.
//
// It knows the order of the steps: plan, trials, prices, statistics, verdict, report. It refuses to know
// GitHub and SQL. The steps are a resumable state machine: Next says which trials are wanted, Add takes what
// became of them, Report decides. Run drives it with real trials; AnalyzeCSV and AnalyzeJournal with recorded ones.
package compare

import (
	"errors"
	"fmt"
	"time"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/arm/lead"
	"github.com/pertask/pertask/compare/agenda"
	"github.com/pertask/pertask/compare/bench"
	"github.com/pertask/pertask/compare/bill"
	"github.com/pertask/pertask/compare/conduct"
	"github.com/pertask/pertask/compare/confine"
	"github.com/pertask/pertask/compare/looks"
	"github.com/pertask/pertask/compare/numbers"
	"github.com/pertask/pertask/compare/question"
	"github.com/pertask/pertask/compare/tally"
	"github.com/pertask/pertask/compare/witness"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/verdict"
)

// Method is part of the evidence key: see package question.
const Method = question.Method

// The regimes of the provider's prompt caches, as package question has them.
const (
	CacheAsIs = question.CacheAsIs
	CacheCold = question.CacheCold
	CacheWarm = question.CacheWarm
)

// Errors of a bench that is not ready for a question. Nothing was spent: ErrNotReady is wrapped by all of them, and
// ErrNoKey by those for want of a provider's key.
var (
	ErrNotReady = question.ErrNotReady
	ErrNoKey    = question.ErrNoKey
)

// Options say what is compared and how: see package question.
type Options = question.Options

// Bench is what trials need to be carried out: see package bench.
type Bench = bench.Bench

// FindSandbox returns what keeps programs in: see package bench.
type FindSandbox = bench.FindSandbox

// Progress is how far a comparison is.
type Progress = bench.Progress

// Confidence is the level of every interval where trials are looked at once.
const Confidence = 1 - numbers.Alpha

// Comparison is the state of one comparison. It is not safe for concurrent use.
type Comparison struct {
	opts     Options
	open     bool // tasks are added as trials of them arrive
	tasks    []*tally.Task
	at       map[string]*tally.Task
	plan     *agenda.Agenda
	spent    price.Cost
	bill     *bill.Bill
	notes    map[string]bool
	conduct  *conduct.Conduct
	box      trial.Sandbox    // what keeps agents in here; nil for nothing
	confined confine.Kept     // what kept those of the trials in
	unrun    int              // trials that were not started for want of money
	stopped  bool             // trials were left because the provider served nothing
	gone     *verdict.Finding // says so where it matters
	// witnesses hold what others say of the calls of each arm.
	witnesses map[trial.Side]*witness.Witnesses
	*progress // of the looks
	shelf     // of stored trials
}

// New starts a comparison. It refuses options that cannot lead to a verdict.
func New(o Options) (*Comparison, error) {
	if o.Suite == nil || len(o.Suite.Tasks) == 0 {
		return nil, errors.New("comparing two arms: no tasks")
	}
	course, err := looks.New(o.Looks, o.Policy.ExtensionReserve, o.Extensions)
	if err != nil {
		return nil, fmt.Errorf("comparing two arms: %w", err)
	}
	if err := o.Check(); err != nil {
		return nil, fmt.Errorf("comparing two arms: %w", err)
	}
	o.Looks = course.Trials()
	c := openComparison(o)
	c.open, c.course = false, course
	for _, t := range o.Suite.Tasks {
		c.addTask(t)
	}
	return c, nil
}

// openComparison is a comparison whose tasks are those that trials are added of.
func openComparison(o Options) *Comparison {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Suite == nil {
		o.Suite = &suite.Suite{}
	}
	return &Comparison{
		open: true, opts: o, at: map[string]*tally.Task{}, plan: agenda.New(o.Seed, o.Looks), notes: map[string]bool{},
		spent: price.Nothing(), bill: bill.New(o.Pricing),
		conduct:   conduct.New(o.Pricing, o.Pair),
		witnesses: map[trial.Side]*witness.Witnesses{trial.Base: {}, trial.Head: {}},
		progress:  &progress{held: map[int][]held{}},
	}
}

func (c *Comparison) addTask(t suite.Task) *tally.Task {
	tt := tally.New(t)
	c.tasks = append(c.tasks, tt)
	c.at[t.ID] = tt
	c.plan.Want(t)
	return tt
}

// Add takes finished trials. One that counts and is already there is left out, so that a journal can be added again; a
// void one is replaced by a later attempt at it. What each attempt has cost is spent. A trial of a task that is not in
// the suite is an error.
func (c *Comparison) Add(results ...trial.Result) error {
	for _, r := range results {
		if err := c.take(r, true); err != nil {
			return err
		}
	}
	return nil
}

// take takes one trial; what it cost is spent where it is paid for here.
func (c *Comparison) take(r trial.Result, paid bool) error {
	t, ok := c.at[r.Trial.Task]
	if !ok && c.open && !r.Trial.Warmup() {
		t, ok = c.addTask(suite.Task{ID: r.Trial.Task}), true
	}
	if !ok && !c.open {
		return fmt.Errorf("adding trial %q: the suite has no task %q", r.Trial.ID, r.Trial.Task)
	}
	if r.Trial.Warmup() {
		if ok {
			c.plan.Take(r.Trial)
		}
		if paid {
			c.pay(r)
		}
		return nil
	}
	side, err := t.Side(r.Trial.Arm)
	if err != nil {
		return fmt.Errorf("adding trial %q: %w", r.Trial.ID, err)
	}
	if c.watches(r, paid) || c.holds(r, paid) {
		return nil
	}
	cause, again, ok := c.plan.Take(r.Trial)
	if !ok {
		return nil
	}
	if again {
		side.Replace(cause)
	}
	if c.startsPrograms(r.Trial) {
		c.confined.Take(r.Trial)
	}
	cost := c.enter(side, r)
	if paid && r.Trial.Origin == trial.Fresh && !c.opts.Replay {
		c.spent = c.spent.Plus(cost)
	}
	return nil
}

// enter adds a trial to a tally, and returns what it cost.
func (c *Comparison) enter(side *tally.Side, r trial.Result) price.Cost {
	if r.Trial.Cause == trial.CauseBudget && len(r.Calls) == 0 {
		c.unrun++ // such a slot is filled by a later process only
	}
	if r.Trial.Arm == trial.Base && r.Trial.Origin == trial.Fresh && !isVoid(r.Trial) {
		c.fresh = append(c.fresh, r)
	}
	priced := c.price(r)
	side.Add(r.Trial, priced)
	return priced.Cost
}

// pay counts as spent what a trial cost that is no evidence of anything.
func (c *Comparison) pay(r trial.Result) {
	if r.Trial.Origin != trial.Fresh || c.opts.Replay {
		return
	}
	for _, call := range r.Calls {
		c.spent = c.spent.Plus(c.bill.Call(r.Trial.Origin, call).Cost)
	}
}

// price prices the calls of a trial and remembers what the report must name.
func (c *Comparison) price(r trial.Result) tally.Priced {
	c.conduct.Take(r)
	others := c.witnesses[r.Trial.Arm]
	p := c.bill.Trial(r, others.Call)
	model, tier := c.conduct.Ran(r)
	p.Strange, p.Untiered = !model, !tier
	others.Trial(r.Trial.SelfReport, p.Tokens, p.Cost)
	return p
}

// Findings turns the findings of package arm into those of a report.
func Findings(pair arm.Pair) []verdict.Finding {
	var out []verdict.Finding
	for _, f := range lead.Findings(pair) {
		out = append(out, verdict.Finding{Code: f.Code, Text: f.Text, Path: f.Source.Path, Line: f.Source.Line, Withhold: f.Withhold})
	}
	return out
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

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
	"github.com/pertask/pertask/compare/agenda"
	"github.com/pertask/pertask/compare/bill"
	"github.com/pertask/pertask/compare/conduct"
	"github.com/pertask/pertask/compare/confine"
	"github.com/pertask/pertask/compare/evidence"
	"github.com/pertask/pertask/compare/looks"
	"github.com/pertask/pertask/compare/numbers"
	"github.com/pertask/pertask/compare/tally"
	"github.com/pertask/pertask/compare/witness"
	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/verdict"
)

// Method is raised only when the meaning of a trial changes, so that evidence stays comparable over releases.
// It is part of the evidence key: raising it drops every stored trial.
const Method = 1

// Confidence is the level of every interval where trials are looked at once.
const Confidence = 1 - numbers.Alpha

// Options say what is compared and how. The zero value of an optional field is its default.
type Options struct {
	Pair    arm.Pair       // both sides' settings; must differ, or there is nothing to compare
	Suite   *suite.Suite   // what is run; its order is the order of the report
	Policy  verdict.Policy // thresholds and mode
	Pricing price.Pricing  // one book at one instant, for both arms
	Looks   []int          // trials of each task under each arm at each look, growing: see stats.Schedule
	// Extensions is how often the test is extended beyond its last look; the policy's ExtensionReserve has to allow it.
	Extensions int
	Seed       uint64            // of the order of the trials
	Budget     price.Amount      // hard cap on what the trials may cost; unknown for none
	Commits    report.Commits    // for the report
	Version    string            // of pertask, for the report
	Journal    string            // name of the journal beside the report, for the report
	Harness    map[string]string // versions of the harnesses, by name: part of the evidence key
	// Conditions are what else the evidence key covers, by a name for people. Whoever keeps trials for a later process
	// takes them from Bench.Conditions.
	Conditions map[string]string
	// Store has trials of the base from earlier comparisons, and takes those of this one; nil for none. ReuseBase is how old
	// they may be to be used again; 0 leaves the store alone.
	Store     ledger.Store
	ReuseBase time.Duration
	// Tests keeps what each look has said, and makes a verdict final; nil for nothing. Extend takes up a test that ended
	// inconclusive by one more look: Run sets Extensions then.
	Tests  ledger.Tests
	Extend bool
	// Origin says where trials are carried out, such as the address of a workflow's run, for those that are stored.
	Origin string
	// Cache is the regime of the provider's prompt caches: one of the Cache constants. "" says nothing about it. Whoever
	// carries trials out in the cold regime salts their prompts; see Bench.Salt.
	Cache string
	// Findings are added to the report's, such as those of package arm.
	Findings []verdict.Finding
	// Notes are assumptions to state in the report.
	Notes []string
	// Replay is set when an upstream replays recorded trials: their durations mean nothing and nothing is spent.
	Replay bool
	// LeaveOutUnknown leaves a task out when a trial of it has an unknown outcome or cost, as is right for
	// trials that others recorded. Without it an unknown cost makes the verdict inconclusive.
	LeaveOutUnknown bool
	Now             func() time.Time // clock of the report's time; nil for time.Now
}

// EvidenceKey identifies what trials are evidence for: two reviews with the same key continue the same test.
// It covers both arms' settings, the suite's digest, the versions of the harnesses, Method, the cache regime unless
// that is as-is, and Conditions; it does not cover where a setting stands in its file.
func (o Options) EvidenceKey() string { return o.terms().Key() }

// BaseKey identifies what trials of the base are evidence for: as EvidenceKey, without the head.
func (o Options) BaseKey() string { return o.terms().BaseKey() }

func (o Options) terms() evidence.Terms {
	t := evidence.Terms{Method: Method, Pair: o.Pair, Harness: o.Harness, Conditions: o.Conditions}
	if o.Suite != nil {
		t.Suite = o.Suite.Digest
	}
	if o.Cache != CacheAsIs {
		t.Cache = o.Cache
	}
	return t
}

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
	if err := o.checkTerms(); err != nil {
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

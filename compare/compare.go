// Package compare turns two arms and a suite into a report.
//
// It knows the order of the steps: plan, trials, prices, statistics, verdict, report. It refuses to know
// GitHub and SQL. The steps are a resumable state machine: Next says which trials are wanted, Add takes what
// became of them, Report decides. Run drives it with real trials; AnalyzeCSV and AnalyzeJournal with recorded ones.
package compare

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare/witness"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/usage"
	"github.com/pertask/pertask/verdict"
)

// Method is raised only when the meaning of a trial changes, so that evidence stays comparable over releases.
// It is part of the evidence key: raising it drops every stored trial.
const Method = 1

// Confidence is the level of every interval that is shown.
const Confidence = 0.95

// Options say what is compared and how. The zero value of an optional field is its default.
type Options struct {
	Pair    arm.Pair          // both sides' settings; must differ, or there is nothing to compare
	Suite   *suite.Suite      // what is run; its order is the order of the report
	Policy  verdict.Policy    // thresholds and mode
	Pricing price.Pricing     // one book at one instant, for both arms
	Looks   []int             // trials per task and arm at each look; one look for now
	Seed    uint64            // of the order of the trials
	Budget  price.Amount      // hard cap on what the trials may cost; unknown for none
	Commits report.Commits    // for the report
	Version string            // of pertask, for the report
	Journal string            // name of the journal beside the report, for the report
	Harness map[string]string // versions of the harnesses, by name: part of the evidence key
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
// It covers both arms' settings, the suite's digest, the versions of the harnesses and Method, and not where a
// setting stands in its file.
func (o Options) EvidenceKey() string {
	type setting struct{ Slot, Key, Value string }
	list := func(a arm.Arm) []setting {
		out := []setting{}
		for _, s := range a.Settings {
			out = append(out, setting{s.Slot, string(s.Key), s.Value})
		}
		return out
	}
	digest := ""
	if o.Suite != nil {
		digest = o.Suite.Digest
	}
	b, err := json.Marshal([]any{Method, list(o.Pair.Base), list(o.Pair.Head), digest, o.Harness})
	if err != nil {
		panic(err) // unreachable: strings, a number and a map of strings
	}
	sum := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Comparison is the state of one comparison. It is not safe for concurrent use.
type Comparison struct {
	opts  Options
	open  bool // tasks are added as trials of them arrive
	look  int
	tasks []*taskTally
	at    map[string]*taskTally
	seen  map[string]bool
	spent price.Cost
	rows  map[string]bool
	notes map[string]bool
	// priceNotes are the assumptions behind the prices.
	priceNotes map[string]bool
	// served and requested hold the models that the calls of each arm name.
	served, requested map[trial.Side]map[string]bool
	// swapped counts the calls of each arm that another model than the requested one served.
	swapped map[trial.Side]map[string]int
	refused map[int]int // calls by the provider's status, from 400 on
	// witnesses hold what others say of the calls of each arm.
	witnesses map[trial.Side]*witness.Witnesses
}

// New starts a comparison. It refuses options that cannot lead to a verdict.
func New(o Options) (*Comparison, error) {
	if o.Suite == nil || len(o.Suite.Tasks) == 0 {
		return nil, errors.New("comparing two arms: no tasks")
	}
	if len(o.Looks) != 1 || o.Looks[0] < 1 {
		return nil, fmt.Errorf("comparing two arms: looks %v; one look of at least 1 trial per task is possible in this version", o.Looks)
	}
	c := openComparison(o)
	c.open = false
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
		open: true, opts: o, at: map[string]*taskTally{}, seen: map[string]bool{}, rows: map[string]bool{}, notes: map[string]bool{},
		spent:     price.Nothing(),
		served:    map[trial.Side]map[string]bool{trial.Base: {}, trial.Head: {}},
		requested: map[trial.Side]map[string]bool{trial.Base: {}, trial.Head: {}},
		swapped:   map[trial.Side]map[string]int{trial.Base: {}, trial.Head: {}},
		refused:   map[int]int{}, witnesses: map[trial.Side]*witness.Witnesses{trial.Base: {}, trial.Head: {}},
		priceNotes: map[string]bool{},
	}
}

func (c *Comparison) addTask(t suite.Task) *taskTally {
	tt := &taskTally{task: t, base: newSideTally(), head: newSideTally()}
	c.tasks = append(c.tasks, tt)
	c.at[t.ID] = tt
	return tt
}

// Next returns the slots that are wanted and not there yet, in the order in which to fill them. None are left
// when the last look is complete.
func (c *Comparison) Next() []trial.Slot {
	ids := make([]string, len(c.tasks))
	for i, t := range c.tasks {
		ids[i] = t.task.ID
	}
	for from := 0; c.look < len(c.opts.Looks); c.look++ {
		var missing []trial.Slot
		for _, s := range trial.Plan(c.opts.Seed, c.look, ids, from, c.opts.Looks[c.look]) {
			if !c.seen[s.ID()] {
				missing = append(missing, s)
			}
		}
		if len(missing) > 0 {
			return missing
		}
		from = c.opts.Looks[c.look]
	}
	return nil
}

// Add takes finished trials. A trial that is already there is left out, so that a journal can be added again.
// A trial of a task that is not in the suite is an error.
func (c *Comparison) Add(results ...trial.Result) error {
	for _, r := range results {
		if c.seen[r.Trial.ID] {
			continue
		}
		t, ok := c.at[r.Trial.Task]
		if !ok && c.open {
			t, ok = c.addTask(suite.Task{ID: r.Trial.Task}), true
		}
		if !ok {
			return fmt.Errorf("adding trial %q: the suite has no task %q", r.Trial.ID, r.Trial.Task)
		}
		side, err := t.side(r.Trial.Arm)
		if err != nil {
			return fmt.Errorf("adding trial %q: %w", r.Trial.ID, err)
		}
		c.seen[r.Trial.ID] = true
		side.add(r, c.price(r))
	}
	return nil
}

// price prices the calls of a trial and remembers what the report must name.
func (c *Comparison) price(r trial.Result) pricedTrial {
	p := pricedTrial{cost: price.Nothing(), calls: len(r.Calls), strange: len(r.Calls) > 0}
	declared := c.declaredModel(r.Trial.Arm)
	for i, call := range r.Calls {
		priced := c.priceCall(r.Trial.Origin, call)
		p.cost = p.cost.Plus(priced.Cost)
		if i == 0 {
			p.tokens = call.Consumed()
		} else {
			p.tokens = p.tokens.Plus(call.Consumed())
		}
		c.witnesses[r.Trial.Arm].Call(call, priced.Cost)
		if priced.Missing != "" {
			p.missing = append(p.missing, priced.Missing)
		}
		if priced.Row != "" {
			c.rows[priced.Row] = true
		}
		for _, n := range priced.Notes {
			c.priceNotes[n] = true
		}
		p.strange = p.strange && declared != "" && !names(call.RequestedModel, declared)
		if call.Status >= 400 {
			c.refused[call.Status]++
		}
		if c.isSwapped(call) {
			c.swapped[r.Trial.Arm][call.ServedModel+"` for `"+call.RequestedModel]++
		}
		note(c.served[r.Trial.Arm], call.ServedModel)
		note(c.requested[r.Trial.Arm], call.RequestedModel)
	}
	c.witnesses[r.Trial.Arm].Trial(r.Trial.SelfReport, p.tokens, p.cost)
	if r.Trial.Origin == trial.Fresh && !c.opts.Replay {
		c.spent = c.spent.Plus(p.cost)
	}
	return p
}

func (c *Comparison) declaredModel(side trial.Side) string {
	if side == trial.Base {
		return c.opts.Pair.Base.Model()
	}
	return c.opts.Pair.Head.Model()
}

// isSwapped reports whether the provider served another model than the one that was asked for: one that the price
// book knows as another. A dated name of the same model is not another one.
func (c *Comparison) isSwapped(call usage.Call) bool {
	if call.ServedModel == "" || call.RequestedModel == "" || names(call.ServedModel, call.RequestedModel) {
		return false
	}
	served, err := c.opts.Pricing.List(call.Provider, call.ServedModel, "")
	if err != nil {
		return false // its price is unknown, which withholds the verdict already
	}
	requested, err := c.opts.Pricing.List(call.Provider, call.RequestedModel, "")
	return err != nil || requested.Model != served.Model
}

// priceCall prices one call. What others recorded are totals of a trial, which no long-context threshold is
// to be held against; their own cost counts when they gave one.
func (c *Comparison) priceCall(o trial.Origin, call usage.Call) price.Priced {
	if o != trial.Recorded {
		return c.opts.Pricing.Call(call)
	}
	totals := c.opts.Pricing.Tokens(call.Provider, call.Model(), call.Tier(), call.Tokens)
	if call.ReportedUSD == "" {
		if call.Coverage == usage.Missing {
			return price.Priced{Missing: "a recorded cost"}
		}
		return totals
	}
	reported, err := price.ParseMoney(call.ReportedUSD)
	if err != nil {
		return price.Priced{Missing: "a recorded cost that is a number"}
	}
	amount := price.Known(reported)
	return price.Priced{Row: totals.Row, Cost: price.Cost{Amount: amount, Status: price.ProviderReported, List: totals.Cost.List, Billed: amount}}
}

func note(set map[string]bool, s string) {
	if s != "" && set != nil {
		set[s] = true
	}
}

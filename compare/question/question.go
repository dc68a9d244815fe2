// Package question knows what a comparison is asked: what is compared and how, what trials of it are evidence for, and what
// it is likely to cost. It has the reports of questions that are not answered by trials.
//
// It refuses to know trials that were carried out, the machine, and what carries them out.
package question

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare/evidence"
	"github.com/pertask/pertask/compare/final"
	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/verdict"
)

// Method is raised only when the meaning of a trial changes, so that evidence stays comparable over releases.
// It is part of the evidence key: raising it drops every stored trial.
const Method = 1

// ErrNotReady is wrapped by errors of Ready: nothing was spent, and the error says what is missing.
var ErrNotReady = errors.New("not ready to measure")

// ErrNoKey is wrapped by errors of Ready when a provider key is missing.
var ErrNoKey = errors.New("no key")

// The regimes of the provider's prompt caches.
const (
	CacheAsIs = "as-is" // whatever the provider holds
	CacheCold = "cold"  // every trial's prompts begin with a text of their own
	CacheWarm = "warm"  // a discarded trial of each task and arm goes first
)

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
	// takes them from compare.Bench.
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
	// carries trials out in the cold regime salts their prompts; see compare.Bench.
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
	// Trouble is told of errors that the report has a note on: see Say. Nil puts their words into the report.
	Trouble func(what string, err error)
	Now     func() time.Time // clock of the report's time; nil for time.Now
}

// EvidenceKey identifies what trials are evidence for: two reviews with the same key continue the same test.
// It covers both arms' settings, the suite's digest, the versions of the harnesses, Method, the cache regime unless
// that is as-is, and Conditions; it does not cover where a setting stands in its file.
func (o Options) EvidenceKey() string { return o.Terms().Key() }

// BaseKey identifies what trials of the base are evidence for: as EvidenceKey, without the head.
func (o Options) BaseKey() string { return o.Terms().BaseKey() }

// Terms are everything that the evidence key covers.
func (o Options) Terms() evidence.Terms {
	t := evidence.Terms{Method: Method, Pair: o.Pair, Harness: o.Harness, Conditions: o.Conditions}
	if o.Suite != nil {
		t.Suite = o.Suite.Digest
	}
	if o.Cache != CacheAsIs {
		t.Cache = o.Cache
	}
	return t
}

// TestKey identifies the test that the options ask for: the evidence, the policy and the prices.
func (o Options) TestKey() string { return final.Key(o.EvidenceKey(), o.Policy, o.Pricing) }

// Check refuses terms that cannot be kept: an unknown cache regime, or a cost cap that is no amount.
func (o Options) Check() error {
	if !slices.Contains([]string{"", CacheAsIs, CacheCold, CacheWarm}, o.Cache) {
		return fmt.Errorf("cache regime %q; allowed are %s, %s and %s", o.Cache, CacheAsIs, CacheCold, CacheWarm)
	}
	for _, t := range o.Suite.Tasks {
		if t.MaxCost != "" {
			if _, err := price.ParseMoney(t.MaxCost); err != nil {
				return fmt.Errorf("the cost cap of the task %q: %w", t.ID, err)
			}
		}
	}
	return nil
}

// Regime is the cache regime for the report; "" where trials are replayed, which met no cache.
func (o Options) Regime() string {
	if o.Replay {
		return ""
	}
	return o.Cache
}

// RegimeNote says what the cache regime means for what was measured; "" where there is nothing to say.
func (o Options) RegimeNote() string { return regimeNote[o.Regime()] }

var regimeNote = map[string]string{
	CacheAsIs: "Prompt cache as-is: trials met what the provider's prompt cache held, so earlier trials may have made later ones cheaper, in both arms.",
	CacheCold: "Prompt cache cold: the prompts of each trial begin with a text of its own, so no trial read what another one had cached; within a trial the cache worked.",
	CacheWarm: "Prompt cache warm: one trial of each task and arm went first and was discarded, so the others could read what it had cached, for as long as the provider keeps it. Its cost is a cost of measuring.",
}

// Package selftest measures a base against itself, so that whatever it decides is false.
//
// It knows where trials to draw from are kept, and how the result is shown and recorded. It refuses to know how trials are
// carried out, which package change has done, and how the test is simulated.
package selftest

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pertask/pertask/cmd/pertask/change"
	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/cmd/pertask/output"
	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/compare/aa"
	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/ledger/dirstore"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/stats"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
	"github.com/pertask/pertask/usage"
	"github.com/pertask/pertask/verdict"
)

// Command returns the command.
func Command() command.Command {
	return command.Command{
		Name: "aa", Args: "[--base REF] [options]", Short: "measure the base against itself: false verdicts, what it can show",
		Long: `
Measures the base against itself, with the same trials, proxy and test as a comparison. Whatever
it decides is false, so a sound suite decides nothing. It says how wide the interval is and what
is the smallest difference that the suite can show. It spends money as a comparison does.

With --simulate nothing is run and nothing is spent: the whole test is repeated on trials that
are drawn from those that are there already, of the folder of an earlier report or a store of
base trials. That gives the rate of false verdicts with its standard error, and what a check
costs on average.

With --record the result is written to .github/pertask-aa.json in --repo, to be committed. A
check with verdict.mode: block says so when there is none for its suite.

  pertask aa --base main
  pertask aa --base main --simulate --from pertask-report --record`,
		Run: run,
	}
}

// options are the options of the command.
type options struct {
	change.Flags
	from             string
	simulate, record bool
	resume           bool
	runs             int
}

func run(a command.App, fs *flag.FlagSet, args []string) (int, error) {
	f := options{Flags: change.Flags{Same: true}}
	fs.StringVar(&f.Dir, "repo", ".", "`dir` of the repository")
	fs.StringVar(&f.Base, "base", "HEAD", "`ref` to measure")
	fs.StringVar(&f.Suite, "suite", "", "`name` of the suite; needed when the configuration has several")
	fs.StringVar(&f.Format, "format", "term", "`form` of the result: term or json")
	fs.StringVar(&f.Out, "out", "pertask-aa", "`dir` to write the report and the journal to")
	fs.BoolVar(&f.resume, "resume", false, "go on with the journal in --out")
	fs.BoolVar(&f.simulate, "simulate", false, "draw from trials that are there; nothing is run")
	fs.StringVar(&f.from, "from", "pertask-report", "`dir` of a report or a store, or a journal, to draw from")
	fs.IntVar(&f.runs, "runs", 2000, "how often to simulate the test")
	fs.BoolVar(&f.record, "record", false, "write the result to "+aa.Path)
	if _, err := command.Parse(fs, args, 0); err != nil {
		return command.ExitUsage, err
	}
	if f.Format != "term" && f.Format != "json" {
		return command.ExitUsage, command.Usagef("--format %q; allowed are term and json", f.Format)
	}
	if f.runs < 1 || f.runs > aa.MaxRuns {
		return command.ExitUsage, command.Usagef("--runs %d; allowed are 1 to %d", f.runs, aa.MaxRuns)
	}
	f.Head = f.Base
	c, err := f.Load(a)
	if err != nil {
		return command.ExitUsage, err
	}
	if c.Options.Suite == nil {
		return command.ExitUsage, errors.New("no suite is configured at the base, so there is nothing to measure; docs/config.md shows one")
	}
	c.Options.Policy.MaxCostRatio, c.Options.Policy.Mode = 1, verdict.Report
	measure := measured
	if f.simulate {
		measure = simulated
	}
	r, err := measure(a, &f, c)
	if err != nil {
		return command.ExitUsage, err
	}
	if f.record {
		if err := record(f.Dir, r.Run); err != nil {
			return command.ExitUsage, err
		}
	}
	return command.ExitOK, show(a, r, f)
}

// result is what the command shows, and its JSON.
type result struct {
	aa.Run
	Looks []int `json:"looks"`
	// Simulation is absent where trials were carried out; the others are absent where they were drawn.
	Simulation *aa.Simulation  `json:"simulation,omitempty"`
	Verdict    string          `json:"verdict,omitempty"`
	Stopped    string          `json:"stopped,omitempty"`
	Trials     int             `json:"trials,omitempty"` // of each task under each arm
	Ratio      *report.Ratio   `json:"ratio,omitempty"`
	SpentUSD   *price.Amount   `json:"spent_usd,omitempty"`
	Reason     verdict.Finding `json:"reason,omitzero"`
}

func newResult(c *change.Change, q aa.Question) *result {
	r := &result{Looks: c.Options.Looks, Run: aa.Run{Suite: c.Options.Suite.Name, Digest: c.Options.Suite.Digest, Time: time.Now().UTC().Truncate(time.Second)}}
	r.Factor, r.Resolves = q.Reach()
	return r
}

// measured carries out trials of the base against the base.
func measured(a command.App, f *options, c *change.Change) (*result, error) {
	if !f.resume {
		if err := change.Unused(change.JournalPath(f.Out)); err != nil {
			return nil, err
		}
	}
	r, err := c.Measure(a, f.Out, "")
	switch {
	case err != nil:
		return nil, err
	case r.Result != verdict.Measured:
		return nil, fmt.Errorf("nothing was measured: %s", r.Reason.Text)
	}
	if err := output.Write(f.Out, r); err != nil {
		return nil, err
	}
	q, err := draw(c, change.JournalPath(f.Out), trial.Base, trial.Head)
	if err != nil {
		return nil, err
	}
	out := newResult(c, q)
	out.Tests, out.Verdict, out.Ratio, out.SpentUSD, out.Reason = 1, r.Verdict.String(), r.Ratio, &r.SpentUSD, r.Reason
	if r.Verdict != verdict.Inconclusive {
		out.False = 1
	}
	if s := r.Sequence; s != nil {
		out.Stopped, out.Trials = s.Stopped, s.Trials
	}
	return out, nil
}

// simulated repeats the test on trials that are there.
func simulated(a command.App, f *options, c *change.Change) (*result, error) {
	q, err := stored(a, f.from, c)
	if err != nil {
		return nil, err
	}
	q.Runs, q.Seed = f.runs, c.Config.Run.Seed
	s, err := aa.Simulate(q)
	if err != nil {
		return nil, fmt.Errorf("simulating with the trials of %s: %w", f.from, err)
	}
	out := newResult(c, q)
	out.Simulated, out.Simulation, out.Tests, out.False = true, &s, s.Runs, s.Switch+s.DontSwitch
	return out, nil
}

// stored reads trials of the base: of a journal, the folder of a report, or a store.
func stored(a command.App, from string, c *change.Change) (aa.Question, error) {
	info, err := os.Stat(from)
	if err != nil {
		return aa.Question{}, fmt.Errorf("reading trials to draw from: %w; name the folder of a report or a store with --from", err)
	}
	if !info.IsDir() {
		return draw(c, from, trial.Base)
	}
	if _, err := os.Stat(change.JournalPath(from)); err == nil {
		return draw(c, change.JournalPath(from), trial.Base)
	}
	b := compare.Bench{Source: c.Source, Watches: c.Watches, Upstreams: c.Config.AllUpstreams()}
	if _, err := c.Prepare(a, &b); err != nil { // the versions of agents and other conditions are part of the key
		return aa.Question{}, err
	}
	store, err := dirstore.Open(from, dirstore.Options{})
	if err != nil {
		return aa.Question{}, err
	}
	defer store.Close()
	trials, err := store.BaseTrials(a.Context, c.Options.BaseKey())
	if err != nil {
		return aa.Question{}, err
	}
	if len(trials) == 0 {
		return aa.Question{}, fmt.Errorf("%s has neither %s nor stored trials of this base and suite", from, change.JournalName)
	}
	usable, _ := ledger.Usable(trials, time.Now(), max(c.Config.Run.ReuseBase, ledger.DefaultMaxAge))
	q := question(c)
	for _, t := range usable {
		observe(c, &q, t.Task, t.Completed, t.Calls)
	}
	return q, nil
}

// draw reads the trials of a journal.
func draw(c *change.Change, path string, arms ...trial.Side) (aa.Question, error) {
	q := question(c)
	j, err := journal.Open(path)
	if err != nil {
		return q, err
	}
	defer j.Close()
	have, err := j.Load()
	if err != nil {
		return q, err
	}
	for _, r := range have.Results {
		if t := r.Trial; slices.Contains(arms, t.Arm) && !t.Warmup() && (t.Outcome == trial.Completed || t.Outcome == trial.Failed) {
			observe(c, &q, t.Task, t.Outcome == trial.Completed, r.Calls)
		}
	}
	return q, nil
}

func question(c *change.Change) aa.Question {
	q := aa.Question{Looks: c.Options.Looks, Policy: c.Options.Policy}
	for _, t := range c.Options.Suite.Tasks {
		q.Tasks = append(q.Tasks, aa.Task{ID: t.ID})
	}
	return q
}

// observe adds a trial at today's prices. One whose cost is not known cannot be drawn.
func observe(c *change.Change, q *aa.Question, task string, completed bool, calls []usage.Call) {
	sum := price.Nothing()
	for _, call := range calls {
		sum = sum.Plus(c.Options.Pricing.Call(call).Cost)
	}
	m, known := sum.Amount.Value()
	i := slices.IndexFunc(q.Tasks, func(t aa.Task) bool { return t.ID == task })
	if known && i >= 0 {
		q.Tasks[i].Obs = append(q.Tasks[i].Obs, stats.Obs{Cost: m.Float64(), Completed: completed})
	}
}

// record writes a run into the record of the work tree.
func record(dir string, run aa.Run) error {
	old, err := aa.Read(os.DirFS(dir))
	if err != nil {
		return err
	}
	data, err := old.With(run).JSON()
	if err != nil {
		return err
	}
	path := filepath.Join(dir, filepath.FromSlash(aa.Path))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("recording the A/A run: %w", err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		return fmt.Errorf("recording the A/A run: %w", err)
	}
	return nil
}

func show(a command.App, r *result, f options) error {
	if f.Format == "json" {
		data, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			return fmt.Errorf("writing the result: %w", err)
		}
		_, err = fmt.Fprintf(a.Stdout, "%s\n", data)
		return err
	}
	fmt.Fprint(a.Stdout, r.text())
	if f.record {
		fmt.Fprintf(a.Stdout, "Written to %s; commit it.\n", filepath.Join(f.Dir, filepath.FromSlash(aa.Path)))
	}
	return nil
}

// text is the result for people.
func (r *result) text() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("A/A of suite %s: the base against itself.", strconv.Quote(r.Suite))
	if s := r.Simulation; s != nil {
		line("The whole test, %d times on trials drawn from what is there, of each task %d or more. Nothing was spent.", s.Runs, s.Fewest)
		line("False verdicts: %.1f %% (standard error %.1f %%): %d switch, %d don't switch. At most 5 %% are to be expected.", 100*s.Rate, 100*s.SE, s.Switch, s.DontSwitch)
		line("Such a check takes %.1f trials of each task under each arm on average, %.0f in all, and costs about $%.2f.", s.Rounds, s.Trials, s.Dollars)
		if s.Fewest < fewToDraw {
			line("With fewer than %d trials of a task to draw from these figures are rough.", fewToDraw)
		}
	} else {
		if r.False == 0 {
			line("No verdict after %d trials of each task under each arm (%s), as it should be.", r.Trials, r.Stopped)
		} else {
			line("A FALSE VERDICT after %d trials of each task under each arm: %s. By chance that happens in at most 5 %% of such runs; repeat it with another --out.", r.Trials, r.Verdict)
		}
		if q := r.Ratio; q != nil {
			line("Ratio %.3gx (%.3g-%.3g), where 1 is the truth.", float64(q.Estimate), float64(q.Low), float64(q.High))
		}
		if m, known := r.SpentUSD.Value(); known {
			line("Spent: $%s.", m.Fixed(2))
		}
	}
	if !math.IsNaN(float64(r.Factor)) && !math.IsNaN(float64(r.Resolves)) {
		line("After %d trials the interval is the ratio times and divided by %.2f, and differences above %.2fx are shown with 80 %% power.",
			r.Looks[len(r.Looks)-1], float64(r.Factor), float64(r.Resolves))
	}
	return b.String()
}

// fewToDraw is below how many trials of a task a simulation repeats much the same ones.
const fewToDraw = 10

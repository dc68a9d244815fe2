// Package demo shows a recorded model change being measured by the whole chain.
//
// It knows which changes there are to show, and the repository that is made for one. It refuses to know how a change is
// measured: to what it starts, a demo is a change like any other.
package demo

import (
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pertask/pertask/cmd/pertask/change"
	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/cmd/pertask/output"
	"github.com/pertask/pertask/internal/replay"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/testdata"
	"github.com/pertask/pertask/verdict"
)

// demo is a recorded change to show.
type demo struct {
	name, file, suite string
	base, head        string // models
	baseBy, headBy    string // providers
	shows             string
}

// recordedPrices is when the records were priced: a later price is none of theirs.
var recordedPrices = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

// window is the input of one call of a model whose price knows no long context: a window of today's size.
const window = 1_000_000

// context is the most input tokens of one replayed call: below the model's long-context threshold where it has one,
// so that the trial is priced at the short rates as its record was.
func (d demo) context(model string) int64 {
	provider := d.baseBy
	if model == d.head {
		provider = d.headBy
	}
	rates, err := price.Pricing{Book: price.Embedded(), At: recordedPrices}.List(provider, model, "")
	if err != nil {
		return replay.MaxContext
	}
	if rates.Threshold > 0 {
		return min(rates.Threshold-1000, window)
	}
	return window
}

func demos() []demo {
	return []demo{
		{"gaia-gemini", "gaia.jsonl", "GAIA", "gemini-3.1-pro", "gemini-3-flash", "google", "google",
			"a list price 4x lower that makes a completed task dearer"},
		{"gaia-opus", "gaia.jsonl", "GAIA", "claude-opus-4.7", "gemini-3.1-pro", "anthropic", "google", "a switch that pays"},
		{"terminal-bench", "terminal-bench-2.jsonl", "Terminal-Bench 2", "gpt-5.4", "gpt-5.4-mini", "openai", "openai",
			"a small model that 89 tasks cannot tell from the large one"},
	}
}

// Command returns the command that shows a demo.
func Command() command.Command {
	var list strings.Builder
	for _, d := range demos() {
		fmt.Fprintf(&list, "  %-15s %s: %s -> %s,\n  %-15s %s\n", d.name, d.suite, d.base, d.head, "", d.shows)
	}
	return command.Command{
		Name: "demo", Args: "[NAME] [options]", Short: "watch a model change being measured, on recorded trials",
		Long: `
Makes a git repository with a base and a head that changes the model, and runs the whole chain
on it - settings, plan, trials, metering proxy, prices, statistics, verdict, report - against an
upstream on this machine that replays recorded trials of others. It needs no key, no network
and no configuration, and nothing is spent.

Changes to show (the first is the default):
` + list.String(),
		Run: run,
	}
}

func run(a command.App, fs *flag.FlagSet, args []string) (int, error) {
	out := fs.String("out", "pertask-demo", "`dir` to write report.md, report.html, report.json and trials.jsonl to")
	format := fs.String("format", "term", "`form` of the report: "+output.Formats)
	d := demos()[0]
	args, err := pick(args, &d)
	if err != nil {
		return command.ExitUsage, err
	}
	if _, err := command.Parse(fs, args, 0); err != nil {
		return command.ExitUsage, err
	}
	if err := output.CheckFormat(*format); err != nil {
		return command.ExitUsage, err
	}
	if err := show(a, d, *out, *format); err != nil {
		return command.ExitUsage, err
	}
	return command.ExitOK, nil
}

// pick takes the name of a demo out of the arguments.
func pick(args []string, d *demo) ([]string, error) {
	for i, arg := range args {
		if strings.HasPrefix(arg, "-") {
			continue
		}
		if i > 0 && strings.HasPrefix(args[i-1], "-") && !strings.Contains(args[i-1], "=") {
			continue // the value of an option
		}
		at := slices.IndexFunc(demos(), func(x demo) bool { return x.name == arg })
		if at < 0 {
			return nil, command.Usagef("unknown demo %s; there are %s", strconv.Quote(arg), names())
		}
		*d = demos()[at]
		return slices.Delete(slices.Clone(args), i, i+1), nil
	}
	return args, nil
}

func names() string {
	var names []string
	for _, d := range demos() {
		names = append(names, d.name)
	}
	return strings.Join(names, ", ")
}

func show(a command.App, d demo, out, format string) error {
	records, err := readRecords(d.file)
	if err != nil {
		return err
	}
	address, stop, err := serve(&replay.Upstream{Records: records, Context: d.context})
	if err != nil {
		return err
	}
	defer stop()
	dir, err := os.MkdirTemp("", "pertask-demo-")
	if err != nil {
		return fmt.Errorf("making a scratch folder: %w", err)
	}
	defer os.RemoveAll(dir)
	if err := repository(a.Context, dir, d, records, address); err != nil {
		return err
	}
	fmt.Fprintf(a.Stderr, "A repository whose head changes %s to %s.\n%d recorded tasks, one trial each, are replayed through the proxy.\n",
		d.base, d.head, len(records.Tasks()))
	r, err := measured(a, dir, d, records, out)
	if err != nil {
		return err
	}
	if err := errors.Join(output.Write(out, r), output.Show(a, r, format)); err != nil {
		return err
	}
	fmt.Fprintf(a.Stderr, "\nThe report is in %s.\nNext, in your own repository: \"pertask plan --base main\" shows what a branch changes.\n"+
		"docs/config.md shows the suite and the configuration to write, README.md the workflow.\n", filepath.Join(out, "report.md"))
	return nil
}

func readRecords(file string) (*replay.Records, error) {
	f, err := testdata.Recorded.Open("recorded/" + file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return replay.Read(f)
}

// serve starts the replaying upstream on loopback.
func serve(h http.Handler) (address string, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("starting the replaying upstream: %w", err)
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	go func() { _ = srv.Serve(l) }()
	return "http://" + l.Addr().String() + "/v1", func() { _ = srv.Close() }, nil
}

// measured measures the change in the repository at dir.
func measured(a command.App, dir string, d demo, records *replay.Records, out string) (*report.Report, error) {
	// A demo is shown from its beginning; an earlier one's journal would leave nothing to do.
	if err := os.Remove(change.JournalPath(out)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("removing the journal of an earlier demo: %w", err)
	}
	f := change.Flags{Dir: dir, Base: "main", Head: "cheaper"}
	c, err := f.Load(a)
	if err != nil {
		return nil, err
	}
	c.Options.Replay = true
	c.Options.Pricing.At = recordedPrices
	c.Options.Notes = append(c.Options.Notes, fmt.Sprintf(
		"Replayed, not run: %s, recorded and published by %s (%s). The records hold totals of a trial, so each trial is divided into "+
			"calls below every long-context threshold (at most %d input tokens a call for the base, %d for the head); how long a trial took is not recorded.",
		records.Dataset, records.Source, records.Licence, d.context(d.base), d.context(d.head)))
	r, err := c.Measure(a, out, "")
	if err != nil {
		return nil, err
	}
	for _, side := range []struct {
		name, model string
		arm         *report.Arm
	}{{"base", d.base, &r.Base}, {"head", d.head, &r.Head}} {
		recordedAgainstList(r, records, side.name, side.model, side.arm)
	}
	return r, nil
}

// recordedAgainstList says whether the tokens at list price are what the records say was paid.
func recordedAgainstList(r *report.Report, records *replay.Records, name, model string, a *report.Arm) {
	paid := price.Money{}
	for _, task := range records.Tasks() {
		rec, _ := records.Find(model, task)
		m, ok := rec.USD.Value()
		if !ok {
			return
		}
		paid = paid.Plus(m)
	}
	list, ok := a.Cost.Amount.Value()
	if !ok {
		return
	}
	if list.Fixed(2) == paid.Fixed(2) {
		r.Notes = append(r.Notes, fmt.Sprintf("The tokens of the %s at list price cost $%s, which is what the records say was paid.", name, list.Fixed(2)))
		return
	}
	r.Findings = append(r.Findings, verdict.Finding{Code: "recorded-cost-differs", Text: fmt.Sprintf(
		"The tokens of the %s (`%s`) at list price cost $%s, but the records say that $%s was paid: they were billed otherwise, or hold not every token. "+
			"This report uses the tokens at list price; `pertask analyze` uses the recorded costs.", name, model, list.Fixed(2), paid.Fixed(2))})
}

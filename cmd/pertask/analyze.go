package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/trial/journal"
	"github.com/pertask/pertask/verdict"
)

func analyzeCommand() command {
	return command{
		name: "analyze", args: "FILE [options]", short: "report on recorded trials, without running anything",
		long: `
Reports on recorded trials. FILE is CSV with the columns

  dataset, model, task, trial, passed (1 or 0), input_tokens (uncached),
  cached_input_tokens, cache_write_tokens, output_tokens, cost_usd, duration_s

where an empty field is unknown; or a journal (trials.jsonl) that pertask wrote.

The recorded costs count; --reprice prices the recorded tokens instead. A task is kept when
both models have it and every trial of it has a known outcome and cost; the report says
what was left out.

  pertask analyze trials.csv --dataset pr2/gaia-react \
      --base gemini-3.1-pro --head gemini-3-flash`,
		run: analyze,
	}
}

type analyzeFlags struct {
	sel                compare.Selection
	format, scope, out string
	maxRatio, maxDrop  float64
}

func (f *analyzeFlags) register(fs *flag.FlagSet) {
	fs.StringVar(&f.sel.Base, "base", "", "`model` of the base")
	fs.StringVar(&f.sel.Head, "head", "", "`model` of the head")
	fs.StringVar(&f.sel.Dataset, "dataset", "", "`name` of the dataset; needed when the file has several")
	fs.BoolVar(&f.sel.Reprice, "reprice", false, "price the recorded tokens with the price book")
	fs.StringVar(&f.format, "format", "term", "`form` of the report: "+formats)
	fs.StringVar(&f.out, "out", "", "`dir` to write report.md and report.json to")
	fs.StringVar(&f.scope, "scope", "suite", "what the verdict is about: suite or population `scope`")
	fs.Float64Var(&f.maxRatio, "max-cost-ratio", 1, "head may cost at most this `ratio` times base per completed task")
	fs.Float64Var(&f.maxDrop, "max-completion-drop", 0.10, "largest `drop` of the completion rate, as a share of trials")
}

func (f *analyzeFlags) policy() (verdict.Policy, error) {
	p := verdict.DefaultPolicy()
	p.MaxCostRatio, p.MaxCompletionDrop, p.Scope = f.maxRatio, f.maxDrop, verdict.Scope(f.scope)
	if err := p.Validate(); err != nil {
		return p, usageError{err}
	}
	return p, checkFormat(f.format)
}

func analyze(a app, fs *flag.FlagSet, args []string) (int, error) {
	var f analyzeFlags
	f.register(fs)
	rest, err := parse(fs, args, 1)
	if err != nil {
		return exitUsage, err
	}
	f.sel.Path = rest[0]
	policy, err := f.policy()
	if err != nil {
		return exitUsage, err
	}
	o := compare.Options{Policy: policy, Version: version(), Pricing: price.Pricing{Book: price.Embedded(), At: time.Now().UTC()}}
	r, err := f.read(o)
	if err != nil {
		return exitUsage, err
	}
	if f.out != "" {
		if err := write(f.out, r); err != nil {
			return exitUsage, err
		}
	}
	return exitOK, a.show(r, f.format)
}

// read tells a journal from a CSV file by its first character.
func (f *analyzeFlags) read(o compare.Options) (*report.Report, error) {
	file, err := os.Open(f.sel.Path)
	if err != nil {
		return nil, fmt.Errorf("reading recorded trials: %w", err)
	}
	defer file.Close()
	if st, err := file.Stat(); err != nil || !st.Mode().IsRegular() {
		return nil, fmt.Errorf("reading recorded trials: %s is not a file", quote(f.sel.Path))
	}
	in := bufio.NewReader(file)
	first, err := in.Peek(1)
	if err != nil || first[0] != '{' {
		if f.sel.Base == "" || f.sel.Head == "" {
			return nil, usageError{errors.New("--base and --head must name two models of the file")}
		}
		return compare.AnalyzeCSV(in, f.sel, o)
	}
	if f.sel.Base != "" || f.sel.Head != "" || f.sel.Dataset != "" || f.sel.Reprice {
		return nil, usagef("%s is a journal, which knows its arms and is always priced from tokens; --base, --head, --dataset and --reprice are for CSV files", quote(f.sel.Path))
	}
	evidence, err := journal.Read(in, f.sel.Path)
	if err != nil {
		return nil, err
	}
	return compare.AnalyzeJournal(evidence, o)
}

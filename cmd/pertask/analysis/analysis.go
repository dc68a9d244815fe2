// Package analysis is the command that reports on trials that are recorded.
//
// It knows what is asked for, and the policy that the verdict is by. It refuses to know the formats of records and what is
// picked from them: package records does.
package analysis

import (
	"errors"
	"flag"
	"time"

	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/cmd/pertask/output"
	"github.com/pertask/pertask/cmd/pertask/records"
	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/verdict"
)

// Command returns the command.
func Command() command.Command {
	return command.Command{
		Name: "analyze", Args: "FILE|FOLDER... [options]", Short: "report on recorded trials, without running anything",
		Long: `
Reports on recorded trials: those of other runners, a journal (trials.jsonl) that pertask
wrote, or CSV with the columns

  dataset, model, task, trial, passed (1 or 0), input_tokens (uncached),
  cached_input_tokens, cache_write_tokens, output_tokens, cost_usd, duration_s

where an empty field is unknown. The formats of other runners are harbor, terminal-bench,
inspect, promptfoo, swe-agent, mini-swe-agent and openhands, found by content; docs/analyze.md
says what each tells. Both arms are picked from the files by model, or each from records of
its own with --base-from and --head-from.

The recorded costs count; --reprice prices the recorded tokens instead. A task is kept when
both arms have it and every trial of it has a known outcome and cost; the report says
what was left out.

  pertask analyze trials.csv --dataset pr2/gaia-react \
      --base gemini-3.1-pro --head gemini-3-flash
  pertask analyze --base-from jobs/old --head-from jobs/new`,
		Run: analyze,
	}
}

type options struct {
	req                records.Request
	format, scope, out string
	maxRatio, maxDrop  float64
}

func (f *options) register(fs *flag.FlagSet) {
	fs.StringVar(&f.req.Selection.Base, "base", "", "`model` of the base")
	fs.StringVar(&f.req.Selection.Head, "head", "", "`model` of the head")
	fs.StringVar(&f.req.Selection.Dataset, "dataset", "", "`name` of the dataset; needed when the file has several")
	fs.BoolVar(&f.req.Selection.Reprice, "reprice", false, "price the recorded tokens with the price book")
	fs.BoolVar(&f.req.Selection.AssumeUncached, "assume-uncached", false, "with --reprice: input of which the records do not tell what a cache served is priced as uncached")
	fs.StringVar(&f.req.BaseFrom, "base-from", "", "`path` of the base's records")
	fs.StringVar(&f.req.HeadFrom, "head-from", "", "`path` of the head's records")
	fs.StringVar(&f.req.Format, "input", records.Auto, "`format` of the records: "+records.Formats())
	fs.StringVar(&f.req.Options.Score, "score", "", "`name` of the score or reward that decides completion, where trials have several")
	fs.Float64Var(&f.req.Options.ScoreFrom, "score-from", 0, "least `score` of a completed trial; 1 where this is not given and the records do not say what passed")
	fs.StringVar(&f.format, "format", "term", "`form` of the report: "+output.Formats)
	fs.StringVar(&f.out, "out", "", "`dir` to write report.md, report.html and report.json to")
	fs.StringVar(&f.scope, "scope", "suite", "what the verdict is about: suite or population `scope`")
	fs.Float64Var(&f.maxRatio, "max-cost-ratio", 1, "head may cost at most this `ratio` times base per completed task")
	fs.Float64Var(&f.maxDrop, "max-completion-drop", 0.10, "largest `drop` of the completion rate, as a share of trials")
}

func (f *options) policy() (verdict.Policy, error) {
	p := verdict.DefaultPolicy()
	p.MaxCostRatio, p.MaxCompletionDrop, p.Scope = f.maxRatio, f.maxDrop, verdict.Scope(f.scope)
	if err := p.Validate(); err != nil {
		return p, command.Usage(err)
	}
	return p, output.CheckFormat(f.format)
}

func analyze(a command.App, fs *flag.FlagSet, args []string) (int, error) {
	var f options
	f.register(fs)
	var err error
	if f.req.Paths, err = command.Parse(fs, args, -1); err != nil {
		return command.ExitUsage, err
	}
	policy, err := f.policy()
	if err != nil {
		return command.ExitUsage, err
	}
	o := compare.Options{Policy: policy, Version: command.Version(), Pricing: price.Pricing{Book: price.Embedded(), At: time.Now().UTC()}}
	r, err := f.req.Report(o)
	if wrong := (records.UsageError{}); errors.As(err, &wrong) {
		return command.ExitUsage, command.Usage(wrong)
	}
	if err != nil {
		return command.ExitUsage, err
	}
	if f.out != "" {
		if err := output.Write(f.out, r); err != nil {
			return command.ExitUsage, err
		}
	}
	return command.ExitOK, output.Show(a, r, f.format)
}

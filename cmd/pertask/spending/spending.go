// Package spending is the command that says what agents cost for each merged pull request.
//
// It knows its options and the order of its steps: the logs of this machine go into the ledger, pull requests are read, entries are
// attributed and added up, and the report is printed. It refuses to know how any of these is done, and keeps nothing but the ledger
// and the pull requests that it has read.
package spending

import (
	"flag"
	"fmt"
	"time"

	"github.com/pertask/pertask/cmd/pertask/command"
	report "github.com/pertask/pertask/report/spending"
)

// Command returns the command.
func Command() command.Command { return At(time.Now) }

// clock says what time it is.
type clock func() time.Time

// At returns the command with a clock of its own, which is for tests: the day decides what --since means and which logs are too old.
func At(now func() time.Time) command.Command {
	k := clock(now)
	return command.Command{
		Name: "spend", Args: "[scan | export | import | push | weekly] [options]", Short: "say what agents cost per merged pull request",
		Long: `
Says what agents cost for each merged pull request, week by week: the median and the mean with
their intervals, what lies far above, and what belongs to no merged pull request, and why.

It reads the session logs that Claude Code, Codex, Gemini CLI and opencode keep on this machine
(numbers, and names of models, repositories and branches; nothing of what was said) into the
ledger of this machine, to which "pertask meter" adds what it has measured. Then it asks GitHub
which pull requests the branches became, with the token in GH_TOKEN or GITHUB_TOKEN, and for the
server that GH_HOST names with the one in GH_ENTERPRISE_TOKEN. A token goes to no other server.
Without one there are sums by reason, and none per pull request. The pull requests are kept
beside the ledger: within an hour only what is new is asked for.

Authors are not read. This is about costs and not about people.

  scan      only read the logs, and say what was new
  export    write the ledger as JSON lines or CSV
  import    read entries of other ledgers
  push      add this machine's entries of a repository to a branch of it
  weekly    one week against the week before, for a chat or a terminal

"pertask help spend scan" has the options of one of these.

  pertask spend --since 90d --by model
  pertask spend --repo acme/shop --format html > spend.html`,
		Run: k.run,
	}
}

// subs are the commands of the command.
func (k clock) subs() []command.Command {
	return []command.Command{k.scanCommand(), exportCommand(), importCommand(), k.pushCommand(), k.weeklyCommand()}
}

func (k clock) run(a command.App, fs *flag.FlagSet, args []string) (int, error) {
	all := k.subs()
	for _, c := range all {
		if len(args) > 0 && args[0] == c.Name {
			return command.Sub(a, "spend", all, args)
		}
	}
	var f options
	var by, format string
	f.register(fs)
	fs.StringVar(&by, "by", string(report.Week), "what the table has `rows` for: "+report.Divisions)
	fs.StringVar(&format, "format", "term", "`form` of the report: "+formats)
	if _, err := command.Parse(fs, args, 0); err != nil {
		return command.ExitUsage, err
	}
	division, err := report.ParseBy(by)
	if err != nil {
		return command.ExitUsage, command.Usagef("--by %v", err)
	}
	if !known(format) {
		return command.ExitUsage, command.Usagef("--format %q; allowed are %s", format, formats)
	}
	w, err := f.open(a, k())
	if err != nil {
		return command.ExitUsage, err
	}
	defer w.close()
	roll, err := w.rollup(w.from, w.until)
	if err != nil {
		return command.ExitUsage, err
	}
	out := report.Report{Rollup: roll, By: division, Asked: w.asked(), Notes: w.notes}
	if len(w.repos) == 0 {
		if out.Branches, err = w.branchSums(); err != nil {
			return command.ExitUsage, err
		}
	}
	if err := show(a, out, format); err != nil {
		return command.ExitUsage, fmt.Errorf("printing what was spent: %w", err)
	}
	return command.ExitOK, nil
}

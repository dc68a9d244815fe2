// Package metering is the command that runs another command and says what its model calls cost.
//
// It knows its options, the proxy before the command, and the title of a terminal. It refuses to know how calls are
// counted and what the command's environment is.
package metering

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/cmd/pertask/desk"
	"github.com/pertask/pertask/cmd/pertask/wrap"
	"github.com/pertask/pertask/config"
	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/usage"
)

// Command returns the command.
func Command() command.Command {
	return command.Command{
		Name: "meter", Args: "[options] -- COMMAND [ARGS...]", Short: "run a command and say what its model calls cost",
		Long: `
Runs a command behind the metering proxy and says at its end what its model calls consumed and
cost. The command gets the addresses of the proxy and a token in the variables that agents and
the providers' libraries read (OPENAI_BASE_URL and OPENAI_API_KEY, ANTHROPIC_BASE_URL and
ANTHROPIC_API_KEY, GOOGLE_GEMINI_BASE_URL and GEMINI_API_KEY, and the same for every other
upstream that has a key), and no key of any upstream; everything else it inherits. An agent that is logged in with an
account of its own instead of a key does not come by the proxy and is not metered.

Input, output, signals and the exit status are the command's. While it runs on a terminal, the
terminal's title shows the cost so far. The prices are those of the time of each call.

What was consumed goes into the ledger of this machine, numbers only, with the repository and the
branch that the command was started in, or the pull request of a job of GitHub Actions; "pertask
spend" shows it. Where an agent's own session log names the same answers, as Claude Code's and
Codex's do, they are not counted again; Gemini CLI's and opencode's name none.

With --budget new calls are refused once that much is spent; so are calls of models without a
price, and every call after one whose cost is not known. Calls in flight are not cut, so the
cost can pass the budget by what they cost.

  pertask meter -- claude -p "say hello"
  pertask meter --budget 2.50 --log calls.jsonl -- codex exec "fix the tests"`,
		Run: run,
	}
}

type options struct {
	config, log, budget, ledger string
	quiet                       bool
}

func (f *options) register(fs *flag.FlagSet) {
	fs.StringVar(&f.config, "config", "", "`file` with upstreams, discounts and prices, such as "+config.Path)
	fs.StringVar(&f.log, "log", "", "`file` to append a JSON line to for every call, with its cost")
	fs.StringVar(&f.budget, "budget", "", "`usd` after which new calls are refused, such as 2.50")
	fs.StringVar(&f.ledger, "ledger", "", "`folder` of the ledger, or "+desk.Off+" for none; $"+desk.EnvFolder+" says it, too")
	fs.BoolVar(&f.quiet, "quiet", false, "print nothing but what the command prints")
}

func run(a command.App, fs *flag.FlagSet, args []string) (int, error) {
	var f options
	f.register(fs)
	if err := fs.Parse(args); err != nil { // options of the command are its own
		if errors.Is(err, flag.ErrHelp) {
			return command.ExitUsage, err
		}
		return command.ExitUsage, command.Usage(err)
	}
	if fs.NArg() == 0 {
		return command.ExitUsage, command.Usagef("which command is to be run? Write it behind --")
	}
	t := &wrap.Tally{Start: time.Now()}
	c, err := f.load(t)
	if err != nil {
		return command.ExitUsage, err
	}
	ups := c.AllUpstreams()
	keys, err := a.Keys(ups)
	if err != nil {
		return command.ExitUsage, err
	}
	usable := wrap.Upstreams(ups, keys.Has)
	if len(usable) == 0 {
		return command.ExitUsage, fmt.Errorf("there is no key for any upstream; set one of %s", strings.Join(keyNames(ups), ", "))
	}
	if f.log != "" {
		log, err := wrap.OpenLog(f.log)
		if err != nil {
			return command.ExitUsage, err
		}
		defer log.Close()
		t.Log = log
	}
	env := wrap.Environment{Names: a.Environ, Getenv: a.Getenv, All: ups, Upstreams: usable}
	k, err := f.keeper(a, t)
	if err != nil {
		return command.ExitUsage, err
	}
	code, err := metered(a, f, t, meter.Config{Upstreams: usable, Keys: keys, Admit: t.Admit, Record: func(c usage.Call) error { return errors.Join(t.Record(c), k.record(c)) }}, env, fs.Args())
	if k != nil {
		if lost := k.end(a.Context); lost != nil {
			fmt.Fprintf(a.Stderr, "pertask meter: not all of this is in the ledger: %v\n", lost)
		}
	}
	if err == nil && !f.quiet {
		fmt.Fprint(a.Stderr, t.Summary(time.Now()))
	}
	return code, errors.Join(err, t.LogFailure())
}

// keeper opens the ledger. Who did not ask for it gets the command in any case.
func (f *options) keeper(a command.App, t *wrap.Tally) (*keeper, error) {
	folder := desk.Folder(f.ledger, a.Getenv)
	if folder == "" {
		return nil, nil
	}
	d, err := desk.Open(folder)
	if err != nil {
		if f.ledger != "" {
			return nil, err
		}
		fmt.Fprintf(a.Stderr, "pertask meter: the ledger is not kept: %v\n", err)
		return nil, nil
	}
	dir, err := os.Getwd()
	if err != nil {
		dir = "" // of no repository, then
	}
	return keep(d, t.Calls, func(at time.Time) spend.Place { return desk.Place(dir, at, a.Getenv) }), nil
}

// load reads the configuration and the budget into what prices the calls.
func (f *options) load(t *wrap.Tally) (*config.Config, error) {
	c := config.Default()
	if f.config != "" {
		var err error
		if c, err = config.Load(os.DirFS(filepath.Dir(f.config)), filepath.Base(f.config)); err != nil {
			return nil, err
		}
	}
	book, err := price.Embedded().With(c.Prices.Overrides)
	if err != nil {
		return nil, err
	}
	t.Pricing = price.Pricing{Book: book, Discounts: c.Prices.Discounts}
	if f.budget != "" {
		m, err := price.ParseMoney(f.budget)
		if err != nil || m.IsNegative() {
			return nil, command.Usagef("--budget %q is not an amount of dollars; write one such as 2.50", f.budget)
		}
		t.Budget = price.Known(m)
	}
	return c, nil
}

func keyNames(ups []meter.Upstream) []string {
	var out []string
	for _, u := range ups {
		if u.KeyEnv != "" && !slices.Contains(out, u.KeyEnv) {
			out = append(out, u.KeyEnv)
		}
	}
	return out
}

// metered runs the command behind a proxy and returns its exit status.
func metered(a command.App, f options, t *wrap.Tally, cfg meter.Config, env wrap.Environment, argv []string) (int, error) {
	proxy, err := meter.Start(cfg)
	if err != nil {
		return command.ExitUsage, err
	}
	session := proxy.Open("meter")
	if !f.quiet {
		t.Show = title(a)
	}
	env.Session = session
	code, runErr := wrap.Command{Argv: argv, Env: env.Variables(), Stdin: os.Stdin, Stdout: a.Stdout, Stderr: a.Stderr}.Run()
	// What the command left in flight is read to its end, until somebody is tired of waiting.
	ctx, stop := signal.NotifyContext(context.WithoutCancel(a.Context), os.Interrupt)
	defer stop()
	session.Close(ctx)
	closeErr := proxy.Close(ctx)
	if t.Show != nil {
		t.Show("")
	}
	if runErr != nil {
		return command.ExitUsage, runErr
	}
	if closeErr != nil && ctx.Err() == nil {
		return code, closeErr
	}
	return code, nil
}

// title returns what shows a text in the title of the terminal: a line of its own would fight with agents that
// use the whole screen. Without a terminal it is nil. An empty text takes the title away.
func title(a command.App) func(string) {
	f, ok := a.Stderr.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) || a.Getenv("TERM") == "dumb" {
		return nil
	}
	return func(text string) { fmt.Fprintf(f, "\x1b]0;%s\x07", text) }
}

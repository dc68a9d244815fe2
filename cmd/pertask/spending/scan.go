package spending

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/cmd/pertask/desk"
	"github.com/pertask/pertask/cmd/pertask/text"
	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/session"
)

func (k clock) scanCommand() command.Command {
	return command.Command{
		Name: "scan", Args: "[options]", Short: "read the session logs of this machine into the ledger",
		Long: `
Reads the logs that Claude Code, Codex, Gemini CLI and opencode keep of their sessions on this
machine into the ledger, and says what was new. Only what was not read before is read. Numbers
are kept, and the names of models, repositories and branches; nothing of what was said.`,
		Run: func(a command.App, fs *flag.FlagSet, args []string) (int, error) {
			var folder string
			fs.StringVar(&folder, "ledger", "", "`folder` of the ledger; $"+desk.EnvFolder+" says it, too")
			if _, err := command.Parse(fs, args, 0); err != nil {
				return command.ExitUsage, err
			}
			d, _, err := open(folder, a.Getenv)
			if err != nil {
				return command.ExitUsage, err
			}
			defer d.Close()
			r, err := scan(a, d, k())
			if err != nil {
				return command.ExitUsage, err
			}
			fmt.Fprintln(a.Stdout, found(r))
			for _, s := range problems(r) {
				fmt.Fprintln(a.Stderr, s)
			}
			return command.ExitOK, nil
		},
	}
}

// open opens the ledger of this machine, which must be somewhere.
func open(option string, getenv func(string) string) (*desk.Desk, string, error) {
	folder := desk.Folder(option, getenv)
	if folder == "" {
		return nil, "", command.Usagef("there is no ledger; say where with --ledger FOLDER or $%s", desk.EnvFolder)
	}
	d, err := desk.Open(folder)
	return d, folder, err
}

// scan reads what is new in the logs of this machine.
func scan(a command.App, d *desk.Desk, now time.Time) (session.Result, error) {
	measured, err := d.Answers(now.Add(-session.Horizon))
	if err != nil {
		return session.Result{}, err
	}
	r, err := session.Scan(a.Context, session.Options{
		Homes: session.Homes(a.Getenv, cmp.Or(a.Getenv("HOME"), a.Getenv("USERPROFILE"))),
		State: d.State(), Measured: measured, Add: d.Add, Now: now, Known: repositories(a, d),
	})
	if err != nil {
		return r, fmt.Errorf("reading the session logs of this machine: %w", err)
	}
	return r, nil
}

// repositories tells which repository the ledger has for a session and a branch. It reads the ledger when it is asked first.
func repositories(a command.App, d *desk.Desk) func(session, branch string) string {
	var all map[[2]string]string
	return func(session, branch string) string {
		if all == nil {
			all = map[[2]string]string{}
			for e, err := range d.Entries(a.Context, spend.Query{}) {
				if err == nil && e.Repository != "" {
					all[[2]string{e.Session, e.Branch}] = e.Repository
				}
			}
		}
		return all[[2]string{session, branch}]
	}
}

// found says what a scan has found.
func found(r session.Result) string {
	if r.Files == 0 {
		return "There are no session logs on this machine."
	}
	s := fmt.Sprintf("%d new calls in %d of %d session logs", r.Calls, r.Read, r.Files)
	if r.Read > 0 {
		s += fmt.Sprintf(" (%d lines)", r.Lines)
	}
	var left []string
	for _, reason := range slices.Sorted(maps.Keys(r.Skipped)) {
		if n := r.Skipped[reason]; n > 0 {
			left = append(left, fmt.Sprintf("%d %s", n, reason))
		}
	}
	if len(left) > 0 {
		s += "; left out: " + strings.Join(left, ", ")
	}
	return s + "."
}

// problems are the files that could not be read.
func problems(r session.Result) []string {
	var out []string
	for _, p := range r.Problems {
		out = append(out, "pertask spend: "+text.Clip(p.Error(), 400))
	}
	return out
}

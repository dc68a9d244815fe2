package spending

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/cmd/pertask/text"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/ledger/spendbranch"
)

func (k clock) pushCommand() command.Command {
	return command.Command{
		Name: "push", Args: "--repo OWNER/NAME [options]", Short: "add this machine's entries of a repository to a branch of it",
		Long: `
Adds the entries that this machine has of a repository, and the branch has not, to a branch of the
repository that shares no history with the code. Others add theirs, and "pertask spend --branch"
reads all of them together.

It says what goes out before it does: numbers, hours, names of models, branches and labels, and
hashes for the sessions; no author, and nothing of what was said. Whoever can read the repository
can read the branch. It asks for a yes on a terminal, and needs --yes elsewhere. The token in
GH_TOKEN or GITHUB_TOKEN needs the permission "contents: write".

  pertask spend push --repo acme/shop --yes`,
		Run: k.push,
	}
}

// perCommit is how many entries go into one commit.
const perCommit = 2000

func (k clock) push(a command.App, fs *flag.FlagSet, args []string) (int, error) {
	var f options
	var yes bool
	fs.Var(&f.repos, "repo", "`repository`, owner/name or host/owner/name")
	fs.StringVar(&f.branch, "branch", spendbranch.DefaultBranch, "`name` of the branch")
	fs.StringVar(&f.ledger, "ledger", "", "`folder` of the ledger; $PERTASK_LEDGER says it, too")
	fs.BoolVar(&f.noScan, "no-scan", false, "leave the session logs of this machine alone; only what is in the ledger counts")
	fs.BoolVar(&yes, "yes", false, "do it without asking")
	if _, err := command.Parse(fs, args, 0); err != nil {
		return command.ExitUsage, err
	}
	if len(f.repos) != 1 {
		return command.ExitUsage, command.Usagef("say which repository with --repo OWNER/NAME")
	}
	only, err := names(f.repos)
	if err != nil {
		return command.ExitUsage, err
	}
	store, err := ledgerOf(only[0], f.branch, a.Getenv)
	if err != nil {
		return command.ExitUsage, err
	}
	entries, err := f.unpushed(a, store, only[0], k())
	if err != nil {
		return command.ExitUsage, err
	}
	if len(entries) == 0 {
		fmt.Fprintf(a.Stdout, "Nothing of %s is new on this machine.\n", only[0])
		return command.ExitOK, nil
	}
	fmt.Fprintf(a.Stdout, "To the branch %s of %s go %s\n", text.Clip(f.branch, 100), only[0], outgoing(entries))
	if !yes && !agreed(a) {
		return command.ExitUsage, fmt.Errorf("nothing was pushed: say yes with --yes")
	}
	for rest := entries; len(rest) > 0; rest = rest[min(len(rest), perCommit):] {
		if err := store.Add(a.Context, rest[:min(len(rest), perCommit)]...); err != nil {
			return command.ExitUsage, fmt.Errorf("pushing entries: %w", err)
		}
	}
	fmt.Fprintln(a.Stdout, "Pushed.")
	return command.ExitOK, nil
}

// ledgerOf is the ledger on a branch of a repository.
func ledgerOf(name, branch string, getenv func(string) string) (*spendbranch.Store, error) {
	host, rest, _ := strings.Cut(name, "/")
	repo, err := github.ParseRepo(rest)
	if err != nil {
		return nil, err
	}
	cfg, ok := server(host, getenv)
	if !ok {
		return nil, fmt.Errorf("reaching %s: there is no token; %s", host, wants(host))
	}
	c, err := github.New(cfg)
	if err != nil {
		return nil, err
	}
	return spendbranch.New(c.BranchFiles(repo), spendbranch.Options{Branch: branch}), nil
}

// unpushed are the entries of a repository that the branch has not, or has an earlier revision of. Authors stay here.
func (f *options) unpushed(a command.App, store spend.Store, repository string, now time.Time) ([]spend.Entry, error) {
	d, _, err := open(f.ledger, a.Getenv)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	if !f.noScan {
		if _, err := scan(a, d, now); err != nil {
			return nil, err
		}
	}
	q := spend.Query{Repositories: []string{repository}}
	have, err := onBranch(a.Context, store, q)
	if err != nil {
		return nil, err
	}
	var out []spend.Entry
	skipped, err := spend.Each(d.Entries(a.Context, q), func(e spend.Entry) error {
		e.Author = ""
		if at, ok := have[e.ID]; !ok || at < e.Revision {
			out = append(out, e)
		}
		return nil
	})
	said(a, skipped)
	return out, err
}

// onBranch are the revisions that a branch has, by ID.
func onBranch(ctx context.Context, store spend.Store, q spend.Query) (map[string]int64, error) {
	have := map[string]int64{}
	_, err := spend.Each(store.Entries(ctx, q), func(e spend.Entry) error {
		have[e.ID] = e.Revision
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the branch: %w", err)
	}
	return have, nil
}

// outgoing says what entries tell whoever reads them.
func outgoing(all []spend.Entry) string {
	models, branches, labels := map[string]bool{}, map[string]bool{}, map[string]bool{}
	var calls int64
	for _, e := range all {
		models[e.Provider+"/"+e.Model] = true
		if e.Branch != "" {
			branches[e.Branch] = true
		}
		for _, l := range e.Labels {
			labels[l] = true
		}
		calls += e.Calls
	}
	list := func(what string, set map[string]bool) string {
		s := sortedSet(set)
		line := fmt.Sprintf("  %s: %d", what, len(s))
		if len(s) > 0 {
			line += " (" + text.Clip(strings.Join(s, ", "), 200) + ")"
		}
		return line
	}
	return strings.Join([]string{
		fmt.Sprintf("%s: numbers of %d calls, from %s to %s.", plural(len(all), "entry", "entries"), calls, all[0].Hour.Format("2006-01-02"), all[len(all)-1].Hour.Format("2006-01-02")),
		"With them go these names, and no author:",
		list("models", models), list("branches", branches), list("labels", labels),
	}, "\n")
}

// agreed asks for a yes on a terminal.
func agreed(a command.App) bool {
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		return false
	}
	fmt.Fprint(a.Stdout, "Push them? [y/N] ")
	line, _ := bufio.NewReader(os.Stdin).ReadString('\n') // an end of the input is no yes
	return strings.EqualFold(strings.TrimSpace(line), "y") || strings.EqualFold(strings.TrimSpace(line), "yes")
}

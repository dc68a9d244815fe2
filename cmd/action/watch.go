package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/pertask/pertask/compare/outfit"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/price"
	report "github.com/pertask/pertask/report/watch"
	"github.com/pertask/pertask/review/spend"
	"github.com/pertask/pertask/review/watch"
)

// watch looks whether what is served under the base's settings has changed since its stored trials, and says so in one issue.
// Where no store is set up it does nothing.
func (p *program) watch(ctx context.Context, client *github.Client, repo github.Repo) error {
	if p.getenv("PERTASK_STORE") == "" {
		p.say("Nothing is watched: the input store is empty.")
		return nil
	}
	if branch := p.getenv("PERTASK_BASE_BRANCH"); branch != "" && p.getenv("GITHUB_REF") != "refs/heads/"+branch {
		p.say("Nothing is watched: only the default branch is.")
		return nil
	}
	sink, err := p.newSink()
	if err != nil {
		return err
	}
	scratch, err := os.MkdirTemp(p.getenv("RUNNER_TEMP"), "pertask-work-")
	if err != nil {
		return fmt.Errorf("making a scratch folder: %w", err)
	}
	defer os.RemoveAll(scratch)
	o, end, err := p.options(client, sink, scratch, 0)
	if err != nil {
		return err
	}
	defer end()
	if o.Store == nil {
		return errors.New("the input journal-secret has to be a secret to seal the store with; docs/commands.md shows the workflow")
	}
	w, err := watch.Run(ctx, o, repo, p.getenv("GITHUB_SHA"))
	if len(w.Suites) == 0 {
		return err
	}
	p.watched(w)
	err = errors.Join(err, sink.Summary(w.Summary()), p.keepCost(ctx, client, repo, w), p.tell(ctx, client, repo, w))
	if s, ok := o.Store.(*outfit.Store); ok {
		err = errors.Join(err, s.Prune(ctx, p.now(), oldest))
	}
	return err
}

// watched says in the log what was found.
func (p *program) watched(w report.Watch) {
	for _, s := range w.Suites {
		p.log.Info("watched the base", "suite", s.Name, "state", string(s.State), "trials", s.Fresh, "spent_usd", s.Spent.String(), "why", singleLine(s.Why))
	}
}

// tell brings the issue up to date.
func (p *program) tell(ctx context.Context, client *github.Client, repo github.Repo, w report.Watch) error {
	board, err := client.Issues(repo)
	if err != nil {
		return err
	}
	did, url, err := watch.Tell(ctx, board, w)
	if err != nil {
		return fmt.Errorf("the summary of the job has what was found, and no issue was written: %w", err)
	}
	if did != watch.Nothing {
		p.say(fmt.Sprintf("The issue %s: %s.", url, did))
	}
	return nil
}

// keepCost keeps what the watch cost with what checks cost, where there is a branch for it.
func (p *program) keepCost(ctx context.Context, client *github.Client, repo github.Repo, w report.Watch) error {
	if p.ledgerName() == "" {
		return nil
	}
	l := spend.Line{Time: w.Time, Head: w.Commit, Kind: "watch", USD: price.Known(price.Money{})}
	for _, s := range w.Suites {
		l.USD = l.USD.Plus(s.Spent)
	}
	_, err := spend.Keep(ctx, client, repo, p.ledgerName(), l)
	return err
}

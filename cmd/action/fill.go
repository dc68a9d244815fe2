package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/pertask/pertask/compare/outfit"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/event"
	"github.com/pertask/pertask/review"
)

// fill stores trials of the base after a push to the default branch, for the pull requests to come. It never posts
// anything, and a job that fills nothing does not fail unless it is set up wrongly: nobody's merge waits for it.
func (p *program) fill(ctx context.Context, client *github.Client, e event.Event) int {
	if nothing := p.nothingToFill(e); nothing != "" {
		fmt.Fprintln(p.stdout, nothing)
		return exitOK
	}
	if p.getenv("PERTASK_STORE") == "" && p.ledgerName() != "" {
		p.say("No trials of the base are stored: the input store is empty.")
		return exitOK
	}
	sink, err := p.newSink()
	if err != nil {
		p.fail(err)
		return exitUsage
	}
	scratch, err := os.MkdirTemp(p.getenv("RUNNER_TEMP"), "pertask-work-")
	if err != nil {
		p.fail(fmt.Errorf("making a scratch folder: %w", err))
		return exitUsage
	}
	defer os.RemoveAll(scratch)
	o, end, err := p.options(client, sink, scratch, 0)
	if err == nil && o.Store == nil {
		err = errors.New("on push, pertask stores trials of the base: the input store has to name a folder, and journal-secret a secret to seal it with; docs/commands.md shows the workflow")
	}
	if err != nil {
		p.fail(err)
		return exitUsage
	}
	defer end()
	filled, err := review.New(o).FillBase(ctx, e.Repo, e.After)
	for _, f := range filled {
		p.log.Info("stored trials of the base", "suite", f.Suite, "had", f.Had, "added", f.Added, "missing", f.Missing, "spent_usd", f.Spent.String(), "problem", singleLine(f.Problem), "lost", singleLine(f.Lost))
	}
	if s, ok := o.Store.(*outfit.Store); ok {
		err = errors.Join(err, s.Prune(ctx, p.now(), oldest))
	}
	if err != nil {
		p.actions().Warningf("%s", singleLine(err.Error()))
	}
	return exitOK
}

// oldest is the age of trials that no configuration lets be used again.
const oldest = 90 * 24 * time.Hour

// nothingToFill says why a push asks for nothing; "" when it does.
func (p *program) nothingToFill(e event.Event) string {
	branch := p.getenv("PERTASK_BASE_BRANCH")
	switch {
	case strings.Trim(e.After, "0") == "":
		return "The branch was deleted."
	case branch == "" || e.Ref != "refs/heads/"+branch:
		return "Trials are stored on pushes to the default branch only."
	}
	return ""
}

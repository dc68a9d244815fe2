package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/pertask/pertask/config"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/event"
	"github.com/pertask/pertask/ledger/prediction"
	"github.com/pertask/pertask/ledger/predictionbranch"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/markup"
	"github.com/pertask/pertask/review/merge"
)

// actionsApp is the App that the token of a workflow stands for.
const actionsApp = "github-actions"

// mergeTimeout bounds how long a job waits for a prediction to be kept.
const mergeTimeout = 2 * time.Minute

// ledgerName is the branch of the ledger; "" where there is none.
func (p *program) ledgerName() string {
	return strings.TrimPrefix(p.getenv("PERTASK_LEDGER_BRANCH"), "refs/heads/")
}

// host is GitHub's name, as remotes have it.
func (p *program) host() string {
	if u, err := url.Parse(p.getenv("GITHUB_SERVER_URL")); err == nil && u.Host != "" {
		return strings.ToLower(u.Host)
	}
	return "github.com"
}

// predictions is the store on the ledger's branch.
func (p *program) predictions(client *github.Client, repo github.Repo) *predictionbranch.Store {
	return predictionbranch.New(client.BranchFiles(repo), predictionbranch.Options{Branch: p.ledgerName(), Sleep: p.sleep})
}

// promise keeps what merged pull requests predict, where an event tells of a merge and there is a branch for it. Nobody's merge waits
// for it: that it cannot is said, and fails no job.
func (p *program) promise(ctx context.Context, client *github.Client, e event.Event) {
	merged := e.Name == "pull_request" && e.Action == "closed" && e.Pull.Merged && e.Pull.MergeSHA != "" &&
		(e.DefaultBranch == "" || e.Pull.BaseRef == e.DefaultBranch)
	pushed := e.Name == "push" && p.nothingToFill(e) == ""
	if p.ledgerName() == "" || !merged && !pushed {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, mergeTimeout)
	defer cancel()
	what := "What the merged change predicts was not kept"
	if merged && e.Pull.Fork {
		what += ", and a push to the default branch can keep it, which may write where the workflow of a fork may not"
	}
	p.trouble(what, p.keepMerges(ctx, client, e, merged))
}

// keepMerges keeps what the pull request of an event predicts, or what those of a push do.
func (p *program) keepMerges(ctx context.Context, client *github.Client, e event.Event, merged bool) error {
	if err := p.ledgerBranch(); err != nil {
		return err
	}
	var merges []merge.Merge
	var err error
	if merged {
		merges = []merge.Merge{{Repo: e.Repo, Pull: e.Pull.Number, BaseSHA: e.Pull.BaseSHA, HeadSHA: e.Pull.HeadSHA, Commit: e.Pull.MergeSHA, At: e.Pull.MergedAt}}
	} else {
		merges, err = pushedMerges(ctx, client, e)
	}
	for _, m := range merges {
		err = errors.Join(err, p.keepMerge(ctx, client, m))
	}
	return err
}

// pushedMerges are the pull requests that a push to the default branch has merged.
func pushedMerges(ctx context.Context, client *github.Client, e event.Event) ([]merge.Merge, error) {
	numbers, err := client.PullsOf(ctx, e.Repo, e.After)
	if err != nil {
		return nil, err
	}
	var out []merge.Merge
	for _, n := range numbers[:min(len(numbers), maxMerges)] {
		pr, err := client.Pull(ctx, e.Repo, n)
		if err != nil {
			return out, err
		}
		if pr.Merged && "refs/heads/"+pr.BaseRef == e.Ref {
			out = append(out, merge.Merge{Repo: e.Repo, Pull: n, BaseSHA: pr.BaseSHA, HeadSHA: pr.HeadSHA, Commit: e.After})
		}
	}
	return out, nil
}

// maxMerges bounds how many pull requests of one commit are looked at.
const maxMerges = 10

// keepMerge keeps what one merge predicts. What is kept already stays as it is.
func (p *program) keepMerge(ctx context.Context, client *github.Client, m merge.Merge) error {
	if m.At.IsZero() {
		m.At = p.now()
	}
	m.At = m.At.UTC().Truncate(time.Second)
	path := p.getenv("PERTASK_CONFIG")
	if path == "" {
		path = config.Path
	}
	o := merge.Options{GitHub: client, Book: price.Embedded(), ConfigPath: path, Host: p.host(), App: actionsApp, Now: p.now, Log: p.log}
	all, err := o.Predictions(ctx, m)
	if err != nil {
		return err
	}
	store := p.predictions(client, m.Repo)
	for _, x := range all {
		switch err := store.Predict(ctx, x); {
		case errors.Is(err, prediction.ErrKept): // the first word counts
		case err != nil:
			return err
		default:
			p.say(fmt.Sprintf("What #%d predicts for suite %q is kept on the branch %s.", x.Pull, x.Suite, p.ledgerName()))
		}
	}
	return nil
}

// trouble says what could not be done, in the log and in the summary of the job. It does not fail the job.
func (p *program) trouble(what string, err error) {
	if err == nil {
		return
	}
	text := fmt.Sprintf("%s: %s", what, singleLine(p.secrets.redact(err.Error())))
	p.actions().Warningf("%s", text)
	if errors.Is(err, github.ErrPermission) {
		text += ". Give the workflow the permission under `permissions`"
	}
	p.summarize(text + ".")
}

// summarize adds a paragraph of plain text to the summary of the job, in which values may be between backquotes.
func (p *program) summarize(text string) {
	s := &sink{redact: p.secrets.redact, actions: p.actions()}
	if err := s.Summary(markup.Rich(text) + "\n"); err != nil {
		p.log.Warn("writing the summary", "error", err)
	}
}

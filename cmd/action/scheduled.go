package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/event"
	"github.com/pertask/pertask/github/merged"
	"github.com/pertask/pertask/ledger/attribute"
	"github.com/pertask/pertask/ledger/spendbranch"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/markup"
	"github.com/pertask/pertask/review/follow"
	"github.com/pertask/pertask/review/merge"
)

// inputScheduled is the input of a workflow_dispatch that asks for what the schedule does.
const inputScheduled = "scheduled"

// asksForSchedule reports whether a job that a person has started asks for what the schedule does.
func asksForSchedule(e event.Event) bool {
	return e.Name == "workflow_dispatch" && e.Inputs[inputScheduled] == "true"
}

// scheduled does what is due, whatever started it, one thing after the other. What one of them cannot do is said, keeps no other from
// being done, and fails no job: nobody waits for it. A workflow that is set up wrongly fails.
func (p *program) scheduled(ctx context.Context, client *github.Client) int {
	repo, err := github.ParseRepo(p.getenv("GITHUB_REPOSITORY"))
	if err == nil {
		err = p.ledgerBranch()
	}
	if err != nil {
		p.fail(err)
		return exitUsage
	}
	for _, job := range []struct {
		wrong string // what to say when it fails
		do    func(context.Context, *github.Client, github.Repo) error
	}{
		{"What came of merged changes is not known", p.followUp},
		{"The base could not be watched", p.watch},
	} {
		p.trouble(job.wrong, job.do(ctx, client, repo))
	}
	return exitOK
}

// followUp works out what came of merged changes, and says it on their pull requests.
func (p *program) followUp(ctx context.Context, client *github.Client, repo github.Repo) error {
	if p.ledgerName() == "" {
		p.say("No change is followed: the input ledger-branch is empty.")
		return nil
	}
	name := merge.Name(p.host(), repo)
	done, err := follow.Run(ctx, follow.Config{
		Repository: name, Predictions: p.predictions(client, repo),
		Entries: spendbranch.New(client.BranchFiles(repo), spendbranch.Options{Branch: p.ledgerName(), Sleep: p.sleep}),
		Pricing: price.Pricing{Book: price.Embedded()}, Book: price.Embedded().AsOf(), Now: p.now,
		Read: func(ctx context.Context, since time.Time) (attribute.Repository, error) {
			r, err := merged.New(p.github(), merged.Options{})
			if err != nil {
				return attribute.Repository{}, err
			}
			return follow.Pulls(ctx, r, p.host(), name, merged.Query{Repo: repo, Since: since, Unmerged: true, Open: true})
		},
		Post: func(ctx context.Context, pull int, body string) error {
			return p.postFollowUp(ctx, client, repo, pull, body)
		},
	})
	for _, d := range done {
		p.say(fmt.Sprintf("#%d, suite %q: %s", d.Pull, d.Suite, d.Sentence))
		p.summarize(fmt.Sprintf("#%d, suite `%s`: %s", d.Pull, markup.Value(d.Suite), d.Sentence))
	}
	return err
}

// errNotMerged is a pull request that no prediction is of: everybody who can write to the repository can write to the branch.
var errNotMerged = errors.New("the branch has a prediction of it, and it was not merged")

// postFollowUp posts a comment on a pull request that was merged, and on no other.
func (p *program) postFollowUp(ctx context.Context, client *github.Client, repo github.Repo, pull int, body string) error {
	pr, err := client.Pull(ctx, repo, pull)
	if err != nil {
		return err
	}
	if !pr.Merged {
		return errNotMerged
	}
	return follow.Post(ctx, client, repo, pull, body, p.now())
}

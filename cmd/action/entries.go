package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/ledger/spendbranch"
	"github.com/pertask/pertask/review/merge"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
	"github.com/pertask/pertask/usage"
)

// entriesTimeout bounds how long a job waits for its entries to be kept.
const entriesTimeout = time.Minute

// keepCalls adds what the trials of this job have consumed since it began to the ledger, as entries of checks. Journals that the
// workflow has brought back hold calls of earlier jobs, which have added those. That it cannot fails no job.
func (p *program) keepCalls(ctx context.Context, client *github.Client, repo github.Repo, pull int, head, dir string, since time.Time) {
	if p.ledgerName() == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), entriesTimeout)
	defer cancel()
	calls, err := callsSince(dir, since)
	if len(calls) > 0 {
		like := spend.Entry{Source: spend.Check, Provenance: spend.Measured, Harness: "pertask", Session: spend.SessionKey("pertask", p.reportURL()+"#"+p.getenv("GITHUB_RUN_ATTEMPT")+p.getenv("GITHUB_JOB")),
			Place: spend.Place{Repository: merge.Name(p.host(), repo), Pull: pull, Commit: head}}
		s := spendbranch.New(client.BranchFiles(repo), spendbranch.Options{Branch: p.ledgerName(), Sleep: p.sleep})
		err = errors.Join(err, s.Add(ctx, spend.OfCalls(like, calls...)...))
	}
	if errors.Is(err, github.ErrPermission) {
		p.log.Warn("keeping what the check consumed", "error", err) // the review has said so
		return
	}
	p.trouble("What the check consumed was not kept as entries", err)
}

// callsSince are the calls of the journals in a folder that ended, or were begun and did not end, at a time or later.
func callsSince(dir string, since time.Time) (out []usage.Call, err error) {
	files, err := filepath.Glob(filepath.Join(dir, "trials*.jsonl"))
	for _, f := range files {
		data, bad := os.ReadFile(f)
		if bad == nil {
			var evidence trial.Evidence
			evidence, bad = journal.Read(bytes.NewReader(data), filepath.Base(f))
			out = append(out, recent(evidence, since)...)
		}
		if bad != nil {
			err = errors.Join(err, fmt.Errorf("reading what was called: %w", bad))
		}
	}
	return out, err
}

// recent are the calls since a time, each once: also those of trials that do not count.
func recent(e trial.Evidence, since time.Time) (out []usage.Call) {
	all := slices.Concat(e.Stray, e.Open)
	for _, r := range e.Results {
		all = append(all, r.Calls...)
	}
	seen := map[string]bool{}
	for _, c := range all {
		if !c.Time.Before(since) && !seen[c.ID] {
			seen[c.ID] = true
			out = append(out, c)
		}
	}
	return out
}

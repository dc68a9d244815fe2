package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/review"
	"github.com/pertask/pertask/review/errand"
	"github.com/pertask/pertask/review/outcome"
)

// measure carries out what the App asks for, and posts nothing: what it leaves is in the folder of the reports. A job that measured
// nothing, for a reason that the answer has, has done its work all the same.
func (p *program) measure(ctx context.Context, client *github.Client, text string) int {
	q, err := p.request(text)
	if err != nil {
		p.fail(err)
		return exitUsage
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
	o, end, err := p.options(client, sink, scratch, q.Pull)
	if err != nil {
		p.fail(err)
		return exitUsage
	}
	defer end()
	leave := func(a errand.Answer) error { return sink.File(errand.File, a.JSON()) }
	r, a, err := o.Carry(ctx, q, leave)
	if err == nil {
		err = errors.Join(leave(a), outcome.Leave(sink, []*report.Report{r}, p.reportURL()), sink.Summary(report.Summary([]*report.Report{r})))
	}
	if err != nil {
		p.fail(err)
		return review.ExitBroken
	}
	p.say(fmt.Sprintf("pertask: %s: %s", r.Result, r.Reason.Text))
	return exitOK
}

// request reads what the App asks for, which has to be about this repository.
func (p *program) request(text string) (errand.Request, error) {
	if name := p.getenv("GITHUB_EVENT_NAME"); name != "workflow_dispatch" {
		return errand.Request{}, fmt.Errorf("the input measure is for workflows that the App starts, by workflow_dispatch, and the event is %q", name)
	}
	q, err := errand.Parse(text)
	if err != nil {
		return q, fmt.Errorf("the input measure: %w", err)
	}
	if here := p.getenv("GITHUB_REPOSITORY"); q.Repository != here {
		return q, fmt.Errorf("the input measure: the request is about %s, and this is %s", q.Repository, here)
	}
	return q, nil
}

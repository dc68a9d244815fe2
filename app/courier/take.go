package courier

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/dispatch"
	"github.com/pertask/pertask/review/errand"
)

// again is what to do about what may go well the next time.
const again = "Comment `/pertask run` to try it again, by a person with write access."

func (t *trip) fail(code, text, next string) *Failure {
	if t.run.ID != 0 {
		text = fmt.Sprintf("%s: %s", text, t.run.URL)
	}
	return &Failure{Code: code, Text: text + ".", Next: next, Run: t.run, Begun: t.begun()}
}

// strange is the failure of a run that is not what was started.
func (t *trip) strange() *Failure {
	return t.fail("workflow-strange", fmt.Sprintf("The run is not the one that the App has started: it has to be named `%s`, of the file `%s` as it is on `%s`, and started by `%s`",
		errand.Title(t.Request.Review), t.File, t.branch, t.Login), "The workflow needs `run-name: pertask ${{ inputs.review }}`; docs/app.md has the whole file.")
}

// refused is why the workflow was not started.
func (t *trip) refused(err error) error {
	const whole = "docs/app.md has the whole file; then comment `/pertask run`."
	var answer *github.Error
	switch {
	case errors.Is(err, dispatch.ErrNoWorkflow):
		return t.fail("workflow-missing", fmt.Sprintf("`app.runner` is `actions`, and the branch `%s` has no workflow `%s%s`", t.branch, dispatch.Folder, t.File),
			"Add it to the default branch, or name another one under `app.workflow`; "+whole)
	case errors.Is(err, dispatch.ErrNotStartable) && errors.As(err, &answer):
		return t.fail("workflow-not-startable", fmt.Sprintf("GitHub does not start the workflow `%s`: %q", t.File, answer.Message),
			"It has to be enabled, and to have the trigger `workflow_dispatch` with the inputs `review` and `request`; "+whole)
	}
	return t.permitted(err)
}

// permitted is the failure of an App that may not start workflows.
func (t *trip) permitted(err error) error {
	if errors.Is(err, github.ErrPermission) {
		return t.fail("workflow-permission", "`app.runner` is `actions`, and the App may not start workflows here",
			"Give the App the permission Actions: read and write, and accept it for this account; then comment `/pertask run`.")
	}
	return err
}

// take takes what the run has left.
func (t *trip) take(ctx context.Context) (errand.Bundle, error) {
	left, why := t.left(ctx)
	if err := t.concluded(); err != nil {
		err.Bundle = left
		return errand.Bundle{}, err
	}
	if why != nil {
		return errand.Bundle{}, why
	}
	on, err := t.Client.MergeBase(ctx, t.Repo, t.branch, t.run.HeadSHA)
	switch {
	case err != nil:
		return errand.Bundle{}, err
	case on != t.run.HeadSHA:
		f := t.fail("workflow-strange", fmt.Sprintf("The run is of a commit that is not on `%s`", t.branch), again)
		f.Bundle = left
		return errand.Bundle{}, f
	case !left.Ended:
		f := t.fail("workflow-cut-short", "The workflow's run ended before the trials did", again)
		f.Bundle = left
		return errand.Bundle{}, f
	}
	return *left, nil
}

// concluded is why a run that has ended does not count; nil where it does.
func (t *trip) concluded() *Failure {
	const log = "Its log says why. "
	switch r := t.run; {
	case r.Attempt > 1 || r.Again != t.Login:
		return t.fail("workflow-run-again", fmt.Sprintf("The workflow's run was started again by `%s`, and only its first attempt counts", r.Again), again)
	case r.Conclusion == dispatch.Success:
		return nil
	case r.Conclusion == dispatch.Cancelled:
		return t.fail("workflow-cancelled", "The workflow's run was cancelled", again)
	case r.Conclusion == dispatch.TimedOut:
		return t.fail("workflow-late", "The workflow's run took longer than its time limit", log+again)
	case r.Conclusion == dispatch.ActionRequired, r.Conclusion == dispatch.StartupFailure:
		return t.fail("workflow-not-begun", fmt.Sprintf("The workflow's run could not begin (`%s`)", r.Conclusion), log+again)
	default:
		return t.fail("workflow-failed", fmt.Sprintf("The workflow's run ended as `%s`", r.Conclusion), log+again)
	}
}

// left reads the run's artifact, if there is one that can be read. The error is a *Failure, or one of reaching GitHub.
func (t *trip) left(ctx context.Context) (*errand.Bundle, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	all, err := t.flow.Artifacts(ctx, t.run.ID, errand.Artifact)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 || all[0].Expired {
		return nil, t.fail("workflow-no-result", fmt.Sprintf("The workflow's run has left no artifact named `%s`", errand.Artifact),
			"Its last step has to keep the folder `${{ steps.pertask.outputs.report }}` with `if: always()`; docs/app.md has the whole file.")
	}
	bad := func(err error) error {
		return t.fail("workflow-bad-result", fmt.Sprintf("What the workflow's run has left is no answer to what the App asked for: %q", err), "The Action has to be of the App's version. "+again)
	}
	if all[0].Size > errand.MaxArchive {
		return nil, bad(github.ErrTooLong)
	}
	data, err := t.flow.Download(ctx, all[0].ID, errand.MaxArchive)
	switch {
	case errors.Is(err, github.ErrTooLong), errors.Is(err, github.ErrNotFound):
		return nil, bad(err)
	case err != nil:
		return nil, err
	}
	b, err := errand.Open(data, t.Request)
	if err != nil {
		return nil, bad(err)
	}
	return &b, nil
}

// Package ending is how a review ends without trials that led to a verdict: for which cause, whether it goes on elsewhere, and
// in which words.
//
// It knows the causes of contexts and the reports that stand for them. It refuses to know who notices that a review is to end,
// what was spent by then, and where reports are posted.
package ending

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/report/markup"
	"github.com/pertask/pertask/report/pull"
	"github.com/pertask/pertask/review/change"
	"github.com/pertask/pertask/review/claim"
	"github.com/pertask/pertask/review/ground"
	"github.com/pertask/pertask/verdict"
)

// ErrOvertaken is the cause of a context whose review another worker carries out now, by errors.Is: the review that is overtaken
// posts and keeps nothing more.
var ErrOvertaken = errors.New("another worker carries out the review")

// ErrStopped is the cause of a context whose process is to stop, by errors.Is, and so is context.Canceled. A review that has an
// ID leaves what it shows as it is then: its next attempt goes on with it.
var ErrStopped = errors.New("the process is to stop")

// Causes that end a review, by errors.Is.
var (
	ErrSuperseded = errors.New("the pull request's head has moved on")                           // its head is not the pull request's any more
	ErrClosed     = errors.New("the pull request was closed")                                    // or merged
	ErrAccepted   = errors.New("the change was accepted meanwhile")                              // a person has let it in
	ErrPanic      = errors.New("pertask broke; please report this with the log of the workflow") // it has panicked
)

// The codes of the reasons of reviews that ended for what happened to their pull request.
const (
	Superseded = "superseded"
	Closed     = "closed"
)

// Elsewhere reports whether a review is not to be ended here, since it goes on elsewhere: by a context that the caller has
// ended. One that resumes is gone on with by its next attempt.
func Elsewhere(ctx context.Context, resumes bool) bool {
	if ctx.Err() == nil {
		return false
	}
	cause := context.Cause(ctx)
	return errors.Is(cause, ErrOvertaken) || resumes && (errors.Is(cause, ErrStopped) || errors.Is(cause, context.Canceled))
}

// Timeout bounds what is posted after a review was cancelled.
const Timeout = 20 * time.Second

// Outlive is a context for what is posted when a review is over, however it ended, for at most Timeout. It ends at once when
// the review is overtaken.
func Outlive(ctx context.Context) (context.Context, context.CancelFunc) {
	out, end := context.WithCancelCause(context.WithoutCancel(ctx))
	unwatch := context.AfterFunc(ctx, func() {
		if cause := context.Cause(ctx); errors.Is(cause, ErrOvertaken) {
			end(cause)
		}
	})
	out, cancel := context.WithTimeout(out, Timeout)
	return out, func() { unwatch(); cancel(); end(nil) }
}

// ByClosing is the report of a review whose pull request was closed.
func ByClosing(o compare.Options) *report.Report {
	return o.NotMeasured(verdict.Finding{Code: Closed, Text: "The pull request was closed before there was a verdict, so no more trials are carried out."},
		"Reopen it to have it measured. A journal that the workflow keeps goes on where the trials were stopped.")
}

// BySuperseding is the report of a review whose pull request's head is another one now.
func BySuperseding(o compare.Options, by string) *report.Report {
	return o.NotMeasured(verdict.Finding{Code: Superseded, Text: fmt.Sprintf("The pull request has moved on to `%s`, so this commit is not measured.", pull.Short(by))},
		"The newer commit has a check of its own.")
}

// ByError is the report of a review that could not be carried out: since its context has ended, for a mistake of whoever wrote
// the configuration, or for what is not the pull request's.
func ByError(ctx context.Context, o compare.Options, err error) *report.Report {
	if ctx.Err() != nil {
		return o.NotMeasured(verdict.Finding{Code: "canceled", Text: "The check was cancelled before a verdict."},
			"Push again or rerun the workflow to measure.")
	}
	var bad *change.Mistake
	if errors.As(err, &bad) {
		return o.BadInput(bad.Err)
	}
	return Broken(o, err)
}

// Broken is the report of what could not be carried out for a reason that is not the pull request's.
func Broken(o compare.Options, err error) *report.Report {
	return o.NotMeasured(verdict.Finding{Code: "broke", Text: "The check could not be carried out: " + Told(err)},
		"Rerun the workflow; if it breaks again, its log says more.")
}

// Told is what people on the pull request are told of an error that is not theirs: GitHub's own answer or what is wrong with
// a tree, and of all others fixed words. Their texts may name the addresses of databases, folders and hosts, which are for the log.
func Told(err error) string {
	if errors.Is(err, ErrPanic) {
		return ErrPanic.Error()
	}
	if answer := (*github.Error)(nil); errors.As(err, &answer) {
		return answer.Error()
	}
	if held := (*change.TreeError)(nil); errors.As(err, &held) {
		return held.Error()
	}
	for _, known := range []error{github.ErrAuth, github.ErrPermission, github.ErrNotFound, github.ErrTooLong, github.ErrRateLimited} {
		if errors.Is(err, known) {
			return "GitHub: " + known.Error()
		}
	}
	return "something broke where it runs; the log there says what"
}

// Busy is the report of a suite that another review of the same commit is at. The exit status is that of a change that the
// configuration blocks: what is not known yet must not let through what blocks.
func Busy(o compare.Options, exit int) *report.Report {
	const text = "Another review of this commit measures, and had not ended after %s."
	r := o.NotMeasured(verdict.Finding{Code: "under-way", Text: fmt.Sprintf(text, claim.Patience)},
		"Rerun this job when that review has ended: its verdict answers then.")
	if exit > r.Decision.Exit {
		r.Decision = report.Decision{Blocks: true, Exit: exit}
	}
	return r
}

// NotAllowed is the report of a suite that nothing may be spent for, as ground.Options.Allowed says why.
func NotAllowed(o compare.Options, why verdict.Finding) *report.Report {
	next := "Raise the limit, or wait for the next month; then comment `/pertask run`."
	if why.Code == ground.NotKnown {
		next = "Comment `/pertask run` later, or have a look at the server's log."
	}
	return o.NotMeasured(why, next)
}

// Unfinished is a comment about a review of a head that came to no result.
func Unfinished(head string) string {
	return fmt.Sprintf("**Not measured.** The check of %s ended before a verdict. Push again or rerun the workflow to measure.", markup.Code(pull.Short(head)))
}

package trial

import (
	"net/http"
	"slices"
	"strings"

	"github.com/pertask/pertask/usage"
)

// How the Problem of a call begins that was refused because money was spent: the check's, or what one trial may cost.
// The metering proxy puts notForwarded before the words of whoever refused; those may or may not begin with the
// tool's name. Package purse has the words.
const (
	notForwarded = "not forwarded: "
	toolsName    = "pertask: "
	budgetWords  = "budget"
	costWords    = "cost cap"
)

// What the metering proxy writes into the Problem of a call that its client did not wait for.
const (
	leftBefore = notForwarded + "the client had left"
	leftDuring = "the call was still in flight when its session was closed"
)

// work is what happened between the start of an agent and its end.
type work struct {
	warmup     bool // the trial is a warm-up
	canceled   bool
	notStarted bool
	timedOut   bool
	overCost   bool   // the calls cost more than the trial may
	over       string // CauseSandbox when that broke before the agent's end, CauseMemory or CauseDisk when the agent needed more than a trial may; or ""
	status     int    // exit status; 0 for harnesses without a process
	calls      []usage.Call
}

// ruling is an outcome with its cause. The zero value says that the grader is to be asked.
type ruling struct {
	outcome Outcome
	cause   string
}

func void(cause string) ruling { return ruling{Void, cause} }

// beforeGrading rules on what does not need a grader, so that no grader's word decides what is evidence. The order
// matters: first what says that the trial is none of the arm's, then what the arm did by itself.
//
// A warm-up stays one however it ends: it fills a cache, and no trial hangs on it.
//
// A trial that passed its cost cap has failed whatever else happened to it, the end of the check's budget included: its
// own calls took it there. One whose cap could not be kept, since the cost of a call is unknown, is void like one that
// ran into the end of the budget: its agent was stopped by us, and to carry it out again would spend what nobody can
// count. The unknown cost itself withholds the verdict.
//
// Running out of time is a failure of the arm with a cost that counts, unless there were calls and the provider
// refused all of them: an agent that waits for a dead provider says nothing about the arm.
//
// A trial whose last request the provider did not serve is void, done or not: an agent that goes on after the provider's
// last word has given up, and if completion saved such trials, only the arm's failures would be carried out again.
//
// An agent that could not be found shows as exit status 126 or 127 of the shell. Without any call that is a
// trial that never began; after calls it is no more than an exit status.
func (w work) beforeGrading() ruling {
	switch {
	case w.canceled:
		return void(CauseCanceled)
	case w.warmup:
		return void(CauseWarmup)
	case w.overCost, w.refusedFor(costWords):
		return ruling{Failed, CauseCost}
	case w.refusedFor(budgetWords):
		return void(CauseBudget)
	case w.over == CauseSandbox:
		return void(CauseSandbox)
	case w.notStarted, len(w.calls) == 0 && (w.status == statusNotExecutable || w.status == statusNotFound):
		return void(CauseStart)
	case w.over != "":
		return ruling{Failed, w.over}
	case w.timedOut && w.nothingServed(), !w.timedOut && w.lastRefused():
		return void(CauseProvider)
	case w.timedOut:
		return ruling{Failed, CauseTimeout}
	}
	return ruling{}
}

// afterGrading rules on what the grader says of a trial that is evidence unless the grader or the sandbox broke.
func afterGrading(g grade) ruling {
	switch g {
	case gradeBroke:
		return void(CauseGrading)
	case gradeUnkept:
		return void(CauseSandbox)
	case gradeAccepted:
		return ruling{outcome: Completed}
	}
	return ruling{Failed, CauseGrader}
}

// refusedFor reports whether one of the calls was not forwarded for a reason that begins with the given words. A
// provider's own words are not taken for ours.
func (w work) refusedFor(words string) bool {
	for _, c := range w.calls {
		why, held := strings.CutPrefix(c.Problem, notForwarded)
		why, ours := strings.CutPrefix(why, toolsName)
		if (held || ours) && strings.HasPrefix(why, words) {
			return true
		}
	}
	return false
}

// requests returns the calls that ask a model. Others, such as for a list of models, have no wire format, and
// what becomes of them says nothing.
func (w work) requests() []usage.Call {
	return slices.DeleteFunc(slices.Clone(w.calls), func(c usage.Call) bool {
		return c.Format == "" && c.Coverage == usage.Unbilled
	})
}

// nothingServed reports whether the provider refused every request. One that it still worked on when the time was up is
// none: a long answer is the arm's own doing.
func (w work) nothingServed() bool {
	requests := w.requests()
	for _, c := range requests {
		if !refused(c) || c.Problem == leftDuring {
			return false
		}
	}
	return len(requests) > 0
}

// lastRefused reports whether the provider did not serve the last request that the agent waited for.
func (w work) lastRefused() bool {
	requests := slices.DeleteFunc(w.requests(), func(c usage.Call) bool {
		return c.Problem == leftBefore || c.Problem == leftDuring
	})
	return len(requests) > 0 && refused(requests[len(requests)-1])
}

// refused reports whether the provider did not serve a call for reasons that lie with it or with the key:
// no answer at all, load, faults, and a key that it does not accept or that has run dry. Other refusals, such
// as for a model that does not exist or a parameter that it does not take, are answers to the arm's settings.
func refused(c usage.Call) bool {
	switch c.Status {
	case 0, http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden, http.StatusRequestTimeout, http.StatusTooManyRequests:
		return c.State == usage.Ended
	}
	return c.Status >= 500
}

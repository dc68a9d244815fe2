package trial

import (
	"net/http"
	"slices"
	"strings"

	"github.com/pertask/pertask/usage"
)

// How the Problem of a call begins that was refused because the money was spent. The metering proxy puts
// notForwarded before the words of whoever refused; those may or may not begin with the tool's name.
const (
	notForwarded  = "not forwarded: "
	budgetProblem = "pertask: budget"
	budgetWords   = "budget"
)

// work is what happened between the start of an agent and its end.
type work struct {
	canceled   bool
	notStarted bool
	timedOut   bool
	status     int // exit status; 0 for harnesses without a process
	calls      []usage.Call
}

// ruling is an outcome with its cause. The zero value says that the grader is to be asked.
type ruling struct {
	outcome Outcome
	cause   string
}

func void(cause string) ruling { return ruling{Void, cause} }

// beforeGrading rules on what does not need a grader. The order matters: a trial that was canceled, or that
// ran into the end of the budget, says nothing about its arm whatever else happened to it.
//
// Running out of time is a failure of the arm with a cost that counts, unless there were calls and the provider
// served none of them: an agent that waits for a dead provider says nothing about the arm.
//
// An agent that could not be found shows as exit status 126 or 127 of the shell. Without any call that is a
// trial that never began; after calls it is no more than an exit status.
func (w work) beforeGrading() ruling {
	switch {
	case w.canceled:
		return void(CauseCanceled)
	case w.overBudget():
		return void(CauseBudget)
	case w.notStarted, len(w.calls) == 0 && (w.status == statusNotExecutable || w.status == statusNotFound):
		return void(CauseStart)
	case w.timedOut && w.nothingServed():
		return void(CauseProvider)
	case w.timedOut:
		return ruling{Failed, CauseTimeout}
	}
	return ruling{}
}

// afterGrading rules on what the grader says. A refusal counts against the arm, unless the provider refused
// the last request too: then the agent had to give up. What a grader accepts is complete however the
// provider behaved.
func (w work) afterGrading(g grade) ruling {
	switch {
	case g == gradeBroke:
		return void(CauseGrading)
	case g == gradeAccepted:
		return ruling{outcome: Completed}
	case w.lastRefused():
		return void(CauseProvider)
	}
	return ruling{Failed, CauseGrader}
}

func (w work) overBudget() bool {
	for _, c := range w.calls {
		words, held := strings.CutPrefix(c.Problem, notForwarded)
		if strings.HasPrefix(words, budgetProblem) || held && strings.HasPrefix(words, budgetWords) {
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

func (w work) nothingServed() bool {
	requests := w.requests()
	for _, c := range requests {
		if !refused(c) {
			return false
		}
	}
	return len(requests) > 0
}

func (w work) lastRefused() bool {
	requests := w.requests()
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

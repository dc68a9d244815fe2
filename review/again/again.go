// Package again says when a verdict that was reached before answers who asks now, and in which words.
//
// It knows which wishes ask for more than there was, and what leads further from a verdict that settles nothing. It refuses to
// know where the verdict is kept and whether that is to be believed.
package again

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/pertask/pertask/report/markup"
	"github.com/pertask/pertask/report/pull"
	"github.com/pertask/pertask/review/command"
	"github.com/pertask/pertask/review/state"
	"github.com/pertask/pertask/review/trigger"
	"github.com/pertask/pertask/verdict"
)

// Code is the code of the finding that an earlier verdict holds.
const Code = "verdict-holds"

// Answers reports whether an earlier result is what a review would come to, so that nothing is measured. A person who asks
// for more than there was is not answered by it, nor one who asks for the end of a test that was cut short.
func Answers(t trigger.Trigger, u state.Suite) bool {
	switch {
	case u.Result != verdict.Measured || u.Cap <= 0:
		return false
	case t.Asks(command.More), t.Asks(command.Reprice):
		return false
	case t.Asks(command.Run) && t.Command.Trials > u.Cap:
		return false
	}
	return u.Ended || t.Command == nil && t.Kind != trigger.Dispatch
}

// Measured is the commit that a result was measured at.
func Measured(f state.Found) string { return cmp.Or(f.Suite.At, f.Run.Head) }

// Holds says that an earlier verdict holds: Markdown, one paragraph, which begins as Opening does.
func Holds(f state.Found, more string) string {
	return beside(fmt.Sprintf("%s%s holds.** No model setting, suite, policy or price has changed since, so nothing was measured again.",
		Opening, markup.Code(pull.Short(Measured(f)))), more)
}

// Plain is Holds for a finding: plain text with values between backquotes.
func Plain(f state.Found, more string) string {
	return beside(fmt.Sprintf("The verdict of `%s` holds: no model setting, suite, policy or price has changed since, so nothing was measured again.",
		pull.Short(Measured(f))), more)
}

func beside(a, b string) string { return strings.TrimSpace(a + " " + b) }

// Opening begins what Holds says. It stands in check runs: Below looks for it.
const Opening = "**The verdict of "

// Below is what a check run says below what Holds has put above it.
func Below(summary string) string {
	for strings.HasPrefix(summary, Opening) {
		_, rest, found := strings.Cut(summary, "\n\n")
		if !found {
			return ""
		}
		summary = strings.TrimSpace(rest)
	}
	return summary
}

// More says how to get further than a verdict that settles nothing; "" for any other. maxTrials is the base's limit, and
// reserve says whether the policy has kept a part of the error for an extension.
func More(u state.Suite, maxTrials int, reserve bool) string {
	if u.Verdict != verdict.Inconclusive {
		return ""
	}
	var ways []string
	if !u.Ended {
		ways = append(ways, "`/pertask run` takes it up where it was cut short")
	} else if reserve {
		ways = append(ways, "`/pertask more` takes it up by one more look")
	}
	if maxTrials > u.Cap {
		ways = append(ways, fmt.Sprintf("`/pertask run --trials %d` allows %d trials of each task instead of %d", maxTrials, maxTrials, u.Cap))
	}
	if len(ways) == 0 {
		return "It settles nothing, and there is no more within its limits: raise `run.max_trials`, or keep a part of the error with `verdict.extension_reserve`, on the base branch."
	}
	return "It settles nothing: " + strings.Join(ways, ", and ") + "."
}

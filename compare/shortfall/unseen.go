package shortfall

import (
	"fmt"
	"strings"

	"github.com/pertask/pertask/usage"
)

// namedCalls is how many interrupted calls are named.
const namedCalls = 5

// Unseen says of calls that nobody saw how they ended, so that what was spent is a lower bound. There is at least one.
func Unseen(calls []usage.Call) string {
	var names []string
	for _, call := range calls[:min(len(calls), namedCalls)] {
		names = append(names, fmt.Sprintf("`%s` of `%s`", call.ID, call.Trial))
	}
	if more := len(calls) - namedCalls; more > 0 {
		names = append(names, fmt.Sprintf("and %d more, which the journal has", more))
	}
	n, cost := "1 call", "what it cost is"
	if len(calls) > 1 {
		n, cost = fmt.Sprintf("%d calls", len(calls)), "what they cost is"
	}
	return fmt.Sprintf("%s of an interrupted process ended unseen (%s); %s not known, so what was spent is a lower bound.", n, strings.Join(names, ", "), cost)
}

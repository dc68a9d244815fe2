// Package confine counts what kept the programs of trials in, so that a report says it of the trials that it counts, and
// not of the process that wrote it.
//
// It knows the sandbox that each trial records. It refuses to know how one works and whether there has to be one.
package confine

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pertask/pertask/trial"
)

// Kept counts trials by what kept them in. Its zero value is ready. It is not safe for concurrent use.
type Kept struct {
	trials map[string]int // by the name of the sandbox; "" is none, or a journal of before sandboxes were recorded
}

// Take counts a trial that started programs. Void ones are no evidence and say nothing here.
func (k *Kept) Take(t trial.Trial) {
	if t.Outcome != trial.Completed && t.Outcome != trial.Failed {
		return
	}
	if k.trials == nil {
		k.trials = map[string]int{}
	}
	k.trials[t.Sandbox]++
}

// Any reports whether a trial was counted.
func (k *Kept) Any() bool { return len(k.trials) > 0 }

// Outside is how many trials ran without a sandbox, as far as they tell.
func (k *Kept) Outside() int { return k.trials[""] }

// Name is what kept the trials in: the name of the one sandbox, "" for none, and else each with its trials, such as
// "bubblewrap (3 trials), none (1 trial)".
func (k *Kept) Name() string {
	names := k.names()
	if len(names) == 1 && k.Outside() == 0 {
		return names[0]
	}
	if len(names) == 0 {
		return ""
	}
	var out []string
	for _, name := range names {
		out = append(out, name+" ("+count(k.trials[name])+")")
	}
	if n := k.Outside(); n > 0 {
		out = append(out, "none ("+count(n)+")")
	}
	return strings.Join(out, ", ")
}

// names are those of the sandboxes, sorted.
func (k *Kept) names() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(k.trials)), func(name string) bool { return name == "" })
}

// Note says what that means. Without a sandbox there is only something to say where agents ran.
func (k *Kept) Note(agents bool) string {
	const within, free = "agents and graders reached the metering proxy and nothing else", "agents could reach the network of the machine, without a key"
	switch n := k.Outside(); {
	case len(k.names()) == 0 && agents:
		return "Not sandboxed: " + free + "."
	case len(k.names()) == 0:
		return ""
	case n > 0:
		return fmt.Sprintf("Sandboxed by %s: %s but in %s without a sandbox, where %s.", k.Name(), within, count(n), free)
	}
	return "Sandboxed by " + k.Name() + ": " + within + "."
}

func count(n int) string {
	if n == 1 {
		return "1 trial"
	}
	return fmt.Sprintf("%d trials", n)
}

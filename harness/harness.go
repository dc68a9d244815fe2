// Package harness describes coding agents: how each is started without a person, pointed at the metering proxy and
// given an arm's settings, and how its own account of what it consumed is read.
//
// An agent is a value of type Agent, in a file of its own; a new one is added there and in agents, and nowhere else.
// The package refuses to know how programs are run, what a provider charges, and where settings come from. A setting
// that an agent cannot be given is an error: a trial never runs something else than its arm declares.
package harness

import (
	"slices"

	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/usage"
)

// Agent is a coding agent. Its texts are templates: {name} stands for a value, and what holds a name without a value
// is left out: a group of arguments, a variable, a member of a file.
//
// Names are the arm's settings, such as {model} and {effort}, with the slot before those of other slots, as in
// {small.model}; {prompt}, {token}, {base} (the base URL at the proxy), {home}, {workspace} and {upstream}; and what
// Speech.Set adds. Which settings an agent takes follows from the names in its templates.
type Agent struct {
	Name    string // as suites name it
	Program string // looked up in PATH
	Package string // in the npm registry
	Tested  string // version that the description was tried with

	Speaks []Speech // in order of preference
	Argv   [][]string
	Stdin  string            // what the program reads
	Env    map[string]string // variables by name
	// Files are written into the home folder. A path that ends in .toml is TOML, every other one is JSON. Beside
	// templates, which are text, values are of type Number or When, or stand for themselves.
	Files map[string]map[string]any
	// Values lists what may be given for a name where the program does not refuse other values by itself.
	Values map[string][]string
	// Besides lists values that may be given for settings that are numbers beside those, such as -1 where it has a
	// meaning of its own; see arm.Setting.CheckNumber.
	Besides map[string][]string
	// Hide lists paths in the workspace that the program would take settings from and has no switch against.
	Hide []string
	// Report reads what the agent says that it consumed; nil where it says nothing. An answer of nil means that it
	// did not say it this time.
	Report func(*said) (*usage.SelfReport, error)
}

// Speech is a wire format that an agent can be made to speak.
type Speech struct {
	Wire string // see doors
	// Upstreams lists the upstreams that the agent knows by name in this format; nil stands for any.
	Upstreams []string
	Set       map[string]string // further names and their templates, which may not hold names of Set
}

// agents returns the descriptions.
func agents() []Agent {
	return []Agent{claudeCode(), cline(), codex(), copilot(), crush(), geminiCLI(), opencode(), pi(), qwen()}
}

func find(name string) (Agent, bool) {
	all := agents()
	if i := slices.IndexFunc(all, func(a Agent) bool { return a.Name == name }); i >= 0 {
		return all[i], true
	}
	return Agent{}, false
}

// All returns every harness by name: those of package trial and the coding agents. Their versions are not filled in;
// see Versions.
func All() map[string]trial.Harness {
	out := trial.Harnesses()
	for _, a := range agents() {
		h := trial.Harness{Name: a.Name, Start: a.start, Hide: slices.Clone(a.Hide)}
		if a.Report != nil {
			h.SelfReport = a.selfReport
		}
		out[a.Name] = h
	}
	return out
}

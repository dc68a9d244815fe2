package doctor

import (
	"fmt"
	"maps"
	"slices"
)

// Machine is what is known of the machine that trials would run on.
type Machine struct {
	// Keys are the names of the variables that hold a key; their values are nobody's business.
	Keys []string
	// Versions are those of the agents that are installed, by name.
	Versions map[string]string
	// Missing says, by the name of an agent, why its version is not known.
	Missing map[string]string
	// NoSandbox says why no sandbox works; "" where one does.
	NoSandbox string
}

// Machine returns what the machine lacks for the suites. Most of it are warnings: the workflow runs on another one.
func (x *Examination) Machine(m Machine) []Finding {
	var out []Finding
	add := func(l Level, path, what, do string) {
		out = append(out, Finding{Level: l, Path: path, What: clean(what), Do: clean(do)})
	}
	for _, name := range x.Keys {
		if !slices.Contains(m.Keys, name) {
			add(Warning, "", "there is no "+name+" in the environment, so nothing can be measured from here", "set it to measure on this machine; a workflow has its own, from the repository's secrets")
		}
	}
	for _, su := range x.Suites {
		for _, name := range agentsOf(su) {
			want, have := su.Versions[name], m.Versions[name]
			switch {
			case m.Missing[name] != "":
				add(Warning, su.Path, m.Missing[name], "")
			case want != "" && have != "" && want != have:
				add(Warning, su.Path, fmt.Sprintf("the suite pins %s %s, and %s is installed, which is refused before anything is spent", name, want, have), "install the pinned version")
			}
		}
	}
	if m.NoSandbox != "" && len(x.Suites) > 0 {
		switch x.Config.Run.Sandbox {
		case "required":
			add(Error, "", "run.sandbox is required, and "+m.NoSandbox, "docs/security.md says what a sandbox takes")
		case "auto":
			add(Warning, "", m.NoSandbox+", so agents run with what the user of this process can see", "docs/security.md says what a sandbox takes")
		}
	}
	return out
}

// Agents lists the agents that the suites start, sorted.
func (x *Examination) Agents() []string {
	all := map[string]bool{}
	for _, su := range x.Suites {
		for _, name := range agentsOf(su) {
			all[name] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

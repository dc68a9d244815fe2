package compare

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/verdict"
)

// agentsOf lists the coding agents that tasks of a suite are for, sorted.
func agentsOf(su *suite.Suite) []string {
	var out []string
	for _, name := range suite.Agents() {
		if su != nil && slices.ContainsFunc(su.Tasks, func(t suite.Task) bool { return t.Harness == name }) {
			out = append(out, name)
		}
	}
	return out
}

// checkVersions holds the versions of agents that were found against those that the suite pins, before anything is
// spent. An agent that was not found is no match; where none was looked for, Ready refuses.
func (o Options) checkVersions() (f verdict.Finding, next string, ok bool) {
	if o.Harness == nil {
		return f, "", true
	}
	var wrong, install []string
	for _, name := range agentsOf(o.Suite) {
		pinned, found := o.Suite.Versions[name], o.Harness[name]
		if pinned == "" || pinned == found {
			continue
		}
		here := "version " + found + " is installed"
		if found == "" {
			here = "which version is installed is not known"
		}
		wrong = append(wrong, fmt.Sprintf("the suite pins %s to version %s, and %s", name, pinned, here))
		install = append(install, name+" "+pinned)
	}
	if len(wrong) == 0 {
		return f, "", true
	}
	return verdict.Finding{Code: "version-not-pinned", Text: fmt.Sprintf("%s.", strings.Join(wrong, "; "))},
		fmt.Sprintf("Install %s, exactly, or change `versions` in `%s` on the base branch.", strings.Join(install, " and "), o.Suite.Path), false
}

// unpinned names the agents whose version the suite leaves to the machine.
func (o Options) unpinned() []string {
	var out []string
	for _, name := range agentsOf(o.Suite) {
		if o.Suite.Versions[name] == "" {
			with := "whatever version is installed"
			if v := o.Harness[name]; v != "" {
				with = "version " + v
			}
			out = append(out, fmt.Sprintf("%s is not pinned: these trials ran %s, and the next may run another. Pin it under `versions` in the suite.", name, with))
		}
	}
	return out
}

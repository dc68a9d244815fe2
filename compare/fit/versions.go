package fit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/verdict"
)

// AgentsOf lists the coding agents that tasks of a suite are for, sorted.
func AgentsOf(su *suite.Suite) []string {
	var out []string
	for _, name := range suite.Agents() {
		if su != nil && slices.ContainsFunc(su.Tasks, func(t suite.Task) bool { return t.Harness == name }) {
			out = append(out, name)
		}
	}
	return out
}

// Versions holds the versions of agents that were found, by name, against those that a suite pins. An agent that was not
// found is no match; nil is for none looked for, and holds. Where ok is false there is a finding, and what to do next.
func Versions(su *suite.Suite, versions map[string]string) (f verdict.Finding, next string, ok bool) {
	if versions == nil {
		return f, "", true
	}
	var wrong, install []string
	for _, name := range AgentsOf(su) {
		pinned, found := su.Versions[name], versions[name]
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
		fmt.Sprintf("Install %s, exactly, or change `versions` in `%s` on the base branch.", strings.Join(install, " and "), su.Path), false
}

// Unpinned names the agents whose version a suite leaves to the machine, with those that were found.
func Unpinned(su *suite.Suite, versions map[string]string) []string {
	var out []string
	for _, name := range AgentsOf(su) {
		if su.Versions[name] == "" {
			with := "whatever version is installed"
			if v := versions[name]; v != "" {
				with = "version " + v
			}
			out = append(out, fmt.Sprintf("%s is not pinned: these trials ran %s, and the next may run another. Pin it under `versions` in the suite.", name, with))
		}
	}
	return out
}

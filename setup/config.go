package setup

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/arm/lead"
)

// configText is a configuration that says only what is not the default.
func configText(f *found, suites []starter) string {
	var b strings.Builder
	b.WriteString("# What pertask measures a change of model settings with. It is read from the base of a pull request.\nversion: 1\n")
	if len(suites) == 1 && suites[0].models == nil {
		fmt.Fprintf(&b, "suite: %s\n", suites[0].path)
	} else if len(suites) > 0 {
		b.WriteString("suites:\n")
		for _, s := range suites {
			fmt.Fprintf(&b, "  - name: %s\n    path: %s\n", s.name, s.path)
			if s.models != nil {
				fmt.Fprintf(&b, "    models: [%s]\n", strings.Join(s.models, ", "))
			}
		}
	}
	b.WriteString(f.watched())
	b.WriteString(configTail)
	return b.String()
}

// watched says where the model's settings are: those that are found by their names need no key.
func (f *found) watched() string {
	if len(f.agents) == 0 {
		return `# No settings file that pertask knows by its name was found. Say where your application has its model:
# models:
#   - path: config/agents.yaml
#     model: $.coder.model
#     provider: $.coder.provider
`
	}
	if path, name, ok := f.element(); ok {
		return fmt.Sprintf("# One model of a list is measured. It has the slot main.\nmodels:\n  - path: %s\n    element: %s\n", path, strconv.Quote(name))
	}
	var files []string
	for _, a := range f.agents {
		files = append(files, a.files...)
	}
	return "# Watched by their names: " + strings.Join(files, ", ") + "\n"
}

// element is the element of a tool's list of models that the configuration names, where there is nothing else to watch.
func (f *found) element() (path, name string, ok bool) {
	if len(f.agents) != 1 || f.agents[0].model == "" || f.agents[0].slot == arm.MainSlot {
		return "", "", false
	}
	a := f.agents[0]
	for _, s := range a.settings {
		if s.Key == arm.Model && s.Slot == a.slot && arm.CheckWatches(lead.Element(s.Source.Path, a.slot)) == nil {
			return s.Source.Path, a.slot, lead.Element(s.Source.Path, a.slot) != nil
		}
	}
	return "", "", false
}

const configTail = `# The defaults: at most 10.00 dollars for a check, and a forecast above 3.00 waits for a person. The verdict is reported
# and blocks nothing; with "verdict: {mode: block}" it fails the check.
# run:
#   budget: 10.00
#   auto_run_below: 3.00
`

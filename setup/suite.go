package setup

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/pertask/pertask/suite"
)

// starter is a suite of the plan.
type starter struct {
	path    string
	harness string            // of the tasks
	name    string            // of the suite
	models  []string          // the watched files that it is for; nil for all
	own     bool              // it is there already, and not planned
	agents  map[string]string // that an own one starts, with the versions that it pins
}

// suites returns the suites that the configuration names, or that one of ours would: one for each agent found, and one
// of prompts where there is none.
func (f *found) suites(tree fs.FS) []starter {
	if f.config != nil {
		return f.configured(tree)
	}
	var out []starter
	for _, a := range f.agents {
		if slices.Contains(suite.Agents(), a.name) {
			out = append(out, starter{path: "evals/" + a.name + ".yaml", harness: a.name, name: "starter for " + a.name, models: a.files})
		}
	}
	switch len(out) {
	case 0:
		out = []starter{{path: "evals/suite.yaml", harness: "prompt", name: "starter"}}
	case 1:
		out[0].path = "evals/suite.yaml"
		if len(f.agents) == 1 {
			out[0].models = nil
		}
	}
	for i := range out {
		out[i].settle(tree)
	}
	return out
}

// configured returns the suites that a configuration names. One that is not there is planned.
func (f *found) configured(tree fs.FS) []starter {
	harness := "prompt"
	for _, a := range slices.Backward(f.agents) {
		if slices.Contains(suite.Agents(), a.name) {
			harness = a.name
		}
	}
	var out []starter
	for _, c := range f.config.Suites {
		s := starter{path: c.Path, harness: harness, name: "starter", own: exists(tree, c.Path)}
		if su, err := suite.Load(tree, c.Path); s.own && err == nil {
			s.agents = agentsOf(su)
		}
		out = append(out, s)
	}
	return out
}

// settle finds a suite's place: a suite of pertask that is there already is taken, and another file of the name is left
// alone.
func (s *starter) settle(tree fs.FS) {
	if !exists(tree, s.path) {
		return
	}
	if su, err := suite.Load(tree, s.path); err == nil {
		s.own, s.agents = true, agentsOf(su)
		return
	}
	base := strings.TrimSuffix(s.path, ".yaml")
	for i := 1; exists(tree, s.path) && i < 100; i++ {
		s.path = fmt.Sprintf("%s-pertask%s.yaml", base, strings.Repeat("x", i-1))
	}
}

// versions are the agents' packages and the versions that package harness was tried with, as docs/agents.md lists them.
var versions = map[string][2]string{
	"claude-code": {"@anthropic-ai/claude-code", "2.1.330"},
	"cline":       {"cline", "3.0.65"},
	"codex":       {"@openai/codex", "0.169.0"},
	"copilot":     {"@github/copilot", "1.0.102"},
	"crush":       {"@charmland/crush", ""},
	"gemini":      {"@google/gemini-cli", "0.61.0"},
	"opencode":    {"opencode-ai", "1.18.33"},
	"pi":          {"@mariozechner/pi-coding-agent", "0.73.1"},
	"qwen":        {"@qwen-code/qwen-code", "0.15.10"},
}

const suiteHead = `# STARTER TASKS: replace them by work that your team really gives to a model. They run, so that everything can be seen
# once; they are too easy and too few to say anything about your own work. docs/config.md of pertask has every key.
`

// suiteText is a starter suite.
func suiteText(s starter, tests string) string {
	var b strings.Builder
	b.WriteString(suiteHead)
	fmt.Fprintf(&b, "name: %s\nharness: %s\n", s.name, s.harness)
	if s.harness == "prompt" {
		b.WriteString(promptTasks)
		return b.String()
	}
	if v := versions[s.harness][1]; v != "" {
		fmt.Fprintf(&b, "versions: {%s: %s} # what the machine must have; the workflow installs it\n", s.harness, v)
	}
	b.WriteString(agentTasks)
	if tests == "" {
		tests = "./run-your-tests"
	}
	fmt.Fprintf(&b, ownTask, tests)
	return b.String()
}

const promptTasks = `max_cost: 0.25 # of one trial, in dollars
tasks:
  - id: starter-route-ticket # REPLACE
    prompt: |
      Which team owns this ticket: billing, security or support? Answer with that one word in lower case and nothing else.

      I was charged twice in March.
    grade: {equals: billing}
  - id: starter-extract-json # REPLACE
    prompt: |
      Answer with one JSON object and nothing else, without a code fence: the order's number as "order" and the number of
      parcels as "parcels".

      Order 4711 has left our house in two parcels.
    grade:
      json_schema: {type: object, required: [order, parcels], properties: {order: {enum: [4711, "4711"]}, parcels: {const: 2}}}
  - id: starter-add-up # REPLACE
    prompt: |
      A crate holds 12 boxes, a box holds 18 cups, and 7 cups of three crates are broken. How many cups are whole? Answer
      with the number alone.
    grade: {matches: '^\s*641\.?\s*$'}
`

const agentTasks = `max_cost: 1.00 # of one trial, in dollars
timeout: 10m
tasks:
  - id: starter-sort-numbers # REPLACE
    setup: printf '30\n4\n100\n21\n' > numbers.txt
    prompt: Write the numbers of numbers.txt into sorted.txt, the smallest first, one in a line.
    grade: test "$(cat sorted.txt)" = "$(printf '4\n21\n30\n100')"
  - id: starter-fix-script # REPLACE
    setup: printf 'name=$2\necho "hello, $name"\n' > greet.sh
    prompt: "The command ` + "`sh greet.sh Ada`" + ` shall print: hello, Ada. It does not. Fix greet.sh."
    grade: test "$(sh greet.sh Ada)" = "hello, Ada" && test "$(sh greet.sh Bob)" = "hello, Bob"
  - id: starter-count-errors # REPLACE
    setup: printf 'ERROR disk\nINFO up\nERROR net\nWARN ERROR rate\nINFO down\n' > app.log
    prompt: Count the lines of app.log that begin with ERROR, and write the number and nothing else into count.txt.
    grade: test "$(tr -d '[:space:]' < count.txt)" = 2
`

const ownTask = `# One of your own has a folder that is copied for each trial, and a command that tells whether the work is done:
#  - id: fix-date-parser
#    workspace: tasks/fix-date-parser # from this file's folder
#    prompt: Fix the failing test. Do not change the tests.
#    grade: %s
#    protect: [parser_test] # put back before grading
`

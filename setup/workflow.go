package setup

import (
	"fmt"
	"strings"
)

// The releases of other Actions that the workflows run.
const (
	cacheRestore   = "actions/cache/restore@0057852bfaa89a56745cba8c7296529d2fc39830 # v4.3.0"
	cacheSave      = "actions/cache/save@0057852bfaa89a56745cba8c7296529d2fc39830 # v4.3.0"
	uploadArtifact = "actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02 # v4.6.2"
)

// workflow is what the workflows depend on.
type workflow struct {
	pin      Pin
	branch   string // the default one
	store    bool
	secrets  []string
	packages []string // of agents, to install
}

const pullsHead = `name: pertask
on:
  pull_request: # without paths: a required check has to come on every pull request
    types: [opened, synchronize, reopened, ready_for_review, labeled, edited]
  merge_group:
  issue_comment:
    types: [created]
  workflow_dispatch:
    inputs:
      pull:
        description: Number of the pull request to measure
        required: true
        type: string
permissions:
  contents: read
  pull-requests: write
  checks: write
concurrency:
  group: pertask-${{ github.event.comment.id || inputs.pull || github.event.label.name == 'pertask:run' && format('{0}-run', github.ref) || github.ref }}
  cancel-in-progress: ${{ github.event.action == 'synchronize' }}
jobs:
  cost-per-task: # not the check's name: see run.check_name
    if: github.event_name != 'issue_comment' || github.event.issue.pull_request && startsWith(github.event.comment.body, '/pertask')
    runs-on: ubuntu-latest
    steps:
`

const journalKey = "pertask-${{ github.event.pull_request.number || github.event.issue.number || inputs.pull }}-"

const runKey = "${{ github.run_id }}-${{ github.run_attempt }}"

// pulls is the workflow of pull requests.
func (w workflow) pulls() string {
	var b strings.Builder
	b.WriteString(pullsHead)
	b.WriteString(w.install())
	b.WriteString(restore("${{ runner.temp }}/journals", journalKey+runKey, journalKey))
	if w.store {
		b.WriteString(restore("${{ runner.temp }}/pertask-base", "pertask-base-", "pertask-base-"))
	}
	fmt.Fprintf(&b, "      - id: pertask\n        uses: %s\n        with:\n          journal: ${{ runner.temp }}/journals\n", w.action())
	if w.store {
		b.WriteString("          store: ${{ runner.temp }}/pertask-base\n")
	}
	b.WriteString("          journal-secret: ${{ secrets.PERTASK_JOURNAL }}\n")
	b.WriteString(w.keys())
	fmt.Fprintf(&b, "      - if: always()\n        uses: %s\n        with:\n          path: ${{ runner.temp }}/journals\n          key: %s\n", cacheSave, journalKey+runKey)
	fmt.Fprintf(&b, "      - if: always() && steps.pertask.outputs.report\n        uses: %s\n        with:\n          name: pertask-report\n          path: ${{ steps.pertask.outputs.report }}\n", uploadArtifact)
	return b.String()
}

// base is the workflow that measures the base ahead.
func (w workflow) base() string {
	var b strings.Builder
	fmt.Fprintf(&b, `# Measures the base when something has changed, for pull requests to use again. It spends at most run.budget a push.
name: pertask base
on:
  push:
    branches: [%q]
permissions:
  contents: read
concurrency: pertask-base
jobs:
  base:
    runs-on: ubuntu-latest
    steps:
`, w.branch)
	b.WriteString(w.install())
	b.WriteString(restore("${{ runner.temp }}/pertask-base", "pertask-base-"+runKey, "pertask-base-"))
	fmt.Fprintf(&b, "      - uses: %s\n        with:\n          store: ${{ runner.temp }}/pertask-base\n          journal-secret: ${{ secrets.PERTASK_JOURNAL }}\n", w.action())
	b.WriteString(w.keys())
	fmt.Fprintf(&b, "      - if: always()\n        uses: %s\n        with:\n          path: ${{ runner.temp }}/pertask-base\n          key: %s\n", cacheSave, "pertask-base-"+runKey)
	return b.String()
}

// action names pertask's own Action. Where the SHA is not known, the comment says how it is found.
func (w workflow) action() string {
	switch v := w.pin.Version; {
	case w.pin.SHA != "" && v != "":
		return "pertask/pertask@" + w.pin.SHA + " # " + v
	case w.pin.SHA != "":
		return "pertask/pertask@" + w.pin.SHA
	case v != "":
		return "pertask/pertask@" + v + " # pin the full SHA: " + shaCommand(w.pin)
	}
	return "pertask/pertask@v1 # pin the full SHA: " + shaCommand(w.pin)
}

// keys hands the keys of the providers on. No other step has them.
func (w workflow) keys() string {
	if len(w.secrets) == 0 {
		return "        # The key of the provider, from a secret of the repository; without one there is a forecast only:\n" +
			"        # env:\n        #   OPENAI_API_KEY: ${{ secrets.OPENAI_API_KEY }}\n"
	}
	out := "        env:\n"
	for _, s := range w.secrets {
		out += fmt.Sprintf("          %s: ${{ secrets.%s }}\n", s, s)
	}
	return out
}

// install gets the agents before anything has a key.
func (w workflow) install() string {
	out := ""
	for _, p := range w.packages {
		out += "      - run: npm install --global " + p + "\n"
	}
	return out
}

func restore(path, key, prefix string) string {
	return fmt.Sprintf("      - uses: %s\n        with:\n          path: %s\n          key: %s\n          restore-keys: %s\n", cacheRestore, path, key, prefix)
}

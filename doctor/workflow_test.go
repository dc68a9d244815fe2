package doctor_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/pertask/pertask/doctor"
)

const good = `name: pertask
on:
  pull_request: {types: [opened, synchronize, reopened, ready_for_review, labeled, edited]}
  merge_group:
  issue_comment: {types: [created]}
permissions: {contents: read, pull-requests: write, checks: write}
concurrency:
  group: pertask-${{ github.ref }}
  cancel-in-progress: ${{ github.event.action == 'synchronize' }}
jobs:
  cost-per-task:
    runs-on: ubuntu-latest
    steps:
      - uses: pertask/pertask@0123456789012345678901234567890123456789 # v1
        env:
          OPENAI_API_KEY: ${{ secrets.OPENAI_API_KEY }}
`

var wants = doctor.Wants{CheckName: "pertask", Keys: []string{"OPENAI_API_KEY"}}

func check(t *testing.T, text string) []doctor.Finding {
	t.Helper()
	w, err := doctor.ReadWorkflow("w.yml", []byte(text))
	if err != nil || w == nil {
		t.Fatalf("%v, %v", w, err)
	}
	return w.Check(wants)
}

func lines(found []doctor.Finding) string {
	doctor.Sort(found)
	var b strings.Builder
	for _, f := range found {
		b.WriteString(f.String() + "\n")
	}
	return b.String()
}

func TestGoodWorkflow(t *testing.T) {
	if got := lines(check(t, good)); got != "" {
		t.Errorf("%s", got)
	}
}

// What init writes has nothing wrong.
func TestWorkflowsOfInit(t *testing.T) {
	files, err := filepath.Glob("../setup/testdata/*.golden")
	if err != nil || len(files) < 5 {
		t.Fatalf("%q, %v", files, err)
	}
	for _, name := range files {
		a, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range a.Files {
			if !strings.Contains(f.Name, "workflows/") {
				continue
			}
			w, err := doctor.ReadWorkflow(f.Name, f.Data)
			if err != nil {
				t.Fatal(err)
			}
			if got := lines(w.Check(doctor.Wants{CheckName: "pertask"})); got != "" {
				t.Errorf("%s: %s", name, got)
			}
		}
	}
}

// Every mistake is made in the good workflow, one at a time.
func TestMistakesInWorkflows(t *testing.T) {
	const types = "{types: [opened, synchronize, reopened, ready_for_review, labeled, edited]}"
	for _, tt := range []struct{ name, from, to, want string }{
		{"paths", types, "{types: [opened, synchronize, reopened, ready_for_review, labeled, edited], paths: ['a/**']}", "error: w.yml:3:93: with paths the workflow does not start"},
		{"paths-ignore", types, "{types: [opened, synchronize, reopened, ready_for_review, labeled, edited], paths-ignore: ['a/**']}", "error: w.yml:3:93: with paths-ignore"},
		{"branches", types, "{types: [opened, synchronize, reopened, ready_for_review, labeled, edited], branches: [main]}", "warning: w.yml:3:93: with branches"},
		{"no labels", types, "{types: [opened, synchronize, reopened, ready_for_review, edited]}", "warning: w.yml:3:18: pull_request does not start the workflow on labeled"},
		{"no other base", types, "{types: [opened, synchronize, reopened, ready_for_review, labeled]}", "warning: w.yml:3:18: pull_request does not start the workflow on edited"},
		{"no new commits", types, "{types: [opened, reopened, ready_for_review, labeled, edited]}", "error: w.yml:3:18: pull_request does not start the workflow on synchronize"},
		{"a single type", types, "{types: opened}", "error: w.yml:3:18: pull_request does not start the workflow on synchronize"},
		{"the usual types", types, "", "warning: w.yml:3:3: pull_request does not start the workflow on ready_for_review"},
		{"no merge queue", "  merge_group:\n", "", "warning: w.yml:1:1: the workflow does not start on merge_group"},
		{"a status in place of a check run", "checks: write}", "statuses: write}", "warning: w.yml:6:14: the permissions lack checks: write, so a commit status stands in for the check run"},
		{"a ledger that cannot be written", "    steps:\n", "    steps:\n      - {uses: 'pertask/pertask@0057852bfaa89a56745cba8c7296529d2fc39830', with: {ledger-branch: spend}, env: {OPENAI_API_KEY: '${{ secrets.X }}'}}\n",
			"warning: w.yml:6:15: the permissions lack contents: write, which the input ledger-branch takes"},
		{"no comments", "  issue_comment: {types: [created]}\n", "", "warning: w.yml:1:1: the workflow does not start on issue_comment"},
		{"no pull requests", "  pull_request: " + types + "\n", "", "error: w.yml:1:1: the workflow does not start on pull_request;"},
		{"the wrong event", "pull_request:", "pull_request_target:", "error: w.yml:3:3: pertask refuses to run on pull_request_target"},
		{"after another workflow", "  merge_group:", "  workflow_run: {workflows: [ci]}\n  merge_group:", "error: w.yml:4:3: pertask refuses to run on workflow_run"},
		{"no permissions", "permissions: {contents: read, pull-requests: write, checks: write}\n", "", "warning: w.yml:10:3: there are no permissions"},
		{"all permissions", "{contents: read, pull-requests: write, checks: write}", "write-all", "warning: w.yml:6:14: the token may write everything"},
		{"read only", "{contents: read, pull-requests: write, checks: write}", "read-all", "error: w.yml:6:14: the token may write neither"},
		{"no permission", "{contents: read, pull-requests: write, checks: write}", "{}", "error: w.yml:6:14: the permissions lack contents: read"},
		{"no checks", "checks: write", "checks: read", "error: w.yml:6:53: the permissions lack checks: write"},
		{"no comment", "pull-requests: write, ", "", "error: w.yml:6:14: the permissions lack pull-requests: write"},
		{"no contents", "contents: read, ", "", "error: w.yml:6:14: the permissions lack contents: read"},
		{"a tag", "@0123456789012345678901234567890123456789 # v1", "@v1", `warning: w.yml:14:15: "pertask/pertask@v1" is not pinned`},
		{"another action", "      - uses: pertask", "      - uses: actions/cache@v4\n      - uses: pertask", `warning: w.yml:14:15: "actions/cache@v4" is not pinned`},
		{"the name of the check", "  cost-per-task:", "  pertask:", `error: w.yml:11:3: the job has the name of pertask's own check run, "pertask"`},
		{"the shown name of the check", "    runs-on:", "    name: pertask\n    runs-on:", `error: w.yml:11:3: the job has the name of pertask's own check run`},
		{"cancelled always", "${{ github.event.action == 'synchronize' }}", "true", "warning: w.yml:9:3: every new event"},
		{"no key", "OPENAI_API_KEY:", "OTHER:", "warning: w.yml:14:9: the step has no OPENAI_API_KEY"},
		{"a key in the file", "${{ secrets.OPENAI_API_KEY }}", "sk-1234", "error: w.yml:16:27: OPENAI_API_KEY is written into the workflow"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := strings.Replace(good, tt.from, tt.to, 1)
			if text == good {
				t.Fatal("nothing was replaced")
			}
			if got := lines(check(t, text)); !strings.Contains(got, tt.want) {
				t.Errorf("got:\n%swant: %s", got, tt.want)
			} else if strings.Contains(got, "sk-1234") {
				t.Error("the key is shown")
			}
		})
	}
	without := strings.Replace(good, "concurrency:\n  group: pertask-${{ github.ref }}\n  cancel-in-progress: ${{ github.event.action == 'synchronize' }}\n", "", 1)
	if got := lines(check(t, without)); !strings.Contains(got, "there is no concurrency") {
		t.Errorf("%s", got)
	}
	inJob := strings.Replace(without, "    runs-on:", "    concurrency: {group: x}\n    permissions: {contents: read}\n    runs-on:", 1)
	if got := lines(check(t, inJob)); strings.Contains(got, "concurrency") || !strings.Contains(got, "w.yml:10:18: the permissions lack checks: write") {
		t.Errorf("%s", got)
	}
}

func TestHeadCheckout(t *testing.T) {
	text := strings.Replace(good, "pull_request:", "pull_request_target:", 1)
	text = strings.Replace(text, "      - uses: pertask", "      - uses: actions/checkout@v4\n        with: {ref: '${{ github.event.pull_request.head.sha }}'}\n      - uses: pertask", 1)
	if got := lines(check(t, text)); !strings.Contains(got, "error: w.yml:14:9: the pull request's own code is checked out with secrets at hand") {
		t.Errorf("%s", got)
	}
}

func TestFormsOfEvents(t *testing.T) {
	for on, want := range map[string]bool{"on: pull_request": true, "on: [push, pull_request]": true, `"on": {pull_request: }`: true, "on: push": false, "on: 5": false, "on: [[pull_request]]": false, "x: y": false} {
		w, err := doctor.ReadWorkflow("w.yml", []byte(on+"\njobs: {a: {steps: [{uses: x/pertask@v1}]}}\n"))
		if err != nil || w == nil || w.On("pull_request") != want {
			t.Errorf("%s: %v, %v", on, w, err)
		}
	}
	base, err := doctor.ReadWorkflow("w.yml", []byte("on: push\njobs: {a: {steps: [{uses: pertask/pertask@v1}]}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := lines(base.Check(doctor.Wants{})); strings.Count(got, "\n") != 1 || !strings.Contains(got, "not pinned") {
		t.Errorf("a workflow on push:\n%s", got)
	}
}

func TestOtherWorkflows(t *testing.T) {
	for _, text := range []string{"on: push\njobs: {a: {steps: [{uses: actions/checkout@v4}]}}\n", "jobs: 5\n", "[]\n", "jobs: {a: [], b: {steps: {}}, c: {steps: [5, {uses: [x]}]}}\n"} {
		if w, err := doctor.ReadWorkflow("w.yml", []byte(text)); w != nil || err != nil {
			t.Errorf("%q: %v, %v", text, w, err)
		}
	}
	if _, err := doctor.ReadWorkflow("w.yml", []byte("a: [")); err == nil {
		t.Error("no error")
	}
}

func FuzzReadWorkflow(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte("on: [push, 5]\njobs: {a: {name: [], permissions: 5, env: [], steps: [{uses: pertask/pertask@v1, with: 5, env: x}]}}\n"))
	if data, err := os.ReadFile("../testdata/act/resume.yml"); err == nil {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		w, err := doctor.ReadWorkflow("w.yml", data)
		if err != nil || w == nil {
			return
		}
		rows := 1 + strings.Count(string(data), "\n") + strings.Count(string(data), "\r") // and YAML's other breaks
		rows += strings.Count(string(data), "\u0085") + strings.Count(string(data), "\u2028") + strings.Count(string(data), "\u2029")
		for _, x := range w.Check(wants) {
			if strings.ContainsAny(x.String(), "\n\r\x1b") || x.Line < 0 || x.Line > rows || x.Level != doctor.Error && x.Level != doctor.Warning {
				t.Errorf("%q", x)
			}
		}
	})
}

package doctor_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/doctor"
)

func TestFindingString(t *testing.T) {
	for _, tt := range []struct {
		f    doctor.Finding
		want string
	}{
		{doctor.Finding{Level: doctor.Error, Path: "a.yml", Line: 3, Column: 5, What: "it is wrong", Do: "mend it"}, "error: a.yml:3:5: it is wrong; mend it"},
		{doctor.Finding{Level: doctor.Warning, Path: "a.yml", What: "it is wrong"}, "warning: a.yml: it is wrong"},
		{doctor.Finding{Level: doctor.Warning, What: "it is wrong", Do: "mend it"}, "warning: it is wrong; mend it"},
	} {
		if got := tt.f.String(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

func TestSort(t *testing.T) {
	f := func(l doctor.Level, path string, line, column int, what string) doctor.Finding {
		return doctor.Finding{Level: l, Path: path, Line: line, Column: column, What: what}
	}
	got := []doctor.Finding{
		f(doctor.Warning, "a", 1, 1, "6"), f(doctor.Error, "b", 2, 1, "4"), f(doctor.Error, "b", 1, 7, "2"), f(doctor.Error, "b", 2, 1, "5"),
		f(doctor.Error, "b", 1, 9, "3"), f(doctor.Error, "a", 9, 9, "1"),
	}
	doctor.Sort(got)
	order := ""
	for _, x := range got {
		order += x.What
	}
	if order != "123456" {
		t.Errorf("%s", order)
	}
}

func TestFailed(t *testing.T) {
	warning, wrong := doctor.Finding{Level: doctor.Warning}, doctor.Finding{Level: doctor.Error}
	for _, tt := range []struct {
		found []doctor.Finding
		want  bool
	}{{nil, false}, {[]doctor.Finding{warning, warning}, false}, {[]doctor.Finding{warning, wrong}, true}} {
		if got := doctor.Failed(tt.found); got != tt.want {
			t.Errorf("%v: %v", tt.found, got)
		}
	}
}

// The members of the JSON are what docs/setup.md says, and one that is not known is absent.
func TestFindingJSON(t *testing.T) {
	for _, tt := range []struct {
		f    doctor.Finding
		want string
	}{
		{doctor.Finding{Level: doctor.Error, Path: "a", Line: 1, Column: 2, What: "x", Do: "y"}, `{"level":"error","path":"a","line":1,"column":2,"what":"x","do":"y"}`},
		{doctor.Finding{Level: doctor.Warning, What: "x"}, `{"level":"warning","what":"x"}`},
	} {
		got, err := json.Marshal(tt.f)
		if err != nil || string(got) != tt.want {
			t.Errorf("%v (-want +got):\n%s", err, cmp.Diff(tt.want, string(got)))
		}
	}
}

// The key may be in any environment of the step, and in a file.
func TestWhereAKeyIs(t *testing.T) {
	const of = "        env:\n          OPENAI_API_KEY: ${{ secrets.OPENAI_API_KEY }}\n"
	without := strings.Replace(good, of, "", 1)
	if without == good {
		t.Fatal("nothing was replaced")
	}
	for _, tt := range []struct {
		name, text string
		want       string
	}{
		{"in no place", without, "warning: w.yml:14:9: the step has no OPENAI_API_KEY"},
		{"in the job", strings.Replace(without, "    runs-on:", "    env: {OPENAI_API_KEY: '${{ secrets.X }}'}\n    runs-on:", 1), ""},
		{"in the workflow", "env: {OPENAI_API_KEY: '${{ secrets.X }}'}\n" + without, ""},
		{"in a file", strings.Replace(without, "    runs-on:", "    env: {OPENAI_API_KEY_FILE: /run/secrets/openai}\n    runs-on:", 1), ""},
		{"in the workflow as it is", "env: {OPENAI_API_KEY: abc}\n" + without, "error: w.yml:1:23: OPENAI_API_KEY is written into the workflow"},
		{"in the step before the workflow", "env: {OPENAI_API_KEY: abc}\n" + good, ""},
		{"in a step that is not ours", without + "      - run: x\n        env: {OPENAI_API_KEY: '${{ secrets.X }}'}\n", "warning: w.yml:14:9: the step has no OPENAI_API_KEY"},
		{"an environment that is none", "env: 5\n" + without, "warning: w.yml:15:9: the step has no OPENAI_API_KEY"},
	} {
		got := lines(check(t, tt.text))
		if (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// What cannot change behind its name counts as pinned, and nothing else does.
func TestPinned(t *testing.T) {
	for uses, want := range map[string]bool{
		"actions/cache@0057852bfaa89a56745cba8c7296529d2fc39830":         true,
		"actions/cache/restore@0057852bfaa89a56745cba8c7296529d2fc39830": true,
		"./.github/actions/mine":                                         true,
		"docker://alpine@sha256:" + strings.Repeat("0", 64):              true,
		"actions/cache@0057852":                                          false,
		"actions/cache@v4.3.0":                                           false,
		"actions/cache@main":                                             false,
		"docker://alpine:3":                                              false,
		"actions/cache":                                                  false,
		"actions/cache@0057852bfaa89a56745cba8c7296529d2fc39830x":        false,
	} {
		got := lines(check(t, strings.Replace(good, "    steps:\n", "    steps:\n      - uses: "+uses+"\n", 1)))
		if strings.Contains(got, "is not pinned") == want || strings.Count(got, "\n") > 1 {
			t.Errorf("%s: %q", uses, got)
		}
	}
}

// A fork of the Action counts as ours, another Action of a similar name does not.
func TestWhatIsOurs(t *testing.T) {
	for uses, want := range map[string]bool{"pertask/pertask@v1": true, "Pertask/Pertask@v1": true, "acme/pertask@v1": true, "pertask/other@v1": false, "pertask/pertask": false, "acme/not-pertask@v1": false, "pertask@v1": false} {
		w, err := doctor.ReadWorkflow("w.yml", []byte("on: push\njobs: {a: {steps: [{uses: "+uses+"}]}}\n"))
		if err != nil || (w != nil) != want {
			t.Errorf("%s: %v, %v", uses, w, err)
		}
	}
}

func TestJobNames(t *testing.T) {
	w, err := doctor.ReadWorkflow("w.yml", []byte(`on: push
jobs:
  z: {steps: [{uses: pertask/pertask@v1}]}
  other: {steps: [{run: x}]}
  a: {name: Cost per task, steps: [{run: x}, {uses: pertask/pertask@v1}]}
  e: {name: '', steps: [{uses: pertask/pertask@v1}]}
`))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"z", "Cost per task", "e"}, w.JobNames()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Dangers do not hide in a second event, nor behind another case or repository.
func TestDangers(t *testing.T) {
	for _, tt := range []struct {
		name, on, step string
		want           int // errors about the event and a checkout
	}{
		{"one event", "on: pull_request_target", "{run: x}", 1},
		{"both", "on: [pull_request_target, workflow_run]", "{run: x}", 2},
		{"beside the right one", "on: [pull_request, pull_request_target]", "{run: x}", 1},
		{"a checkout of the base", "on: pull_request_target", "{uses: actions/checkout@v4}", 1},
		{"a checkout of the head", "on: pull_request_target", "{uses: Actions/Checkout@v4, with: {ref: '${{ github.HEAD_REF }}'}}", 2},
		{"of the head's repository", "on: workflow_run", "{uses: actions/checkout@v4, with: {repository: '${{ github.event.workflow_run.head_repository.full_name }}'}}", 2},
		{"of the head, on the right event", "on: pull_request", "{uses: actions/checkout@v4, with: {ref: '${{ github.head_ref }}'}}", 0},
	} {
		found := check(t, tt.on+"\njobs: {a: {steps: ["+tt.step+", {uses: pertask/pertask@v1}]}}\n")
		got := 0
		for _, f := range found {
			if f.Level == doctor.Error && (strings.Contains(f.What, "refuses to run on") || strings.Contains(f.What, "checked out")) {
				got++
			}
		}
		if got != tt.want {
			t.Errorf("%s: %d, want %d:\n%s", tt.name, got, tt.want, lines(found))
		}
	}
}

// A long text is said whole, and a longer one is cut.
func TestLongTexts(t *testing.T) {
	x := doctor.Examine(doctor.Repository{Tree: files(map[string]string{".github/pertask.yml": "version: 1\nsuite: evals/suite.yaml\nverdict: {mode: block}\n"})})
	if got := lines(x.Findings); !strings.Contains(got, "no A/A run of this suite is recorded") || strings.Contains(got, "...") {
		t.Errorf("%s", got)
	}
	long := doctor.Lack{Permission: "checks: read", What: strings.Repeat("look ", 400)}
	for _, f := range x.Server(doctor.Server{Lacks: []doctor.Lack{long}}) {
		if len(f.What) > 610 {
			t.Errorf("%d bytes", len(f.What))
		}
	}
}

// A hostile workflow's texts are fit for one line.
func TestHostileTexts(t *testing.T) {
	for _, f := range check(t, "on: pull_request\njobs:\n  pertask:\n    name: \"pertask\"\n    steps:\n      - uses: \"pertask/pertask@v1\"\n      - uses: \"a/b@\\n::error::x\\e[31m\"\n") {
		if strings.ContainsAny(f.String(), "\n\x1b") {
			t.Errorf("%q", f.String())
		}
	}
}

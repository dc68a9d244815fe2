package compare_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/trial"
)

const agentSuite = `
name: n
harness: command
command: "true"
tasks: [{id: a, grade: {contains: x}}, {id: b, grade: {contains: x}}, {id: c, harness: prompt, prompt: x, grade: {contains: x}}]
`

// ran are trials of the agents' tasks that earlier processes have carried out, all of them but one of each.
func (l *interruptedLab) ran(sandboxes ...string) (records []any) {
	for _, task := range []string{"a", "b"} {
		for _, side := range []trial.Side{trial.Base, trial.Head} {
			for i, by := range sandboxes {
				records = append(records, trial.Trial{Slot: trial.Slot{Arm: side, Task: task, Index: i}, EvidenceKey: l.opts.EvidenceKey(), Origin: trial.Fresh,
					Outcome: trial.Failed, Cause: trial.CauseGrader, Harness: "command", Sandbox: by})
			}
		}
	}
	return records
}

// A report names what kept in the trials that it counts, whichever process carried them out.
func TestReportNamesTheSandboxOfEachTrial(t *testing.T) {
	tests := []struct {
		name   string
		before []string
		here   trial.Sandbox
		want   string
		note   string
	}{
		{"the same", []string{"a room", "a room"}, room{}, "a room", "Sandboxed by a room:"},
		{"none then", []string{"", ""}, room{}, "a room (4 trials), none (8 trials)", "without a sandbox"},
		{"none now", []string{"a room", "a room"}, nil, "a room (8 trials), none (4 trials)", "without a sandbox"},
		{"another", []string{"bubblewrap", "bubblewrap"}, room{}, "a room (4 trials), bubblewrap (8 trials)", "Sandboxed by a room"},
		{"all are done, and none is here", []string{"a room", "a room", "a room"}, nil, "a room", "Sandboxed by a room:"},
		{"all are done, without one", []string{"", "", ""}, room{}, "", "Not sandboxed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := &interruptedLab{lab: newLab(t, agentSuite)}
			l.opts.Looks = []int{3}
			l.record(t, l.ran(tt.before...)...)
			l.bench.FindSandbox = func(context.Context, string, string) (trial.Sandbox, error) { return tt.here, nil }
			r := l.run(t)
			if r.Sandbox != tt.want || noteWith(r, tt.note) == "" {
				t.Errorf("sandbox %q with the notes %q, want %q and %q", r.Sandbox, r.Notes, tt.want, tt.note)
			}
			evidence, err := l.file.Load()
			if err != nil {
				t.Fatal(err)
			}
			if read, err := compare.AnalyzeJournal(evidence, l.opts); err != nil || read.Sandbox != tt.want {
				t.Errorf("read back: %v, sandbox %q, want %q", err, read.Sandbox, tt.want)
			}
		})
	}
}

// Where a sandbox is required, no trial counts that ran without one.
func TestRequiredRefusesTrialsWithoutASandbox(t *testing.T) {
	for name, tt := range map[string]struct {
		before  []string
		refused bool
	}{
		"with one": {[]string{"a room", "a room"}, false}, "without": {[]string{"", ""}, true}, "one of two without": {[]string{"a room", ""}, true},
	} {
		t.Run(name, func(t *testing.T) {
			l := &interruptedLab{lab: newLab(t, agentSuite)}
			l.opts.Looks, l.opts.Budget = []int{3}, price.Known(price.MustMoney("1"))
			prompt := trial.Trial{Slot: trial.Slot{Arm: trial.Base, Task: "c"}, EvidenceKey: l.opts.EvidenceKey(), Origin: trial.Fresh, Outcome: trial.Failed, Harness: "prompt"}
			l.record(t, append(l.ran(tt.before...), prompt)...)
			l.bench.NeedsSandbox = true
			l.bench.FindSandbox = func(context.Context, string, string) (trial.Sandbox, error) { return room{}, nil }
			l.process(t)
			_, err := compare.Run(t.Context(), l.opts, l.bench)
			if errors.Is(err, compare.ErrNotKept) != tt.refused || !tt.refused && err != nil {
				t.Fatalf("error %v, refused should be %t", err, tt.refused)
			}
			if tt.refused && (!strings.Contains(err.Error(), "remove the journal") || l.provider.calls.Load() != 0) {
				t.Errorf("error %v after %d calls; want what to do, and none", err, l.provider.calls.Load())
			}
		})
	}
}

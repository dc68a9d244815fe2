package trial_test

import (
	"strings"
	"testing"

	"github.com/pertask/pertask/trial"
)

// A grader that cannot run something has failed the trial where the agent took it away, and is broken where it never was
// there.
func TestGraderThatCannotRun(t *testing.T) {
	tests := []struct {
		name, setup, agent, grader string
		outcome                    trial.Outcome
		cause, detail              string
	}{
		{name: "there", agent: "true", grader: "./run.sh", outcome: trial.Completed, detail: "grader: exit status 0"},
		{name: "removed", agent: "rm run.sh", grader: "./run.sh", outcome: trial.Failed, cause: trial.CauseGrader,
			detail: "grader: exit status 127; in the untouched workspace: exit status 0, so the grader can be run"},
		{name: "made unusable", agent: "chmod -x run.sh", grader: "./run.sh", outcome: trial.Failed, cause: trial.CauseGrader,
			detail: "grader: exit status 126; in the untouched workspace: exit status 0"},
		{name: "removed, and refusing before", agent: "rm run.sh", grader: "./run.sh && exit 7", outcome: trial.Failed, cause: trial.CauseGrader,
			detail: "in the untouched workspace: exit status 7"},
		{name: "removed what the set-up had made", setup: "cp run.sh tool", agent: "rm tool", grader: "./tool", outcome: trial.Failed, cause: trial.CauseGrader,
			detail: "grader: exit status 127; in the untouched workspace: exit status 0"},
		{name: "never there", agent: "echo fixed > main.txt", grader: "./verify", outcome: trial.Void, cause: trial.CauseGrading,
			detail: "grader: exit status 127; in the untouched workspace: exit status 127"},
		{name: "never there, with an answer", agent: "echo answer", grader: "cat > /dev/null; ./verify", outcome: trial.Void, cause: trial.CauseGrading,
			detail: "in the untouched workspace: exit status 127"},
		{name: "the set-up does not work twice", setup: "mkdir \"$(dirname \"$PWD\")/../once\"", agent: "true", grader: "./verify", outcome: trial.Void, cause: trial.CauseGrading,
			detail: "in the untouched workspace: set-up: exit status 1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			task := inWorkspace(tt.agent, tt.grader)
			task.Setup = tt.setup
			got := newLab(t, repository(), task).one(t, "x")
			wantOutcome(t, got, tt.outcome, tt.cause)
			if !strings.Contains(got.Trial.Detail, tt.detail) {
				t.Errorf("detail %q, want %q in it", got.Trial.Detail, tt.detail)
			}
		})
	}
}

// The untouched workspace is asked once for each arm and task of a run, and only about graders that could not run something.
func TestUntouchedIsAskedOnce(t *testing.T) {
	out, read := witness(t)
	broken := command("broken", "true", "echo broken >> "+out+"; pertask-no-such-grader")
	sound := command("sound", "true", "echo sound >> "+out+"; exit 1")
	l := newLab(t, nil, broken, sound)
	l.Concurrency = 4
	if err := l.runner(t).Run(t.Context(), trial.Plan(1, 0, []string{"broken", "sound"}, 0, 3)); err != nil {
		t.Fatal(err)
	}
	for _, r := range l.told {
		if r.Trial.Task == "broken" {
			wantOutcome(t, r, trial.Void, trial.CauseGrading)
		} else {
			wantOutcome(t, r, trial.Failed, trial.CauseGrader)
		}
	}
	said := read()
	if broken, sound := strings.Count(said, "broken"), strings.Count(said, "sound"); broken != 6+2 || sound != 6 {
		t.Errorf("the graders ran %d and %d times, want 8 and 6", broken, sound)
	}
	l.nothingLeft(t)
}

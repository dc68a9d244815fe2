package fit_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare/fit"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
)

func TestGives(t *testing.T) {
	a := arm.Arm{}.With(arm.Setting{Slot: arm.MainSlot, Key: arm.Model, Value: "m"})
	pair := arm.Pair{Base: a, Head: a.With(arm.Setting{Slot: arm.MainSlot, Key: arm.Effort, Value: "high"})}
	ups := []meter.Upstream{{Name: "openai"}, {Name: "anthropic"}}
	refused := errors.New("no such setting")
	var jobs []trial.Job
	start := func(j trial.Job) (trial.Process, error) { jobs = append(jobs, j); return trial.Process{}, nil }
	for name, tt := range map[string]struct {
		h    trial.Harness
		want string
	}{
		"nothing to ask": {trial.Harness{}, ""},
		"started":        {trial.Harness{Start: start}, ""},
		"not started":    {trial.Harness{Start: func(trial.Job) (trial.Process, error) { return trial.Process{}, refused }}, refused.Error()},
		"not given": {trial.Harness{Start: start, Check: func(_ arm.Arm, differ []arm.Setting) error {
			if len(differ) != 1 || differ[0].Key != arm.Effort {
				t.Errorf("settings that differ: %+v", differ)
			}
			return refused
		}}, "preparing codex: no such setting"},
	} {
		err := fit.Gives(tt.h, suite.Task{ID: "a", Harness: "codex"}, pair, pair.Head, ups[1], ups)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
	if len(jobs) != 1 || jobs[0].Route.Format != trial.FormatAnthropic || len(jobs[0].Route.URLs) != 2 || jobs[0].Arm.Model() != "m" {
		t.Errorf("jobs %+v", jobs)
	}
}

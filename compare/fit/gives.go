package fit

import (
	"fmt"
	"time"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
)

// Gives reports whether a harness can be given an arm's settings for a task, where requests for the arm's model go to the
// upstream up of all: one that cannot would run something else than the arm declares, and refuses every trial. Nothing
// is started.
func Gives(h trial.Harness, t suite.Task, pair arm.Pair, a arm.Arm, up meter.Upstream, all []meter.Upstream) error {
	if h.Check != nil {
		if err := h.Check(Differ(pair, a)); err != nil {
			return fmt.Errorf("preparing %s: %w", t.Harness, err)
		}
	}
	if h.Start == nil {
		return nil
	}
	job := trial.Job{Slot: trial.Slot{Arm: trial.Base, Task: t.ID}, Task: t, Arm: Given(pair, a), Timeout: time.Minute,
		Workspace: "/nowhere/work", Home: "/nowhere/home", Settings: "/nowhere/settings",
		Route: trial.Route{Upstream: up.Name, Token: "ptk_none_0", Provider: up.Name, Format: trial.FormatChat, URLs: map[string]string{}}}
	for _, u := range all {
		job.Route.URLs[u.Name] = "http://127.0.0.1:1/t/none/" + u.Name
	}
	job.Route.BaseURL = job.Route.URLs[up.Name]
	if p, ok := a.Get(arm.MainSlot, arm.Provider); ok {
		job.Route.Provider = p
	}
	if job.Route.Provider == "anthropic" || up.Name == "anthropic" {
		job.Route.Format = trial.FormatAnthropic
	}
	_, err := h.Start(job)
	return err
}

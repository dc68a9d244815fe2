package trial

import (
	"context"
	"fmt"
	"os"

	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial/folder"
	"github.com/pertask/pertask/trial/place"
	"github.com/pertask/pertask/trial/process"
)

// grade is what a grader says. The zero value is no acceptance.
type grade int

const (
	gradeBroke    grade = iota // the grader itself could not run
	gradeRefused               // it ran and refused
	gradeAccepted              // it ran and accepted
	gradeUnkept                // the sandbox around it broke
)

// Exit statuses with which sh says that a command could not be run.
const (
	statusNotExecutable = 126
	statusNotFound      = 127
)

// gradeTrial restores what the agent must not have changed and asks the grader. It also returns a note for the trial's
// Detail. Nothing is accepted while processes of the agent go on.
func (a *attempt) gradeTrial(ctx context.Context, answer []byte) (grade, string) {
	if a.left > 0 {
		return gradeRefused, fmt.Sprintf("%d processes of the agent could not be ended", a.left)
	}
	if a.place != nil && !a.place.Intact() {
		return gradeRefused, "the agent removed or replaced its workspace"
	}
	g := a.task.Grade
	if g.Kind == suite.GradeCommand {
		return a.gradeByCommand(ctx, answer)
	}
	if a.place != nil {
		if err := a.place.Restore(ctx, a.r.cfg.Source, a.task); err != nil {
			return gradeBroke, err.Error()
		}
	}
	if g.Of != "" {
		var err error
		if answer, err = folder.Read(a.place.Root(), g.Of, answerLimit); err != nil {
			return gradeRefused, fmt.Sprintf("no answer in the file %q", g.Of)
		}
	}
	accepted, err := g.Accept(answer)
	switch {
	case err != nil:
		return gradeBroke, "grader: " + err.Error()
	case accepted:
		return gradeAccepted, ""
	}
	return gradeRefused, ""
}

// gradeByCommand runs the grader's command by sh in a fresh copy of the workspace, in a clean environment without
// address or token. Its home is a new folder, since the agent could have left configuration in its own. It reads
// the answer from its standard input.
func (a *attempt) gradeByCommand(ctx context.Context, answer []byte) (grade, string) {
	fresh, err := place.New(a.r.scratch)
	if err != nil {
		return gradeBroke, "grader: " + err.Error()
	}
	defer func() { _ = fresh.Remove() }() // Run removes the folder above it
	if err := a.refill(ctx, fresh); err != nil {
		return gradeBroke, "grader: " + err.Error()
	}
	p := process.Program{
		Argv:  []string{"sh", "-c", a.task.Grade.Value},
		Dir:   fresh.Work(),
		Env:   cleanEnv(a.r.inherited, fresh.Home(), fresh.Temp()),
		Limit: a.task.GradeTimeout,
	}
	if len(answer) > 0 {
		p.Stdin = fresh.Beside("answer")
		if err := os.WriteFile(p.Stdin, answer, 0o600); err != nil {
			return gradeBroke, "grader: " + err.Error()
		}
	}
	end, cause, err := a.run(ctx, fresh, p, false)
	switch {
	case cause == CauseSandbox:
		return gradeUnkept, "grader: " + err.Error()
	case err != nil:
		return gradeBroke, "grader: " + err.Error()
	case cause != "":
		return gradeBroke, "grader: " + ending(end, cause)
	}
	return gradeOf(end), "grader: " + end.String()
}

// refill copies the workspace as the agent left it to another place and restores there what the agent must not
// have changed. It may take as long as the grader may.
func (a *attempt) refill(ctx context.Context, fresh *place.Place) error {
	limited, stop := context.WithTimeout(ctx, a.task.GradeTimeout)
	defer stop()
	if err := folder.Replicate(limited, a.place.Root(), fresh.Root()); err != nil {
		return err
	}
	return fresh.Restore(limited, a.r.cfg.Source, a.task)
}

// gradeOf reads a grader's ending: 0 is acceptance, other statuses are refusals. Statuses that sh gives to
// commands that it cannot run, and to those that a signal ended (128 and the signal's number), are no answer.
func gradeOf(e process.Ending) grade {
	const firstSignal, lastSignal = 128 + 1, 128 + 64
	switch {
	case e.TimedOut, e.Canceled, e.Signal != "", e.Status < 0:
		return gradeBroke
	case e.Status == 0:
		return gradeAccepted
	case e.Status == statusNotExecutable, e.Status == statusNotFound, e.Status >= firstSignal && e.Status <= lastSignal:
		return gradeBroke
	}
	return gradeRefused
}

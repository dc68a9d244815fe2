package trial

import (
	"context"
	"errors"
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
	gradeUnclear               // a command could not be run: the grader itself, or what the agent has left of something
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

// gradeByCommand asks a grader that is a command, with the answer on its standard input. What ends it but itself, such as
// its time, a limit or a signal, is what the agent's work does to it: a grader that cannot get to its end has not accepted.
func (a *attempt) gradeByCommand(ctx context.Context, answer []byte) (grade, string) {
	end, cause, err := a.runGrader(ctx, answer)
	switch {
	case errors.Is(err, folder.ErrExcess): // the base's own was let in before the agent
		return gradeRefused, "grader: " + err.Error()
	case cause == CauseSandbox:
		return gradeUnkept, "grader: " + err.Error()
	case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
		return gradeRefused, "grader: out of time: " + err.Error()
	case err != nil:
		return gradeBroke, "grader: " + err.Error()
	}
	note := "grader: " + ending(end, cause)
	if cause != "" {
		return gradeRefused, note
	}
	g := gradeOf(end)
	if g == gradeUnclear {
		var why string
		g, why = a.untouched(ctx)
		note += why
	}
	return g, note
}

// runGrader runs the grader's command by sh in a fresh copy of the workspace, in a clean environment without address or
// token. Its home is a new folder, since the agent could have left configuration in its own. The cause is that of run.
func (a *attempt) runGrader(ctx context.Context, answer []byte) (end process.Ending, cause string, err error) {
	fresh, err := place.New(a.r.scratch)
	if err != nil {
		return end, "", err
	}
	defer func() { _ = fresh.Remove() }() // Run removes the folder above it
	if err := a.refill(ctx, fresh); err != nil {
		return end, "", err
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
			return end, "", err
		}
	}
	return a.run(ctx, fresh, p, false)
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

// gradeOf reads a grader's ending: 0 is acceptance, and everything else is a refusal, but for the statuses that sh gives
// to commands that it cannot run.
func gradeOf(e process.Ending) grade {
	switch {
	case e.Canceled, e.Signal == process.Unknown:
		return gradeBroke
	case e.TimedOut, e.Signal != "":
		return gradeRefused
	case e.Status == 0:
		return gradeAccepted
	case e.Status == statusNotExecutable, e.Status == statusNotFound:
		return gradeUnclear
	}
	return gradeRefused
}

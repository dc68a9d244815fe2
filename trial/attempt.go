package trial

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial/folder"
	"github.com/pertask/pertask/trial/place"
	"github.com/pertask/pertask/trial/process"
	"github.com/pertask/pertask/usage"
)

// closeWait is how long the end of a session may wait for calls that are still open.
const closeWait = 10 * time.Second

// answerLimit is how many bytes of an answer are kept. The rest is dropped, and the trial's Detail says so.
const answerLimit = 1 << 20

// noteLimit bounds a note in bytes.
const noteLimit = 300

// attempt carries one slot from an empty folder to a result.
type attempt struct {
	r       *Runner
	slot    Slot
	task    suite.Task
	arm     arm.Arm
	harness Harness
	place   *place.Place

	calls   []usage.Call
	seconds *float64
	said    *usage.SelfReport
	left    int      // processes of the agent that could not be ended
	notes   []string // of the trial's Detail: numbers and endings, never what a program or a model wrote
}

// attempt carries out one trial. Its result is a trial whatever happens.
func (r *Runner) attempt(ctx context.Context, slot Slot) Result {
	task, _ := r.cfg.Suite.Task(slot.Task) // checkSlots has seen it
	if task.Timeout <= 0 {
		task.Timeout = suite.DefaultTimeout
	}
	if task.GradeTimeout <= 0 {
		task.GradeTimeout = suite.DefaultGradeTimeout
	}
	harness := r.cfg.Harnesses[task.Harness]
	task.Protect = slices.Concat(task.Protect, harness.Hide) // what was hidden is put back for the grader
	a := &attempt{r: r, slot: slot, task: task, arm: r.cfg.Arms[slot.Arm], harness: harness}
	start := r.cfg.Now().UTC()
	ruled := a.unaffordable()
	if ruled.outcome == "" {
		ruled = a.carryOut(ctx)
	}
	return Result{Calls: a.calls, Trial: Trial{
		Schema:      Schema,
		ID:          slot.ID(),
		Slot:        slot,
		Shard:       r.cfg.Shard,
		EvidenceKey: r.cfg.EvidenceKey,
		Origin:      Fresh,
		Outcome:     ruled.outcome,
		Cause:       ruled.cause,
		Detail:      strings.Join(a.notes, "; "),
		Harness:     task.Harness,
		Version:     a.harness.Version,
		Sandbox:     r.keptBy(),
		Start:       start,
		Seconds:     a.seconds,
		SelfReport:  a.said,
	}}
}

func (a *attempt) note(text string) {
	if len(text) > noteLimit {
		text = strings.ToValidUTF8(text[:noteLimit], "") + "..."
	}
	if text != "" {
		a.notes = append(a.notes, text)
	}
}

func (a *attempt) carryOut(ctx context.Context) ruling {
	if a.needsPlace() {
		var err error
		if a.place, err = place.New(a.r.scratch); err != nil {
			a.note(err.Error())
			return void(CauseSetup)
		}
		defer func() { _ = a.place.Remove() }() // Run removes the folder above it, and reports
		if !a.setUp(ctx) {
			return orCanceled(ctx, void(CauseSetup))
		}
	}
	answer, w := a.work(ctx)
	if ruled := w.beforeGrading(); ruled.outcome != "" {
		return ruled
	}
	g, note := a.gradeTrial(ctx, answer)
	a.note(note)
	ruled := afterGrading(g)
	if ruled.outcome == Void {
		return orCanceled(ctx, ruled)
	}
	return ruled
}

// needsPlace reports whether the trial needs folders. Making and removing them takes longer than everything
// else about a single request, but for the wait for its answer.
func (a *attempt) needsPlace() bool {
	t := a.task
	return a.harness.Start != nil || t.Workspace != "" || t.Setup != "" || t.GraderFiles != "" || t.Grade.Of != "" || t.Grade.Kind == suite.GradeCommand
}

// orCanceled replaces the ruling on something that broke because the context ended.
func orCanceled(ctx context.Context, r ruling) ruling {
	if ctx.Err() != nil {
		return void(CauseCanceled)
	}
	return r
}

// setUp fills the workspace and runs the task's set-up in it.
func (a *attempt) setUp(ctx context.Context) bool {
	if err := a.place.Fill(ctx, a.r.cfg.Source, a.task, a.r.cfg.Overlay[a.slot.Arm]); err != nil {
		a.note(err.Error())
		return false
	}
	return a.runSetup(ctx) && a.hide(ctx)
}

// hide takes away what the agent would read settings from, once the set-up has run.
func (a *attempt) hide(ctx context.Context) bool {
	if err := a.place.Hide(a.harness.Hide); err != nil {
		a.note("hiding the agent's own settings: " + err.Error())
		return false
	}
	return ctx.Err() == nil
}

func (a *attempt) runSetup(ctx context.Context) bool {
	if a.task.Setup == "" {
		return true
	}
	program := process.Program{
		Argv:  []string{"sh", "-c", a.task.Setup},
		Dir:   a.place.Work(),
		Env:   cleanEnv(a.r.inherited, a.place.Home(), a.place.Temp()),
		Limit: a.task.Timeout,
	}
	end, text, err := a.startSetup(ctx, program)
	if err != nil {
		a.note("set-up: " + err.Error())
		return false
	}
	if end.TimedOut || end.Canceled || end.Signal != "" || end.Status != 0 || text != "" {
		a.note("set-up: " + ending(end, text) + a.r.setupsAre())
		return false
	}
	if a.r.cfg.SetupsInside && end.Left > 0 { // whoever wrote it is not trusted, and the agent's token comes next
		a.note(fmt.Sprintf("set-up: %d of its processes could not be ended", end.Left))
		return false
	}
	return true
}

// startSetup runs a set-up where set-ups of this Runner run. The cause is that of attempt.run.
func (a *attempt) startSetup(ctx context.Context, p process.Program) (process.Ending, string, error) {
	switch {
	case !a.r.cfg.SetupsInside:
		end, err := p.Run(ctx, a.r.cfg.Now)
		return end, "", err
	case a.r.cfg.Sandbox == nil:
		return process.Ending{}, "", errors.New("set-ups run in a sandbox here, and there is none")
	}
	return a.run(ctx, a.place, p, false)
}

// setupsAre says of a set-up that failed where it ran, in case that is why.
func (r *Runner) setupsAre() string {
	if r.cfg.SetupsInside {
		return " (set-ups run in the sandbox here, without a network)"
	}
	return ""
}

// work lets the harness do the task, with a session at the proxy that ends with it.
func (a *attempt) work(ctx context.Context) (answer []byte, w work) {
	session := a.r.cfg.Proxy.Open(a.slot.ID())
	job, err := a.job(session)
	switch {
	case err != nil:
		w.notStarted = true
	case a.harness.Ask != nil:
		answer, w, err = a.ask(ctx, job)
	default:
		answer, w, err = a.start(ctx, job, session.Refused())
	}
	if err != nil {
		a.note(err.Error())
	}
	a.listen(job, answer, w)
	// The calls of a canceled trial were paid for too, so its end is awaited all the same.
	closing, stop := context.WithTimeout(context.WithoutCancel(ctx), closeWait)
	defer stop()
	a.calls = session.Close(closing)
	w.calls, w.warmup = a.calls, a.slot.Warmup()
	w.overCost = a.r.cfg.OverCost != nil && a.r.cfg.OverCost(a.task, a.calls)
	if a.harness.Ask != nil && err != nil && len(a.calls) == 0 {
		w.notStarted = true // not even the proxy was reached
	}
	return answer, w
}

// listen reads what the agent says of its own consumption. What cannot be read is noted and changes nothing.
func (a *attempt) listen(job Job, answer []byte, w work) {
	if a.harness.SelfReport == nil || w.notStarted {
		return
	}
	var err error
	if a.said, err = a.harness.SelfReport(job, answer); err != nil {
		a.note("self-report: " + err.Error())
	}
}

func (a *attempt) job(s Session) (Job, error) {
	upstream := a.r.upstreams[a.slot.Arm]
	route := Route{Upstream: upstream, BaseURL: s.URL(upstream), Token: s.Token(), URLs: map[string]string{}, Format: FormatChat}
	if route.BaseURL == "" {
		return Job{}, fmt.Errorf("the proxy has no upstream %q", upstream)
	}
	var ok bool
	if route.Provider, ok = a.arm.Get(arm.MainSlot, arm.Provider); !ok {
		route.Provider = upstream
	}
	if route.Provider == "anthropic" || upstream == "anthropic" {
		route.Format = FormatAnthropic
	}
	for _, name := range a.r.cfg.Upstreams {
		if url := s.URL(name); url != "" {
			route.URLs[name] = url
		}
	}
	j := Job{Slot: a.slot, Task: a.task, Arm: a.arm, Route: route, Timeout: a.task.Timeout}
	if a.place != nil {
		j.Workspace, j.Home, j.Settings = a.place.Work(), a.place.Home(), a.place.Settings()
	}
	return j, nil
}

func (a *attempt) ask(ctx context.Context, job Job) ([]byte, work, error) {
	limited, stop := context.WithTimeout(ctx, job.Timeout)
	defer stop()
	start := a.r.cfg.Now()
	answer, err := a.harness.Ask(limited, job)
	a.took(a.r.cfg.Now().Sub(start).Seconds())
	return a.bound(answer, 0), work{
		canceled:   err != nil && ctx.Err() != nil,
		timedOut:   err != nil && ctx.Err() == nil && errors.Is(limited.Err(), context.DeadlineExceeded),
		notStarted: errors.Is(err, ErrNotSent),
	}, err
}

func (a *attempt) start(ctx context.Context, job Job, refused <-chan struct{}) ([]byte, work, error) {
	p, err := a.program(job)
	if err != nil {
		return nil, work{notStarted: true}, err
	}
	served, stop := whileServed(ctx, refused)
	defer stop()
	end, cause, err := a.run(served, a.place, p, true)
	if err != nil {
		return nil, work{over: cause, notStarted: ctx.Err() == nil, canceled: ctx.Err() != nil}, fmt.Errorf("starting the agent: %w", err)
	}
	a.took(end.Seconds)
	a.left = end.Left
	if end.Canceled && ctx.Err() == nil {
		end.Canceled = false
		a.note("agent: ended by us, since its calls were refused")
	} else {
		a.note("agent: " + ending(end, cause))
	}
	return a.bound(end.Output, end.Dropped), work{over: cause, canceled: end.Canceled, timedOut: end.TimedOut, status: end.Status}, nil
}

// program asks the harness for the process and writes the files that it needs.
func (a *attempt) program(job Job) (process.Program, error) {
	start, err := a.harness.Start(job)
	if err != nil {
		return process.Program{}, err
	}
	if len(start.Argv) == 0 {
		return process.Program{}, errors.New("the harness names no program")
	}
	home, err := os.OpenRoot(job.Home)
	if err != nil {
		return process.Program{}, err
	}
	defer home.Close()
	for name, data := range start.Files {
		if err := folder.Write(home, name, data, 0); err != nil {
			return process.Program{}, fmt.Errorf("writing the agent's files: %w", err)
		}
	}
	p := process.Program{
		Argv: start.Argv, Dir: job.Workspace, Keep: answerLimit, Limit: job.Timeout,
		Env: append(cleanEnv(a.r.inherited, job.Home, a.place.Temp()), start.Env...),
	}
	if start.Stdin != "" {
		p.Stdin = a.place.Beside("stdin")
		if err := os.WriteFile(p.Stdin, []byte(start.Stdin), 0o600); err != nil {
			return process.Program{}, fmt.Errorf("writing the agent's input: %w", err)
		}
	}
	return p, nil
}

func (a *attempt) took(seconds float64) { a.seconds = &seconds }

// bound cuts an answer to what is kept of one, and notes what is not.
func (a *attempt) bound(answer []byte, dropped int64) []byte {
	if over := len(answer) - answerLimit; over > 0 {
		answer, dropped = answer[:answerLimit], dropped+int64(over)
	}
	if dropped > 0 {
		a.note(fmt.Sprintf("%d bytes of the answer were dropped", dropped))
	}
	return answer
}

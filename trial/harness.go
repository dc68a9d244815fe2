package trial

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/meter/anthropic"
	"github.com/pertask/pertask/meter/openai"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/usage"
)

// Harness is a way of carrying out a task. It is a value: another program is supported by another Harness,
// never by a case in the Runner. Exactly one of Start and Ask is set.
type Harness struct {
	Name    string // as tasks name it, such as "command"
	Version string // version of the program behind it, for the journal; "" when it is not known
	// Start says which process carries out a job. It starts nothing itself and may not keep the job. An error
	// makes the trial void.
	Start func(Job) (Process, error)
	// Ask carries out a job without a process and returns the answer. It returns when the context ends. With
	// an error the answer may still hold what arrived. An error that wraps ErrNotSent makes the trial void.
	Ask func(context.Context, Job) (answer []byte, err error)
	// Check reports, for a harness that asks, why it cannot be given an arm, of which some settings differ from the other
	// arm's. Nil takes every arm. A harness that starts a process refuses in Start.
	Check func(a arm.Arm, differ []arm.Setting) error
	// Hide lists paths in the workspace, such as ".codex", from which the program would take settings, commands or
	// addresses of its own. They are not there while it runs: what it runs with is what the arm declares.
	Hide []string
	// SelfReport reads what the agent of a finished job says that it consumed. Nil, and an answer of nil, mean that
	// it says nothing. What it reads was written by the agent and is not to be trusted.
	SelfReport func(j Job, answer []byte) (*usage.SelfReport, error)
}

// ErrNotSent is wrapped by errors of Harness.Ask when nothing was sent, such as for a setting that is not a
// number: the trial never began and is void.
var ErrNotSent = errors.New("no request was sent")

// Job is what a harness is told about one trial. It does not hold a provider's key. The three folders are ""
// for a harness that asks, where the task has nothing that needs one: no workspace, no set-up, and a grader
// that looks at the answer.
type Job struct {
	Slot      Slot
	Task      suite.Task
	Arm       arm.Arm
	Workspace string // absolute path of the trial's copy of the task's workspace
	Home      string // absolute path of an empty folder that serves as HOME
	Settings  string // absolute path of the folder that holds the watched files with the arm's values
	Route     Route
	Timeout   time.Duration // wall clock; more than 0
}

// Route says how a trial reaches its provider: always through the metering proxy.
type Route struct {
	Upstream string // name of the arm's upstream in the proxy's configuration
	BaseURL  string // of Upstream at the proxy, without a slash at the end
	Token    string // works at the proxy only, and for this trial only
	Provider string // the arm's provider; the upstream's name where the arm declares none
	Format   string // FormatAnthropic or FormatChat: what the harness "prompt" speaks to the upstream
	// URLs holds the base URL at the proxy of every upstream, by name.
	URLs map[string]string
}

// The wire formats of Route.Format. They are the names that calls are journalled with.
const (
	FormatChat      = openai.Chat
	FormatAnthropic = anthropic.Messages
)

// Process is a program to start in the workspace.
type Process struct {
	Argv []string // at least the program, looked up in PATH
	// Env holds "NAME=value" entries that are added to the clean environment of every trial; see Inherited.
	Env   []string
	Stdin string // text that the program reads from its standard input
	// Files are written into the job's home folder before the start, by slash-separated relative path, with
	// mode 0600.
	Files map[string][]byte
}

// Harnesses returns the harnesses that this package has, by name: "command" and "prompt".
func Harnesses() map[string]Harness {
	out := map[string]Harness{}
	for _, h := range []Harness{Command(), Prompt(nil)} {
		out[h.Name] = h
	}
	return out
}

// directClient returns a client that goes straight to the proxy on this machine: without the proxies of the
// environment, and without following redirects, which a metering proxy has no use for.
func directClient() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{MaxIdleConns: 256, MaxIdleConnsPerHost: 256, IdleConnTimeout: time.Minute},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

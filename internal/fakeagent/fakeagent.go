// Package fakeagent is a small coding agent for tests, in the test binary itself.
//
// It knows how to ask a model by each of the wire formats, one tool that writes a file, and a number of bad habits. It
// refuses to know trials, the meter and the provider: it is told an address and a key by its environment, like any
// agent, and what it does in its folder is left to the task's grader.
//
// A test package that uses it calls Main first in its TestMain, and starts it by Command in a task of the harness
// "command", or by Env and the path of its own binary.
package fakeagent

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// API is a wire format that the agent speaks.
type API string

// The wire formats, each with a stream or in one piece.
const (
	Chat      API = "chat"      // OpenAI's Chat Completions
	Responses API = "responses" // OpenAI's Responses
	Messages  API = "messages"  // Anthropic's Messages
	Generate  API = "generate"  // Google's generateContent
)

// APIs lists every wire format.
func APIs() []API { return []API{Chat, Responses, Messages, Generate} }

// Habit is a way in which an agent misbehaves. The zero value is an agent that does its task and ends.
type Habit string

// The habits.
const (
	Loop    Habit = "loop"     // never tells the model what its tool has done, so that it calls without an end
	Deaf    Habit = "deaf"     // ignores SIGTERM, SIGINT and SIGHUP, and stays after its work is done
	Fork    Habit = "fork"     // starts a child in a session of its own, which stays; its pid is in ChildFile
	Eat     Habit = "eat"      // takes Amount MiB of memory after its work, and stays
	Write   Habit = "write"    // writes Amount MiB into the file BigFile after its work
	Quit    Habit = "quit"     // ends with status 3 before it has asked anything
	Silence Habit = "no-usage" // writes no report of its usage
)

// Files that habits leave in the agent's folder.
const (
	ChildFile = "child.pid"
	BigFile   = "big.bin"
)

// Variables that tell the agent what to do. Its address, key, model, effort and prompt are those that the harness
// "command" sets, such as PERTASK_BASE_URL.
const (
	EnvAPI    = "PERTASK_FAKEAGENT" // an API; without it a process is no agent
	EnvStream = "PERTASK_FAKEAGENT_STREAM"
	EnvHabit  = "PERTASK_FAKEAGENT_HABIT"
	EnvAmount = "PERTASK_FAKEAGENT_AMOUNT" // MiB
)

// Options say how an agent works.
type Options struct {
	API    API
	Stream bool // answers come as streams
	Habit  Habit
	Amount int // MiB that Eat and Write take
}

// Env returns the variables that make a test binary an agent.
func (o Options) Env() []string {
	env := []string{EnvAPI + "=" + string(o.API)}
	if o.Stream {
		env = append(env, EnvStream+"=1")
	}
	if o.Habit != "" {
		env = append(env, EnvHabit+"="+string(o.Habit), EnvAmount+"="+strconv.Itoa(o.Amount))
	}
	return env
}

// Command returns the command line that starts the agent, for sh.
func (o Options) Command() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("finding the test binary: %w", err)
	}
	return strings.Join(o.Env(), " ") + " exec '" + strings.ReplaceAll(self, "'", `'\''`) + "'", nil
}

// Main is the agent, if the environment says that this process is one, and ends the process. Otherwise it returns.
func Main() {
	if os.Getenv(EnvAPI) == "" {
		return
	}
	if os.Getenv(envChild) != "" {
		time.Sleep(stay)
		os.Exit(0)
	}
	os.Exit(run(os.Getenv))
}

// run does the work: 0 when the model said that it is done, 1 when something broke, 3 with the habit Quit.
func run(getenv func(string) string) int {
	habit := Habit(getenv(EnvHabit))
	amount, _ := strconv.Atoi(getenv(EnvAmount)) // without a number the habits take nothing
	switch habit {
	case Quit:
		return 3
	case Deaf:
		signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	case Fork:
		if err := fork(); err != nil {
			return complain(err)
		}
	}
	a, err := newAgent(getenv)
	if err != nil {
		return complain(err)
	}
	said, err := a.work(context.Background())
	if err == nil && habit != Silence {
		err = a.report(getenv("PERTASK_USAGE_FILE"))
	}
	if err != nil {
		return complain(err)
	}
	fmt.Println(said)
	if err := after(habit, amount); err != nil {
		return complain(err)
	}
	return 0
}

func complain(err error) int {
	fmt.Fprintln(os.Stderr, "fake agent:", err)
	return 1
}

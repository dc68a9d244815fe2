package advice_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/report/advice"
	"github.com/pertask/pertask/report/content"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/verdict"
)

func side(causes map[string]int) content.TaskSide { return content.TaskSide{Causes: causes} }

var tools = &suite.Suite{Tasks: []suite.Task{
	{ID: "a", Harness: "command", Command: "/tmp/tools/agent --fast"},
	{ID: "b", Harness: "command", Command: "exec /tmp/tools/agent"},
	{ID: "c", Harness: "codex", Prompt: "Do it."},
	{ID: "d", Harness: "prompt", Prompt: "Which team?"},
	{ID: "e", Harness: "command", Command: "make `it`"},
}}

func TestNotStarted(t *testing.T) {
	broke := func(n int) content.TaskSide { return side(map[string]int{"start-broke": n, "timeout": 1}) }
	none := side(nil)
	for _, c := range []struct {
		name    string
		sandbox string
		tasks   []content.Task
		want    []string // what the text of each finding contains, parts split at "|"
	}{
		{"all started", "bubblewrap", []content.Task{{ID: "a", Base: side(map[string]int{"provider-broke": 3}), Head: none}}, nil},
		{"hidden on one side", "root namespaces", []content.Task{{ID: "a", Base: none, Head: broke(1)}},
			[]string{"1 trial of the task `a` could not be started: `/tmp/tools/agent`, or |hidden by the sandbox (root namespaces)|Put the program into the task's workspace|its folder into `PATH`."}},
		{"missing without a sandbox", "", []content.Task{{ID: "a", Base: broke(2), Head: broke(2)}},
			[]string{"4 trials of the task `a` could not be started: `/tmp/tools/agent`, or a program that it starts, is missing or not executable. Install it"}},
		{"one program of two tasks", "bubblewrap", []content.Task{{ID: "a", Base: broke(2), Head: broke(3)}, {ID: "b", Base: none, Head: broke(1)}},
			[]string{"6 trials of 2 tasks (`a`, `b`) could not be started: `/tmp/tools/agent`"}},
		{"two programs", "bubblewrap", []content.Task{{ID: "c", Base: broke(1), Head: none}, {ID: "a", Base: broke(1), Head: none}},
			[]string{"`codex`", "`/tmp/tools/agent`"}},
		{"no program of a single request", "bubblewrap", []content.Task{{ID: "d", Base: broke(1), Head: none}}, nil},
		{"not in the suite", "bubblewrap", []content.Task{{ID: "x", Base: broke(1), Head: none}}, nil},
		{"a count that nobody can have counted", "bubblewrap", []content.Task{{ID: "a", Base: broke(-1), Head: none}}, nil},
		{"quotes of its own", "", []content.Task{{ID: "e", Base: broke(1), Head: none}}, []string{"`make`"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := advice.NotStarted(&content.Report{Sandbox: c.sandbox, Tasks: c.tasks}, tools)
			if len(got) != len(c.want) {
				t.Fatalf("got %d findings, want %d: %v", len(got), len(c.want), got)
			}
			for i, f := range got {
				if f.Code != advice.CodeNotStarted || f.Withhold {
					t.Errorf("got the finding %+v", f)
				}
				for _, part := range strings.Split(c.want[i], "|") {
					if !strings.Contains(f.Text, part) {
						t.Errorf("want %q in %q", part, f.Text)
					}
				}
				if c.sandbox == "" && strings.Contains(f.Text, "sandbox") {
					t.Errorf("a sandbox that was not there is blamed: %q", f.Text)
				}
			}
		})
	}
	if got := advice.NotStarted(&content.Report{Tasks: []content.Task{{ID: "a", Base: broke(1)}}}, nil); got != nil {
		t.Errorf("without a suite: got %v", got)
	}
}

func TestNotStartedNamesFewTasks(t *testing.T) {
	s, r := &suite.Suite{}, &content.Report{}
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		s.Tasks = append(s.Tasks, suite.Task{ID: id, Harness: "pi"})
		r.Tasks = append(r.Tasks, content.Task{ID: id, Head: side(map[string]int{"start-broke": 1})})
	}
	got := advice.NotStarted(r, s)
	if len(got) != 1 || !strings.HasPrefix(got[0].Text, "5 trials of 5 tasks (`a`, `b`, `c`, 2 more) could not be started: `pi`") {
		t.Errorf("got %v", got)
	}
}

// TestNotStartedStaysText holds that what a suite says cannot end the quotes that it stands in.
func TestNotStartedStaysText(t *testing.T) {
	s := &suite.Suite{Tasks: []suite.Task{{ID: "a", Harness: "command", Command: "/x`**bold**`"}}}
	got := advice.NotStarted(&content.Report{Tasks: []content.Task{{ID: "a", Head: side(map[string]int{"start-broke": 1})}}}, s)
	want := []verdict.Finding{{Code: advice.CodeNotStarted, Text: "1 trial of the task `a` could not be started: `/x'**bold**'`, or a program that it starts, is " +
		"missing or not executable. Install it where `PATH` finds it, or put it into the task's workspace."}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestProgram(t *testing.T) {
	for _, c := range []struct{ harness, command, want string }{
		{"codex", "", "codex"},
		{"command", "./agent --once", "./agent"},
		{"command", "exec ./agent", "./agent"},
		{"command", "A=1 B=/x python agent.py", "python"},
		{"command", "sleep 9 & exec /opt/agent x", "/opt/agent"},
		{"command", "cd work && \"/opt/my-agent\" 2>/dev/null", "/opt/my-agent"},
		{"command", "cat </dev/null", "cat"},
		{"command", "cat /dev/null; agent", "cat"},
		{"command", "if (agent); then :; fi", "agent"},
		{"command", "{ agent; }", "agent"},
		{"command", " \n ", " \n "},
		{"command", "", ""},
	} {
		if got := advice.Program(suite.Task{Harness: c.harness, Command: c.command}); got != c.want {
			t.Errorf("%s %q: got %q, want %q", c.harness, c.command, got, c.want)
		}
	}
}

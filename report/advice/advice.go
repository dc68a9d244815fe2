// Package advice says what a reader can do about what a report shows.
//
// It knows the causes of trials that are no evidence and the words of the findings about them. It refuses to know what
// is decided, how a report looks, and the machine that the trials ran on.
package advice

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/pertask/pertask/report/content"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/verdict"
)

// CodeNotStarted is the code of NotStarted's findings.
const CodeNotStarted = "agent-not-started"

// startBroke is trial.CauseStart. The literal is a part of stored reports and must not change.
const startBroke = "start-broke"

// maxNamed is how many tasks a finding names.
const maxNamed = 3

// harnesses whose trials start a program that the suite names, and none.
const (
	byCommand  = "command"
	byRequest  = "prompt"
	backquotes = "`"
)

// stuck are the trials that could not be started since one program could not.
type stuck struct {
	program string
	tasks   []string
	trials  int
}

// NotStarted finds the programs for want of which trials of a report could not be started, in the order of its tasks,
// and says what would help. The suite says what a task starts; a task that is not in it is left out, and so is one that
// starts no program.
func NotStarted(r *content.Report, s *suite.Suite) []verdict.Finding {
	if s == nil {
		return nil
	}
	var all []*stuck
	for _, t := range r.Tasks {
		n := t.Base.Causes[startBroke] + t.Head.Causes[startBroke]
		task, ok := s.Task(t.ID)
		if n <= 0 || !ok || task.Harness == byRequest {
			continue
		}
		program := Program(task)
		i := slices.IndexFunc(all, func(x *stuck) bool { return x.program == program })
		if i < 0 {
			i, all = len(all), append(all, &stuck{program: program})
		}
		all[i].tasks = append(all[i].tasks, t.ID)
		all[i].trials += n
	}
	var out []verdict.Finding
	for _, x := range all {
		out = append(out, verdict.Finding{Code: CodeNotStarted, Text: x.text(r.Sandbox)})
	}
	return out
}

func (x stuck) text(sandbox string) string {
	text := fmt.Sprintf("%s of %s could not be started: %s, or a program that it starts, is ",
		figure.Plural(x.trials, "trial"), x.names(), quoted(x.program))
	if sandbox == "" {
		return text + "missing or not executable. Install it where `PATH` finds it, or put it into the task's workspace."
	}
	return text + "missing, not executable, or hidden by the sandbox (" + sandbox + "). Of /tmp, /run, home folders and the checkout " +
		"agents see only the folders in `PATH`. Put the program into the task's workspace or a folder such as `/usr/local/bin`, or its folder into `PATH`."
}

// names are the first tasks, and how many more there are.
func (x stuck) names() string {
	if len(x.tasks) == 1 {
		return "the task " + quoted(x.tasks[0])
	}
	var out []string
	for _, id := range x.tasks[:min(len(x.tasks), maxNamed)] {
		out = append(out, quoted(id))
	}
	if left := len(x.tasks) - len(out); left > 0 {
		out = append(out, fmt.Sprintf("%d more", left))
	}
	return fmt.Sprintf("%d tasks (%s)", len(x.tasks), strings.Join(out, ", "))
}

// quoted is a value in backquotes. One in it would end them.
func quoted(s string) string {
	return backquotes + strings.ReplaceAll(s, backquotes, "'") + backquotes
}

// Program names what a task's trials start: of a command the first program in it with an absolute path, else its first
// word that is no variable and no word of the shell; of an agent the agent. It does not parse the shell's language: a
// word that is quoted, or that a variable stands for, is what it is in the text.
func Program(t suite.Task) string {
	if t.Harness != byCommand {
		return t.Harness
	}
	first := ""
	for _, w := range strings.FieldsFunc(t.Command, func(r rune) bool { return strings.ContainsRune(" \t\r\n;&|()", r) }) {
		w = strings.Trim(w, `"'`)
		if path.IsAbs(w) && !strings.HasPrefix(w, "/dev/") {
			return w
		}
		if first == "" && !strings.ContainsAny(w, "=<>") && !slices.Contains(shellWords, w) {
			first = w
		}
	}
	return cmp.Or(first, t.Command)
}

// shellWords are words before the name of a program.
var shellWords = []string{"exec", "env", "command", "nice", "nohup", "time", "cd", "set", "if", "then", "else", "while", "for", "do", "!", "{", "[", ":"}

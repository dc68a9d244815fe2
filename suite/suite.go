// Package suite reads a pinned task suite: its tasks, their order, their graders and the digest of it all.
//
// It knows the suite file and the files it names, through an fs.FS. It refuses to know how a task is run.
package suite

import "time"

// Suite is a pinned list of tasks.
type Suite struct {
	Name    string // shown in reports; unique in a configuration
	Path    string // the suite file, slash-separated from the root of the repository
	Harness string // default for tasks: "command", "prompt" or one of Agents
	// Versions pins the exact versions of agents, by harness. What is not pinned is whatever the machine has.
	Versions map[string]string
	Tasks    []Task // in the order of the file; at least one
	// Digest is "sha256:" and the hex SHA-256 over the suite file and every file of every workspace and
	// grader folder, with paths and modes. It is printed in every report.
	Digest string
	// Files lists every file that the digest covers, sorted, slash-separated from the root of the repository.
	Files []string
}

// Task is one unit of work. It completes or fails.
type Task struct {
	ID        string            // unique in the suite; letters, digits, '-', '_', '.', ' ', '/', '(' and ')'
	Harness   string            // "command", "prompt" or one of Agents
	Workspace string            // folder copied for each trial, from the root of the repository; "" for an empty one
	Prompt    string            // with {{name}} replaced from Vars
	Vars      map[string]string // values for {{name}} in Prompt
	Command   string            // harness command: run by sh in the workspace
	Setup     string            // run by sh in the workspace before the trial; a failure makes the trial void
	Grade     Grader
	// Protect lists paths in the workspace (files or folders) that are put back from the base before grading.
	Protect []string
	// GraderFiles is a folder, from the root of the repository, that is copied into the workspace only for
	// grading, so that the agent never sees it; "" for none.
	GraderFiles  string
	Timeout      time.Duration // for the agent, wall clock; default 10 minutes
	GradeTimeout time.Duration // for the grader; default 2 minutes
	// MaxCost is what one trial may cost, in dollars as a decimal number; a trial that passes it has failed. "" for no
	// such limit.
	MaxCost string
	Labels  []string // user labels, for segments
	Line    int      // of the task in the suite file
}

// Agents lists the harnesses that are coding agents, sorted. Each does a task by its prompt.
func Agents() []string {
	return []string{"claude-code", "cline", "codex", "copilot", "crush", "gemini", "opencode", "pi", "qwen"}
}

// GraderKind says how completion is decided.
type GraderKind string

// The kinds of graders.
const (
	GradeCommand    GraderKind = "command"     // exit status 0 = completed
	GradeEquals     GraderKind = "equals"      // the answer, trimmed of white space at both ends, is the value
	GradeContains   GraderKind = "contains"    // the answer contains the value
	GradeMatches    GraderKind = "matches"     // the answer matches the regular expression (RE2 syntax)
	GradeJSONSchema GraderKind = "json_schema" // the answer is JSON that the schema accepts
)

// Grader decides completion of one trial. All kinds but command look at the answer: the text that a prompt
// was answered with, the standard output of a command, or the file Of in the workspace.
type Grader struct {
	Kind  GraderKind
	Value string // shell command, text or regular expression
	// Schema is the path of a JSON Schema, from the root of the repository (json_schema only).
	Schema string
	// SchemaJSON is the schema itself, as JSON, read from Schema or written in the suite file.
	SchemaJSON []byte
	Of         string // path of a file in the workspace to look at instead of the answer; "" for the answer
}

// DefaultTimeout is the wall-clock limit of a trial whose task does not set one.
const DefaultTimeout = 10 * time.Minute

// DefaultGradeTimeout is the wall-clock limit of a grader whose task does not set one.
const DefaultGradeTimeout = 2 * time.Minute

// Task returns the task with the given id.
func (s *Suite) Task(id string) (Task, bool) {
	for _, t := range s.Tasks {
		if t.ID == id {
			return t, true
		}
	}
	return Task{}, false
}

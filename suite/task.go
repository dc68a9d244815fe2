package suite

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/pertask/pertask/internal/strict"
)

// task reads one task. It marks in used which of the suite's protect paths the task's workspace has.
func (l *loader) task(v strict.Value, defaults shared, used map[string]bool) Task {
	m := v.Map(taskKeys...)
	own := l.shared(m)
	all := own.or(defaults)
	t := Task{
		ID:           l.id(m.Need("id")),
		Harness:      all.harness,
		Workspace:    l.folder(m.Get("workspace")),
		Command:      all.command,
		Setup:        all.setup,
		Grade:        all.grade,
		GraderFiles:  l.folder(m.Get("grader_files")),
		Timeout:      all.timeout,
		GradeTimeout: all.gradeTimeout,
		MaxCost:      all.maxCost,
		Labels:       all.labels,
		Line:         v.Line(),
	}
	if t.Timeout == 0 {
		t.Timeout = DefaultTimeout
	}
	if t.GradeTimeout == 0 {
		t.GradeTimeout = DefaultGradeTimeout
	}
	t.Prompt, t.Vars = l.prompt(m.Get("prompt"), m.Get("vars"))
	l.rules(&t, m, all)
	l.protect(&t, m, all, used)
	l.remember(t, m)
	return t
}

// rules refuses keys that would not do anything for the harness and the grader of the task, and takes away
// the suite's defaults that do not apply to it.
func (l *loader) rules(t *Task, m strict.Map, all shared) {
	if !all.given["grade"] {
		m.Need("grade")
	}
	// Nothing more can be said about a grade that is in error.
	byCommand := t.Grade.Kind == GradeCommand || t.Grade.Kind == brokenGrade || t.Grade.Kind == ""
	if !byCommand {
		for _, key := range []string{"grader_files", "grade_timeout"} {
			m.Get(key).Fail(key+" has no use: this grader runs no command", "leave it out, or set grade to a command")
		}
	}
	switch t.Harness {
	case "command":
		if !all.given["command"] {
			m.Value().Fail(m.Value().Name()+" has no command", "add command, or set harness to prompt")
		}
	case "prompt":
		l.promptRules(t, m, byCommand)
	case "":
		if !all.given["harness"] {
			m.Value().Fail(m.Value().Name()+" has no harness", "add harness to the task or to the suite; allowed: "+strings.Join(harnesses, ", "))
		}
	default:
		l.agentRules(t, m)
	}
}

// agentRules holds a task of a coding agent to what such an agent takes.
func (l *loader) agentRules(t *Task, m strict.Map) {
	if t.Prompt == "" && !m.Get("prompt").Given() {
		m.Value().Fail(m.Value().Name()+" has no prompt", "add prompt: the harness "+t.Harness+" gives it to the agent")
	}
	m.Get("command").Fail("command has no use: the harness "+t.Harness+" starts its own program", "leave it out, or set harness to command")
	t.Command = ""
}

func (l *loader) promptRules(t *Task, m strict.Map, byCommand bool) {
	const noAgent = "harness prompt sends one request and runs no agent"
	if t.Prompt == "" && !m.Get("prompt").Given() {
		m.Value().Fail(m.Value().Name()+" has no prompt", "add prompt, or set harness to command")
	}
	for _, key := range []string{"command", "protect"} {
		m.Get(key).Fail(key+" has no use: "+noAgent, "leave it out, or set harness to command")
	}
	t.Command = ""
	if t.Grade.Of != "" {
		at := m.Get("grade")
		if !at.Given() {
			at = m.Value()
		}
		at.Fail("grade.of has no use: "+noAgent, "leave it out: the answer is graded")
	}
	if byCommand {
		return
	}
	for _, key := range []string{"workspace", "setup"} {
		m.Get(key).Fail(key+" has no use: "+noAgent+", and this grader runs no command", "leave it out, or set grade to a command")
	}
	t.Setup = ""
}

// protect keeps the paths that are in the task's workspace. A path that the task itself names has to be there,
// because a misspelled one would protect nothing.
func (l *loader) protect(t *Task, m strict.Map, all shared, used map[string]bool) {
	if t.Harness == "prompt" {
		return
	}
	inherited := !m.Get("protect").Given()
	if !inherited && t.Workspace == "" && !m.Get("workspace").Given() {
		m.Get("protect").Fail("protect has no use: the task has no workspace", "leave it out, or add workspace")
		return
	}
	if t.Workspace == "" {
		return
	}
	for i, p := range all.protect {
		switch {
		case l.files.has(path.Join(t.Workspace, p)):
			used[p] = true
			t.Protect = append(t.Protect, p)
		case !inherited:
			all.protectAt[i].Fail(fmt.Sprintf("%q is not in the workspace", strict.Clip(p)), "the path of a file or folder in "+t.Workspace)
		}
	}
}

// checkUnusedProtect refuses a suite's protect path that is in no workspace: a misspelled one, most likely.
func (l *loader) checkUnusedProtect(defaults shared, used map[string]bool) {
	for i, p := range defaults.protect {
		if !used[p] {
			defaults.protectAt[i].Fail(fmt.Sprintf("%q is in no workspace of a task that takes protect from here", strict.Clip(p)),
				"the path of a file or folder in a workspace")
		}
	}
}

func (l *loader) remember(t Task, m strict.Map) {
	if t.Workspace != "" {
		l.workspaces[t.Workspace] = true
	}
	if _, known := l.graders[t.GraderFiles]; t.GraderFiles != "" && !known {
		l.graders[t.GraderFiles] = m.Get("grader_files")
	}
}

// checkHidden refuses grader files that an agent would see in its workspace, whichever task's they are.
func (l *loader) checkHidden() {
	for _, folder := range slices.Sorted(maps.Keys(l.graders)) {
		at := l.graders[folder]
		for p := folder; p != "."; p = path.Dir(p) {
			if l.workspaces[p] {
				at.Fail(fmt.Sprintf("grader_files %s is inside the workspace %s, so an agent would see it", folder, p), "a folder outside every workspace")
			}
		}
	}
	for _, workspace := range slices.Sorted(maps.Keys(l.workspaces)) {
		for p := path.Dir(workspace); p != "."; p = path.Dir(p) {
			if at, ok := l.graders[p]; ok {
				at.Fail(fmt.Sprintf("grader_files %s has the workspace %s in it", p, workspace), "a folder outside every workspace")
			}
		}
	}
}

// within reports whether the path name is folder or lies below it.
func within(name, folder string) bool {
	return folder == "." || name == folder || strings.HasPrefix(name, folder+"/")
}

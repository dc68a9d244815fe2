package config

import (
	"fmt"
	"strings"

	"github.com/pertask/pertask/internal/strict"
)

// App is what concerns reviews of the App alone; whoever else reads a configuration leaves it.
type App struct {
	Runner   string // RunnerApp or RunnerActions
	Workflow string // name of the file below .github/workflows that is started for RunnerActions
}

// The places where the trials of the App's reviews are carried out.
const (
	RunnerApp     = "app"     // by the App's own workers
	RunnerActions = "actions" // by a workflow of the repository, which the App starts
)

func (c *Config) readApp(v strict.Value) {
	m := v.Map(keys["app"]...)
	if v := m.Get("runner"); v.Given() {
		c.App.Runner = v.Enum(RunnerApp, RunnerActions)
	}
	if v := m.Get("workflow"); v.Given() {
		c.App.Workflow = workflow(v)
	}
}

// workflow reads the name of a workflow's file, which becomes a part of addresses.
func workflow(v strict.Value) string {
	s := v.Scalar()
	if s == "" {
		return ""
	}
	stem, yml := strings.CutSuffix(s, ".yml")
	if !yml {
		stem, yml = strings.CutSuffix(s, ".yaml")
	}
	const word = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"
	if !yml || stem == "" || stem[0] == '.' || len(s) > maxWorkflow || strings.Trim(s, word) != "" {
		v.Fail(fmt.Sprintf("%s: %q is not the name of a workflow's file", v.Name(), strict.Clip(s)),
			fmt.Sprintf("up to %d letters, digits, `.`, `-` and `_`, ending in .yml or .yaml, without a folder", maxWorkflow))
		return ""
	}
	return s
}

package setup

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare/route"
	"github.com/pertask/pertask/config"
	"github.com/pertask/pertask/internal/strict"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/suite"
)

// maxFile is the size of the largest file that is looked into, in bytes.
const maxFile = 1 << 20

// found is what the repository says about itself.
type found struct {
	agents   []agent
	tests    string         // the command that runs the repository's own tests; "" where none was found
	config   *config.Config // the one that is there, if it can be read
	workflow string         // a workflow that runs pertask
	notes    []string
}

// agent is an agent or a tool whose settings file is there.
type agent struct {
	name      string
	files     []string
	settings  []arm.Setting
	slot      string   // the slot that is measured
	model     string   // "" where the file names none
	providers []string // by the price book; the first one that has an upstream counts
}

func find(tree fs.FS) (*found, error) {
	if _, err := fs.ReadDir(tree, "."); err != nil {
		return nil, fmt.Errorf("reading the repository: %w", err)
	}
	f := &found{tests: testCommand(tree)}
	f.readConfig(tree)
	var names []string
	known := arm.WellKnown()
	for _, w := range known {
		if !slices.Contains(names, w.Agent) {
			names = append(names, w.Agent)
		}
	}
	for _, name := range names {
		f.readAgent(tree, name, known)
	}
	f.workflow = workflowOf(tree)
	return f, nil
}

// readConfig reads a configuration that is there.
func (f *found) readConfig(tree fs.FS) {
	c, err := config.Load(tree, config.Path)
	switch {
	case err == nil:
		f.config = c
	case !errors.Is(err, fs.ErrNotExist):
		first, _, _ := strings.Cut(err.Error(), "\n")
		f.notes = append(f.notes, "The configuration that is there cannot be used: "+first)
	}
}

// readAgent reads the files of one agent. One that cannot be read is said, and the agent counts all the same: it is
// what the team uses.
func (f *found) readAgent(tree fs.FS, name string, known []arm.Watch) {
	a := agent{name: name}
	var watches []arm.Watch
	shared := false
	for _, w := range known {
		if w.Agent != name || !regular(tree, w.Path) {
			continue
		}
		watches, shared = append(watches, w), shared || w.Shared
		if !slices.Contains(a.files, w.Path) {
			a.files = append(a.files, w.Path)
		}
	}
	if len(watches) == 0 {
		return
	}
	read, err := arm.Read(tree, watches)
	if err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		f.notes = append(f.notes, strict.Clip(first)+": the settings of "+name+" could not be read.")
	}
	a.settings = read.Settings
	if shared && len(a.settings) == 0 {
		return // a file of this name that is another program's
	}
	a.choose(read)
	f.agents = append(f.agents, a)
}

// choose picks the slot that is measured, and who serves its model.
func (a *agent) choose(read arm.Arm) {
	for _, s := range read.Settings {
		if s.Key == arm.Model && (a.slot == "" || s.Slot == arm.MainSlot) {
			a.slot, a.model = s.Slot, s.Value
		}
	}
	book := price.Embedded()
	for _, s := range read.Settings {
		if s.Key == arm.Provider {
			a.sold(book.Provider(s.Value))
		}
	}
	for _, s := range read.Settings {
		if _, declared := read.Get(s.Slot, arm.Provider); s.Key == arm.Model && !declared {
			if sellers := route.Sellers(book, s.Value); len(sellers) == 1 {
				a.sold(sellers[0])
			}
		}
	}
	if len(a.providers) == 0 {
		if p, ok := natural[a.name]; ok {
			a.sold(p)
		}
	}
}

func (a *agent) sold(provider string) {
	if provider != "" && !slices.Contains(a.providers, provider) {
		a.providers = append(a.providers, provider)
	}
}

// natural is who serves an agent that was given no model, or one by a name of the agent's own.
var natural = map[string]string{"codex": "openai", "claude-code": "anthropic", "gemini": "google"}

// secrets returns the names of the keys of the providers that were found.
func (f *found) secrets() []string {
	c := f.config
	if c == nil {
		c = config.Default()
	}
	book := price.Embedded()
	var out []string
	add := func(name string) {
		if name != "" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	for _, u := range c.Upstreams {
		add(u.KeyEnv)
	}
	for _, a := range f.agents {
		for _, p := range a.providers {
			for _, u := range c.AllUpstreams() {
				if u.Name == p || book.Provider(u.Provider) == p {
					add(u.KeyEnv)
					break
				}
			}
		}
	}
	slices.Sort(out)
	return out
}

// sentences says what was found.
func (f *found) sentences() []string {
	var out []string
	for _, a := range f.agents {
		s := a.name + ": " + strings.Join(a.files, ", ")
		if a.model != "" {
			s += ", model " + quote(a.model)
		}
		if len(a.providers) > 0 {
			s += ", served by " + strings.Join(quoted(a.providers), ", ")
		}
		out = append(out, s+".")
	}
	if len(f.agents) == 0 {
		out = append(out, "No settings file of an agent or a tool that pertask knows was found.")
	}
	if f.tests != "" {
		out = append(out, "The repository's tests run with `"+f.tests+"`.")
	}
	return append(out, f.notes...)
}

// testCommand returns the command that the repository's own tests run with, by the files that say so.
func testCommand(tree fs.FS) string {
	switch {
	case regular(tree, "go.mod"):
		return "go test ./..."
	case regular(tree, "Cargo.toml"):
		return "cargo test"
	case npmTests(tree):
		return "npm test"
	case regular(tree, "pytest.ini"), regular(tree, "pyproject.toml"), regular(tree, "tox.ini"):
		return "python -m pytest -q"
	}
	for line := range strings.Lines(string(read(tree, "Makefile"))) {
		if strings.HasPrefix(line, "test:") {
			return "make test"
		}
	}
	return ""
}

// npmTests reports whether there is a script for tests, other than the one that npm init writes.
func npmTests(tree fs.FS) bool {
	var p struct{ Scripts struct{ Test string } }
	if json.Unmarshal(read(tree, "package.json"), &p) != nil {
		return false
	}
	return p.Scripts.Test != "" && !strings.Contains(p.Scripts.Test, "no test specified")
}

// workflowOf returns the first workflow that runs pertask's Action.
func workflowOf(tree fs.FS) string {
	const dir = ".github/workflows"
	entries, err := fs.ReadDir(tree, dir)
	if err != nil {
		return ""
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		if ext := path.Ext(name); ext != ".yml" && ext != ".yaml" || name == StorePath {
			continue
		}
		for line := range strings.Lines(string(read(tree, name))) {
			line = strings.TrimLeft(line, " -\t")
			if strings.HasPrefix(line, "uses:") && strings.Contains(line, "pertask/pertask@") {
				return name
			}
		}
	}
	return ""
}

// read returns a file's text, or nothing of one that is large or cannot be read.
func read(tree fs.FS, name string) []byte {
	info, err := fs.Stat(tree, name)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxFile {
		return nil
	}
	data, err := fs.ReadFile(tree, name)
	if err != nil {
		return nil
	}
	return data
}

func regular(tree fs.FS, name string) bool {
	info, err := fs.Lstat(tree, name)
	return err == nil && info.Mode().IsRegular()
}

func quote(s string) string { return strconv.QuoteToASCII(strict.Clip(s)) }

func quoted(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = quote(s)
	}
	return out
}

// exact is a version that can stand in a command as it is.
var exact = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z.+-]{0,60}$`)

// agentsOf returns the agents that a suite starts, each with the version that it pins or "".
func agentsOf(su *suite.Suite) map[string]string {
	out := map[string]string{}
	for _, t := range su.Tasks {
		if !slices.Contains(suite.Agents(), t.Harness) {
			continue
		}
		out[t.Harness] = ""
		if v := su.Versions[t.Harness]; exact.MatchString(v) {
			out[t.Harness] = v
		}
	}
	return out
}

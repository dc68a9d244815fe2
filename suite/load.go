package suite

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/pertask/pertask/internal/strict"
)

// Limits of a suite file.
const (
	MaxTasks    = 10_000
	maxName     = 100     // characters of a suite's name
	maxID       = 120     // bytes of a task's id
	maxList     = 100     // values of protect and labels
	maxLabel    = 60      // characters of a label
	maxPrompt   = 1 << 20 // bytes of a prompt with its variables filled in
	maxDuration = 24 * time.Hour
)

// The keys of each mapping of a suite file. A new one needs its line in docs/config.md; a test says so.
var (
	suiteKeys = []string{"name", "harness", "command", "setup", "grade", "protect", "labels", "timeout", "grade_timeout",
		"max_cost", "versions", "tasks"}
	taskKeys = []string{"id", "harness", "workspace", "prompt", "vars", "command", "setup", "grade", "grader_files",
		"protect", "labels", "timeout", "grade_timeout", "max_cost"}
	gradeKeys = []string{"command", "equals", "contains", "matches", "json_schema", "of"}
)

// Load reads the suite file at path and every file that it names. Paths in the file are relative to the folder of
// the suite file or, where nothing is there, to the root of fsys; the paths of the result are from that root. Mistakes in the file are a
// strict.Errors with a place each; any other error is about reading the suite file itself.
func Load(fsys fs.FS, path string) (*Suite, error) {
	s, err := load(fsys, path)
	var mistakes strict.Errors
	switch {
	case errors.As(err, &mistakes):
		return nil, mistakes
	case err != nil:
		return nil, fmt.Errorf("reading suite: %w", err)
	}
	return s, nil
}

func load(fsys fs.FS, name string) (*Suite, error) {
	if !fs.ValidPath(name) || name == "." {
		return nil, fmt.Errorf("%q is not a path inside the repository", strict.Clip(name))
	}
	l := &loader{path: name, dir: path.Dir(name), files: newFiles(fsys)}
	data, err := l.files.read(name, 8*strict.MaxBytes) // strict says what is too long
	if err != nil {
		return nil, err
	}
	doc, err := strict.Parse(name, data)
	if err != nil {
		return nil, err
	}
	s := l.suite(doc.Root())
	if err := doc.Err(); err != nil {
		return nil, err
	}
	s.Files, s.Digest = l.files.list(), l.files.digest()
	return s, nil
}

// loader is what reading one suite file needs. Mistakes are collected by the document that the values are of.
type loader struct {
	path, dir  string
	files      *files
	workspaces map[string]bool
	graders    map[string]strict.Value // folders of grader_files, with one place that names each
}

func (l *loader) suite(root strict.Value) *Suite {
	m := root.Map(suiteKeys...)
	s := &Suite{Path: l.path, Name: l.label(m.Need("name"), maxName)}
	defaults := l.shared(m)
	s.Harness, s.Versions = defaults.harness, l.versions(m.Get("versions"))
	l.workspaces, l.graders = map[string]bool{}, map[string]strict.Value{}
	ids := map[string]int{}
	used := map[string]bool{}
	for _, v := range m.Need("tasks").List(MaxTasks) {
		t := l.task(v, defaults, used)
		if first, twice := ids[t.ID]; twice && t.ID != "" {
			v.Map(taskKeys...).Get("id").Fail(fmt.Sprintf("id %q is there twice, first on line %d", t.ID, first), "each id once")
		} else {
			ids[t.ID] = t.Line
		}
		s.Tasks = append(s.Tasks, t)
	}
	if len(s.Tasks) > 0 {
		l.checkUnusedProtect(defaults, used)
	}
	l.checkHidden()
	return s
}

// label reads a short text that reports show: printable, without spaces at its ends.
func (l *loader) label(v strict.Value, most int) string {
	s := v.Scalar()
	if s == "" {
		return ""
	}
	if strings.TrimSpace(s) != s || len([]rune(s)) > most || strings.ContainsFunc(s, unprintable) {
		v.Fail(fmt.Sprintf("%s: %q is not a label", v.Name(), strict.Clip(s)),
			fmt.Sprintf("1 to %d printable characters in one line, without spaces at the ends", most))
		return ""
	}
	return s
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) }

var idForm = regexp.MustCompile(`^[A-Za-z0-9_.()/ -]+$`)

func (l *loader) id(v strict.Value) string {
	s := v.Scalar()
	if s == "" {
		return ""
	}
	ok := len(s) <= maxID && idForm.MatchString(s) && strings.TrimSpace(s) == s
	for part := range strings.SplitSeq(s, "/") {
		ok = ok && part != "" && part != "." && part != ".."
	}
	if !ok {
		v.Fail(fmt.Sprintf("%q is not a task id", strict.Clip(s)),
			fmt.Sprintf("1 to %d letters (a-z, A-Z), digits, '-', '_', '.', '/', '(', ')' and spaces inside; no empty, '.' or '..' part", maxID))
		return ""
	}
	return s
}

// shared is what a suite sets for all of its tasks and a task for itself.
type shared struct {
	harness, command, setup string
	grade                   Grader
	protect, labels         []string
	protectAt               []strict.Value
	timeout, gradeTimeout   time.Duration
	maxCost                 string

	// given has the keys that are there, in error or not.
	given map[string]bool
}

func (l *loader) shared(m strict.Map) shared {
	out := shared{
		harness:      l.harness(m.Get("harness")),
		command:      l.shell(m.Get("command")),
		setup:        l.shell(m.Get("setup")),
		grade:        l.grade(m.Get("grade")),
		timeout:      m.Get("timeout").Duration(time.Second, maxDuration),
		gradeTimeout: m.Get("grade_timeout").Duration(time.Second, maxDuration),
		maxCost:      l.dollars(m.Get("max_cost")),
		given:        map[string]bool{},
	}
	for _, key := range []string{"harness", "command", "setup", "grade", "protect", "labels", "timeout", "grade_timeout", "max_cost"} {
		out.given[key] = m.Get(key).Given()
	}
	out.protect, out.protectAt = l.inside(m.Get("protect"))
	for _, v := range m.Get("labels").Distinct(0, maxList) {
		if s := l.label(v, maxLabel); s != "" {
			out.labels = append(out.labels, s)
		}
	}
	return out
}

// or returns own where a key is given and the defaults where it is not.
func (own shared) or(d shared) shared {
	out := d
	out.given = maps.Clone(d.given)
	has := func(key string) bool {
		out.given[key] = d.given[key] || own.given[key]
		return own.given[key]
	}
	if has("harness") {
		out.harness = own.harness
	}
	if has("command") {
		out.command = own.command
	}
	if has("setup") {
		out.setup = own.setup
	}
	if has("grade") {
		out.grade = own.grade
	}
	if has("protect") {
		out.protect, out.protectAt = own.protect, own.protectAt
	}
	if has("labels") {
		out.labels = own.labels
	}
	if has("timeout") {
		out.timeout = own.timeout
	}
	if has("grade_timeout") {
		out.gradeTimeout = own.gradeTimeout
	}
	if has("max_cost") {
		out.maxCost = own.maxCost
	}
	return out
}

// harnesses are all of them.
var harnesses = append([]string{"command", "prompt"}, Agents()...)

func (l *loader) harness(v strict.Value) string { return v.Enum(harnesses...) }

var versionForm = regexp.MustCompile(`^[0-9]+(\.[0-9A-Za-z]+)*([-+][0-9A-Za-z.+-]+)?$`)

// versions reads the pinned versions of agents. A range is refused: two machines would read it differently.
func (l *loader) versions(v strict.Value) map[string]string {
	out := map[string]string{}
	for _, e := range v.Entries() {
		if !slices.Contains(Agents(), e.Key) {
			e.KeyAt.Fail(fmt.Sprintf("%q is not an agent with a version", strict.Clip(e.Key)), "allowed: "+strings.Join(Agents(), ", "))
			continue
		}
		s, ok := e.Value.Written("an exact version, such as 1.2.3")
		if ok && (!versionForm.MatchString(s) || len(s) > maxLabel) {
			e.Value.Fail(fmt.Sprintf("%q is not an exact version", strict.Clip(s)), "one version, such as 1.2.3; no range and no tag")
			continue
		}
		out[e.Key] = s
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

var dollarForm = regexp.MustCompile(`^[0-9]{1,7}(\.[0-9]{1,12})?$`)

// dollars reads an amount of money as it is written.
func (l *loader) dollars(v strict.Value) string {
	if !v.Given() {
		return ""
	}
	const want = "dollars above 0, such as 0.50"
	s, ok := v.Written(want)
	if ok && (!dollarForm.MatchString(s) || strings.Trim(s, "0.") == "") {
		v.Fail(fmt.Sprintf("%s: %q is not an amount of dollars", v.Name(), strict.Clip(s)), want)
		return ""
	}
	return s
}

// shell reads a command line for sh.
func (l *loader) shell(v strict.Value) string {
	s := v.Text()
	if strings.Contains(s, "\x00") {
		v.Fail(v.Name()+" has a NUL character", "text without it")
		return ""
	}
	return s
}

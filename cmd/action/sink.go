package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"github.com/sethvargo/go-githubactions"

	"github.com/pertask/pertask/config"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/internal/redact"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/review"
)

// sink writes what a review leaves into the files of the job: summary, outputs, reports.
type sink struct {
	dir      string // for reports and journals
	opened   string // path of the file that remembers the open check run
	repo     github.Repo
	redact   func(string) string
	actions  *githubactions.Action
	journals int
}

func (p *program) newSink() (*sink, error) {
	temp := p.getenv("RUNNER_TEMP")
	if temp == "" {
		return nil, errors.New("RUNNER_TEMP is not set: this program runs in a GitHub Actions workflow")
	}
	dir := filepath.Join(temp, "pertask", "report")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("making the folder of the reports: %w", err)
	}
	s := &sink{dir: dir, opened: openedPath(p.getenv), redact: p.secrets.redact, actions: p.actions()}
	return s, s.output("report", dir)
}

// journal names the journal of the next suite. The first one of a job is trials.jsonl; others have a part of their
// evidence key in the name, so that a second review in the same job does not run into the first one's.
func (s *sink) journal(evidenceKey string) string {
	s.journals++
	if _, err := os.Stat(filepath.Join(s.dir, "trials.jsonl")); s.journals == 1 && errors.Is(err, os.ErrNotExist) {
		return "trials.jsonl"
	}
	return fmt.Sprintf("trials-%.12s.jsonl", strings.TrimPrefix(evidenceKey, "sha256:"))
}

// Summary implements review.Sink.
func (s *sink) Summary(markdown string) (err error) {
	defer caught("writing the job summary", &err)
	s.actions.AddStepSummary(s.redact(markdown))
	return nil
}

// values is what an output may look like: the library writes outputs with a constant delimiter, which a crafted
// value could forge, so nothing else is ever handed to it.
var values = regexp.MustCompile(`^[a-zA-Z0-9_.+-]{0,40}$`)

// Output implements review.Sink. Only words of a closed vocabulary and numbers are allowed.
func (s *sink) Output(name, value string) error {
	if !values.MatchString(value) || !values.MatchString(name) {
		return fmt.Errorf("setting output %q: the value is not of the closed vocabulary", name)
	}
	return s.output(name, value)
}

func (s *sink) output(name, value string) (err error) {
	defer caught("setting output "+name, &err)
	s.actions.SetOutput(name, value)
	return nil
}

// caught turns a panic of the library, which panics when it cannot write, into an error.
func caught(what string, err *error) {
	if v := recover(); v != nil {
		*err = fmt.Errorf("%s: %v", what, v)
	}
}

// File implements review.Sink.
func (s *sink) File(name string, data []byte) error {
	if name != filepath.Base(name) {
		return fmt.Errorf("keeping %q: a name without a folder is allowed", name)
	}
	return os.WriteFile(filepath.Join(s.dir, name), []byte(s.redact(string(data))), 0o644)
}

// opened is what a step of the job leaves to the one that finishes.
type opened struct {
	review.Check
	Repo github.Repo `json:"repo"`
}

// Opened implements review.Sink: it remembers the check run for the step that finishes.
func (s *sink) Opened(c review.Check) error {
	data, err := json.Marshal(opened{c, s.repo})
	if err != nil {
		return err
	}
	return os.WriteFile(s.opened, data, 0o600)
}

func openedPath(getenv func(string) string) string {
	return filepath.Join(getenv("RUNNER_TEMP"), "pertask", "check.json")
}

// readOpened returns what the review of this job has opened, if it did.
func readOpened(getenv func(string) string) (o opened, ok bool, err error) {
	data, err := os.ReadFile(openedPath(getenv))
	if errors.Is(err, os.ErrNotExist) {
		return o, false, nil
	}
	if err != nil {
		return o, false, err
	}
	return o, true, json.Unmarshal(data, &o)
}

// redactor hides provider keys and the token in everything that is written. Log masking does not reach the API.
// It is safe for concurrent use.
type redactor struct {
	token string
	mu    sync.Mutex
	keys  []meter.Keys
}

func newRedactor(getenv func(string) string) *redactor {
	known, _ := meter.LoadKeys(getenv, os.ReadFile, config.Default().AllUpstreams()) // what is wrong is said when the keys are needed
	return &redactor{token: getenv("PERTASK_GITHUB_TOKEN"), keys: []meter.Keys{known}}
}

// add makes it hide further keys.
func (r *redactor) add(k meter.Keys) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keys = append(r.keys, k)
}

func (r *redactor) redact(s string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return redact.Text(s, r.plainly)
}

// plainly replaces what is written as it is.
func (r *redactor) plainly(s string) string {
	for _, k := range r.keys {
		s = k.Redact(s)
	}
	if len(r.token) >= 8 {
		s = strings.ReplaceAll(s, r.token, "[redacted token]")
	}
	return s
}

// redactingWriter redacts each write. Its callers write whole lines.
type redactingWriter struct {
	w      io.Writer
	redact func(string) string
}

func (r redactingWriter) Write(b []byte) (int, error) {
	if _, err := io.WriteString(r.w, r.redact(string(b))); err != nil {
		return 0, err
	}
	return len(b), nil
}

// singleLine keeps text of a report from becoming a workflow command: those begin a line.
func singleLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0x2028 || r == 0x2029 {
			return ' '
		}
		return r
	}, s)
	return inert(strings.ReplaceAll(s, "::", ": :"))
}

// inert takes the older form of a workflow command out of a text: the runner finds "##[" anywhere in a line, of standard
// error too.
func inert(s string) string { return strings.ReplaceAll(s, "##[", "## [") }

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// built is the Action, with the clock that PERTASK_CHAOS_START and PERTASK_CHAOS_SPEED set; nothing else of it differs from
// what action.yml builds.
func built(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "action")
	cmd := exec.Command("go", "build", "-trimpath", "-tags", "chaos", "-o", path, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building the Action: %v\n%s", err, out)
	}
	return path
}

// harm is what befalls a process. The zero value is nothing.
type harm struct {
	signal syscall.Signal // 0 for none
	at     int64          // the request, from 1; 0 for none
	after  bool           // once the request has had its effect, else before
	in     time.Duration  // or after a time; 0 for none
}

func (h harm) String() string {
	switch {
	case h.signal == 0:
		return "unharmed"
	case h.at == 0:
		return fmt.Sprintf("%s after %s", h.signal, h.in)
	case h.after:
		return fmt.Sprintf("%s after request %d", h.signal, h.at)
	}
	return fmt.Sprintf("%s before request %d", h.signal, h.at)
}

// runner is one whole process of the Action on a runner of its own. Its way to GitHub passes through the test, which
// counts its requests and ends it at one of them. What it has sent has its effect whatever becomes of it.
type runner struct {
	name  string
	job   *job
	head  string
	key   string    // of the provider
	clock time.Time // when its review has begun, by its own clock; zero when it has not come so far
	harm  harm
	hub   string
	after func() // is called once GitHub has handled a request
	gate  *httptest.Server
	cmd   *exec.Cmd

	requests atomic.Int64
	struck   atomic.Bool // the harm was done
	began    time.Time   // by the machine's clock
	ended    time.Time
	stdout   bytes.Buffer
	stderr   bytes.Buffer

	mu     sync.Mutex
	checks []int64 // that it has made, as far as GitHub has answered
}

// newRunner prepares one. It is started by review.
func newRunner(t testing.TB, s *stage, name, kind string, payload []byte, start, origin time.Time, h harm) *runner {
	t.Helper()
	p := &runner{name: name, key: kind + strings.ReplaceAll(name, " ", "-"), job: newJob(t, s, "pull_request").event(t, "pull_request", payload), head: s.head, harm: h, hub: strings.TrimSuffix(s.hub.URL, "/")}
	p.gate = httptest.NewServer(p)
	t.Cleanup(p.gate.Close)
	for k, v := range map[string]string{
		"GITHUB_API_URL": p.gate.URL, "GITHUB_GRAPHQL_URL": p.gate.URL + "/graphql", "OPENAI_API_KEY": p.key,
		"PERTASK_CHAOS_START": start.Format(time.RFC3339), "PERTASK_CHAOS_ORIGIN": strconv.FormatInt(origin.UnixNano(), 10), "PERTASK_CHAOS_SECOND": second.String(), "TMPDIR": p.job.env["RUNNER_TEMP"], "GITHUB_JOB": "cost-per-task",
	} {
		p.job.env[k] = v
	}
	return p
}

// kind is what its key begins with.
func (p *runner) kind() string {
	if strings.HasPrefix(p.key, dearKey) {
		return dearKey
	}
	return cheapKey
}

// second is how long a second of a process's clock is.
const second = 2 * time.Millisecond

// ServeHTTP hands a request on to GitHub.
func (p *runner) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // it was killed in the middle of it
	}
	n := p.requests.Add(1)
	p.note()
	if !p.harm.after && n == p.harm.at && p.strike() {
		panic(http.ErrAbortHandler)
	}
	resp, err := p.forward(r, body)
	if p.harm.after && n == p.harm.at && p.strike() {
		panic(http.ErrAbortHandler)
	}
	if err != nil {
		panic(http.ErrAbortHandler) // GitHub has cut the connection
	}
	for k, v := range resp.head {
		w.Header()[k] = v
	}
	w.WriteHeader(resp.status)
	_, _ = w.Write(resp.body)
}

// note keeps when the review has begun: it says so to the step that finishes.
func (p *runner) note() {
	data, err := os.ReadFile(p.opened())
	var left opened
	if err != nil || json.Unmarshal(data, &left) != nil || left.Started.IsZero() {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clock = left.Started
}

// opened is the file in which it says what the step that finishes has to do.
func (p *runner) opened() string {
	return openedPath(func(name string) string { return p.job.env[name] })
}

type answered struct {
	status int
	head   http.Header
	body   []byte
}

// forward makes the request in the process's place.
func (p *runner) forward(r *http.Request, body []byte) (answered, error) {
	req, err := http.NewRequest(r.Method, p.hub+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return answered{}, err
	}
	req.Header = r.Header.Clone()
	req.Header.Set("Accept-Encoding", "identity")
	resp, err := http.DefaultTransport.RoundTrip(req)
	if p.after != nil {
		p.after()
	}
	if err != nil {
		return answered{}, err
	}
	defer resp.Body.Close()
	out := answered{status: resp.StatusCode, head: resp.Header}
	if out.body, err = io.ReadAll(resp.Body); err == nil && r.Method == http.MethodPost && out.status == http.StatusCreated {
		p.made(r.URL.Path, out.body)
	}
	return out, err
}

// made keeps what the process has made.
func (p *runner) made(path string, body []byte) {
	var it struct{ ID int64 }
	if json.Unmarshal(body, &it) != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if strings.HasSuffix(path, "/check-runs") {
		p.checks = append(p.checks, it.ID)
	}
}

// strike does the harm, and reports whether the process is dead.
func (p *runner) strike() (dead bool) {
	if p.struck.Swap(true) {
		return false
	}
	_ = p.cmd.Process.Signal(p.harm.signal) // it may have ended already
	return p.harm.signal == syscall.SIGKILL
}

func (p *runner) command(bin, arg string) *exec.Cmd {
	cmd := exec.Command(bin, arg)
	for k, v := range p.job.env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	cmd.Dir, cmd.Stdout, cmd.Stderr = p.job.env["RUNNER_TEMP"], &p.stdout, &p.stderr
	return cmd
}

// review carries out the step of the workflow that reviews, to its end.
func (p *runner) review(t *testing.T, bin string) {
	p.cmd = p.command(bin, "review")
	p.began = time.Now()
	if err := p.cmd.Start(); err != nil {
		t.Error(err)
		return
	}
	if p.harm.signal != 0 && p.harm.at == 0 {
		timer := time.AfterFunc(p.harm.in, func() { p.strike() })
		defer timer.Stop()
	}
	_ = p.cmd.Wait() // its state says how it ended
	p.ended = time.Now()
}

// finish carries out the step that finishes, which a runner starts when the review was killed and it was not.
func (p *runner) finish(t *testing.T, bin string) {
	p.struck.Store(true)
	p.stdout.Reset()
	if err := p.command(bin, "finish").Run(); err != nil {
		t.Errorf("%s: finish: %v\n%s", p.name, err, &p.stderr)
	}
}

// killed reports whether it was, before it could end by itself.
func (p *runner) killed() bool { return p.cmd.ProcessState.ExitCode() < 0 }

var outputs = regexp.MustCompile(`(?m)^(\w+)<<(\S+)\n(.*)\n`)

// output is what a process has told later steps of its job.
func (p *runner) output(name string) string {
	data, _ := os.ReadFile(p.job.env["GITHUB_OUTPUT"]) // without it, it has told nothing
	value := ""
	for _, m := range outputs.FindAllStringSubmatch(string(data), -1) {
		if m[1] == name {
			value = m[3]
		}
	}
	return value
}

// well reports whether it ended as on a calm day: with a verdict, and with everything posted.
func (p *runner) well() bool {
	return !p.struck.Load() && !p.killed() && p.output("result") == "measured" && !strings.Contains(p.stdout.String(), "::error")
}

// String says what became of it.
func (p *runner) String() string {
	return fmt.Sprintf("%s (%s): %s, %d requests, %s, result %q, verdict %q, check runs %v\n%s%s", p.name, p.harm, p.clock.Format(time.TimeOnly), p.requests.Load(),
		p.cmd.ProcessState, p.output("result"), p.output("verdict"), p.checks, &p.stdout, &p.stderr)
}

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
	"strings"
	"sync"
	"testing"
	"time"
)

// made is a request, in the form that testdata/requests reads.
type made struct {
	Method, URL string
	Header      http.Header
	Body        []byte
}

// quiet is the benchmark's pull request: 100 files, none with a setting of a model, and no earlier comment.
func quiet(t testing.TB) (*stage, *job) {
	files := map[string]string{}
	for i := range 100 {
		files[fmt.Sprintf("docs/page-%d.md", i)] = "# A page\n"
	}
	s := newStageOf(t, files, func(s *stage) (config, suite string) { return fmt.Sprintf(stageConfig, "block", s.url), stageSuite })
	return s, newJob(t, s, "pull_request")
}

// start runs a program to its end and returns how long it took, and how long it kept a processor busy.
func start(t testing.TB, env map[string]string, program string, args ...string) (wall, busy time.Duration) {
	t.Helper()
	cmd := exec.Command(program, args...)
	for k, v := range env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	began := time.Now()
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", program, err, &out)
	}
	return time.Since(began), cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}

func build(t testing.TB, pkg string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	cmd := exec.Command("go", "build", "-trimpath", "-o", path, pkg)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building %s: %v\n%s", pkg, err, out)
	}
	return path
}

// overheard runs the Action once and returns the requests that it made of GitHub.
func overheard(t testing.TB, s *stage, j *job, action string) []made {
	t.Helper()
	var mu sync.Mutex
	var all []made
	hub := strings.TrimSuffix(s.hub.URL, "/")
	ear := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		m := made{r.Method, hub + r.URL.RequestURI(), r.Header.Clone(), body}
		mu.Lock()
		all = append(all, m)
		mu.Unlock()
		req, _ := http.NewRequest(m.Method, m.URL, bytes.NewReader(body))
		req.Header = m.Header
		resp, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		defer resp.Body.Close()
		for k, v := range resp.Header {
			w.Header()[k] = v
		}
		w.WriteHeader(resp.StatusCode)
		_, _ = io.Copy(w, resp.Body)
	}))
	defer ear.Close()
	env := map[string]string{}
	for k, v := range j.env {
		env[k] = v
	}
	env["GITHUB_API_URL"], env["GITHUB_GRAPHQL_URL"] = ear.URL, ear.URL+"/graphql"
	start(t, env, action, "review")
	return all
}

// BenchmarkNoChange is the whole process of the Action on a pull request with 100 files that changes no setting, beside a
// process that makes the same requests and does nothing else, one after the other so that both see the same machine. The
// ratio of their times is what the Action itself costs a job that has nothing to measure.
func BenchmarkNoChange(b *testing.B) {
	action, requests := build(b, "."), build(b, "./testdata/requests")
	s, j := quiet(b)
	all := overheard(b, s, j, action)
	if len(all) == 0 || len(all) > 5 {
		b.Fatalf("%d requests, want 5 at most", len(all))
	}
	data, err := json.Marshal(all)
	if err != nil {
		b.Fatal(err)
	}
	file := filepath.Join(b.TempDir(), "requests.json")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		b.Fatal(err)
	}
	var ours, theirs, oursBusy, theirsBusy time.Duration
	for b.Loop() {
		wall, busy := start(b, j.env, action, "review")
		ours, oursBusy = ours+wall, oursBusy+busy
		wall, busy = start(b, nil, requests, file)
		theirs, theirsBusy = theirs+wall, theirsBusy+busy
	}
	per := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 / float64(b.N) }
	b.ReportMetric(float64(len(all)), "requests")
	b.ReportMetric(per(ours), "action-ms")
	b.ReportMetric(per(theirs), "requests-only-ms")
	b.ReportMetric(per(oursBusy), "action-cpu-ms")
	b.ReportMetric(per(theirsBusy), "requests-only-cpu-ms")
	b.ReportMetric(float64(ours)/float64(theirs), "ratio")
	b.ReportMetric(0, "ns/op") // of both together: it says nothing
}

// TestNoChangeTakesFiveRequests is of the whole process, which the benchmark is about.
func TestNoChangeTakesFiveRequests(t *testing.T) {
	s, j := quiet(t)
	if code := j.run("review"); code != 0 || len(s.hub.Requests()) > 5 || len(s.hub.Comments(s.repo, s.pull)) != 0 {
		t.Errorf("exit %d after %d requests, %d comments\n%s%s", code, len(s.hub.Requests()), len(s.hub.Comments(s.repo, s.pull)), &j.stdout, &j.stderr)
	}
}

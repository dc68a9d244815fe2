package trial_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
	"github.com/pertask/pertask/usage"
)

// The runner's overhead: trials that do nothing but wait for a provider.
const (
	benchTasks       = 1000 // one trial of each under either arm
	benchLatency     = 50 * time.Millisecond
	benchConcurrency = 32
)

// benchSpent is what a child process tells of itself.
type benchSpent struct {
	Seconds float64
	Peak    float64 // bytes resident at most
}

// TestOverheadHelper is no test: it is a process that carries out the benchmark's requests in one of two ways.
func TestOverheadHelper(t *testing.T) {
	url := os.Getenv("TRIAL_TEST_PROVIDER")
	if url == "" {
		t.Skip("this is the process that BenchmarkRunnerOverhead starts")
	}
	start := time.Now()
	if os.Getenv("TRIAL_TEST_WAY") == "bare" {
		bareLoop(t, url)
	} else {
		wholeRunner(t, url)
	}
	spent := benchSpent{time.Since(start).Seconds(), peakMemory(t)}
	if err := json.NewEncoder(os.Stdout).Encode(spent); err != nil {
		t.Fatal(err)
	}
}

// bareLoop makes the same requests without anything around them.
func bareLoop(t *testing.T, url string) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: benchConcurrency}}
	next := make(chan []byte)
	var workers sync.WaitGroup
	for range benchConcurrency {
		workers.Go(func() {
			for body := range next {
				res, err := client.Post(url+"/v1/chat/completions", "application/json", bytes.NewReader(body))
				if err != nil {
					t.Error(err)
					continue
				}
				if _, err := io.Copy(io.Discard, res.Body); err != nil {
					t.Error(err)
				}
				res.Body.Close()
			}
		})
	}
	for n := range 2 * benchTasks {
		next <- []byte(fmt.Sprintf(`{"model":"model-%d","messages":[{"role":"user","content":"Which team owns the ticket %d?"}]}`, n%2, n/2))
	}
	close(next)
	workers.Wait()
}

// wholeRunner carries the requests out as trials: through the metering proxy, into a journal on the disk.
func wholeRunner(t *testing.T, url string) {
	file, err := journal.Open(filepath.Join(os.Getenv("TRIAL_TEST_DIR"), "trials.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	up := meter.Upstream{Name: "openai", URL: url + "/v1", Auth: meter.Bearer, KeyEnv: "OPENAI_API_KEY"}
	keys := meter.KeysFromEnv(func(string) string { return providerKey }, []meter.Upstream{up})
	proxy, err := meter.Start(meter.Config{Upstreams: []meter.Upstream{up}, Keys: keys, Admit: admitAll, Record: file.AppendCall})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = proxy.Close(context.Background()) }()
	tasks := make([]suite.Task, benchTasks)
	ids := make([]string, benchTasks)
	for n := range tasks {
		ids[n] = fmt.Sprint("t", n)
		tasks[n] = suite.Task{ID: ids[n], Harness: "prompt", Prompt: fmt.Sprintf("Which team owns the ticket %d?", n),
			Grade: suite.Grader{Kind: suite.GradeEquals, Value: "billing"}, Timeout: time.Minute}
	}
	done := 0
	runner, err := trial.New(trial.Config{
		Source: fstest.MapFS{}, Suite: &suite.Suite{Name: "s", Tasks: tasks}, Proxy: trial.Metered(proxy), Journal: file,
		Arms: map[trial.Side]arm.Arm{
			trial.Base: {Settings: []arm.Setting{{Slot: arm.MainSlot, Key: arm.Model, Value: "model-0"}}},
			trial.Head: {Settings: []arm.Setting{{Slot: arm.MainSlot, Key: arm.Model, Value: "model-1"}}},
		},
		Upstream: func(arm.Arm) (string, error) { return "openai", nil }, Upstreams: []string{"openai"},
		Scratch: os.Getenv("TRIAL_TEST_DIR"), Concurrency: benchConcurrency, EvidenceKey: "key",
		Done: func(r trial.Result) {
			if r.Trial.Outcome == trial.Completed && len(r.Calls) == 1 && r.Calls[0].Coverage == usage.Complete {
				done++
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := runner.Run(t.Context(), trial.Plan(1, 0, ids, 0, 1)); err != nil {
		t.Fatal(err)
	}
	if done != 2*benchTasks {
		t.Fatalf("%d trials were completed with one call, want %d", done, 2*benchTasks)
	}
}

// peakMemory is the most memory that this process has had, as Linux counts it.
func peakMemory(t *testing.T) float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("the peak of a process's memory is read from /proc")
	}
	for line := range strings.Lines(string(status)) {
		if kb, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(kb), "kB")), 64)
			if err != nil {
				t.Fatal(err)
			}
			return n * 1024
		}
	}
	t.Skip("/proc does not tell the peak of a process's memory")
	return 0
}

// benchProvider answers after the latency, and counts.
func benchProvider(b *testing.B) (url string, served func() int) {
	var mu sync.Mutex
	n := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		time.Sleep(benchLatency)
		mu.Lock()
		n++
		id := n
		mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"id":"r%d","object":"chat.completion","model":"model-0","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"billing"}}],`+
			`"usage":{"prompt_tokens":11,"completion_tokens":3,"total_tokens":14,"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":0}}}`, id)
	}))
	b.Cleanup(srv.Close)
	return srv.URL, func() int { mu.Lock(); defer mu.Unlock(); return n }
}

func benchChild(b *testing.B, way, url string) benchSpent {
	b.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestOverheadHelper$")
	cmd.Env = append(os.Environ(), "TRIAL_TEST_PROVIDER="+url, "TRIAL_TEST_WAY="+way, "TRIAL_TEST_DIR="+b.TempDir())
	out, err := cmd.CombinedOutput()
	if err != nil {
		b.Fatalf("%s: %v\n%s", way, err, out)
	}
	var spent benchSpent
	if err := json.Unmarshal(out[:bytes.IndexByte(out, '\n')+1], &spent); err != nil {
		b.Fatalf("%s: %v\n%s", way, err, out)
	}
	return spent
}

// BenchmarkRunnerOverhead carries out 2,000 trials of one request each, with a metering proxy and a journal that is
// synced for every trial, and beside that the same requests in a bare loop. Either is a process of its own, in turns;
// the medians of all turns count, and beside them the fastest. What is wanted: at most 1.10 of the bare loop's time and 4 times its memory.
func BenchmarkRunnerOverhead(b *testing.B) {
	url, served := benchProvider(b)
	limit := float64(2*benchTasks) * benchLatency.Seconds() / benchConcurrency
	var bare, whole, bareMemory, wholeMemory []float64
	for b.Loop() {
		before := served()
		x, y := benchChild(b, "bare", url), benchChild(b, "whole", url)
		if n := served() - before; n != 4*benchTasks {
			b.Fatalf("the provider served %d requests, want %d", n, 4*benchTasks)
		}
		bare, whole = append(bare, x.Seconds), append(whole, y.Seconds)
		bareMemory, wholeMemory = append(bareMemory, x.Peak), append(wholeMemory, y.Peak)
	}
	b.ReportMetric(median(whole)/median(bare), "ratio-time")
	b.ReportMetric(slices.Min(whole)/slices.Min(bare), "ratio-best") // on a machine that has other work
	b.ReportMetric(median(wholeMemory)/median(bareMemory), "ratio-memory")
	b.ReportMetric(median(bare)/limit, "bare/limit")
	b.ReportMetric(median(whole)/limit, "runner/limit")
	b.ReportMetric(median(bareMemory)/(1<<20), "bare-MB")
	b.ReportMetric(median(wholeMemory)/(1<<20), "runner-MB")
}

func median(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

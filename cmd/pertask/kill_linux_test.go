package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pertask/pertask/cmd/pertask/commandtest"
	"github.com/pertask/pertask/internal/need"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
	"github.com/pertask/pertask/usage"
)

// lot names the calls of one arm to one task: a provider can tell no more apart.
type lot struct{ model, task string }

// billing is a provider that remembers what it served, whoever was still there to hear it.
type billing struct {
	*httptest.Server
	mu     sync.Mutex
	served map[string]lot // by the answer's id
	open   sync.WaitGroup
}

var taskInPrompt = regexp.MustCompile(`task ([a-e])\b`)

func newBilling(t *testing.T) *billing {
	t.Helper()
	b := &billing{served: map[string]lot{}}
	b.Server = httptest.NewServer(http.HandlerFunc(b.answer))
	t.Cleanup(b.Close)
	return b
}

func (b *billing) answer(w http.ResponseWriter, r *http.Request) {
	b.open.Add(1)
	defer b.open.Done()
	var req struct {
		Model    string
		Messages []struct{ Content string }
	}
	body, err := io.ReadAll(r.Body)
	if err != nil || json.Unmarshal(body, &req) != nil || len(req.Messages) == 0 {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	task := taskInPrompt.FindStringSubmatch(req.Messages[0].Content)
	if task == nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	time.Sleep(20 * time.Millisecond)
	b.mu.Lock()
	id := fmt.Sprint("r", len(b.served)+1)
	b.served[id] = lot{req.Model, task[1]}
	b.mu.Unlock()
	fmt.Fprintf(w, `{"id":%q,"model":%q,"choices":[{"index":0,"message":{"role":"assistant","content":"billing"},"finish_reason":"stop"}],`+
		`"usage":{"prompt_tokens":1000,"completion_tokens":100,"total_tokens":1100}}`, id, req.Model)
}

// ledger returns what was served since the last time.
func (b *billing) ledger() map[string]lot {
	b.open.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	out := maps.Clone(b.served)
	for id := range b.served {
		b.served[id] = lot{}
	}
	maps.DeleteFunc(out, func(_ string, l lot) bool { return l == lot{} })
	return out
}

// killLab is a change to measure with 40 trials, by a process that can be killed.
type killLab struct {
	provider  *billing
	dir, temp string
	token     string // is in the arguments of everything that agents start
	survivors int    // processes that were seen to outlive a kill
}

func newKillLab(t *testing.T) *killLab {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	l := &killLab{provider: newBilling(t), temp: t.TempDir(), token: fmt.Sprintf("9%09d", rand.IntN(1e9))}
	agent := fmt.Sprintf("sleep %s & setsid sleep %s & exec %s kill-agent %s", l.token, l.token, program, l.token)
	t.Cleanup(func() {
		for _, pid := range l.alive() { // of a test that has failed
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	})
	l.dir = commandtest.Repository(t, map[string]string{
		".github/pertask.yml": "version: 1\nsuite: suite.yaml\nmodels: [{path: agent.yaml, model: $.model}]\nrun: {max_trials: 5, concurrency: 6, sandbox: none}\n" +
			"upstreams: [{name: openai, provider: openai, url: \"" + l.provider.URL + "/v1\", auth: bearer, key_env: OPENAI_API_KEY}]\n",
		"suite.yaml": `name: tickets
grade: {equals: billing}
tasks:
  - {id: a, harness: prompt, prompt: "task a"}
  - {id: b, harness: prompt, prompt: "task b"}
  - {id: d, harness: command, prompt: "task d", command: "` + agent + `", grade: {contains: billing}}
  - {id: e, harness: command, prompt: "task e", command: "` + agent + `", grade: {contains: billing}}
`,
		"agent.yaml": "model: gpt-5.4\n",
	}, commandtest.Mini)
	return l
}

// start starts the command that measures, and goes on where one before it was killed.
func (l *killLab) start(t *testing.T, out string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "compare", "--repo", l.dir, "--base", "main", "--head", "head", "--out", out, "--resume")
	cmd.Env = []string{testMain + "=1", "PATH=" + os.Getenv("PATH"), "HOME=" + l.temp, "TMPDIR=" + l.temp, "OPENAI_API_KEY=sk-0123456789abcdef"}
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, &said
}

// alive lists what agents have started and is still there.
func (l *killLab) alive() (pids []int) {
	dirs, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, name := range dirs {
		line, err := os.ReadFile(name)
		if err != nil || !bytes.Contains(line, []byte(l.token)) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(name))); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// finish runs the command to its end, kills it at the given moments before, and returns how many of them came in time.
func (l *killLab) finish(t *testing.T, out string, moments []time.Duration) (kills int) {
	t.Helper()
	for _, moment := range moments {
		cmd, said := l.start(t, out)
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		select {
		case err := <-ended:
			if err != nil {
				t.Fatalf("%v\n%s", err, said)
			}
			return kills
		case <-time.After(moment):
		}
		_ = cmd.Process.Kill() // it may have ended this very moment
		if err := <-ended; err == nil {
			return kills
		}
		kills++
		l.survivors += len(l.alive())
	}
	cmd, said := l.start(t, out)
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	return kills
}

// check holds report, journal and the provider's ledger together.
func (l *killLab) check(t *testing.T, out string) {
	t.Helper()
	if pids := l.alive(); len(pids) > 0 {
		t.Errorf("processes of agents are left: %v", pids)
	}
	j, err := journal.Open(filepath.Join(out, "trials.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	evidence, err := j.Load()
	if err != nil {
		t.Fatal(err)
	}
	r := commandtest.Report(t, out)
	l.checkTrials(t, r, evidence)
	ended, open := calls(evidence)
	l.checkLedger(t, ended, open)

	pricing := price.Pricing{Book: price.Embedded(), At: r.PriceBook.At}
	spent := price.Nothing()
	for _, c := range ended {
		spent = spent.Plus(pricing.Call(c).Cost)
	}
	if spent.Amount.String() != r.SpentUSD.String() || r.SpentAtLeast != (len(open) > 0) {
		t.Errorf("the report says that %v were spent, at least: %v; the %d ended calls cost %v and %d were interrupted",
			r.SpentUSD, r.SpentAtLeast, len(ended), spent.Amount, len(open))
	}
	notes := strings.Join(r.Notes, "\n")
	for i, c := range open {
		if i < 5 && !strings.Contains(notes, "`"+c.ID+"`") {
			t.Errorf("the report does not name the interrupted call %s:\n%s", c.ID, notes)
		}
	}
}

// checkTrials wants every trial once, in the report and in the journal.
func (l *killLab) checkTrials(t *testing.T, r *report.Report, evidence trial.Evidence) {
	t.Helper()
	if r.Base.Trials != 20 || r.Head.Trials != 20 || r.Base.Voids+r.Head.Voids != 0 || r.Base.Completed+r.Head.Completed != 40 {
		t.Errorf("%d and %d trials, %d voids and %d completed; want 20, 20, none and 40",
			r.Base.Trials, r.Head.Trials, r.Base.Voids+r.Head.Voids, r.Base.Completed+r.Head.Completed)
	}
	for _, task := range r.Tasks {
		if task.Base.Trials != 5 || task.Head.Trials != 5 {
			t.Errorf("task %s has %d and %d trials, want 5 and 5", task.ID, task.Base.Trials, task.Head.Trials)
		}
	}
	seen := map[string]bool{}
	for _, res := range evidence.Results {
		want := 1
		if res.Trial.Harness == "command" {
			want = 2
		}
		if seen[res.Trial.ID] || res.Trial.Outcome != trial.Completed || len(res.Calls) != want {
			t.Errorf("trial %s is %s with %d calls (there before: %v); want it once, completed with %d",
				res.Trial.ID, res.Trial.Outcome, len(res.Calls), seen[res.Trial.ID], want)
		}
		seen[res.Trial.ID] = true
	}
	if len(seen) != 40 {
		t.Errorf("the journal has %d trials, want 40", len(seen))
	}
}

// calls are those of a journal that have ended with an answer, and those that were interrupted.
func calls(evidence trial.Evidence) (ended, open []usage.Call) {
	all := append(append([]usage.Call(nil), evidence.Stray...), evidence.Open...)
	for _, r := range evidence.Results {
		all = append(all, r.Calls...)
	}
	seen := map[string]bool{}
	for _, c := range all {
		switch {
		case seen[c.ID]:
		case c.State == usage.Ended && c.Coverage == usage.Complete:
			ended = append(ended, c)
		case c.State == usage.Ended && c.Coverage == usage.Unbilled: // it never left
		default:
			open = append(open, c)
		}
		seen[c.ID] = true
	}
	return ended, open
}

// checkLedger wants every served call recorded or listed as interrupted, and nothing recorded that was not served.
func (l *killLab) checkLedger(t *testing.T, ended, open []usage.Call) {
	t.Helper()
	served := l.provider.ledger()
	unseen, interrupted := map[lot]int{}, map[lot]int{}
	for _, of := range served {
		unseen[of]++
	}
	place := func(c usage.Call) lot { return lot{c.RequestedModel, strings.Split(c.Trial, "/")[1]} }
	for _, c := range ended {
		if of, ok := served[c.ResponseID]; !ok || of != place(c) {
			t.Errorf("the call %s of %s ended with the answer %q, which the provider gave to %v (or to nobody)", c.ID, c.Trial, c.ResponseID, of)
		}
		delete(served, c.ResponseID) // nor twice
		unseen[place(c)]--
	}
	for _, c := range open {
		interrupted[place(c)]++
	}
	for of, n := range unseen {
		// An interrupted call may have been killed on its way out, so there can be more of them than were served.
		if n < 0 || n > interrupted[of] {
			t.Errorf("%v: %d calls were served and not recorded, of %d that are listed as interrupted", of, n, interrupted[of])
		}
	}
}

// A run that is killed at any moment goes on without paying for anything twice, loses no call, and leaves nothing
// running. PERTASK_SOAK=1 kills 200 times.
func TestKilledAtRandomMoments(t *testing.T) {
	for _, program := range []string{"setsid", "sleep"} {
		need.Program(t, program)
	}
	kills := 10
	if os.Getenv("PERTASK_SOAK") != "" {
		kills = 200
	}
	seed := uint64(4)
	if s, err := strconv.ParseUint(os.Getenv("PERTASK_SEED"), 10, 64); err == nil {
		seed = s
	}
	t.Logf("seed %d; PERTASK_SEED sets another", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	l := newKillLab(t)
	begin := time.Now()
	whole := filepath.Join(t.TempDir(), "whole")
	l.finish(t, whole, nil)
	l.check(t, whole)
	long := time.Since(begin)

	done := 0
	for n := 0; done < kills && n < 3*kills && !t.Failed(); n++ {
		var moments []time.Duration
		for range min(1+random.IntN(4), kills-done) {
			moments = append(moments, time.Duration(random.Int64N(int64(long))))
		}
		out := filepath.Join(t.TempDir(), "out")
		done += l.finish(t, out, moments)
		l.check(t, out)
		if t.Failed() {
			t.Logf("after kills at %v of about %v", moments, long)
		}
	}
	t.Logf("%d kills of runs of about %v; %d processes outlived them until the next run", done, long, l.survivors)
	if done < kills || l.survivors == 0 {
		t.Errorf("%d of %d kills came in time, and %d processes outlived them: the test did not test", done, kills, l.survivors)
	}
}

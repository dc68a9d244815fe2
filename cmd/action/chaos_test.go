package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/github/marker"
	"github.com/pertask/pertask/review/comment"
)

// rounds are the seeds of the races: 500 by make soak, a twentieth otherwise, and PERTASK_CHAOS_SEED alone to see one again.
func rounds(t *testing.T) []uint64 {
	if one := os.Getenv("PERTASK_CHAOS_SEED"); one != "" {
		seed, err := strconv.ParseUint(one, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return []uint64{seed}
	}
	n := 25
	if os.Getenv("PERTASK_SOAK") != "" {
		n = 500
	}
	var out []uint64
	for seed := range n {
		out = append(out, uint64(seed))
	}
	return out
}

// tally counts what the races came to, so that a test in which nothing ever happens fails.
type tally struct{ killed, asked, undisturbed, next, faults, moved atomic.Int64 }

// TestChaos lets two whole processes of the Action race on one pull request, on a GitHub that refuses, limits, breaks after
// it has done what was asked, and is slow, and kills some at any moment. Once the last one that survived has ended, or else
// the next one, there is one comment of ours, the oldest; the newest check run is complete; and the newest verdict is shown.
// The harms and faults of a round depend on its seed alone; how two processes interleave also depends on the machine.
func TestChaos(t *testing.T) {
	if testing.Short() {
		t.Skip("it runs some 75 processes")
	}
	bin := built(t)
	var n tally
	seeds := rounds(t)
	t.Run("seed", func(t *testing.T) {
		for _, seed := range seeds {
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				t.Parallel()
				newChaos(t, bin, seed, &n).run()
			})
		}
	})
	t.Logf("%d rounds: %d processes killed, %d asked to end; %d rounds held without another process, %d after another one; %d faults met, %d heads moved",
		len(seeds), n.killed.Load(), n.asked.Load(), n.undisturbed.Load(), n.next.Load(), n.faults.Load(), n.moved.Load())
	if len(seeds) > 1 && (n.killed.Load() == 0 || n.asked.Load() == 0 || n.undisturbed.Load() == 0 || n.next.Load() == 0 || n.faults.Load() == 0 || n.moved.Load() == 0) {
		t.Error("a kind of round never came about")
	}
}

// chaos is one race.
type chaos struct {
	*stage
	t       *testing.T
	bin     string
	config  string
	random  *rand.Rand // used before the race begins only
	tally   *tally
	all     []*runner
	refused atomic.Bool // GitHub has refused something as if a permission were missing
	faulted atomic.Int64
	paid    sync.Map     // calls of the provider, by key
	oldest  atomic.Int64 // comment of ours, of all that there ever were
}

// look keeps which comment is the oldest, whether or not whoever has made it was told.
func (c *chaos) look() {
	for _, m := range c.ours() {
		c.oldest.CompareAndSwap(0, m.ID) // ids rise, and the oldest is the first one to be seen
	}
}

// ours are the comments of ours.
func (c *chaos) ours() []githubtest.Comment {
	return slices.DeleteFunc(c.hub.Comments(c.repo, c.pull), func(m githubtest.Comment) bool { return m.Author != githubtest.WorkflowActor().Login })
}

// The beginnings of the keys with which the provider answers in such a way that the head is dearer, or cheaper. Each process
// has a key of its own.
const (
	dearKey  = "sk-dear-for-the-chaos-test-"
	cheapKey = "sk-cheap-for-the-chaos-test-"
)

// verdicts are what a process finds that measures with a key.
var verdicts = map[string]string{dearKey: "dont-switch", cheapKey: "switch"}

func newChaos(t *testing.T, bin string, seed uint64, n *tally) *chaos {
	c := &chaos{t: t, bin: bin, random: rand.New(rand.NewPCG(seed, 6)), tally: n}
	provider := httptest.NewServer(http.HandlerFunc(c.answerByKey))
	t.Cleanup(provider.Close)
	c.config = fmt.Sprintf(stageConfig, "block", provider.URL+"/v1")
	c.stage = newStageOf(t, dearer, func(*stage) (config, suite string) { return c.config, stageSuite })
	return c
}

// answerByKey is a provider at which two processes see another outcome: any model but the base's needs 20 times the tokens
// with one key, and a tenth with the other.
func (c *chaos) answerByKey(w http.ResponseWriter, r *http.Request) {
	_, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	calls, _ := c.paid.LoadOrStore(key, &atomic.Int64{})
	calls.(*atomic.Int64).Add(1)
	var req struct{ Model string }
	body, _ := io.ReadAll(r.Body)
	_ = json.Unmarshal(body, &req)
	output := 1000
	switch {
	case req.Model == "gpt-5.4":
	case strings.HasPrefix(key, dearKey):
		output *= 20
	default:
		output /= 10
	}
	fmt.Fprintf(w, `{"id":"r","model":%q,"choices":[{"index":0,"message":{"role":"assistant","content":"billing"},"finish_reason":"stop"}],`+
		`"usage":{"prompt_tokens":1000,"completion_tokens":%d,"total_tokens":%d}}`, req.Model, output, 1000+output)
}

// run is the race, and what comes after it.
func (c *chaos) run() {
	noon, origin := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), time.Now()
	moves := c.random.IntN(3) == 0
	skew := [2]time.Duration{time.Duration(c.random.IntN(20)) * time.Second, time.Duration(c.random.IntN(20)) * time.Second} // of clocks
	gap := time.Duration(c.random.IntN([]int{30, 150, 600}[c.random.IntN(3)])) * time.Millisecond
	finishes := [2]bool{c.random.IntN(2) == 0, c.random.IntN(2) == 0}
	again, lastKey, pushes := c.random.IntN(2) == 0, c.key(), c.random.IntN(2) == 0
	keys, harms := [2]string{c.key(), c.key()}, [2]harm{c.harm(), c.harm()}
	c.faults()
	begin := func(i int) *runner {
		p := newRunner(c.t, c.stage, fmt.Sprintf("process %d", i+1), keys[i], c.event(i), noon.Add(skew[i]), origin, harms[i])
		return c.with(p)
	}
	first := begin(0)
	var both sync.WaitGroup
	both.Go(func() { first.review(c.t, c.bin) })
	time.Sleep(gap)
	if moves {
		c.push("gpt-5.4-nano")
	}
	second := begin(1)
	both.Go(func() { second.review(c.t, c.bin) })
	both.Wait()
	c.count()
	if c.settled() {
		c.tally.undisturbed.Add(1)
		c.holds("the last one that survived")
		if !again {
			return
		}
	}
	for i, p := range []*runner{first, second} {
		if p.killed() && finishes[i] {
			p.finish(c.t, c.bin)
			c.finished(p)
		}
	}
	if pushes {
		c.push("gpt-5-mini")
	}
	c.next(lastKey, noon.Add(time.Hour), origin)
}

// finished holds that the step that finishes has completed what the killed one had opened and written down.
func (c *chaos) finished(p *runner) {
	data, _ := os.ReadFile(p.opened())
	var left opened
	if json.Unmarshal(data, &left) != nil || left.ID == 0 || strings.Contains(p.stdout.String(), "::warning") {
		return // nothing was, or GitHub is still out of order
	}
	for _, k := range c.hub.Checks(c.repo, p.head) {
		if k.ID == left.ID && k.Status != "completed" {
			c.fail("%s was finished, and its check run %d is %s", p.name, k.ID, k.Status)
		}
	}
}

// next is another event of the pull request. Faults may outlast the two, so it is rerun as a person would.
func (c *chaos) next(key string, start, origin time.Time) {
	for try := range 6 {
		c.refused.Store(false)
		p := newRunner(c.t, c.stage, fmt.Sprintf("next %d", try+1), key, c.hub.PullRequestEvent(c.repo, c.pull, "reopened"), start.Add(time.Duration(try)*time.Hour), origin, harm{})
		c.with(p).review(c.t, c.bin)
		if p.well() && !c.refused.Load() {
			c.tally.next.Add(1)
			c.holds(p.name)
			return
		}
	}
	c.fail("no process ends well any more")
}

// with adds a process to the race.
func (c *chaos) with(p *runner) *runner {
	p.after = c.look
	c.all = append(c.all, p)
	return p
}

// key is one of the provider.
func (c *chaos) key() string { return []string{dearKey, cheapKey}[c.random.IntN(2)] }

// harm is what befalls a process: half of them nothing.
func (c *chaos) harm() harm {
	h := harm{at: 1 + c.random.Int64N(24), after: c.random.IntN(2) == 0}
	switch c.random.IntN(10) {
	case 0, 1, 2:
		h.signal = syscall.SIGKILL
	case 3:
		h.signal, h.at, h.in = syscall.SIGKILL, 0, time.Duration(c.random.IntN(1500))*time.Millisecond
	case 4:
		h.signal = syscall.SIGTERM
	default:
		return harm{}
	}
	return h
}

// kinds are the ways in which GitHub goes wrong.
var kinds = []githubtest.Fault{
	{Status: 403, Message: "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.", Header: map[string]string{"Retry-After": "60"}},
	{Status: 403, Message: "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."},
	{Status: 403, Message: "Resource not accessible by integration"},
	{Status: 429, Header: map[string]string{"Retry-After": "5"}},
	{Status: 429},
	{Status: 500},
	{Status: 500, After: true},
	{Status: 502, After: true},
	{Status: 0, After: true},
	{Delay: 40 * time.Millisecond, Only: true},
	{Delay: 150 * time.Millisecond, Only: true},
}

// faults breaks some of the requests: writes more than reads.
func (c *chaos) faults() {
	where := []struct{ method, path string }{
		{"POST", "/comments$"}, {"POST", "/comments$"}, {"PATCH", "/comments/"}, {"PATCH", "/comments/"}, {"DELETE", "/comments/"},
		{"POST", "/check-runs$"}, {"PATCH", "/check-runs/"}, {"GET", "/check-runs"}, {"POST", "graphql"}, {"GET", "/comments"}, {"GET", "/pulls/"}, {"GET", "."},
	}
	for range c.random.IntN(6) {
		at, f := where[c.random.IntN(len(where))], kinds[c.random.IntN(len(kinds))]
		f.Times = 1 + c.random.IntN(2)
		is, skip := githubtest.Match(at.method, at.path), int64(c.random.IntN(3))
		var seen atomic.Int64
		refuses := strings.Contains(f.Message, "not accessible")
		f.Match = func(r githubtest.Request) bool {
			if !is(r) || seen.Add(1) <= skip {
				return false
			}
			c.faulted.Add(1)
			if refuses {
				c.refused.Store(true)
			}
			return true
		}
		c.hub.Inject(f)
	}
}

// event is what starts a process of the race.
func (c *chaos) event(i int) []byte {
	return c.hub.PullRequestEvent(c.repo, c.pull, []string{"opened", "synchronize"}[i])
}

// push moves the head to another change of the settings.
func (c *chaos) push(model string) {
	c.head = c.hub.Commit(c.repo, []string{c.head}, map[string]githubtest.File{
		".github/pertask.yml": {Content: c.config}, "evals/suite.yaml": {Content: stageSuite}, "config/agent.yaml": {Content: "coder:\n  model: " + model + "\n"},
	})
	c.hub.ChangePull(c.repo, c.pull, func(p *githubtest.Pull) { p.Head = c.head })
	c.tally.moved.Add(1)
}

func (c *chaos) count() {
	for _, p := range c.all {
		switch {
		case p.killed():
			c.tally.killed.Add(1)
		case p.struck.Load():
			c.tally.asked.Add(1)
		}
	}
	c.tally.faults.Add(c.faulted.Load())
}

// settled reports whether the race has left nothing to another process: the last of the two ended well, and so did the
// other one, or it was gone before the last one began, or is about a head that is no more.
func (c *chaos) settled() bool {
	if c.refused.Load() {
		return false
	}
	last := c.all[1]
	if !last.well() {
		return false
	}
	other := c.all[0]
	return other.well() || other.killed() && other.ended.Before(last.began) ||
		!other.struck.Load() && other.head != c.head && other.output("result") == "not-measured" && !strings.Contains(other.stdout.String(), "::error")
}

// newest is the process with the newest word on the head, and measured the one that has carried out trials for the newest
// verdict on it. Others may have been answered by that.
func (c *chaos) newest() (newest, measured *runner) {
	for _, p := range c.all {
		if !p.well() || p.head != c.head {
			continue
		}
		if newest == nil || p.clock.After(newest.clock) {
			newest = p
		}
		if c.measured(p) && (measured == nil || p.clock.After(measured.clock)) {
			measured = p
		}
	}
	return newest, measured
}

// measured reports whether a process has carried out all of its trials.
func (c *chaos) measured(p *runner) bool {
	n, ok := c.paid.Load(p.key)
	return ok && n.(*atomic.Int64).Load() >= 40
}

// may are the verdicts that may be shown: that of the newest process that ended well and has measured, or a later one of a
// process that was killed, which may have come so far as to show it.
func (c *chaos) may(measured *runner) []string {
	var out []string
	if measured != nil {
		out = append(out, verdicts[measured.kind()])
	}
	for _, p := range c.all {
		if p.head == c.head && !p.well() && c.measured(p) && (measured == nil || p.clock.After(measured.clock)) {
			out = append(out, verdicts[p.kind()])
		}
	}
	return out
}

var conclusions = map[string]string{"switch": "success", "dont-switch": "failure"}
var said = map[string]string{"switch": "**Switch.**", "dont-switch": "**Don't switch.**"}

// holds holds GitHub against what must be.
func (c *chaos) holds(after string) {
	newest, measured := c.newest()
	ours := c.ours()
	if len(ours) != 1 {
		c.fail("after %s there are %d comments of ours", after, len(ours))
		return
	}
	oldest := c.oldest.Load()
	body := ours[0].Body
	m, _ := marker.Parse(body)
	page := comment.Parse(github.Comment{Body: body, Marker: m})
	switch {
	case ours[0].Minimized != "" || ours[0].ID != oldest:
		c.fail("after %s comment %d is shown (hidden: %q), the oldest was %d", after, ours[0].ID, ours[0].Minimized, oldest)
	case page.Progress != "":
		c.fail("after %s the comment says that trials run: %s", after, page.Progress)
	case !slices.Contains(c.may(measured), newest.output("verdict")):
		c.fail("after %s %s says %s, which is not the newest verdict: %v may be", after, newest.name, newest.output("verdict"), c.may(measured))
	case m.Head != c.head || measured != nil && m.Time.Before(measured.clock) || !strings.Contains(page.Text, said[newest.output("verdict")]):
		c.fail("after %s the comment of %s about %s is not that of %s: %.300s", after, m.Time, m.Head, newest.name, page.Text)
	}
	c.checksHold(after)
}

// checksHold looks at the check runs of the head.
func (c *chaos) checksHold(after string) {
	checks := c.hub.Checks(c.repo, c.head)
	if len(checks) == 0 {
		c.fail("after %s there is no check run", after)
		return
	}
	last := checks[len(checks)-1]
	for _, k := range checks {
		// An older one that a killed process has left is completed once it has given no sign of life for a while.
		if k.Status != "completed" && (k.ID == last.ID || len(c.all) > 2 || !c.ofKilled(k.ID)) {
			c.fail("after %s check run %d is %s", after, k.ID, k.Status)
		}
	}
	for _, p := range c.all {
		if p.well() && slices.Contains(p.checks, last.ID) && last.Conclusion != conclusions[p.output("verdict")] {
			c.fail("after %s the newest check run, of %s, is %s: %s", after, p.name, last.Conclusion, last.Title)
		}
	}
}

// ofKilled reports whether a killed process has made a check run. One whose creation was not answered may be its own.
func (c *chaos) ofKilled(id int64) bool {
	known, killed := false, false
	for _, p := range c.all {
		known = known || slices.Contains(p.checks, id)
		killed = killed || p.killed() && slices.Contains(p.checks, id)
	}
	return killed || !known
}

// fail says how the round went.
func (c *chaos) fail(format string, args ...any) {
	c.t.Helper()
	c.t.Errorf(format, args...)
	for _, p := range c.all {
		c.t.Log(p)
	}
	for _, r := range c.hub.Requests() {
		if r.Method != http.MethodGet {
			c.t.Logf("%d %s %s %.120s", r.Status, r.Method, r.Path, r.Body)
		}
	}
}

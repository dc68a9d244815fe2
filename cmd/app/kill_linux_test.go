package main

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/app/sqldb"
	"github.com/pertask/pertask/app/sqldb/sqlledger"
	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/usage"
)

// A server that is killed at any moment from a webhook to the posted verdict goes on after a restart: there is one comment, one
// check run, which is complete and has the verdict, one record, and no trial that has ended is paid for again.
// PERTASK_SOAK=1 kills 100 times.
func TestKilledAtRandomMoments(t *testing.T) {
	long := killedAt(t, 0) // nobody is killed
	t.Logf("from the webhook to the verdict it takes %v", long)
	atMoments(t, func(t *testing.T, _ int, when func(time.Duration) time.Duration, _ *rand.Rand) {
		killedAt(t, when(long))
	})
}

// atMoments runs a test again and again, its number n, with a function that makes a random moment of a time. What else is random has
// its own source.
func atMoments(t *testing.T, test func(t *testing.T, n int, when func(time.Duration) time.Duration, random *rand.Rand)) {
	t.Helper()
	kills := 5
	if os.Getenv("PERTASK_SOAK") != "" {
		kills = 100
	}
	seed := uint64(7)
	if s, err := strconv.ParseUint(os.Getenv("PERTASK_SEED"), 10, 64); err == nil {
		seed = s
	}
	t.Logf("seed %d; PERTASK_SEED sets another", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for n := range kills {
		share, own := random.Float64(), rand.New(rand.NewPCG(seed, uint64(n)+1))
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			test(t, n, func(long time.Duration) time.Duration { return time.Duration(share*float64(long)) + 1 }, own)
			if t.Failed() {
				t.Logf("killed after %.0f %% of the time", 100*share)
			}
		})
	}
}

// killedAt kills the server some time after GitHub has begun to send the webhook, starts it again, and holds what is left against
// each other. It returns how long it took until the verdict was there.
func killedAt(t *testing.T, moment time.Duration) time.Duration {
	w := newStage(t, ", concurrency: 2")
	w.provider.wait = 10 * time.Millisecond
	p := w.start()
	w.ready(p)
	begin := time.Now()
	sent := make(chan githubtest.Delivery, 1)
	payload := w.hub.PullRequestEvent(w.repo, w.pull, "opened")
	go func() { sent <- w.hub.Deliver(appID, "pull_request", payload) }()
	if moment > 0 {
		time.Sleep(moment)
		w.kill(p)
		p = w.start()
		w.ready(p)
	}
	w.taken(<-sent, moment > 0)
	mine := asked{w.pull, w.head}
	w.until(p, "there is a verdict", func() bool { return w.decided(mine) })
	long := time.Since(begin)
	w.idle(p)
	w.stop(p)
	w.holds(t, mine)
	w.counted(t, w.evidence(t))
	if t.Failed() {
		t.Log(p.log)
	}
	return long
}

// kill ends a server as no program can hinder.
func (w *stage) kill(p *server) {
	w.t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		w.t.Fatal(err)
	}
	<-p.ended
}

// taken has a webhook delivered again that did not arrive, which may be only where a server was killed: GitHub keeps it among
// those that failed, where CatchUp finds it.
func (w *stage) taken(d githubtest.Delivery, killed bool) {
	w.t.Helper()
	if d.Status == http.StatusAccepted {
		return
	}
	if !killed {
		w.t.Fatalf("answered with %d", d.Status)
	}
	if d = w.hub.Redeliver(appID, d); d.Status != http.StatusAccepted {
		w.t.Fatalf("the redelivery is answered with %d", d.Status)
	}
}

// asked is a pull request that is to be reviewed.
type asked struct {
	pull int
	head string
}

func (w *stage) decided(a asked) bool { return strings.Contains(w.last(a.head).Title, "Don't switch") }

// holds checks what is left of one review each.
func (w *stage) holds(t *testing.T, all ...asked) {
	t.Helper()
	db := w.open()
	for _, a := range all {
		open := 0
		checks := w.hub.Checks(w.repo, a.head)
		for _, c := range checks {
			if c.Status != "completed" {
				open++
			}
		}
		if last := checks[len(checks)-1]; open != 0 || len(checks) != 1 || last.Conclusion != "neutral" || !w.decided(a) {
			t.Errorf("#%d: %d of %d check runs are open; the newest is %+v", a.pull, open, len(checks), last)
		}
		if ours := w.oursOn(a.pull); len(ours) != 1 || !strings.Contains(ours[0].Body, "**Don't switch.**") || strings.Contains(ours[0].Body, "pertask:progress") {
			t.Errorf("#%d: %d comments: %+v", a.pull, len(ours), ours)
		}
		r := w.report(t, db, a.pull)
		if r.Base.Trials != 20 || r.Head.Trials != 20 || r.Base.Completed+r.Head.Completed != 40 || r.Base.Voids+r.Head.Voids != 0 {
			t.Errorf("#%d: %d and %d trials, %d completed, %d voids", a.pull, r.Base.Trials, r.Head.Trials, r.Base.Completed+r.Head.Completed, r.Base.Voids+r.Head.Voids)
		}
	}
	if n := w.rows("SELECT COUNT(*) FROM reviews"); n != len(all) {
		t.Errorf("%d records, want %d", n, len(all))
	}
	if left, _ := filepath.Glob(filepath.Join(w.dir, "data", "work", "*")); len(left) != 0 {
		t.Errorf("folders are left: %q", left)
	}
}

// report is the one that is kept of a pull request.
func (w *stage) report(t *testing.T, db *sqldb.DB, pull int) *report.Report {
	t.Helper()
	var text []byte
	if err := db.QueryRow(db.SQL("SELECT s.report FROM review_suites s JOIN reviews r ON r.id = s.review WHERE r.pull = $1"), pull).Scan(&text); err != nil {
		t.Fatal(err)
	}
	r, err := report.ParseJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// evidence is what the journals hold that reviews name.
func (w *stage) evidence(t *testing.T) []trial.Evidence {
	t.Helper()
	db := w.open()
	rows, err := db.Query("SELECT DISTINCT s.evidence, r.repository FROM review_suites s JOIN reviews r ON r.id = s.review")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	keys := map[string]int64{}
	for rows.Next() {
		var key string
		var repo int64
		if err := rows.Scan(&key, &repo); err != nil {
			t.Fatal(err)
		}
		keys[key] = repo
	}
	var out []trial.Evidence
	for key, repo := range keys {
		j, err := sqlledger.New(db, installation, repo).Journal(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		evidence, err := j.Load()
		if err := errors.Join(err, j.Close()); err != nil {
			t.Fatal(err)
		}
		out = append(out, evidence)
	}
	return out
}

// counted wants every trial of each journal once, every call that was served in the journal or listed as interrupted, and none that was not.
func (w *stage) counted(t *testing.T, journals []trial.Evidence) {
	t.Helper()
	w.provider.open.Wait()
	w.provider.mu.Lock()
	served := maps.Clone(w.provider.served)
	w.provider.mu.Unlock()
	interrupted := map[lot]int{}
	for _, evidence := range journals {
		countedIn(t, evidence, served, interrupted)
	}
	for id, of := range served {
		if interrupted[of]--; interrupted[of] < 0 {
			t.Errorf("the answer %s of %v was served, and nobody knows of it", id, of)
		}
	}
}

// countedIn takes what a journal knows of from what was served, and adds what it knows to have been interrupted.
func countedIn(t *testing.T, evidence trial.Evidence, served map[string]lot, interrupted map[lot]int) {
	t.Helper()
	trials := map[string]bool{}
	for _, res := range evidence.Results {
		if trials[res.Trial.ID] || res.Trial.Outcome != trial.Completed || len(res.Calls) != 1 {
			t.Errorf("trial %s is %s with %d calls (there before: %t)", res.Trial.ID, res.Trial.Outcome, len(res.Calls), trials[res.Trial.ID])
		}
		trials[res.Trial.ID] = true
		for _, c := range res.Calls {
			if _, ok := served[c.ResponseID]; !ok {
				t.Errorf("the answer %q of trial %s was given to nobody, or counts twice", c.ResponseID, res.Trial.ID)
			}
			delete(served, c.ResponseID)
		}
	}
	for _, c := range append(evidence.Stray, evidence.Open...) {
		if _, ok := served[c.ResponseID]; ok && c.State == usage.Ended {
			delete(served, c.ResponseID)
			continue
		}
		interrupted[lot{c.RequestedModel, strings.Split(c.Trial, "/")[1]}]++
	}
	if len(trials) != 40 {
		t.Errorf("the journal has %d trials, want 40", len(trials))
	}
}

package main

import (
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
	kills := 5
	if os.Getenv("PERTASK_SOAK") != "" {
		kills = 100
	}
	seed := uint64(7)
	if s, err := strconv.ParseUint(os.Getenv("PERTASK_SEED"), 10, 64); err == nil {
		seed = s
	}
	t.Logf("seed %d; PERTASK_SEED sets another", seed)
	long := killedAt(t, 0) // nobody is killed
	t.Logf("from the webhook to the verdict it takes %v", long)
	random := rand.New(rand.NewPCG(seed, 0))
	for n := range kills {
		moment := time.Duration(random.Int64N(int64(long))) + 1
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			killedAt(t, moment)
			if t.Failed() {
				t.Logf("killed after %v of about %v", moment, long)
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
		if err := p.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		<-p.ended
		p = w.start()
		w.ready(p)
	}
	if d := <-sent; d.Status != http.StatusAccepted {
		// GitHub keeps it among those that failed, where CatchUp finds it.
		if moment == 0 {
			t.Fatalf("answered with %d", d.Status)
		}
		if d = w.hub.Redeliver(appID, d); d.Status != http.StatusAccepted {
			t.Fatalf("the redelivery is answered with %d", d.Status)
		}
	}
	w.until(p, "there is a verdict", func() bool { return strings.Contains(w.last(w.head).Title, "Don't switch") })
	long := time.Since(begin)
	w.idle(p)
	w.stop(p)
	w.holds(t, p)
	return long
}

// holds checks what is left of one review.
func (w *stage) holds(t *testing.T, p *server) {
	t.Helper()
	open := 0
	all := w.hub.Checks(w.repo, w.head)
	for _, c := range all {
		if c.Status != "completed" {
			open++
		}
	}
	if last := all[len(all)-1]; open != 0 || len(all) != 1 || last.Conclusion != "neutral" || !strings.Contains(last.Title, "Don't switch") {
		t.Errorf("%d of %d check runs are open; the newest is %+v", open, len(all), last)
	}
	if ours := w.ours(); len(ours) != 1 || !strings.Contains(ours[0].Body, "**Don't switch.**") || strings.Contains(ours[0].Body, "pertask:progress") {
		t.Errorf("%d comments: %+v", len(ours), ours)
	}
	if n := w.rows("SELECT COUNT(*) FROM reviews"); n != 1 {
		t.Errorf("%d records, want 1", n)
	}
	if left, _ := filepath.Glob(filepath.Join(w.dir, "data", "work", "*")); len(left) != 0 {
		t.Errorf("folders are left: %q", left)
	}
	r, evidence := w.evidence(t)
	if r.Base.Trials != 20 || r.Head.Trials != 20 || r.Base.Completed+r.Head.Completed != 40 || r.Base.Voids+r.Head.Voids != 0 {
		t.Errorf("%d and %d trials, %d completed, %d voids", r.Base.Trials, r.Head.Trials, r.Base.Completed+r.Head.Completed, r.Base.Voids+r.Head.Voids)
	}
	w.counted(t, evidence)
	if t.Failed() {
		t.Log(p.log)
	}
}

// evidence is the report that is kept, and what the journal holds.
func (w *stage) evidence(t *testing.T) (*report.Report, trial.Evidence) {
	t.Helper()
	db, err := sqldb.Open(t.Context(), filepath.Join(w.dir, "data", "pertask.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var text []byte
	var key string
	var repo int64
	if err := db.QueryRow("SELECT s.report, s.evidence, r.repository FROM review_suites s JOIN reviews r ON r.id = s.review").Scan(&text, &key, &repo); err != nil {
		t.Fatal(err)
	}
	r, err := report.ParseJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	j, err := sqlledger.New(db, installation, repo).Journal(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	evidence, err := j.Load()
	if err != nil {
		t.Fatal(err)
	}
	return r, evidence
}

// counted wants every trial once, every call that was served in the journal or listed as interrupted, and none that was not.
func (w *stage) counted(t *testing.T, evidence trial.Evidence) {
	t.Helper()
	w.provider.open.Wait()
	w.provider.mu.Lock()
	served := maps.Clone(w.provider.served)
	w.provider.mu.Unlock()
	trials, interrupted := map[string]bool{}, map[lot]int{}
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
	for id, of := range served {
		if interrupted[of]--; interrupted[of] < 0 {
			t.Errorf("the answer %s of %v was served, and nobody knows of it", id, of)
		}
	}
}

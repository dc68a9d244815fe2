package review_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/review"
)

// rounds is how many races are run: 500 by make soak, a twentieth otherwise.
func rounds() int {
	if os.Getenv("PERTASK_SOAK") != "" {
		return 500
	}
	return 25
}

// TestRacesWithFaults lets two reviews of one pull request race, on a GitHub that refuses, limits, breaks after it has done
// what was asked, and is slow, and kills some on their way. Once the next review has ended, there is one comment of ours, no
// check run is open, and the newest result is shown.
func TestRacesWithFaults(t *testing.T) {
	text, err := os.ReadFile("testdata/scenarios/no-key.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for round := range rounds() {
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			t.Parallel()
			race(t, newWorld(t, txtar.Parse(text)), rand.New(rand.NewPCG(uint64(round), 6)))
		})
	}
}

// fault breaks some of the requests.
func fault(w *world, random *rand.Rand) {
	kinds := []struct {
		status int
		after  bool
	}{{403, false}, {429, false}, {500, false}, {500, true}, {502, true}}
	for _, path := range []string{"/comments", "/check-runs", "graphql", "/files"} {
		k := kinds[random.IntN(len(kinds))]
		method := []string{http.MethodPost, http.MethodPatch, http.MethodGet}[random.IntN(3)]
		if path == "graphql" {
			method = http.MethodPost
		}
		if random.IntN(2) == 0 {
			w.hub.Fail(githubtest.Match(method, path), k.status, 1+random.IntN(2), k.after)
		}
	}
}

func race(t *testing.T, w *world, random *rand.Rand) {
	fault(w, random)
	var mu sync.Mutex
	w.hub.OnRequest(func(githubtest.Request) {
		mu.Lock()
		d := time.Duration(random.IntN(3)) * time.Millisecond
		mu.Unlock()
		time.Sleep(d)
	})
	kills := [2]int{random.IntN(3), random.IntN(3)} // 0 for one of three: killed
	after := [2]time.Duration{time.Duration(random.IntN(20)) * time.Millisecond, time.Duration(random.IntN(20)) * time.Millisecond}
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	var both sync.WaitGroup
	for i := range 2 {
		both.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if kills[i] == 0 {
				time.AfterFunc(after[i], cancel)
			}
			o := w.options(io.Discard)
			o.Now = func() time.Time { return at.Add(time.Duration(i) * time.Minute) }
			_, _ = review.New(o).Review(ctx, w.trigger(), newSink()) // it may fail
		})
	}
	both.Wait()
	w.hub.OnRequest(nil)
	for slices.ContainsFunc(w.hub.Requests(), func(r githubtest.Request) bool { return !r.Done }) {
		time.Sleep(time.Millisecond) // what a killed one has sent is still under way
	}
	var log bytes.Buffer
	o := w.options(&log)
	o.Now = func() time.Time { return at.Add(time.Hour) }
	// The faults may outlast the two: the process after them tries again, as a workflow that is rerun.
	out, err := review.New(o).Review(t.Context(), w.trigger(), newSink())
	for tries := 0; err != nil && tries < 5; tries++ {
		out, err = review.New(o).Review(t.Context(), w.trigger(), newSink())
	}
	if err != nil {
		t.Fatalf("the last one: exit %d, %v", out.Exit, err)
	}
	ours := w.ours()
	if len(ours) != 1 || !strings.Contains(ours[0].Body, "**Not measured.**") || strings.Contains(ours[0].Body, "pertask:progress") {
		t.Errorf("%d comments of ours: %+v", len(ours), ours)
	}
	if n := w.open(); n != 0 {
		t.Errorf("%d check runs are open: %s", n, &log)
	}
	checks := w.hub.Checks(w.repo, w.head)
	if last := checks[len(checks)-1]; last.Status != "completed" || last.Conclusion != "neutral" {
		t.Errorf("the newest check run: %+v", last)
	}
}

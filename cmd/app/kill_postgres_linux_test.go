package main

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/app/sqldb/sqldbtest"
	"github.com/pertask/pertask/github/githubtest"
)

// Two servers share the work of a PostgreSQL database, each with a pull request of its own from the webhook on, and one of them is
// killed at any moment until the verdicts are posted. In one half of the cases it is started again, in the other one the one that
// is left does all of it; in one half the pull requests make two changes, and in the other one the same, which is paid for once.
// What holds of one server that is killed holds of each pull request. PERTASK_SOAK=1 kills 100 times.
func TestOneOfTwoKilledOnPostgreSQL(t *testing.T) {
	changes := [][]string{{"gpt-5.4-mini", "gpt-5.4-nano"}, {"gpt-5.4-mini", "gpt-5.4-mini"}}
	var long []time.Duration
	for _, models := range changes {
		long = append(long, oneKilledAt(t, models, 0, nil)) // nobody is killed
	}
	t.Logf("from the webhooks to the verdicts it takes %v with two changes, and %v with one", long[0], long[1])
	atMoments(t, func(t *testing.T, n int, when func(time.Duration) time.Duration, random *rand.Rand) {
		oneKilledAt(t, changes[n%2], when(long[n%2]), random)
	})
}

// oneKilledAt kills one of the two some time after GitHub has begun to send the webhooks, and holds what is left against each other.
// The heads of the pull requests have these models. It returns how long it took until the verdicts were there.
func oneKilledAt(t *testing.T, models []string, moment time.Duration, random *rand.Rand) time.Duration {
	w := newStage(t, ", concurrency: 2, reuse_base: off")
	w.provider.wait = 10 * time.Millisecond
	w.database = sqldbtest.Postgres(t)
	all := []asked{}
	for _, model := range models {
		files := maps.Clone(w.files)
		files["agent.yaml"] = githubtest.File{Content: "model: " + model + "\n"}
		files["README.md"] = githubtest.File{Content: fmt.Sprint(len(all))}
		head := w.hub.Commit(w.repo, []string{w.base}, files)
		all = append(all, asked{w.hub.OpenPull(w.repo, w.base, head), head})
	}
	var servers []*server
	for n := range 2 {
		p := w.start("--data", w.data(n))
		w.ready(p)
		servers = append(servers, p)
	}
	begin := time.Now()
	sent := make(chan githubtest.Delivery, len(all))
	go func() {
		for n, a := range all { // as a load balancer sends them
			w.hub.SetHook(appID, servers[n%2].url+"/webhook", hookSecret)
			sent <- w.hub.Deliver(appID, "pull_request", w.hub.PullRequestEvent(w.repo, a.pull, "opened"))
		}
	}()
	living := servers
	if moment > 0 {
		time.Sleep(moment)
		living = w.killOne(servers, random)
	}
	var deliveries []githubtest.Delivery
	for range all {
		deliveries = append(deliveries, <-sent)
	}
	w.hub.SetHook(appID, living[0].url+"/webhook", hookSecret)
	for _, d := range deliveries {
		w.taken(d, moment > 0)
	}
	w.until(living[0], "there are verdicts", func() bool { return !slices.ContainsFunc(all, func(a asked) bool { return !w.decided(a) }) })
	long := time.Since(begin)
	for _, p := range living {
		w.idle(p)
	}
	for _, p := range living {
		w.stop(p)
	}
	w.holds(t, all...)
	w.counted(t, w.evidence(t))
	for _, r := range w.hub.Requests() {
		if strings.Contains(r.Body, "could not be carried out") {
			t.Errorf("%s %s says %s", r.Method, r.Path, r.Body)
		}
	}
	if t.Failed() {
		for n, p := range servers {
			t.Logf("server %d:\n%s", n, p.log)
		}
	}
	return long
}

// killOne kills one of the servers and, or not, starts it again. It returns those that live.
func (w *stage) killOne(servers []*server, random *rand.Rand) []*server {
	n := random.IntN(len(servers))
	w.kill(servers[n])
	if random.IntN(2) == 0 {
		return slices.Delete(slices.Clone(servers), n, n+1)
	}
	p := w.start("--data", w.data(n))
	w.ready(p)
	return []*server{servers[1-n], p}
}

// data is the folder of a server that is one of several.
func (w *stage) data(n int) string { return filepath.Join(w.dir, fmt.Sprint("data-", n)) }

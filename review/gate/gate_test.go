package gate_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/review/claim"
	"github.com/pertask/pertask/review/gate"
)

var acme = github.Repo{Owner: "acme", Name: "agent"}

// hub is a commit on an in-memory GitHub, and a client with some permissions.
func hub(t *testing.T, permissions map[string]string) (*githubtest.Server, *github.Client, gate.Check) {
	t.Helper()
	a := githubtest.WorkflowActor()
	for name, level := range permissions {
		a.Permissions[name] = level
	}
	s := githubtest.NewWith(t, githubtest.Options{Actor: a})
	repo := s.AddRepo("acme", "agent")
	sha := s.Commit(repo, nil, githubtest.Text(map[string]string{"a": "b"}))
	c, err := github.New(github.Config{BaseURL: s.URL, GraphQLURL: s.GraphQLURL, Token: s.Token, Sleep: func(context.Context, time.Duration) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	return s, c, gate.Check{Name: "pertask", HeadSHA: sha}
}

func open(t *testing.T, c *github.Client, check gate.Check) *gate.Gate {
	t.Helper()
	return openAt(t, c, check, time.Now)
}

func openAt(t *testing.T, c *github.Client, check gate.Check, now func() time.Time) *gate.Gate {
	t.Helper()
	g, err := gate.Open(t.Context(), c, acme, check, "https://github.com/acme/agent/actions/runs/7", now)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestCheckRun(t *testing.T) {
	s, c, check := hub(t, nil)
	g := open(t, c, check)
	if !g.Shown() || g.ID == 0 || len(g.Missing) > 0 {
		t.Fatalf("gate %+v", g)
	}
	if err := g.Tell(t.Context(), "34 of 120 trials", "more"); err != nil {
		t.Fatal(err)
	}
	if run := s.Checks("acme/agent", check.HeadSHA)[0]; run.Status != "in_progress" || run.Title != "34 of 120 trials" {
		t.Errorf("meanwhile: %+v", run)
	}
	if err := g.Complete(t.Context(), github.CheckRun{Conclusion: gate.Failure, Title: "Don't switch"}); err != nil {
		t.Fatal(err)
	}
	if runs := s.Checks("acme/agent", check.HeadSHA); len(runs) != 1 || runs[0].Status != "completed" || runs[0].Conclusion != "failure" || runs[0].Title != "Don't switch" {
		t.Errorf("at the end: %+v", runs)
	}
}

func TestStatusStandsIn(t *testing.T) {
	for conclusion, want := range map[string]string{gate.Success: "success", gate.Neutral: "success", gate.Failure: "failure", gate.Required: "failure"} {
		s, c, check := hub(t, map[string]string{"checks": "none", "statuses": "write"})
		g := open(t, c, check)
		if !g.Shown() || g.ID != 0 || strings.Join(g.Missing, ",") != "checks: write" {
			t.Fatalf("gate %+v", g)
		}
		if err := g.Tell(t.Context(), "34 of 120 trials", ""); err != nil {
			t.Fatal(err)
		}
		if err := g.Complete(t.Context(), github.CheckRun{Conclusion: conclusion, Title: strings.Repeat("x", 200)}); err != nil {
			t.Fatal(err)
		}
		all := s.Statuses("acme/agent", check.HeadSHA)
		var states []string
		for _, st := range all {
			states = append(states, st.State)
		}
		if got := strings.Join(states, " "); got != "pending pending "+want || all[1].Description != "34 of 120 trials" || all[0].TargetURL == "" {
			t.Errorf("%s: statuses %+v", conclusion, all)
		}
	}
}

func TestNothingMayBeWritten(t *testing.T) {
	_, c, check := hub(t, map[string]string{"checks": "read", "statuses": "none"})
	g := open(t, c, check)
	if g.Shown() || strings.Join(g.Missing, ",") != "checks: write,statuses: write" {
		t.Errorf("gate %+v", g)
	}
	if err := g.Complete(t.Context(), github.CheckRun{Conclusion: gate.Success}); err != nil {
		t.Error(err)
	}
	if err := g.Tell(t.Context(), "x", "y"); err != nil {
		t.Error(err)
	}
}

func TestOutOfReachIsAnError(t *testing.T) {
	s, c, check := hub(t, nil)
	s.Fail(githubtest.Match("", "check-runs"), http.StatusInternalServerError, -1, false)
	if _, err := gate.Open(t.Context(), c, acme, check, "", time.Now); err == nil {
		t.Error("no error")
	}
}

// TestLeft says what a check run ends with whose process is gone: never success.
func TestLeft(t *testing.T) {
	for conclusion, want := range map[string]string{"": "neutral", gate.Neutral: "neutral", gate.Required: "action_required", gate.Failure: "failure", gate.Success: "neutral", "x": "neutral"} {
		s, c, check := hub(t, nil)
		check.Conclusion = conclusion
		g := open(t, c, check)
		text, err := json.Marshal(g.Check)
		if err != nil {
			t.Fatal(err)
		}
		var left gate.Check // as another process reads it
		if err := json.Unmarshal(text, &left); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := gate.Finish(t.Context(), c, acme, left); err != nil {
				t.Fatal(err)
			}
		}
		runs := s.Checks("acme/agent", check.HeadSHA)
		if len(runs) != 1 || runs[0].Status != "completed" || runs[0].Conclusion != want {
			t.Errorf("%q: %+v, want %s", conclusion, runs, want)
		}
		if n := s.Count(http.MethodPatch, "check-runs"); n != 1 {
			t.Errorf("%q: %d changes, want 1", conclusion, n)
		}
	}
}

func TestFinishLeavesACompleteOneAlone(t *testing.T) {
	s, c, check := hub(t, nil)
	g := open(t, c, check)
	if err := g.Complete(t.Context(), github.CheckRun{Conclusion: gate.Success, Title: "x"}); err != nil {
		t.Fatal(err)
	}
	if err := gate.Finish(t.Context(), c, acme, g.Check); err != nil {
		t.Fatal(err)
	}
	if run := s.Checks("acme/agent", check.HeadSHA)[0]; run.Conclusion != "success" || run.Title != "x" {
		t.Errorf("check run %+v", run)
	}
}

func TestCloseStale(t *testing.T) {
	s, c, check := hub(t, nil)
	old := openAt(t, c, check, func() time.Time { return time.Now().Add(-time.Hour) })
	open(t, c, check) // alive
	other := check
	other.Name = "another"
	open(t, c, other)
	check.Conclusion = gate.Required
	g := open(t, c, check)
	open(t, c, check) // a later process's, which is no older one's left over
	g.CloseStale(t.Context(), slog.New(slog.DiscardHandler))
	for _, run := range s.Checks("acme/agent", check.HeadSHA) {
		want := "in_progress"
		if run.ID == old.ID {
			want = "completed"
		}
		if run.Status != want {
			t.Errorf("%s %d is %s, want %s", run.Name, run.ID, run.Status, want)
		}
	}
}

// One that was alive when a review began, and is dead when it ends, is completed then.
func TestStaleAtTheEnd(t *testing.T) {
	s, c, check := hub(t, nil)
	var at atomic.Int64
	now := func() time.Time { return time.Unix(at.Load(), 0) }
	at.Store(1_000_000)
	openAt(t, c, check, now)
	g := openAt(t, c, check, now)
	g.CloseStale(t.Context(), slog.New(slog.DiscardHandler))
	if runs := s.Checks("acme/agent", check.HeadSHA); runs[0].Status != "in_progress" {
		t.Fatalf("a living one was completed: %+v", runs)
	}
	at.Add(int64(time.Hour / time.Second))
	if err := g.Complete(t.Context(), github.CheckRun{Conclusion: gate.Success, Title: "x"}); err != nil {
		t.Fatal(err)
	}
	for _, run := range s.Checks("acme/agent", check.HeadSHA) {
		if run.Status != "completed" {
			t.Errorf("%+v is left open", run)
		}
	}
}

// TestTake takes two reviews of one commit through their turns.
func TestTake(t *testing.T) {
	s, c, check := hub(t, nil)
	var at atomic.Int64
	at.Store(1_000_000)
	now := func() time.Time { return time.Unix(at.Load(), 0) }
	take := func(g *gate.Gate, want bool) {
		t.Helper()
		if got, err := g.Take(t.Context(), "Measuring"); err != nil || got != want {
			t.Fatalf("its turn: %v, %v; want %v", got, err, want)
		}
	}
	first, second := openAt(t, c, check, now), openAt(t, c, check, now)
	take(second, false)
	take(first, true)
	take(second, false)
	if run := s.Checks("acme/agent", check.HeadSHA)[0]; run.Title != "Measuring" {
		t.Errorf("who measures says %q", run.Title)
	}
	for range 20 { // the first gives a sign of life, the second too
		at.Add(60)
		if err := first.Tell(t.Context(), "34 of 120 trials", ""); err != nil {
			t.Fatal(err)
		}
		take(second, false)
	}
	if run := s.Checks("acme/agent", check.HeadSHA)[1]; run.Title != "Waiting for another check of this commit" {
		t.Errorf("who waits says %q", run.Title)
	}
	third := openAt(t, c, check, now)
	take(third, false)
	at.Add(int64(claim.Fresh/time.Second) + 1) // the first is gone, and the second waits on
	take(second, true)
	take(third, false)
	if err := first.Tell(t.Context(), "35 of 120 trials", ""); err != nil { // it was only asleep
		t.Fatal(err)
	}
	take(third, false)
	for _, g := range []*gate.Gate{first, second} {
		if err := g.Complete(t.Context(), github.CheckRun{Conclusion: gate.Success, Title: "Switch"}); err != nil {
			t.Fatal(err)
		}
	}
	take(third, true)
}

// One that was slow to begin with takes its turn just when another one, which took it for dead, takes its own: only one has it.
func TestTakeAtOnce(t *testing.T) {
	s, c, check := hub(t, nil)
	var at atomic.Int64
	at.Store(1_000_000)
	now := func() time.Time { return time.Unix(at.Load(), 0) }
	slow := openAt(t, c, check, now)
	at.Add(int64(claim.Fresh/time.Second) + 60)
	quick := openAt(t, c, check, now)
	took, met := false, false
	s.OnRequest(func(r githubtest.Request) {
		if r.Method != http.MethodPatch || !strings.Contains(r.Body, "holds") || met {
			return
		}
		met = true // the quick one has looked, and nobody has seen yet that it goes
		var err error
		if took, err = slow.Take(t.Context(), "Measuring"); err != nil {
			t.Error(err)
		}
	})
	got, err := quick.Take(t.Context(), "Measuring")
	if err != nil || !met || !took || got {
		t.Errorf("met %v; the slow one: %v; the quick one: %v, %v", met, took, got, err)
	}
}

func TestTakeWithoutACheckRun(t *testing.T) {
	s, c, check := hub(t, map[string]string{"checks": "none", "statuses": "write"})
	if got, err := open(t, c, check).Take(t.Context(), "Measuring"); err != nil || !got {
		t.Errorf("%v, %v", got, err)
	}
	if n := s.Count(http.MethodGet, "check-runs"); n != 0 {
		t.Errorf("%d requests", n)
	}
}

func TestTakeIsNotKnown(t *testing.T) {
	s, c, check := hub(t, nil)
	g := open(t, c, check)
	s.Fail(githubtest.Match("GET", "check-runs"), http.StatusInternalServerError, -1, false)
	if got, err := g.Take(t.Context(), "Measuring"); err == nil || got {
		t.Errorf("%v, %v; want an error", got, err)
	}
}

// TestARunThatMayNotBeChanged is one that GitHub made for a job: a fresh one takes its place.
func TestARunThatMayNotBeChanged(t *testing.T) {
	s, c, check := hub(t, nil)
	check.ID = s.AddJob("acme/agent", check.HeadSHA, check.Name)
	g := open(t, c, gate.Check{Name: check.Name, HeadSHA: check.HeadSHA})
	g.ID = check.ID
	if err := g.Complete(t.Context(), github.CheckRun{Conclusion: gate.Neutral, Title: "Inconclusive"}); err != nil {
		t.Fatal(err)
	}
	runs := s.Checks("acme/agent", check.HeadSHA)
	if last := runs[len(runs)-1]; last.Title != "Inconclusive" || last.Status != "completed" {
		t.Errorf("check runs %+v", runs)
	}
}

// GitHub's own check run of a workflow's job may have our name. It has an external id, as no open one of ours does.
func TestTheRunOfAJobIsLeftAlone(t *testing.T) {
	s, c, check := hub(t, nil)
	for _, id := range []string{"ca395085-040a-526b-2ce8-bdc85f692774", ""} {
		if _, err := c.CreateCheck(t.Context(), acme, github.CheckRun{Name: check.Name, HeadSHA: check.HeadSHA, Status: github.StatusInProgress, Title: "t", ExternalID: id}); err != nil {
			t.Fatal(err)
		}
	}
	g := open(t, c, check)
	g.CloseStale(t.Context(), slog.New(slog.DiscardHandler))
	got := map[string]string{}
	for _, run := range s.Checks("acme/agent", check.HeadSHA) {
		if run.ID != g.ID {
			got[run.ExternalID] = run.Status
		}
	}
	if got[""] != "completed" || got["ca395085-040a-526b-2ce8-bdc85f692774"] != "in_progress" {
		t.Errorf("the check runs: %v", got)
	}
}

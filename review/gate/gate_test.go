package gate_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/githubtest"
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
	g, err := gate.Open(t.Context(), c, acme, check, "https://github.com/acme/agent/actions/runs/7")
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
	if _, err := gate.Open(t.Context(), c, acme, check, ""); err == nil {
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
	old := open(t, c, check)
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

package courier_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pertask/pertask/app/courier"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/github/githubtest/runstore"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/review/ending"
	"github.com/pertask/pertask/review/errand"
	"github.com/pertask/pertask/verdict"
)

const text = `run-name: pertask ${{ inputs.review }}
on: {workflow_dispatch: {inputs: {review: {required: true}, request: {required: true}}}}
`

// stage is a repository with the workflow, and a courier to it.
type stage struct {
	t     *testing.T
	hub   *githubtest.Server
	repo  string
	files map[string]githubtest.File
	courier.Courier
	asked errand.Request
}

func newStage(t *testing.T, opt githubtest.Options) *stage {
	t.Helper()
	s := &stage{t: t, hub: githubtest.NewWith(t, opt)}
	s.repo = s.hub.AddRepo("acme", "agent")
	s.files = githubtest.Text(map[string]string{".github/workflows/pertask.yml": text})
	sha := s.hub.Commit(s.repo, nil, s.files)
	s.hub.SetBranch(s.repo, "main", sha)
	key := s.hub.RegisterApp(githubtest.App{ID: 9, Slug: "pertask", Permissions: map[string]string{"metadata": "read", "contents": "read", "actions": "write"}})
	s.hub.Install(9, 77, "acme")
	client, err := github.New(github.Config{BaseURL: s.hub.URL, GraphQLURL: s.hub.GraphQLURL, App: &github.AppAuth{ID: 9, Installation: 77, PrivateKey: key},
		Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }})
	if err != nil {
		t.Fatal(err)
	}
	s.asked = errand.Request{Schema: errand.Schema, Review: "0123456789abcdef-1", Repository: "acme/agent", Pull: 1, Base: sha, Head: sha, Suite: "s", Question: "sha256:" + strings.Repeat("0", 64),
		Looks: []int{2}, Budget: price.Known(price.MustMoney("1")), Until: time.Now().Add(time.Hour).UTC().Truncate(time.Second)}
	s.Courier = courier.Courier{Client: client, Repo: github.Repo{Owner: "acme", Name: "agent"}, ID: 5_000_000_001, Login: "pertask[bot]", Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Times: courier.Times{Appear: 200 * time.Millisecond, Leave: 2 * time.Second, Often: 5 * time.Millisecond}}
	return s
}

func (s *stage) errand(again bool) courier.Errand {
	return courier.Errand{Request: s.asked, File: "pertask.yml", Since: time.Now(), Again: again}
}

// ends lets runs end with an answer that says that nothing was measured.
func (s *stage) ends(id int64) {
	a := errand.Answer{Request: s.asked, Ended: true, Result: verdict.NotMeasured, Code: "not-ready", Reason: "no key"}
	s.hub.LeaveArtifact(s.repo, id, errand.Artifact, runstore.Zip(map[string][]byte{errand.File: a.JSON()}))
	s.hub.ChangeRun(s.repo, id, func(r *githubtest.WorkflowRun) { r.Status, r.Conclusion = "completed", "success" })
}

// failed is the failure that an errand has to end in.
func failed(t *testing.T, err error, code string) *courier.Failure {
	t.Helper()
	var f *courier.Failure
	if !errors.As(err, &f) || f.Code != code || f.Text == "" || f.Next == "" {
		t.Fatalf("%v, %+v; want %s", err, f, code)
	}
	return f
}

func TestCarry(t *testing.T) {
	for _, silent := range []bool{false, true} {
		s := newStage(t, githubtest.Options{Silent: silent})
		s.hub.OnRun(func(_ string, r githubtest.WorkflowRun) { s.ends(r.ID) })
		b, run, err := s.Carry(t.Context(), s.errand(false))
		if err != nil || b.Reason != "no key" || run.ID == 0 || len(s.hub.Runs(s.repo)) != 1 {
			t.Errorf("%+v, run %+v, %v", b, run, err)
		}
		if again, same, err := s.Carry(t.Context(), s.errand(true)); err != nil || same.ID != run.ID || again.Reason != "no key" || len(s.hub.Runs(s.repo)) != 1 {
			t.Errorf("again: run %+v, %v, of %d", same, err, len(s.hub.Runs(s.repo)))
		}
	}
}

// Two attempts that have both started a run: the first counts, and the other is ended.
func TestOneOfTwoRunsCounts(t *testing.T) {
	s := newStage(t, githubtest.Options{})
	flow := s.Client.Workflow(s.Repo, "pertask.yml")
	for range 2 {
		if _, err := flow.Start(t.Context(), "main", map[string]string{"review": s.asked.Review, "request": s.asked.String()}); err != nil {
			t.Fatal(err)
		}
	}
	s.ends(s.hub.Runs(s.repo)[0].ID)
	_, run, err := s.Carry(t.Context(), s.errand(true))
	if all := s.hub.Runs(s.repo); err != nil || run.ID != all[0].ID || len(all) != 2 || all[0].Cancelled || !all[1].Cancelled {
		t.Errorf("run %d of %+v, %v", run.ID, all, err)
	}
}

// Runs of others under the same name are nobody's answer.
func TestStrangersRunsAreNotTaken(t *testing.T) {
	for name, change := range map[string]func(*githubtest.WorkflowRun){
		"of a person":         func(r *githubtest.WorkflowRun) { r.Actor = "eve" },
		"on another branch":   func(r *githubtest.WorkflowRun) { r.Branch = "evil" },
		"of another file":     func(r *githubtest.WorkflowRun) { r.File = "evil.yml" },
		"of another event":    func(r *githubtest.WorkflowRun) { r.Event = "push" },
		"long ago":            func(r *githubtest.WorkflowRun) { r.Created = r.Created.Add(-time.Hour) },
		"under another title": func(r *githubtest.WorkflowRun) { r.Title += "0" },
	} {
		s := newStage(t, githubtest.Options{})
		flow := s.Client.Workflow(s.Repo, "pertask.yml")
		if _, err := flow.Start(t.Context(), "main", map[string]string{"review": s.asked.Review, "request": s.asked.String()}); err != nil {
			t.Fatal(err)
		}
		first := s.hub.Runs(s.repo)[0].ID
		s.ends(first)
		s.hub.ChangeRun(s.repo, first, change)
		s.hub.OnRun(func(_ string, r githubtest.WorkflowRun) { s.ends(r.ID) })
		if _, run, err := s.Carry(t.Context(), s.errand(true)); err != nil || run.ID == first {
			t.Errorf("%s: run %d is taken, %v", name, run.ID, err)
		}
	}
	s := newStage(t, githubtest.Options{})
	s.ID++ // the run's commit is in another repository
	s.hub.OnRun(func(_ string, r githubtest.WorkflowRun) { s.ends(r.ID) })
	_, _, err := s.Carry(t.Context(), s.errand(false))
	failed(t, err, "workflow-strange")
}

// A start whose answer did not arrive is looked for, and not repeated; one that did not happen is tried again by whoever tries the
// review again.
func TestAStartThatIsNotKnown(t *testing.T) {
	starts := githubtest.Match(http.MethodPost, "/dispatches")
	s := newStage(t, githubtest.Options{})
	s.hub.OnRun(func(_ string, r githubtest.WorkflowRun) { s.ends(r.ID) })
	s.hub.Fail(starts, 0, 1, true)
	if _, _, err := s.Carry(t.Context(), s.errand(false)); err != nil || len(s.hub.Runs(s.repo)) != 1 {
		t.Errorf("one that happened: %v, %d runs", err, len(s.hub.Runs(s.repo)))
	}
	s = newStage(t, githubtest.Options{})
	s.hub.Fail(starts, 502, 1, false)
	var f *courier.Failure
	if _, _, err := s.Carry(t.Context(), s.errand(false)); err == nil || errors.As(err, &f) || len(s.hub.Runs(s.repo)) != 0 {
		t.Errorf("one that did not: %v, %d runs", err, len(s.hub.Runs(s.repo)))
	}
}

// A run that GitHub lists under another name cannot be found again.
func TestARunThatIsNotSeen(t *testing.T) {
	s := newStage(t, githubtest.Options{Silent: true})
	s.files[".github/workflows/pertask.yml"] = githubtest.File{Content: strings.Replace(text, "run-name", "name", 1)}
	s.hub.SetBranch(s.repo, "main", s.hub.Commit(s.repo, nil, s.files))
	_, _, err := s.Carry(t.Context(), s.errand(false))
	failed(t, err, "workflow-not-seen")
}

// When a review is over its run is; when it goes on elsewhere its run does.
func TestTheEndOfAReview(t *testing.T) {
	for _, tt := range []struct {
		cause     error
		cancelled bool
	}{
		{ending.ErrSuperseded, true}, {ending.ErrClosed, true}, {ending.ErrAccepted, true}, {errors.New("the pull request was closed"), true},
		{ending.ErrOvertaken, false}, {ending.ErrStopped, false}, {context.Canceled, false},
	} {
		s := newStage(t, githubtest.Options{})
		ctx, cancel := context.WithCancelCause(t.Context())
		s.hub.OnRun(func(_ string, r githubtest.WorkflowRun) {
			s.hub.ChangeRun(s.repo, r.ID, func(r *githubtest.WorkflowRun) { r.Status = "in_progress" })
			time.Sleep(50 * time.Millisecond)
			cancel(tt.cause)
			for until := time.Now().Add(time.Second); time.Now().Before(until); time.Sleep(5 * time.Millisecond) {
				if s.hub.Runs(s.repo)[0].Cancelled {
					s.hub.ChangeRun(s.repo, r.ID, func(r *githubtest.WorkflowRun) { r.Status, r.Conclusion = "completed", "cancelled" })
					return
				}
			}
		})
		_, _, err := s.Carry(ctx, s.errand(false))
		if got := s.hub.Runs(s.repo)[0].Cancelled; got != tt.cancelled || !errors.Is(err, tt.cause) {
			t.Errorf("%v: cancelled %t, %v", tt.cause, got, err)
		}
		if f := (*courier.Failure)(nil); tt.cancelled != errors.As(err, &f) || tt.cancelled && (!f.Begun || f.Bundle != nil) {
			t.Errorf("%v: %+v", tt.cause, f)
		}
	}
}

// A GitHub that does not answer for a while does not end the wait.
func TestLookingGoesOn(t *testing.T) {
	s := newStage(t, githubtest.Options{})
	var looks atomic.Int64
	s.hub.OnRun(func(_ string, r githubtest.WorkflowRun) {
		time.Sleep(100 * time.Millisecond)
		s.ends(r.ID)
	})
	s.hub.Fail(func(q githubtest.Request) bool {
		return strings.Contains(q.Path, "/actions/runs/") && !strings.HasSuffix(q.Path, "/artifacts") && looks.Add(1) > 2
	}, 503, 12, false)
	if _, _, err := s.Carry(t.Context(), s.errand(false)); err != nil || looks.Load() < 3 {
		t.Errorf("%v after %d looks", err, looks.Load())
	}
}

func TestFailures(t *testing.T) {
	end := func(conclusion string) func(*stage) {
		return func(s *stage) {
			s.hub.OnRun(func(_ string, r githubtest.WorkflowRun) {
				s.hub.ChangeRun(s.repo, r.ID, func(r *githubtest.WorkflowRun) { r.Status, r.Conclusion = "completed", conclusion })
			})
		}
	}
	leave := func(data []byte) func(*stage) {
		return func(s *stage) {
			s.hub.OnRun(func(_ string, r githubtest.WorkflowRun) {
				s.hub.LeaveArtifact(s.repo, r.ID, errand.Artifact, data)
				s.hub.ChangeRun(s.repo, r.ID, func(r *githubtest.WorkflowRun) { r.Status, r.Conclusion = "completed", "success" })
			})
		}
	}
	for name, tt := range map[string]struct {
		setup func(*stage)
		code  string
	}{
		"failure":         {end("failure"), "workflow-failed"},
		"cancelled":       {end("cancelled"), "workflow-cancelled"},
		"timed out":       {end("timed_out"), "workflow-late"},
		"startup failure": {end("startup_failure"), "workflow-not-begun"},
		"to be approved":  {end("action_required"), "workflow-not-begun"},
		"skipped":         {end("skipped"), "workflow-failed"},
		"no artifact":     {end("success"), "workflow-no-result"},
		"no archive":      {leave([]byte("hello")), "workflow-bad-result"},
		"expired": {func(s *stage) {
			s.hub.OnRun(func(_ string, r githubtest.WorkflowRun) {
				s.hub.LeaveArtifact(s.repo, r.ID, errand.Artifact, nil)
				s.hub.ChangeRun(s.repo, r.ID, func(r *githubtest.WorkflowRun) {
					r.Artifacts[0].Expired, r.Status, r.Conclusion = true, "completed", "success"
				})
			})
		}, "workflow-no-result"},
		"it never ends": {func(s *stage) {
			s.asked.Until, s.Times.Late = time.Now().Add(-time.Hour), time.Minute
			s.hub.OnRun(func(_ string, r githubtest.WorkflowRun) {
				s.hub.ChangeRun(s.repo, r.ID, func(r *githubtest.WorkflowRun) { r.Status = "in_progress" })
			})
			s.Times.Leave = 50 * time.Millisecond
		}, "workflow-late"},
		"it never begins": {func(s *stage) { s.Times.Begin, s.Times.Leave = time.Nanosecond, 50*time.Millisecond }, "workflow-not-begun"},
	} {
		s := newStage(t, githubtest.Options{})
		tt.setup(s)
		_, _, err := s.Carry(t.Context(), s.errand(false))
		f := failed(t, err, tt.code)
		if f.Run.ID == 0 || !strings.Contains(f.Text, f.Run.URL) {
			t.Errorf("%s: the run is not named: %s", name, f.Text)
		}
	}
}

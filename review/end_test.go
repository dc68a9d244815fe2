package review_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/review"
	"github.com/pertask/pertask/verdict"
)

// ends reviews a pull request, as an attempt at the review named id, whose context is ended with a cause at a moment: the tenth
// call of the provider, or the first request that writes to our comment's place once trials are over.
func (s stage) ends(t *testing.T, id string, cause error, posting bool) (*sink, error) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	s.mu.Lock()
	s.on = func(r githubtest.Request) {
		if !posting && r.Method == "CALL" && r.Path == "10" || posting && r.Method != "GET" && strings.Contains(r.Path, "/comments") && strings.Contains(r.Body, "switch") {
			cancel(cause)
		}
	}
	s.mu.Unlock()
	o, k := s.app(), newSink()
	o.ID, o.ReportURL = id, "https://pertask.example/"+id
	_, err := review.New(o).Review(ctx, s.trigger(), k)
	s.mu.Lock()
	s.on = nil
	s.mu.Unlock()
	return k, err
}

// bodies are the App's comments.
func (s stage) bodies() (out []string) {
	for _, c := range s.hub.Comments(s.repo, s.pull) {
		if c.Author == s.actor.Login {
			out = append(out, c.Body)
		}
	}
	return out
}

// A review that goes on elsewhere leaves its check run open and says nothing that another one would have to take back.
func TestAReviewThatGoesOnElsewhereIsNotEnded(t *testing.T) {
	overtaken := fmt.Errorf("renewing: %w", review.ErrOvertaken)
	for _, tt := range []struct {
		name    string
		id      string
		cause   error
		posting bool
		open    bool
	}{
		{"overtaken", "r1", overtaken, false, true},
		{"overtaken, of one attempt", "", overtaken, false, true},
		{"overtaken while it posts", "r1", overtaken, true, true},
		{"stopped", "r1", context.Canceled, false, true},
		{"stopped by its name", "r1", fmt.Errorf("a deploy: %w", review.ErrStopped), false, true},
		{"stopped while it posts", "r1", context.Canceled, true, false},
		{"stopped, of one attempt", "", context.Canceled, false, false},
		{"for another reason", "r1", errors.New("the repository is gone"), false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newApp(t, blocking)
			k, err := s.ends(t, tt.id, tt.cause, tt.posting)
			c, _ := s.newest()
			if open := c.Status != "completed"; open != tt.open {
				t.Fatalf("the check run is %s %s: %s; %v", c.Status, c.Conclusion, c.Title, err)
			}
			if !tt.open {
				return
			}
			if !errors.Is(err, tt.cause) {
				t.Errorf("error %v, want %v", err, tt.cause)
			}
			if len(k.files) > 0 || len(k.outputs) > 0 || k.summary != "" || !tt.posting && len(k.opened) != 1 {
				t.Errorf("it leaves %v, %v, %q and %v", k.files, k.outputs, k.summary, k.opened)
			}
			if ours := s.bodies(); !tt.posting && (len(ours) != 1 || !strings.Contains(ours[0], "**Measuring `")) {
				t.Errorf("the comments %v do not say that it is measured", ours)
			}
			if tt.id == "" {
				return
			}
			s.do("clock: 1h")
			o := s.app()
			o.ID, o.ReportURL = tt.id, "https://pertask.example/"+tt.id
			s.review(t, o, s.trigger())
			if c, _ := s.newest(); len(s.hub.Checks(s.repo, s.head)) != 1 || c.Conclusion != "failure" || len(s.bodies()) != 1 || strings.Contains(s.bodies()[0], "**Measuring `") {
				t.Errorf("the next attempt ends with %s: %s and %.200q", c.Conclusion, c.Title, s.bodies())
			}
		})
	}
}

// A review of several suites that ends between two of them keeps what the first has found and cost.
func TestFinishedSuitesAreKept(t *testing.T) {
	for _, tt := range []struct {
		code string
		ends func(*githubtest.Pull)
	}{
		{"superseded", func(p *githubtest.Pull) { p.Head = p.Base }},
		{"closed", func(p *githubtest.Pull) { p.State = "closed" }},
	} {
		w := scenario(t, "two-suites")
		o := w.options(io.Discard)
		o.Progress = func(_ string, done, total int, _ price.Amount) {
			if done == total {
				w.hub.ChangePull(w.repo, w.pull, tt.ends)
			}
		}
		out, err := review.New(o).Review(t.Context(), w.trigger(), newSink())
		if err != nil || len(out.Reports) != 2 {
			t.Fatalf("%s: %d reports, %v", tt.code, len(out.Reports), err)
		}
		first, last := out.Reports[0], out.Reports[1]
		if m, known := first.SpentUSD.Value(); first.Suite != "tickets" || first.Result != verdict.Measured || !known || m.IsZero() {
			t.Errorf("%s: the first suite %q is %s for %s", tt.code, first.Suite, first.Result, first.SpentUSD)
		}
		if last.Reason.Code != tt.code || last.SpentUSD.String() != "0" {
			t.Errorf("%s: the second is %s because of %q, for %s", tt.code, last.Result, last.Reason.Code, last.SpentUSD)
		}
		if c := w.hub.Checks(w.repo, w.head)[0]; c.Status != "completed" || c.Conclusion != "neutral" {
			t.Errorf("%s: the check run is %s %s: %s", tt.code, c.Status, c.Conclusion, c.Title)
		}
	}
}

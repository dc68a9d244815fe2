package review_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/review"
	"github.com/pertask/pertask/review/command"
	"github.com/pertask/pertask/verdict"
)

// A review under way has looked at our comment before an acceptance was written there, and writes it again after that. The
// acceptance is there in the end all the same, and lets the change in.
func TestAnAcceptanceIsNotLost(t *testing.T) {
	s := newStage(t, blocking)
	s.do("key: no")
	s.do("event: opened")
	s.do("key: yes")
	s.do("write: bob write")
	over := make(chan struct{}) // GitHub has answered the write that knows nothing of the acceptance
	accepted := make(chan error, 1)
	began := false
	s.onCall = func(n int64) { // the clock stands still until the first look after trial 6 is due
		switch n {
		case 6:
			s.do("clock: 1m")
		case 12:
			<-accepted
			s.do("clock: 1m")
		}
	}
	s.hub.OnRequest(func(r githubtest.Request) {
		if r.Method != http.MethodPatch || !strings.Contains(r.Path, "/issues/comments/") || !strings.Contains(r.Body, " of 40 trials") || began {
			return
		}
		began = true
		written := make(chan struct{})
		go func() {
			s.said["bob"] = s.hub.AddComment(s.repo, s.pull, "bob", "/pertask accept due")
			o := s.machine()
			waits := 0
			o.Sleep = func(ctx context.Context, _ time.Duration) error {
				if waits++; waits == 1 {
					close(written)
					<-over
				}
				return ctx.Err()
			}
			tr := s.asks(command.Command{Verb: command.Accept, Reason: "due"})
			tr.CommentID = s.said["bob"]
			out, err := review.New(o).Review(context.Background(), tr, newSink())
			if err == nil && (out.Exit != 0 || waits < 2) {
				t.Errorf("the acceptance: %+v after %d looks", out, waits)
			}
			accepted <- err
		}()
		<-written // and only then the write of the review under way comes through
		time.AfterFunc(50*time.Millisecond, func() { close(over) })
	})
	out, err := review.New(s.machine()).Review(t.Context(), s.trigger(), newSink())
	if err != nil || out.Exit != 0 || out.Reports[0].Result != verdict.Accepted {
		t.Fatalf("%+v, %v", out, err)
	}
	if n := s.calls.Load(); n >= 40 {
		t.Errorf("the trials went on to the end: %d calls", n)
	}
	for _, c := range s.ours() {
		if !strings.Contains(c.Body, "**Accepted** by `bob`: due") {
			t.Errorf("our comment does not say so: %s", c.Body)
		}
	}
	checks := s.hub.Checks(s.repo, s.head)
	for _, c := range checks[1:] {
		if c.Status != "completed" || c.Conclusion != "success" {
			t.Errorf("check run %s %s: %s", c.Status, c.Conclusion, c.Title)
		}
	}
}

package review_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/ledger/ledgertest"
	"github.com/pertask/pertask/review"
	"github.com/pertask/pertask/review/again"
	"github.com/pertask/pertask/review/claim"
	"github.com/pertask/pertask/review/command"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
	"github.com/pertask/pertask/verdict"
)

// stage is a pull request that several reviews are at, each on a machine of its own.
type stage struct{ *life }

func newStage(t *testing.T, config string) stage {
	a := &txtar.Archive{Files: common(t)}
	if config != "" {
		a.Files = append(a.Files, txtar.File{Name: "fork/.github/pertask.yml", Data: []byte(config)})
	}
	return stage{newLife(t, a)}
}

// machine are the options of a review on another machine: nothing of its trials is known elsewhere.
func (s stage) machine() review.Options {
	o := s.options()
	o.Journal = func(string) (trial.Journal, string, error) { return journal.NewMemory(), "trials.jsonl", nil }
	o.Log, o.Tests = s.world.options(io.Discard).Log, &ledgertest.Memory{}
	return o
}

func (s stage) asks(c command.Command) review.Trigger {
	t := s.trigger()
	t.Kind, t.By, t.Command = review.Command, "bob", &c
	return t
}

// TestSeveralAtOnce starts an event and two commands at the same moment. One of them measures, and the others are answered by
// its verdict.
func TestSeveralAtOnce(t *testing.T) {
	s := newStage(t, "")
	var alone int64
	for round := range 4 {
		if round == 1 {
			alone = s.calls.Load()
			s = newStage(t, "")
		} else if round > 1 {
			s = newStage(t, "")
		}
		triggers := []review.Trigger{s.trigger(), s.asks(command.Command{Verb: command.Run}), s.asks(command.Command{Verb: command.Run, Trials: 5})}
		if round == 0 {
			triggers = triggers[:1] // to know what one costs
		}
		outs := make([]review.Outcome, len(triggers))
		errs := make([]error, len(triggers))
		var all sync.WaitGroup
		for i, tr := range triggers {
			o := s.machine()
			o.Sleep = func(ctx context.Context, _ time.Duration) error { time.Sleep(5 * time.Millisecond); return ctx.Err() }
			all.Go(func() { outs[i], errs[i] = review.New(o).Review(t.Context(), tr, newSink()) })
		}
		all.Wait()
		answered := 0
		for i, out := range outs {
			if errs[i] != nil || len(out.Reports) != 1 || out.Reports[0].Result != verdict.Measured || out.Reports[0].Verdict != verdict.DontSwitch {
				t.Fatalf("round %d, review %d: %+v, %v", round, i, out, errs[i])
			}
			if out.Reports[0].Reason.Code == again.Code {
				answered++
			}
		}
		if round > 0 && (answered != len(outs)-1 || s.calls.Load() != alone) {
			t.Errorf("round %d: %d of %d were answered, and the provider was called %d times; one alone calls it %d times", round, answered, len(outs), s.calls.Load(), alone)
		}
		for _, c := range s.hub.Checks(s.repo, s.head) {
			if c.Status != "completed" || c.Conclusion != "neutral" || !strings.HasPrefix(c.Title, "Don't switch: ") {
				t.Errorf("round %d: check run %s %s: %s", round, c.Status, c.Conclusion, c.Title)
			}
		}
		if n := len(s.ours()); n != 1 {
			t.Errorf("round %d: %d comments", round, n)
		}
	}
}

// busy makes another review of the head that measures, and gives a sign of life each time somebody waits, at most so often.
func (s stage) busy(t *testing.T, signs int) (id int64, sleep func(context.Context, time.Duration) error, waits *atomic.Int64) {
	t.Helper()
	client, repo := s.client(), github.Repo{Owner: "acme", Name: "agent"}
	run := func() github.CheckRun {
		s.mu.Lock()
		defer s.mu.Unlock()
		return github.CheckRun{Name: "pertask", HeadSHA: s.head, Status: github.StatusInProgress, Title: "34 of 120 trials",
			ExternalID: claim.Mark{Holds: true, Beat: s.now, Nonce: "another"}.String()}
	}
	id, err := client.CreateCheck(t.Context(), repo, run())
	if err != nil {
		t.Fatal(err)
	}
	waits = &atomic.Int64{}
	return id, func(ctx context.Context, d time.Duration) error {
		s.do("clock: " + d.String())
		if n := waits.Add(1); n <= int64(signs) {
			return client.UpdateCheck(ctx, repo, id, run())
		}
		return ctx.Err()
	}, waits
}

const blocking = `version: 1
suite: evals/suite.yaml
models:
  - path: config/agent.yaml
    model: $.coder.model
run: {max_trials: 5, concurrency: 1}
verdict: {mode: block}
upstreams:
  - {name: openai, provider: openai, url: "$PROVIDER", auth: bearer, key_env: OPENAI_API_KEY}
`

// Who has waited too long stands aside, spends nothing, and lets nothing through that the other one may block.
func TestStandsAside(t *testing.T) {
	for _, config := range []string{"", blocking} {
		s := newStage(t, config)
		_, sleep, waits := s.busy(t, 1000)
		o := s.machine()
		o.Sleep = sleep
		out, err := review.New(o).Review(t.Context(), s.trigger(), newSink())
		if err != nil || len(out.Reports) != 1 || out.Reports[0].Reason.Code != "under-way" || s.calls.Load() != 0 {
			t.Fatalf("%+v after %d calls, %v", out, s.calls.Load(), err)
		}
		want, exit := "neutral", 0
		if config != "" {
			want, exit = "action_required", 1
		}
		checks := s.hub.Checks(s.repo, s.head)
		if last := checks[len(checks)-1]; last.Conclusion != want || out.Exit != exit {
			t.Errorf("its check run is %s, exit %d; want %s, %d", last.Conclusion, out.Exit, want, exit)
		}
		if checks[0].Status != "in_progress" || checks[0].Title != "34 of 120 trials" {
			t.Errorf("the other one's is %+v", checks[0])
		}
		if n := waits.Load(); n != int64(claim.Patience/claim.Every) {
			t.Errorf("it waited %d times", n)
		}

		sink := newSink()
		out, err = review.New(o).Review(t.Context(), s.asks(command.Command{Verb: command.More}), sink)
		if err != nil || len(out.Reports) != 0 || s.calls.Load() != 0 || !strings.Contains(sink.summary, "ask again when it has ended") {
			t.Errorf("a command: %+v after %d calls, %v: %s", out, s.calls.Load(), err, sink.summary)
		}
		checks = s.hub.Checks(s.repo, s.head)
		if last := checks[len(checks)-1]; last.Conclusion != want {
			t.Errorf("the command's check run is %s, want %s", last.Conclusion, want)
		}
	}
}

// A process that gives no sign of life for some minutes is taken for dead: whoever waits takes its place.
func TestTakesOver(t *testing.T) {
	s := newStage(t, "")
	id, sleep, waits := s.busy(t, 3)
	o := s.machine()
	o.Sleep = sleep
	out, err := review.New(o).Review(t.Context(), s.trigger(), newSink())
	if err != nil || out.Reports[0].Verdict != verdict.DontSwitch || s.calls.Load() == 0 {
		t.Fatalf("%+v after %d calls, %v", out, s.calls.Load(), err)
	}
	if n := int(waits.Load()); n != 3+int(claim.Fresh/claim.Every)+1 {
		t.Errorf("it waited %d times", n)
	}
	if c := s.hub.Checks(s.repo, s.head)[0]; c.ID != id || c.Status != "completed" || c.Conclusion != "neutral" {
		t.Errorf("what it left is %+v", c)
	}
}

// While one waits the head moves on: it spends nothing.
func TestWaitsForNothing(t *testing.T) {
	s := newStage(t, "")
	_, sleep, _ := s.busy(t, 1000)
	o := s.machine()
	o.Sleep = func(ctx context.Context, d time.Duration) error {
		s.do("push: cheaper")
		return sleep(ctx, d)
	}
	tr := s.trigger()
	out, err := review.New(o).Review(t.Context(), tr, newSink())
	if err != nil || out.Reports[0].Reason.Code != "superseded" || s.calls.Load() != 0 {
		t.Errorf("%+v after %d calls, %v", out, s.calls.Load(), err)
	}
}

// A trial that takes long does not look dead to others: signs of life do not wait for its end.
func TestSignsOfLife(t *testing.T) {
	s := newStage(t, "")
	pulse := make(chan time.Time)
	var beats []string
	beat := make(chan struct{}, 100)
	s.on = nil
	s.hub.OnRequest(func(r githubtest.Request) {
		if r.Method == http.MethodPatch && strings.Contains(r.Body, "claim/1:holds") {
			_, after, _ := strings.Cut(r.Body, "claim/1:holds:")
			mark, _, _ := strings.Cut(after, ":")
			beats = append(beats, mark)
			beat <- struct{}{}
		}
	})
	s.onCall = func(n int64) {
		if n != 2 {
			return
		}
		for len(beat) > 0 {
			<-beat
		}
		for range 3 { // the trial takes three minutes
			s.do("clock: 1m")
			pulse <- time.Time{}
			<-beat
		}
	}
	o := s.machine()
	o.Pulse = pulse
	if out, err := review.New(o).Review(t.Context(), s.trigger(), newSink()); err != nil || out.Reports[0].Result != verdict.Measured {
		t.Fatalf("%+v, %v", out, err)
	}
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC).Unix()
	for i := range int64(4) {
		if want := fmt.Sprint(noon + 60*i); !strings.Contains(strings.Join(beats, " "), want) {
			t.Errorf("signs of life at %v, want one at %s", beats, want)
		}
	}
}

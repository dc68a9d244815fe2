package meter_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/usage"
)

func told(refused <-chan struct{}) bool {
	select {
	case <-refused:
		return true
	default:
		return false
	}
}

// waitTold waits for what the handler of a request does after its answer.
func waitTold(t *testing.T, refused <-chan struct{}) {
	t.Helper()
	select {
	case <-refused:
	case <-time.After(30 * time.Second):
		t.Fatal("nothing tells of the refusal")
	}
}

func TestFinal(t *testing.T) {
	cause := errors.New("the budget is spent")
	if got := meter.Final(cause); got.Error() != cause.Error() || !errors.Is(got, cause) {
		t.Errorf("the error became %v", got)
	}
	if got := meter.Final(nil); got != nil {
		t.Errorf("no error became %v", got)
	}
}

// A session tells of refusals that are final, of its own ones and of no others.
func TestRefusedForGood(t *testing.T) {
	var answer error
	r := newRig(t, answers(200, jsonType, chatAnswer(1, 1)), func(cfg *meter.Config) {
		cfg.Admit = func(context.Context, usage.Call) error { return answer }
	})
	other := r.proxy.Open("head/task/1")
	for _, answer = range []error{nil, errors.New("the model is not on the list"), meter.Final(nil)} {
		r.post("openai", "/chat/completions", `{"model":"m-1"}`)
		if told(r.session.Refused()) {
			t.Fatalf("told of a refusal after %v", answer)
		}
	}
	answer = meter.Final(errors.New("the budget is spent"))
	for range 2 {
		resp, body := r.post("openai", "/chat/completions", `{"model":"m-1"}`)
		if resp.StatusCode != 400 || messageOf(t, body) != "pertask: the budget is spent" {
			t.Errorf("got %d %s", resp.StatusCode, body)
		}
		waitTold(t, r.session.Refused())
	}
	if told(other.Refused()) {
		t.Error("another session is told")
	}
	if calls := r.close(); len(calls) != 5 || calls[4].Problem != "not forwarded: the budget is spent" {
		t.Errorf("the calls are %+v", calls)
	}
}

// What was admitted before is paid for: a session does not tell while its answer is still coming.
func TestRefusedWhileAnotherCallIsInFlight(t *testing.T) {
	arrived, finish := make(chan struct{}), make(chan struct{})
	var asked atomic.Int32
	r := newRig(t, func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-finish
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, chatAnswer(1, 1))
	}, func(cfg *meter.Config) {
		cfg.Admit = func(context.Context, usage.Call) error {
			if asked.Add(1) == 1 {
				return nil
			}
			return meter.Final(errors.New("the budget is spent"))
		}
	})
	first := make(chan int, 1)
	q := r.request("POST", "openai", "/chat/completions", `{"model":"m-1"}`)
	go func() {
		resp, err := http.DefaultClient.Do(q)
		if err != nil {
			first <- 0
			return
		}
		resp.Body.Close()
		first <- resp.StatusCode
	}()
	<-arrived
	for range 3 {
		r.post("openai", "/chat/completions", `{"model":"m-1"}`)
	}
	if told(r.session.Refused()) {
		t.Error("told of the refusal while a call that was admitted is in flight")
	}
	close(finish)
	if status := <-first; status != 200 {
		t.Errorf("the admitted call got %d", status)
	}
	waitTold(t, r.session.Refused())
	if calls := r.close(); len(calls) != 4 || calls[0].Coverage != usage.Complete {
		t.Errorf("the calls are %+v", calls)
	}
}

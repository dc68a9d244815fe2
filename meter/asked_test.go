package meter_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/usage"
)

// Whoever decides on a call can see how large it can get, as it is sent on.
func TestAsked(t *testing.T) {
	var got []string
	r := newRig(t, answers(200, jsonType, chatAnswer(1, 1)), func(cfg *meter.Config) {
		cfg.Admit = func(ctx context.Context, _ usage.Call) error {
			a := meter.AskedOf(ctx)
			got = append(got, fmt.Sprint(a.Bytes(), " ", a.MostOutput()))
			return nil
		}
	})
	const text = `{"model":"m","max_tokens":77,"messages":[]}`
	r.post("openai", "/chat/completions", text)
	r.post("openai", "/chat/completions", `{"model":"m"}`)
	if want := fmt.Sprint(len(text), " 77|13 0"); strings.Join(got, "|") != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if a := meter.AskedOf(t.Context()); a.Bytes() != 0 || a.MostOutput() != 0 {
		t.Error("a context of no call tells of one")
	}
}

// A call that waits to be admitted is not longer for it, and one whose client leaves while it waits is never sent.
func TestAdmissionMayWait(t *testing.T) {
	var now time.Time
	begun, go_, ended := make(chan bool, 1), make(chan bool), make(chan bool, 1)
	r := newRig(t, answers(200, jsonType, chatAnswer(1, 1)), func(cfg *meter.Config) {
		cfg.Now = func() time.Time { return now }
		cfg.Admit = func(ctx context.Context, c usage.Call) error {
			begun <- true
			select {
			case <-go_:
				now = now.Add(time.Hour)
				return nil
			case <-ctx.Done():
				defer func() { ended <- true }()
				return errors.New("budget: nobody waits any more")
			}
		}
	})
	go func() { <-begun; go_ <- true }()
	if resp, _ := r.post("openai", "/chat/completions", `{"model":"m"}`); resp.StatusCode != http.StatusOK {
		t.Errorf("answered with %d", resp.StatusCode)
	}
	ctx, leave := context.WithCancel(t.Context())
	go func() { <-begun; leave() }()
	if resp, err := http.DefaultTransport.RoundTrip(r.request(http.MethodPost, "openai", "/chat/completions", `{"model":"m"}`).WithContext(ctx)); err == nil {
		resp.Body.Close()
		t.Errorf("answered with %d", resp.StatusCode)
	}
	<-ended
	calls := r.close()
	if len(calls) != 2 || calls[0].Seconds != 0 || calls[0].Coverage != usage.Complete {
		t.Fatalf("calls %+v", calls)
	}
	if c := calls[1]; c.Coverage != usage.Unbilled || c.Problem != "not forwarded: budget: nobody waits any more" || len(r.seen) != 1 {
		t.Errorf("%d requests were sent on, and the one that left is %+v", len(r.seen), c)
	}
	if told(r.session.Refused()) {
		t.Error("a client that has left ends its session")
	}
}

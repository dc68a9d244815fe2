package meter_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/usage"
)

func TestTransportsThatDoNotTellHowFarTheyCame(t *testing.T) {
	for name, c := range map[string]struct {
		err      error
		coverage usage.Coverage
	}{
		"refused":         {&net.OpError{Op: "dial", Err: errors.New("refused")}, usage.Unbilled},
		"reset":           {&net.OpError{Op: "read", Err: errors.New("reset")}, usage.Missing},
		"something else":  {errors.New("no idea " + realKey), usage.Missing},
		"refused, deeper": {fmt.Errorf("x: %w", &net.OpError{Op: "dial", Err: errors.New("refused")}), usage.Unbilled},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, answers(200, jsonType, `{}`), func(cfg *meter.Config) {
				cfg.Transport = roundTrip(func(*http.Request) (*http.Response, error) { return nil, c.err })
			})
			if resp, body := r.post("openai", "/chat/completions", `{"model":"m"}`); resp.StatusCode != 502 || strings.Contains(body, realKey) {
				t.Errorf("got %d %s", resp.StatusCode, body)
			}
			call := r.one()
			want(t, call, c.coverage, 0, 0)
			if strings.Contains(call.Problem, realKey) {
				t.Errorf("the problem holds a key: %s", call.Problem)
			}
		})
	}
}

func TestAnswerThatIsNotTheGzipItSaysItIs(t *testing.T) {
	r := newRig(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = io.WriteString(w, "plain text")
	})
	resp, err := http.DefaultTransport.RoundTrip(r.request("POST", "openai", "/chat/completions", `{"model":"m"}`))
	if err == nil {
		_, err = io.ReadAll(resp.Body)
		resp.Body.Close()
	}
	if err == nil {
		t.Error("the client does not see that the answer cannot be read")
	}
	want(t, r.one(), usage.Missing, 0, 0)
}

func TestFreeRequestsAreRefusedLikeOthers(t *testing.T) {
	r := newRig(t, answers(200, jsonType, `{}`), func(cfg *meter.Config) { cfg.MaxRequest = 10 })
	for _, q := range []*http.Request{
		r.request("POST", "openai", "/files", strings.Repeat("x", 11)),
		r.request("POST", "keyless", "/files", ""),
		r.request("GET", "keyless", "/models", ""),
	} {
		if resp, body := r.do(q); resp.StatusCode < 400 || !strings.HasPrefix(messageOf(t, body), "pertask: ") {
			t.Errorf("%s %s: got %d %s", q.Method, q.URL.Path, resp.StatusCode, body)
		}
	}
	if seen, _ := r.requests(); len(seen) != 0 {
		t.Errorf("%d requests were forwarded", len(seen))
	}
}

func TestFreeRequestToAnUnreachableProviderIsUnbilled(t *testing.T) {
	r := newRig(t, answers(200, jsonType, `{}`))
	r.provider.Close()
	if resp, body := r.do(r.request("GET", "openai", "/models", "")); resp.StatusCode != 502 {
		t.Errorf("got %d %s, want 502", resp.StatusCode, body)
	}
	want(t, r.one(), usage.Unbilled, 0, 0)
}

func TestAdmissionEndsWithTheSession(t *testing.T) {
	asked := make(chan struct{})
	r := newRig(t, answers(200, jsonType, chatAnswer(1, 1)), func(cfg *meter.Config) {
		cfg.Admit = func(ctx context.Context, _ usage.Call) error {
			close(asked)
			<-ctx.Done()
			return ctx.Err()
		}
	})
	go func() {
		resp, err := http.DefaultTransport.RoundTrip(r.request("POST", "openai", "/chat/completions", `{"model":"m"}`))
		if err == nil {
			resp.Body.Close()
		}
	}()
	<-asked
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	calls := r.session.Close(ctx)
	if len(calls) != 1 {
		t.Fatalf("%d calls, want 1", len(calls))
	}
	want(t, calls[0], usage.Unbilled, 0, 0)
}

// TestCallThatOutlivesItsSessionIsMissing is about an Admit that does not listen: its call may not be recorded
// as admitted after its session has said that it ended, and it may not be forwarded.
func TestCallThatOutlivesItsSessionIsMissing(t *testing.T) {
	asked, answer, answered := make(chan struct{}), make(chan struct{}), make(chan struct{})
	r := newRig(t, answers(200, jsonType, chatAnswer(1, 1)), func(cfg *meter.Config) {
		cfg.Admit = func(context.Context, usage.Call) error {
			close(asked)
			<-answer
			return nil
		}
	})
	go func() {
		defer close(answered)
		resp, err := http.DefaultTransport.RoundTrip(r.request("POST", "openai", "/chat/completions", `{"model":"m"}`))
		if err == nil {
			resp.Body.Close()
		}
	}()
	<-asked
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	calls := r.session.Close(ctx)
	close(answer)
	<-answered
	if len(calls) != 1 {
		t.Fatalf("%d calls, want 1", len(calls))
	}
	want(t, calls[0], usage.Missing, 0, 0)
	if again := r.close(); again[0].Coverage != usage.Missing {
		t.Errorf("the call changed to %q after its session was closed", again[0].Coverage)
	}
	for _, rec := range r.records() {
		if rec.State != usage.Ended {
			t.Errorf("the call was recorded as %s", rec.State)
		}
	}
	if seen, _ := r.requests(); len(seen) != 0 {
		t.Error("the call was forwarded")
	}
}

func TestClientThatStopsReadingDoesNotStopTheCount(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits for a write to time out")
	}
	r := newRig(t, func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Content-Type", sseType)
		filler := ": " + strings.Repeat("x", 1<<20) + "\n\n"
		for range 24 { // more than the buffers between the two ends hold
			_, _ = io.WriteString(w, filler)
		}
		_, _ = io.WriteString(w, sse(chatEvents(2, 3)...))
	}, func(cfg *meter.Config) { cfg.Drain = 2 * time.Second })
	resp, err := http.DefaultTransport.RoundTrip(r.request("POST", "openai", "/chat/completions", `{"stream":true,"stream_options":{"include_usage":true}}`))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() // the client stays, and reads nothing
	for len(r.records()) < 2 {
		time.Sleep(10 * time.Millisecond) // until the proxy has given up on the client and read on
	}
	want(t, r.one(), usage.Complete, 3, 2)
}

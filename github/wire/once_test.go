package wire_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/pertask/pertask/github/wire"
)

// TestOnce: a request that is made once is not repeated after a rate limit, and its error says how long to wait.
func TestOnce(t *testing.T) {
	s := &server{answers: []answer{{429, "Retry-After: 7", ""}, {200, "", "{}"}}}
	var naps []time.Duration
	tr := s.transport(t, func(c *wire.Config) {
		sleep := c.Sleep
		c.Sleep = func(ctx context.Context, d time.Duration) error { naps = append(naps, d); return sleep(ctx, d) }
	})
	req, err := http.NewRequestWithContext(wire.Once(t.Context()), "PATCH", rest, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = (&http.Client{Transport: tr}).Do(req)
	if !errors.Is(err, wire.ErrRateLimited) || len(s.got) != 1 || len(naps) != 0 {
		t.Errorf("got %v after %d requests and waits of %v, want a rate limit after one and none", err, len(s.got), naps)
	}
	if werr := tr.Wait(t.Context(), err); werr != nil || len(naps) != 1 || naps[0] <= 6*time.Second || naps[0] > 7*time.Second {
		t.Errorf("waited %v, %v; want 7s", naps, werr)
	}
	if other := errors.New("another"); tr.Wait(t.Context(), other) != other || len(naps) != 1 {
		t.Error("it waited for something that is no rate limit")
	}
}

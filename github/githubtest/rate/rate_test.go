package rate_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/github/githubtest/rate"
)

// clock is a time that a test moves.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func newClock() *clock { return &clock{time.Unix(1_800_000_000, 0)} }

func TestHourly(t *testing.T) {
	c := newClock()
	l := rate.New(2, 0, c.now)
	count := func(token string) (remaining, used string, refused bool) {
		h := http.Header{}
		words := l.Count(token, true, h)
		if h.Get("X-RateLimit-Limit") != "2" || h.Get("X-RateLimit-Resource") != "core" {
			t.Errorf("got %v", h)
		}
		return h.Get("X-RateLimit-Remaining"), h.Get("X-RateLimit-Used"), strings.Contains(words, "API rate limit exceeded")
	}
	for i, tt := range []struct {
		token, remaining, used string
		refused                bool
		after                  func()
	}{
		{"a", "1", "1", false, nil},
		{"a", "0", "2", false, nil},
		{"a", "0", "2", true, nil},
		{"b", "1", "1", false, func() { l.Return("b") }}, // did not count
		{"b", "1", "1", false, func() { c.at = c.at.Add(time.Hour - 1) }},
		{"a", "0", "2", true, func() { c.at = c.at.Add(1) }},
		{"a", "1", "1", false, nil},
	} {
		if remaining, used, refused := count(tt.token); remaining != tt.remaining || used != tt.used || refused != tt.refused {
			t.Errorf("%d: got %s, %s, %v, want %+v", i, remaining, used, refused, tt)
		}
		if tt.after != nil {
			tt.after()
		}
	}
}

func TestReset(t *testing.T) {
	c := newClock()
	l := rate.New(1, 0, c.now)
	for _, tt := range []struct{ forward, want time.Duration }{{0, time.Hour}, {30 * time.Minute, time.Hour}, {30 * time.Minute, 2 * time.Hour}, {3 * time.Hour, 5 * time.Hour}} {
		c.at = c.at.Add(tt.forward)
		h := http.Header{}
		l.Count("a", false, h)
		if got, want := h.Get("X-RateLimit-Reset"), strconv.FormatInt(newClock().at.Add(tt.want).Unix(), 10); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestContent(t *testing.T) {
	c := newClock()
	l := rate.New(5000, 2, c.now)
	for i, tt := range []struct {
		forward time.Duration
		creates bool
		refused bool
	}{
		{0, true, false}, {30 * time.Second, true, false}, {0, true, true}, {0, false, false}, // what creates nothing goes on
		{30*time.Second - 1, true, true}, {1, true, false}, {0, true, true}, {30 * time.Second, true, false},
	} {
		c.at = c.at.Add(tt.forward)
		h := http.Header{}
		words := l.Count("t"+strconv.Itoa(i), tt.creates, h) // of all tokens together
		if refused := strings.Contains(words, "secondary rate limit"); refused != tt.refused || (h.Get("Retry-After") == "60") != tt.refused {
			t.Errorf("%d: got %q, %v", i, words, h)
		}
	}
	free := rate.New(5000, 0, c.now)
	for range 200 {
		if words := free.Count("t", true, http.Header{}); words != "" {
			t.Fatalf("without a limit: got %q", words)
		}
	}
}

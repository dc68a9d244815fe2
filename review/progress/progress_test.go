package progress_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/review/progress"
)

const (
	head  = "abc1234def5678abc1234def5678abc1234def56"
	shown = "0123456789012345678901234567890123456789"
)

func TestTitle(t *testing.T) {
	tests := []struct {
		name string
		s    progress.Standing
		want string
	}{
		{"begins", progress.Standing{}, "Measuring"},
		{"with a forecast", progress.Standing{Most: price.Known(price.MustMoney("2.5"))}, "Measuring, for about $2.50"},
		{"on the way", progress.Standing{Done: 34, Total: 120, Look: 2, Looks: 6, Spent: price.Known(price.MustMoney("1.2"))}, "34 of 120 trials, $1.20, look 2 of 6"},
		{"an unknown cost is not shown as nothing", progress.Standing{Done: 1, Total: 2}, "1 of 2 trials"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.s.Title(); got != tt.want {
				t.Errorf("title %q, want %q", got, tt.want)
			}
		})
	}
}

func TestBlockNamesBothHeads(t *testing.T) {
	got := progress.Standing{Head: head, Shown: shown, Suite: "a`b@c", Done: 1, Total: 2}.Block()
	for _, want := range []string{"**Measuring `abc1234`.**", "The result below is about `0123456`.", "``a`b@c``"} {
		if !strings.Contains(got, want) {
			t.Errorf("the block does not say %q:\n%s", want, got)
		}
	}
	if alone := (progress.Standing{Head: head}).Block(); strings.Contains(alone, "below") {
		t.Errorf("there is nothing below, and the block says so: %s", alone)
	}
}

func TestThrottle(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	th := progress.Throttle{Now: func() time.Time { return now }}
	for _, tt := range []struct {
		after time.Duration
		want  bool
	}{{0, true}, {0, false}, {44 * time.Second, false}, {time.Second, true}, {44 * time.Second, false}, {-time.Hour, true}} {
		now = now.Add(tt.after)
		if got := th.Due(); got != tt.want {
			t.Errorf("at %s: due %v, want %v", now.Format(time.TimeOnly), got, tt.want)
		}
	}
}

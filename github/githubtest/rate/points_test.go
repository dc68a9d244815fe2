package rate_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/github/githubtest/rate"
)

func TestPoints(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	end := now.Add(time.Hour)
	p := rate.NewPoints(10, func() time.Time { return now })
	for _, tt := range []struct {
		who   string
		cost  int
		after time.Duration
		want  rate.Spent
		fails bool
	}{
		{"ada", 4, 0, rate.Spent{Cost: 4, Used: 4, Limit: 10, Reset: end}, false},
		{"eve", 9, 0, rate.Spent{Cost: 9, Used: 9, Limit: 10, Reset: end}, false},
		{"ada", 6, 0, rate.Spent{Cost: 6, Used: 10, Limit: 10, Reset: end}, false},
		{"ada", 1, 0, rate.Spent{Cost: 1, Used: 11, Limit: 10, Reset: end}, true},
		{"eve", 1, 0, rate.Spent{Cost: 1, Used: 10, Limit: 10, Reset: end}, false},
		{"ada", 1, time.Hour, rate.Spent{Cost: 1, Used: 1, Limit: 10, Reset: end.Add(time.Hour)}, false},
	} {
		now = now.Add(tt.after)
		head := http.Header{}
		got, words := p.Spend(tt.who, tt.cost, head)
		if diff := cmp.Diff(got, tt.want); diff != "" || (words != "") != tt.fails || (head.Get("X-RateLimit-Remaining") == "0") != tt.fails {
			t.Errorf("%s spends %d: %q, %v, got-want:\n%s", tt.who, tt.cost, words, head, diff)
		}
	}
}

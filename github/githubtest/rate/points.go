package rate

import (
	"net/http"
	"strconv"
	"time"
)

// Points is the primary limit of GraphQL, which counts the cost of queries and not their number. It is not safe for
// concurrent use. Source: GitHub's documentation "Rate limits and query limits for the GraphQL API".
type Points struct {
	hourly int
	now    func() time.Time
	used   map[string]int
	reset  time.Time
}

// Spent is what a query cost and what is left after it.
type Spent struct {
	Cost, Used, Limit int
	Reset             time.Time
}

// NewPoints returns a limit of the points that each may spend in an hour.
func NewPoints(hourly int, now func() time.Time) *Points {
	return &Points{hourly: hourly, now: now, used: map[string]int{}, reset: now().Add(time.Hour)}
}

// Spend spends the cost of a query. It returns GitHub's words when the query is refused, else ""; the headers say then when
// the limit ends.
func (p *Points) Spend(who string, cost int, head http.Header) (Spent, string) {
	if now := p.now(); !now.Before(p.reset) {
		p.reset, p.used = now.Add(time.Hour), map[string]int{}
	}
	s := Spent{Cost: cost, Used: p.used[who] + cost, Limit: p.hourly, Reset: p.reset}
	if s.Used > p.hourly {
		head.Set("X-RateLimit-Remaining", "0")
		head.Set("X-RateLimit-Reset", strconv.FormatInt(p.reset.Unix(), 10))
		head.Set("X-RateLimit-Resource", "graphql")
		return s, "API rate limit exceeded for installation."
	}
	p.used[who] = s.Used
	return s, ""
}

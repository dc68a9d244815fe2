// Package rate counts requests and new content, and says when there were too many of them, as GitHub does.
//
// It knows the primary limit of each token, the secondary one of all content, and the headers that say so. It refuses to know
// what is asked, and what a refusal looks like but for its words. Source: GitHub's documentation "Rate limits for the REST API".
package rate

import (
	"net/http"
	"strconv"
	"time"
)

// Limiter counts requests. It is not safe for concurrent use.
type Limiter struct {
	hourly, content int
	now             func() time.Time
	used            map[string]int // requests by token
	reset           time.Time
	creation        []time.Time // of content, in the last minute
}

// New returns a limiter of the requests that a token may make in an hour, and of the content that all may create in a minute; 0
// is no limit of the latter.
func New(hourly, content int, now func() time.Time) *Limiter {
	return &Limiter{hourly: hourly, content: content, now: now, used: map[string]int{}, reset: now().Add(time.Hour)}
}

// Count counts a request, and writes the headers of its answer. It returns GitHub's words when the request is refused, else "".
// Creates says that the request creates content.
func (l *Limiter) Count(token string, creates bool, head http.Header) string {
	now := l.now()
	if !now.Before(l.reset) {
		l.reset, l.used = now.Add(time.Hour), map[string]int{}
	}
	l.used[token]++
	for name, n := range map[string]int{
		"Limit": l.hourly, "Remaining": max(l.hourly-l.used[token], 0), "Used": min(l.used[token], l.hourly), "Reset": int(l.reset.Unix()),
	} {
		head.Set("X-RateLimit-"+name, strconv.Itoa(n))
	}
	head.Set("X-RateLimit-Resource", "core")
	if l.used[token] > l.hourly {
		return "API rate limit exceeded for installation."
	}
	if l.content == 0 || !creates {
		return ""
	}
	for len(l.creation) > 0 && now.Sub(l.creation[0]) >= time.Minute {
		l.creation = l.creation[1:]
	}
	if len(l.creation) >= l.content {
		head.Set("Retry-After", "60")
		return "You have exceeded a secondary rate limit and have been temporarily blocked from content creation. Please retry your request again later."
	}
	l.creation = append(l.creation, now)
	return ""
}

// Return takes back the last request of a token, which did not count: an answer 304 does not.
func (l *Limiter) Return(token string) { l.used[token]-- }

// Package traffic remembers the requests that a server got, and makes some of them go wrong.
//
// It knows what a request was, which ones a fault is for, and how often. It refuses to know what is asked, and
// what a right answer would be.
package traffic

import (
	"regexp"
	"sync"
	"time"
)

// Request is one request that was received, in the order of arrival.
type Request struct {
	Method string
	Path   string // without the query; "/graphql" for GraphQL
	Query  string // raw
	Body   string
	Actor  string // login; "" when the token is unknown or none was sent
	Agent  string // User-Agent
	// Authorized says that any credentials were sent.
	Authorized bool
	Archive    bool // made to the server that archives are redirected to
	Status     int  // of the answer; 0 when the connection was cut or there is none yet
	Done       bool // it was handled
}

// Matcher picks requests.
type Matcher func(Request) bool

// Match picks requests by method, "" for any, and a regular expression that matches the path.
func Match(method, path string) Matcher {
	re := regexp.MustCompile(path)
	return func(r Request) bool { return (method == "" || r.Method == method) && re.MatchString(r.Path) }
}

// Fault is a way to go wrong.
type Fault struct {
	Match  Matcher
	Status int // of the answer; 0 cuts the connection
	Times  int // how many requests it meets; 0 is one, a negative number all
	// After says that the request has its effect before the fault.
	After   bool
	Header  map[string]string
	Message string
	Delay   time.Duration // before anything else
	// Only with Delay: answer properly afterwards.
	Only bool
}

// Answers reports whether the fault has an answer of its own.
func (f *Fault) Answers() bool { return f != nil && (f.Delay == 0 || !f.Only) }

// Prevents reports whether the request has no effect.
func (f *Fault) Prevents() bool { return f.Answers() && !f.After }

// Traffic is the requests and the faults of a server. The zero value is ready. It is safe for concurrent use.
type Traffic struct {
	mu     sync.Mutex
	log    []Request
	faults []*Fault
	hook   func(Request)
}

// Record adds a request, calls the hook with it, and returns its number for Settle.
func (t *Traffic) Record(r Request) int {
	t.mu.Lock()
	t.log = append(t.log, r)
	n, hook := len(t.log)-1, t.hook
	t.mu.Unlock()
	if hook != nil && !r.Archive {
		hook(r)
	}
	return n
}

// Settle says how a request was answered.
func (t *Traffic) Settle(n, status int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if n < len(t.log) { // else the log was reset in between
		t.log[n].Status, t.log[n].Done = status, true
	}
}

// Requests returns what was received so far.
func (t *Traffic) Requests() []Request {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]Request(nil), t.log...)
}

// Count returns how many requests have the method, "" for any, and a path that the regular expression matches.
func (t *Traffic) Count(method, path string) int {
	is, n := Match(method, path), 0
	for _, r := range t.Requests() {
		if is(r) {
			n++
		}
	}
	return n
}

// ResetRequests forgets what was received so far.
func (t *Traffic) ResetRequests() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.log = nil
}

// OnRequest calls f with every request before it is handled, without a lock, so that a test can hold one back.
func (t *Traffic) OnRequest(f func(Request)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.hook = f
}

// Inject adds a fault. Of several that match, the first one added is met first.
func (t *Traffic) Inject(f Fault) {
	if f.Times == 0 {
		f.Times = 1
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.faults = append(t.faults, &f)
}

// Fail makes the next requests that match answer with a status, 0 to cut the connection; with afterEffect only
// after they had their effect.
func (t *Traffic) Fail(m Matcher, status, times int, afterEffect bool) {
	t.Inject(Fault{Match: m, Status: status, Times: times, After: afterEffect})
}

// Delay makes the next requests that match wait.
func (t *Traffic) Delay(m Matcher, d time.Duration, times int) {
	t.Inject(Fault{Match: m, Delay: d, Times: times, Only: true})
}

// Meet returns the fault that a request meets, nil for none, and counts it.
func (t *Traffic) Meet(r Request) *Fault {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, f := range t.faults {
		if !f.Match(r) {
			continue
		}
		if f.Times > 0 {
			if f.Times--; f.Times == 0 {
				t.faults = append(t.faults[:i:i], t.faults[i+1:]...)
			}
		}
		return f
	}
	return nil
}

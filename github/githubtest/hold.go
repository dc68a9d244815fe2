package githubtest

import (
	"fmt"
	"net/http"

	"github.com/pertask/pertask/github/githubtest/contract"
	"github.com/pertask/pertask/github/githubtest/graph"
)

// hold holds a request and its answer against what GitHub publishes. Answered says that the answer is this
// server's own, and not a fault's.
func (s *Server) hold(r *http.Request, body []byte, head http.Header, rep reply, raw []byte, answered bool) {
	if s.opt.Unchecked {
		return
	}
	var v contract.Verdict
	status := rep.status
	if r.URL.Path == "/graphql" {
		var answer []byte
		if answered && status == http.StatusOK {
			answer = raw
		}
		v = contract.CheckQuery(body, answer)
	} else {
		x := contract.Exchange{Method: r.Method, Path: r.URL.Path, Query: r.URL.Query(), Header: r.Header, Body: body}
		if answered {
			x.Status, x.AnswerHeader, x.Answer = status, head, raw
		}
		v = contract.Check(x)
	}
	if s.opt.BadRequests && rep.refuses() {
		v.Request = nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for what, all := range map[string][]string{"request": v.Request, "answer": v.Answer} {
		for _, text := range all {
			s.broken = append(s.broken, fmt.Sprintf("%s %s: %s: %s", r.Method, r.URL.Path, what, text))
		}
	}
}

// refuses reports whether a reply is a refusal, of REST or of GraphQL.
func (rep reply) refuses() bool {
	a, isGraph := rep.body.(graph.Answer)
	return rep.status >= 400 || isGraph && len(a.Errors) > 0
}

// Violations lists what crossed the wire and is not as GitHub publishes it: what a client asked for, and what this
// server answered. A server that was started with a test reports them at its end.
func (s *Server) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.broken...)
}

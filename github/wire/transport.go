package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Transport authenticates, waits for rate limits, repeats what may be repeated, and turns every answer of
// 400 and above into an [*Error], so that the REST and the GraphQL client above it fail in one way. It is an
// http.RoundTripper, safe for concurrent use.
type Transport struct {
	next    http.RoundTripper
	gql     *url.URL
	scrub   scrubber
	sleep   func(context.Context, time.Duration) error
	now     func() time.Time
	retries int
	maxWait time.Duration
	agent   string
}

// Scrub returns a text without tokens: ours, and everything that has the shape of a token of GitHub.
func (t *Transport) Scrub(text string) string { return t.scrub.text(text) }

// RoundTrip makes a request and, where that is safe, makes it again: after a rate limit always, because
// GitHub did not execute it; after a 5xx or a broken connection only when it changes nothing.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		defer req.Body.Close()
	}
	for attempt := 0; ; attempt++ {
		try, err := again(req, t.agent)
		if err != nil {
			return nil, err
		}
		resp, wait, err := t.once(try, attempt)
		if err == nil || wait < 0 || attempt >= t.retries || once(req.Context()) {
			return resp, err
		}
		if err := t.pause(req.Context(), wait, err); err != nil {
			return nil, err
		}
	}
}

// pause waits, or returns cause when the wait is longer than the context or the configuration allows.
func (t *Transport) pause(ctx context.Context, wait time.Duration, cause error) error {
	if deadline, ok := ctx.Deadline(); wait > t.maxWait || ok && t.now().Add(wait).After(deadline) {
		return cause
	}
	return t.sleep(ctx, wait)
}

// again returns a copy of req with an unread body, and our name, which GitHub insists on.
func again(req *http.Request, agent string) (*http.Request, error) {
	out := req.Clone(req.Context())
	out.Header.Set("User-Agent", agent)
	if req.Body == nil || req.Body == http.NoBody {
		return out, nil
	}
	if req.GetBody == nil {
		return nil, errors.New("repeating a request: its body cannot be read twice")
	}
	body, err := req.GetBody()
	if err != nil {
		return nil, err
	}
	out.Body = body
	return out, nil
}

// once makes one attempt. A wait below zero means that there must be no other.
func (t *Transport) once(req *http.Request, attempt int) (*http.Response, time.Duration, error) {
	resp, err := t.next.RoundTrip(req)
	if err != nil {
		var e *Error // of the refresh of an installation token, which has had its retries
		if req.Context().Err() != nil || errors.As(err, &e) || !t.repeatable(req) {
			return nil, -1, err
		}
		return nil, Backoff(attempt), err
	}
	if resp.StatusCode < 400 {
		return t.success(req, resp, attempt)
	}
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	resp.Body.Close()
	e := answer(resp, body, t.scrub)
	if wait, ok := t.limited(resp.Header, e, attempt); ok {
		return nil, wait, e
	}
	if e.Status >= 500 && t.repeatable(req) {
		return nil, Backoff(attempt), e
	}
	return nil, -1, e
}

// success takes the rate headers away, because go-github would refuse the next request on its own clock
// when they say that none remains, and looks for a rate limit inside a GraphQL answer.
func (t *Transport) success(req *http.Request, resp *http.Response, attempt int) (*http.Response, time.Duration, error) {
	head := resp.Header.Clone()
	for _, h := range []string{"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"} {
		resp.Header.Del(h)
	}
	if !t.isGraphQL(req) {
		return resp, -1, nil
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<26))
	resp.Body.Close()
	if err != nil {
		return nil, Backoff(attempt), fmt.Errorf("reading the answer: %w", err)
	}
	var out struct{ Errors []QueryError }
	if json.Unmarshal(body, &out) != nil {
		return nil, Backoff(attempt), errors.New("reading the answer: not JSON")
	}
	for _, q := range out.Errors {
		if q.Type == "RATE_LIMITED" {
			e := &Error{Status: http.StatusForbidden, Message: Clip(t.scrub.text(q.Message), 300)}
			wait, _ := t.limited(head, e, attempt)
			e.Status = http.StatusOK
			return nil, wait, e
		}
	}
	if into, ok := req.Context().Value(queryErrorsKey{}).(*[]QueryError); ok {
		*into = out.Errors
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, -1, nil
}

func (t *Transport) isGraphQL(req *http.Request) bool {
	return req.URL.Host == t.gql.Host && req.URL.Path == t.gql.Path
}

// repeatable reports whether making the request twice is as good as once. GraphQL is used for queries and
// for hiding a comment, which is the same twice; a second installation token does no harm.
func (t *Transport) repeatable(req *http.Request) bool {
	switch req.Method {
	case http.MethodGet, http.MethodHead, http.MethodDelete:
		return true
	case http.MethodPost:
		return t.isGraphQL(req) || strings.HasSuffix(req.URL.Path, "/access_tokens")
	}
	return false
}

// limited reports whether an answer is a rate limit, primary or secondary, and how long to wait: as
// Retry-After says, else until the limit resets, else a minute, doubled for each attempt.
// Source: GitHub's documentation, "Rate limits for the REST API", "Exceeding the rate limit".
func (t *Transport) limited(h http.Header, e *Error, attempt int) (time.Duration, bool) {
	if e.Status != http.StatusForbidden && e.Status != http.StatusTooManyRequests {
		return 0, false
	}
	msg := strings.ToLower(e.Message)
	wait := time.Duration(0)
	if s, err := strconv.ParseInt(h.Get("Retry-After"), 10, 32); err == nil && s >= 0 {
		wait = time.Duration(max(s, 1)) * time.Second
	} else if reset, err := strconv.ParseInt(h.Get("X-RateLimit-Reset"), 10, 64); err == nil && h.Get("X-RateLimit-Remaining") == "0" {
		// A second more, because the header has whole seconds and clocks differ.
		wait = max(time.Unix(reset, 0).Sub(t.now())+time.Second, time.Second)
	} else if e.Status == http.StatusTooManyRequests || strings.Contains(msg, "rate limit") || strings.Contains(msg, "abuse detection") {
		wait = time.Minute << min(attempt, 6)
	} else {
		return 0, false
	}
	e.cause, e.Permission, e.Until = ErrRateLimited, "", t.now().Add(wait)
	return wait, true
}

// Backoff is the wait after an attempt, the first being 0: 1, 2, 4, ... 64 seconds and up to half of that
// again, so that two processes that failed together do not come back together.
func Backoff(attempt int) time.Duration {
	d := time.Second << min(attempt, 6)
	return d + rand.N(d/2)
}

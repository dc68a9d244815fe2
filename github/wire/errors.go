package wire

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// The causes that callers act upon. They are found with errors.Is.
var (
	// ErrAuth is an answer 401: the token is wrong, expired or revoked.
	ErrAuth = errors.New("bad credentials")
	// ErrPermission is a refusal for want of a permission. The text names the permission to add.
	ErrPermission = errors.New("permission missing")
	// ErrCheckForbidden is a refusal to change a check run that another App, or GitHub itself, made. The
	// way out is to make a fresh one.
	ErrCheckForbidden = errors.New("check run belongs to someone else")
	// ErrNotFound is an answer 404 or 410. GitHub also gives it for what a token may not see.
	ErrNotFound = errors.New("not found, or not visible to this token")
	// ErrTooLong is a body or a file above the limit. Nothing was written.
	ErrTooLong = errors.New("too long")
	// ErrRateLimited is a rate limit that did not end within the context and the retries.
	ErrRateLimited = errors.New("rate limited")
)

// Error is an answer of GitHub that is not a success.
type Error struct {
	Status     int    // of HTTP; 200 for errors inside a GraphQL answer
	Message    string // GitHub's, cut and without tokens
	RequestID  string // X-GitHub-Request-Id, for a ticket
	Permission string // what to add, such as "checks: write"; "" when unknown
	// Until is when a rate limit ends; zero for other errors.
	Until time.Time
	cause error
}

// Error returns one line.
func (e *Error) Error() string {
	var b strings.Builder
	if e.cause != nil {
		b.WriteString(e.cause.Error() + ": ")
	}
	fmt.Fprintf(&b, "GitHub answered %d", e.Status)
	if e.Message != "" {
		fmt.Fprintf(&b, " %q", e.Message)
	}
	if e.Permission != "" {
		fmt.Fprintf(&b, "; add the permission %q", e.Permission)
	}
	if !e.Until.IsZero() {
		fmt.Fprintf(&b, "; until %s", e.Until.UTC().Format(time.RFC3339))
	}
	if e.RequestID != "" {
		fmt.Fprintf(&b, " (request %s)", e.RequestID)
	}
	return b.String()
}

// Unwrap returns the cause, one of the Err variables, or nil.
func (e *Error) Unwrap() error { return e.cause }

// answer makes an Error of an answer with status 400 or above.
func answer(resp *http.Response, body []byte, scrub scrubber) *Error {
	e := &Error{
		Status:    resp.StatusCode,
		Message:   Clip(scrub.text(messageOf(body)), 300),
		RequestID: Clip(resp.Header.Get("X-GitHub-Request-Id"), 64),
	}
	switch {
	case e.Status == http.StatusUnauthorized:
		e.cause = ErrAuth
	case e.Status == http.StatusNotFound || e.Status == http.StatusGone:
		e.cause = ErrNotFound
	case e.Status == http.StatusForbidden && checkForbidden(e.Message):
		e.cause = ErrCheckForbidden
	case e.Status == http.StatusForbidden && strings.Contains(e.Message, "Resource not accessible by"):
		e.cause = ErrPermission
		e.Permission = acceptedPermissions(resp.Header)
	case e.Status == http.StatusUnprocessableEntity && tooLong(e.Message):
		e.cause = ErrTooLong
	}
	return e
}

func checkForbidden(msg string) bool {
	return strings.Contains(msg, "can only be updated internally") || strings.HasPrefix(msg, "Invalid app_id")
}

func tooLong(msg string) bool {
	return strings.Contains(msg, "is too long") || strings.Contains(msg, "maximum bytesize") || strings.Contains(msg, "characters are allowed")
}

// acceptedPermissions reads the header in which GitHub names what a request needs: "checks=write".
func acceptedPermissions(h http.Header) string {
	v := Clip(h.Get("X-Accepted-GitHub-Permissions"), 100)
	if v == "" || strings.Trim(v, "abcdefghijklmnopqrstuvwxyz_=,; ") != "" {
		return ""
	}
	return strings.ReplaceAll(strings.ReplaceAll(v, "_", "-"), "=", ": ")
}

// messageOf joins the message of an answer and those of the errors inside it.
func messageOf(body []byte) string {
	var m struct {
		Message string
		Errors  []json.RawMessage
	}
	if json.Unmarshal(body, &m) != nil {
		// A proxy's page, not GitHub's answer: the status says enough.
		return ""
	}
	parts := []string{m.Message}
	for _, raw := range m.Errors {
		var s string
		var o struct{ Field, Code, Message string }
		switch {
		case json.Unmarshal(raw, &s) == nil:
			parts = append(parts, s)
		case json.Unmarshal(raw, &o) == nil:
			parts = append(parts, strings.TrimSpace(strings.Join([]string{o.Field, o.Code, o.Message}, " ")))
		}
	}
	return strings.Join(parts, ": ")
}

// Unclear reports whether a write that ended with err may have happened all the same: everything but an
// answer below 500.
func Unclear(err error) bool {
	var e *Error
	if errors.As(err, &e) {
		return e.Status >= 500
	}
	return !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}

// NoCommit reports whether err says that there is no such commit: 404, or 422 where GitHub looked for one.
func NoCommit(err error) bool {
	var e *Error
	return errors.Is(err, ErrNotFound) ||
		errors.As(err, &e) && e.Status == http.StatusUnprocessableEntity && strings.HasPrefix(e.Message, "No commit found for SHA")
}

// opError is an error with the step that failed. Its text is free of tokens, and it does not wrap a
// *url.Error, whose text has the whole URL: the one of an archive is a key to it.
type opError struct {
	text string
	err  error
}

func (e *opError) Error() string { return e.text }
func (e *opError) Unwrap() error { return e.err }

// Wrap adds the step to an error, and the permission that it needs when GitHub did not name one. The text is
// free of tokens. Nil stays nil.
func (t *Transport) Wrap(err error, permission, format string, args ...any) error {
	if err == nil {
		return nil
	}
	if ue := (*url.Error)(nil); errors.As(err, &ue) {
		err = ue.Err
	}
	if e := (*Error)(nil); errors.As(err, &e) && e.cause == ErrPermission && e.Permission == "" && permission != "" {
		named := *e
		named.Permission = permission
		err = &named
	}
	return &opError{text: t.scrub.text(fmt.Sprintf(format, args...) + ": " + err.Error()), err: err}
}

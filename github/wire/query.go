package wire

import (
	"context"
	"net/http"
	"strings"
)

// QueryError is one error inside a GraphQL answer.
type QueryError struct {
	Type    string // GitHub's, such as NOT_FOUND
	Message string // GitHub's: not free of tokens
	Path    []any  // to the field that failed, names and indexes
}

type queryErrorsKey struct{}

// WithQueryErrors returns a context whose GraphQL request leaves the errors of its answer in into. The client
// library above would only hand on their texts.
func WithQueryErrors(ctx context.Context, into *[]QueryError) context.Context {
	return context.WithValue(ctx, queryErrorsKey{}, into)
}

// Refusal returns the error that q is, with its cause.
func (t *Transport) Refusal(q QueryError) *Error {
	e := &Error{Status: http.StatusOK, Message: Clip(t.scrub.text(q.Message), 300)}
	switch {
	case q.Type == "NOT_FOUND":
		e.cause = ErrNotFound
	case q.Type == "FORBIDDEN" || strings.Contains(q.Message, "Resource not accessible by"):
		e.cause = ErrPermission
	}
	return e
}

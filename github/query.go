package github

import (
	"context"
	"errors"
	"net/http"
	"strings"
)

// queryError is one error inside a GraphQL answer.
type queryError struct {
	Type    string
	Message string
	Path    []any
}

type queryErrorsKey struct{}

// query runs a GraphQL query. Errors that forgive accepts are dropped: their part of q stays empty.
func (c *Client) query(ctx context.Context, q any, vars map[string]any, forgive func(queryError) bool) error {
	var found []queryError
	err := c.gql.Query(context.WithValue(ctx, queryErrorsKey{}, &found), q, vars)
	return c.queryError(err, found, forgive)
}

func (c *Client) queryError(err error, found []queryError, forgive func(queryError) bool) error {
	if err == nil || len(found) == 0 {
		return err
	}
	for _, f := range found {
		if forgive != nil && forgive(f) {
			continue
		}
		e := &Error{Status: http.StatusOK, Message: clip(c.scrub.text(f.Message), 300)}
		switch {
		case f.Type == "NOT_FOUND":
			e.cause = ErrNotFound
		case f.Type == "FORBIDDEN" || strings.Contains(f.Message, "Resource not accessible by"):
			e.cause = ErrPermission
		}
		return e
	}
	return nil
}

// mutate runs a GraphQL mutation.
func (c *Client) mutate(ctx context.Context, m, input any) error {
	var found []queryError
	err := c.gql.Mutate(context.WithValue(ctx, queryErrorsKey{}, &found), m, input, nil)
	return c.queryError(err, found, nil)
}

// isNotFound reports whether err says that the object is gone.
func isNotFound(err error) bool { return errors.Is(err, ErrNotFound) }

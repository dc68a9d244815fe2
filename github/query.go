package github

import (
	"context"
	"errors"

	"github.com/pertask/pertask/github/wire"
)

// query runs a GraphQL query. Errors that forgive accepts are dropped: their part of q stays empty.
func (c *Client) query(ctx context.Context, q any, vars map[string]any, forgive func(wire.QueryError) bool) error {
	var found []wire.QueryError
	err := c.gql.Query(wire.WithQueryErrors(ctx, &found), q, vars)
	return c.queryError(err, found, forgive)
}

func (c *Client) queryError(err error, found []wire.QueryError, forgive func(wire.QueryError) bool) error {
	if err == nil || len(found) == 0 {
		return err
	}
	for _, f := range found {
		if forgive == nil || !forgive(f) {
			return c.transport.Refusal(f)
		}
	}
	return nil
}

// mutate runs a GraphQL mutation.
func (c *Client) mutate(ctx context.Context, m, input any) error {
	var found []wire.QueryError
	err := c.gql.Mutate(wire.WithQueryErrors(ctx, &found), m, input, nil)
	return c.queryError(err, found, nil)
}

// isNotFound reports whether err says that the object is gone.
func isNotFound(err error) bool { return errors.Is(err, wire.ErrNotFound) }

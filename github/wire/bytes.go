package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// Bytes reads what is at a path below the root as it is, at most so many bytes of it: more are [ErrTooLong]. A redirect to another
// server is followed without credentials.
func (c *Caller) Bytes(ctx context.Context, path string, most int64) ([]byte, error) {
	req, _, err := c.request(ctx, Call{Path: path})
	if err != nil {
		return nil, err
	}
	resp, err := c.hc.Do(req)
	if err != nil {
		if e := (*Error)(nil); errors.As(err, &e) {
			return nil, e
		}
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading the answer: %w", err)
	case int64(len(body)) > most:
		return nil, fmt.Errorf("%w: more than %d bytes", ErrTooLong, most)
	}
	return body, nil
}

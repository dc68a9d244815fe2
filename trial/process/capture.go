package process

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// capture keeps the first bytes that are written to a pipe and counts the others.
type capture struct {
	limit          int
	reader, writer *os.File
	done           chan struct{}

	mu      sync.Mutex
	kept    bytes.Buffer
	dropped int64
}

func newCapture(limit int) (*capture, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("making a pipe: %w", err)
	}
	c := &capture{limit: limit, reader: r, writer: w, done: make(chan struct{})}
	go func() {
		defer close(c.done)
		_, _ = io.Copy(c, r) // ends with the last writer, or when end closes the pipe
	}()
	return c, nil
}

// Write keeps what fits.
func (c *capture) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fits := min(len(b), c.limit-c.kept.Len())
	c.kept.Write(b[:fits])
	c.dropped += int64(len(b) - fits)
	return len(b), nil
}

// end returns what was kept. A process that has left the session may hold the pipe open for ever: it is given
// a second, then the pipe is closed under it. It may be called again.
func (c *capture) end() (kept []byte, dropped int64) {
	if err := c.writer.Close(); !errors.Is(err, os.ErrClosed) {
		select {
		case <-c.done:
		case <-time.After(time.Second):
		}
		c.reader.Close()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return bytes.Clone(c.kept.Bytes()), c.dropped
}

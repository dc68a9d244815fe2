package meter

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
)

// The requests whose memory is used again. Smaller ones are made anew at less cost: the transport sends a body that
// it knows to be in memory in one piece with the headers. Larger ones are rare, and their memory is worth more to the
// rest of the program.
const (
	minLease = 16 << 10
	maxLease = 1 << 20
)

var leases = sync.Pool{New: func() any { return new(lease) }}

// lease is the memory of one request's body, which the next request gets once nobody reads this one any more: an
// agent sends its whole conversation with every call. A transport may go on reading a body after it has returned,
// so every reader counts. A nil lease has nothing to give back.
type lease struct {
	memory []byte
	users  atomic.Int32 // the handler, and readers that are not closed
}

// read is readBody, at less cost where the body is plain and its length is told.
func read(r *http.Request, most int64) ([]byte, *lease, error) {
	n := r.ContentLength
	if n <= 0 || n > min(most, maxLease) || len(r.Header["Content-Encoding"]) > 0 {
		body, err := readBody(r, most)
		return body, nil, err
	}
	var l *lease
	var body []byte
	if n < minLease {
		body = make([]byte, n)
	} else {
		l = leases.Get().(*lease)
		l.users.Store(1)
		if int64(cap(l.memory)) < n {
			l.memory = make([]byte, n)
		}
		body = l.memory[:n:n]
	}
	if _, err := io.ReadFull(r.Body, body); err != nil {
		l.release()
		return nil, nil, unreadable(err)
	}
	return body, l, nil
}

// release ends one use.
func (l *lease) release() {
	if l != nil && l.users.Add(-1) == 0 {
		leases.Put(l)
	}
}

// hold adds a use, unless the last one has ended.
func (l *lease) hold() bool {
	for {
		n := l.users.Load()
		if n == 0 {
			return false
		}
		if l.users.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// payload is a body to send on, which may stand in a lease's memory.
type payload struct {
	bytes []byte
	lease *lease
}

// put makes a body that of a request.
func (b payload) put(out *http.Request) (err error) {
	out.ContentLength = int64(len(b.bytes))
	out.GetBody = b.open
	out.Body, err = b.open()
	return err
}

func (b payload) open() (io.ReadCloser, error) {
	switch {
	case len(b.bytes) == 0:
		return http.NoBody, nil
	case b.lease == nil:
		return io.NopCloser(bytes.NewReader(b.bytes)), nil
	case !b.lease.hold():
		return nil, errReturned
	}
	return &leased{lease: b.lease, rest: b.bytes}, nil
}

var errReturned = errors.New("the body was given back")

// leased reads a body until it is closed, and not a byte after that: the memory may be another request's by then.
type leased struct {
	mu     sync.Mutex
	lease  *lease
	rest   []byte
	closed bool
}

// Read reads.
func (r *leased) Read(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.closed:
		return 0, errReturned
	case len(r.rest) == 0:
		return 0, io.EOF
	}
	n := copy(b, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// Close ends the use of the memory. Closing again does nothing.
func (r *leased) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		r.closed, r.rest = true, nil
		r.lease.release()
	}
	return nil
}

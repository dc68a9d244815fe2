package body

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

// Body is the body of one request. The zero value is of a request without one. Its bytes may stand in memory that is
// used again once it is released and every reader of it is closed.
type Body struct {
	Bytes []byte
	lease *lease
}

// Read reads a request's whole body, decompressed, of up to so many bytes. Its errors are of the type Error. The body
// is to be released once, and with an error there is nothing to release.
func Read(r *http.Request, most int64) (Body, error) {
	n := r.ContentLength
	if n <= 0 || n > min(most, maxLease) || len(r.Header["Content-Encoding"]) > 0 {
		b, err := readWhole(r, most) // at more cost
		return Body{Bytes: b}, err
	}
	var b Body
	if n < minLease {
		b.Bytes = make([]byte, n)
	} else {
		b.lease = leases.Get().(*lease)
		b.lease.users.Store(1)
		if int64(cap(b.lease.memory)) < n {
			b.lease.memory = make([]byte, n)
		}
		b.Bytes = b.lease.memory[:n:n]
	}
	if _, err := io.ReadFull(r.Body, b.Bytes); err != nil {
		b.Release()
		return Body{}, unreadable(err)
	}
	return b, nil
}

// Release ends the use of the body by the one that read it.
func (b Body) Release() { b.lease.release() }

// With returns a body of other bytes, which may stand in the memory of this one. It is released with this one.
func (b Body) With(other []byte) Body { return Body{other, b.lease} }

// Put makes the body that of a request to send. Without any bytes it does nothing.
func (b Body) Put(out *http.Request) (err error) {
	if b.Bytes == nil {
		return nil
	}
	out.ContentLength = int64(len(b.Bytes))
	out.GetBody = b.open
	out.Body, err = b.open()
	return err
}

func (b Body) open() (io.ReadCloser, error) {
	switch {
	case len(b.Bytes) == 0:
		return http.NoBody, nil
	case b.lease == nil:
		return io.NopCloser(bytes.NewReader(b.Bytes)), nil
	case !b.lease.hold():
		return nil, errReturned
	}
	return &leased{lease: b.lease, rest: b.Bytes}, nil
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

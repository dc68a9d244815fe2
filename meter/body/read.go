// Package body reads the bodies of requests: whole, decompressed and bounded, and mostly into memory that an earlier
// request had.
//
// It knows encodings, sizes and who still reads a body. It refuses to know what is in one.
package body

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/pertask/pertask/meter/coding"
)

// Error is why a body is not read, and the HTTP status that says so.
type Error struct {
	Status  int
	Message string
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }

// readWhole reads a request's whole body, decompressed. The body is read before anything is forwarded: the
// model stands in it, and a transport that still sends while the answer already comes can cut the answer short.
//
// No stage of a body may be larger than most: neither what is sent, nor what any of its encodings unfolds to. So
// a small body that unfolds to a huge one takes neither memory nor time.
func readWhole(r *http.Request, most int64) ([]byte, error) {
	if r.ContentLength > most {
		return nil, tooLarge(most)
	}
	encodings, err := coding.Applied(r.Header)
	if err != nil {
		return nil, unreadable(err)
	}
	in := io.Reader(&limited{in: r.Body, left: most, most: most})
	for i := len(encodings) - 1; i >= 0; i-- { // the last one was applied last
		if in, err = coding.Decode(in, encodings[i]); err != nil {
			return nil, unreadable(err)
		}
		in = &limited{in: in, left: most, most: most}
	}
	var b bytes.Buffer
	if r.ContentLength > 0 && len(encodings) == 0 {
		b.Grow(int(r.ContentLength) + bytes.MinRead)
	}
	if _, err := b.ReadFrom(in); err != nil {
		return nil, unreadable(err)
	}
	return b.Bytes(), nil
}

// unreadable says what is wrong with a body that cannot be read.
func unreadable(err error) error {
	var known *Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, coding.ErrWindow):
		return refuse(http.StatusRequestEntityTooLarge, err)
	case errors.Is(err, coding.ErrUnknown), errors.Is(err, coding.ErrMany):
		return refuse(http.StatusUnsupportedMediaType, err)
	}
	return refuse(http.StatusBadRequest, err)
}

func refuse(status int, err error) *Error {
	return &Error{status, fmt.Sprintf("reading the request body: %v", err)}
}

func tooLarge(most int64) *Error {
	return &Error{http.StatusRequestEntityTooLarge, fmt.Sprintf("the request body is larger than the %d bytes that are allowed", most)}
}

// limited reads up to so many bytes; more of them are an error, unlike with io.LimitReader.
type limited struct {
	in         io.Reader
	left, most int64
}

// Read reads, and refuses what is too large.
func (l *limited) Read(b []byte) (int, error) {
	if l.left < 0 {
		return 0, tooLarge(l.most)
	}
	if int64(len(b)) > l.left+1 {
		b = b[:l.left+1]
	}
	n, err := l.in.Read(b)
	if l.left -= int64(n); l.left < 0 {
		return n - 1, tooLarge(l.most)
	}
	return n, err
}

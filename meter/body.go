package meter

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/pertask/pertask/meter/coding"
)

// refusal is why a request is not forwarded: what the client is told.
type refusal struct {
	status  int
	kind    string // the error type of the format
	message string
}

// Error returns the message.
func (r *refusal) Error() string { return r.message }

func refuse(status int, format string, args ...any) *refusal {
	return &refusal{status, "invalid_request_error", fmt.Sprintf(format, args...)}
}

// maxEncodings is how many content encodings one body may have. Clients use one.
const maxEncodings = 4

// readBody reads a request's whole body, decompressed. The body is read before anything is forwarded: the
// model stands in it, and a transport that still sends while the answer already comes can cut the answer short.
//
// No stage of a body may be larger than most: neither what is sent, nor what any of its encodings unfolds to. So
// a small body that unfolds to a huge one takes neither memory nor time.
func readBody(r *http.Request, most int64) ([]byte, error) {
	if r.ContentLength > most {
		return nil, tooLarge(most)
	}
	encodings, err := encodings(r.Header)
	if err != nil {
		return nil, err
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

// encodings returns the content encodings of a body in the order in which they were applied.
func encodings(h http.Header) ([]string, error) {
	var out []string
	for _, e := range strings.Split(strings.Join(h["Content-Encoding"], ","), ",") {
		if e = strings.ToLower(strings.TrimSpace(e)); e != "" && e != "identity" {
			out = append(out, e)
		}
	}
	if len(out) > maxEncodings {
		return nil, refuse(http.StatusUnsupportedMediaType, "the request body has %d encodings; up to %d are allowed", len(out), maxEncodings)
	}
	return out, nil
}

// unreadable says what is wrong with a body that cannot be read.
func unreadable(err error) error {
	var known *refusal
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, coding.ErrWindow):
		return refuse(http.StatusRequestEntityTooLarge, "reading the request body: %v", err)
	case errors.Is(err, coding.ErrUnknown):
		return refuse(http.StatusUnsupportedMediaType, "reading the request body: %v", err)
	}
	return refuse(http.StatusBadRequest, "reading the request body: %v", err)
}

func tooLarge(most int64) *refusal {
	return refuse(http.StatusRequestEntityTooLarge, "the request body is larger than the %d bytes that are allowed", most)
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

package meter

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"net/http"
	"strings"
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

// readBody reads a request's whole body, decompressed. The body is read before anything is forwarded: the
// model stands in it, and a transport that still sends while the answer already comes can cut the answer short.
func readBody(r *http.Request, most int64) ([]byte, error) {
	in, encoding := io.Reader(r.Body), strings.ToLower(strings.TrimSpace(r.Header.Get("Content-Encoding")))
	if r.ContentLength > most {
		return nil, tooLarge(most)
	}
	in, err := decode(in, encoding)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if r.ContentLength > 0 && encoding == "" {
		b.Grow(int(r.ContentLength) + bytes.MinRead)
	}
	n, err := b.ReadFrom(io.LimitReader(in, most+1))
	switch {
	case err != nil:
		return nil, refuse(http.StatusBadRequest, "reading the request body: %v", err)
	case n > most:
		return nil, tooLarge(most)
	}
	return b.Bytes(), nil
}

func tooLarge(most int64) error {
	return refuse(http.StatusRequestEntityTooLarge, "the request body is larger than the %d bytes that are allowed", most)
}

// decode undoes a content encoding.
func decode(in io.Reader, encoding string) (io.Reader, error) {
	switch encoding {
	case "", "identity":
		return in, nil
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, refuse(http.StatusBadRequest, "the body is not the gzip that it says it is")
		}
		return z, nil
	case "deflate":
		return inflate(in)
	}
	return nil, refuse(http.StatusUnsupportedMediaType,
		"the request body is encoded as %.40q; allowed are plain bodies, gzip and deflate", encoding)
}

// inflate reads deflate in both forms that go by this name: with the zlib header, as the standard has it, and
// without.
func inflate(in io.Reader) (io.Reader, error) {
	b := bufio.NewReader(in)
	head, err := b.Peek(2)
	if err == nil && head[0]&0x0f == 8 && (int(head[0])<<8|int(head[1]))%31 == 0 {
		z, err := zlib.NewReader(b)
		if err != nil {
			return nil, refuse(http.StatusBadRequest, "the body is not the deflate that it says it is")
		}
		return z, nil
	}
	return flate.NewReader(b), nil
}

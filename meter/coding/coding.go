// Package coding undoes the content encodings of HTTP bodies.
//
// It knows gzip, deflate in both of its forms, br and zstd, which of them a header names, and how to bound the memory that each takes. It refuses to know
// who sent a body and how large it may be.
package coding

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// ErrUnknown is wrapped by the error of an encoding that is not read.
var ErrUnknown = errors.New("allowed are plain bodies, gzip, deflate, br and zstd")

// ErrWindow is wrapped by the error of a zstd body that needs a larger window than is allowed.
var ErrWindow = fmt.Errorf("zstd needs a window larger than the %d bytes that are allowed; HTTP's limit is the same", zstdWindow)

// ErrMany is wrapped by the error of a body with more encodings than are undone.
var ErrMany = fmt.Errorf("up to %d encodings are allowed", maxEncodings)

// maxEncodings is how many content encodings one body may have. Clients use one.
const maxEncodings = 4

// Applied returns the content encodings of a body in the order in which they were applied, in lower case.
func Applied(h http.Header) ([]string, error) {
	var out []string
	for _, e := range strings.Split(strings.Join(h["Content-Encoding"], ","), ",") {
		if e = strings.ToLower(strings.TrimSpace(e)); e != "" && e != "identity" {
			out = append(out, e)
		}
	}
	if len(out) > maxEncodings {
		return nil, fmt.Errorf("the body has %d encodings: %w", len(out), ErrMany)
	}
	return out, nil
}

// Decode undoes one content encoding, by its name in lower case. What it returns hands out bytes as soon as they can be known, takes a
// bounded amount of memory, and fails on a body that is cut short or has something after its end.
func Decode(in io.Reader, encoding string) (io.Reader, error) {
	switch encoding {
	case "", "identity":
		return in, nil
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, notEncoded(err, encoding)
		}
		return z, nil
	case "deflate":
		return inflate(in)
	case "br":
		return brotli.NewReader(in), nil // its windows have at most 16 MiB
	case "zstd":
		return unzstd(in)
	}
	return nil, fmt.Errorf("the body is encoded as %.40q: %w", encoding, ErrUnknown)
}

// notEncoded says that a body does not begin as its encoding does, or why it could not be read at all.
func notEncoded(err error, encoding string) error {
	return fmt.Errorf("the body is not the %s that it says it is: %w", encoding, err)
}

// inflate reads deflate in both forms that go by this name: with the zlib header, as the standard has it, and
// without.
func inflate(in io.Reader) (io.Reader, error) {
	b := bufio.NewReader(in)
	head, err := b.Peek(2)
	if err == nil && head[0]&0x0f == 8 && (int(head[0])<<8|int(head[1]))%31 == 0 {
		z, err := zlib.NewReader(b)
		if err != nil {
			return nil, notEncoded(err, "deflate")
		}
		return &whole{z, b}, nil
	}
	return &whole{flate.NewReader(b), b}, nil
}

// whole is a decoder that stops at the end of what is encoded. Something after that is an error.
type whole struct {
	decoder io.Reader
	rest    *bufio.Reader
}

// Read decodes.
func (w *whole) Read(b []byte) (int, error) {
	n, err := w.decoder.Read(b)
	if err != io.EOF {
		return n, err
	}
	if _, err = w.rest.Peek(1); err == nil {
		err = errors.New("there is something after the end of the encoded body")
	}
	return n, err // io.EOF, or why the body could not be read to its end
}

// zstdWindow is the largest window of a zstd body in bytes. RFC 9659 has encoders stay below it for HTTP.
const zstdWindow = 8 << 20

// zstdDecoders keeps decoders for reuse: their tables and windows are larger than most bodies.
var zstdDecoders = sync.Pool{New: func() any {
	// With a concurrency of one a decoder starts no goroutine, so one that is dropped is only garbage. These
	// options are valid, so there is no error.
	d, _ := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(zstdWindow), zstd.WithDecoderMaxMemory(zstdWindow))
	return d
}}

// unzstd reads zstd.
func unzstd(in io.Reader) (io.Reader, error) {
	z := &zstdBody{decoder: zstdDecoders.Get().(*zstd.Decoder), source: &source{in: in}}
	if err := z.decoder.Reset(z.source); err != nil {
		return nil, err
	}
	return z, nil
}

// zstdBody reads one body and gives its decoder back at the end.
type zstdBody struct {
	decoder *zstd.Decoder
	source  *source
	err     error // the end
}

// Read decodes.
func (z *zstdBody) Read(b []byte) (int, error) {
	if z.err != nil {
		return 0, z.err
	}
	n, err := z.decoder.Read(b)
	if err == nil {
		return n, nil
	}
	_ = z.decoder.Reset(nil) // lets go of the body; it cannot fail
	zstdDecoders.Put(z.decoder)
	z.decoder = nil
	switch z.err = err; {
	case z.source.err != nil:
		z.err = z.source.err
	case err == io.EOF && z.source.empty:
		z.err = io.ErrUnexpectedEOF
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		z.err = ErrWindow
	}
	return n, z.err
}

// source remembers how its reader ended, which the zstd decoder mistakes for the end of the body at some places.
// It also hides what else the reader can do: the decoder would take some kinds of it for a whole body in memory.
type source struct {
	in    io.Reader
	empty bool  // it had nothing in it
	read  int64 // bytes so far
	err   error // why it broke; nil at a proper end
}

// Read reads.
func (s *source) Read(b []byte) (int, error) {
	n, err := s.in.Read(b)
	s.read += int64(n)
	if err == io.EOF {
		s.empty = s.read == 0
	} else if err != nil {
		s.err = err
	}
	return n, err
}

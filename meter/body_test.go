package meter

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// TestZstdBodyThatBreaksBetweenFrames is about a connection that breaks just where one frame of zstd ends, which
// the decoder alone takes for the end of the body.
func TestZstdBodyThatBreaksBetweenFrames(t *testing.T) {
	frame := zstdOf(t, []byte(`{"model":"m"}`))
	for name, broken := range map[string]error{"cut": io.ErrUnexpectedEOF, "reset": errors.New("reset")} {
		t.Run(name, func(t *testing.T) {
			in, err := decode(io.MultiReader(bytes.NewReader(frame), iotest.ErrReader(broken)), "zstd")
			if err != nil {
				t.Fatal(err)
			}
			if b, err := io.ReadAll(in); !errors.Is(err, broken) {
				t.Errorf("got %q, %v; want the error %v", b, err, broken)
			}
			if _, err := in.Read(make([]byte, 1)); !errors.Is(err, broken) {
				t.Errorf("reading on gives %v, want %v", err, broken)
			}
		})
	}
}

// TestDecodedBytesComeAtOnce says that a part of an answer that can be decoded does not wait for the rest.
func TestDecodedBytesComeAtOnce(t *testing.T) {
	type flusher interface {
		io.Writer
		Flush() error
	}
	for name, encoder := range map[string]func(io.Writer) flusher{
		"gzip": func(w io.Writer) flusher { return gzip.NewWriter(w) },
		"br":   func(w io.Writer) flusher { return brotli.NewWriter(w) },
		"zstd": func(w io.Writer) flusher {
			z, err := zstd.NewWriter(w)
			if err != nil {
				t.Fatal(err)
			}
			return z
		},
	} {
		t.Run(name, func(t *testing.T) {
			from, to := io.Pipe()
			defer to.Close()
			more := make(chan struct{})
			go func() {
				z := encoder(to)
				for range 3 {
					_, _ = io.WriteString(z, "data: x\n\n")
					_ = z.Flush()
					if _, open := <-more; !open {
						return
					}
				}
			}()
			defer close(more)
			in, err := decode(from, name)
			if err != nil {
				t.Fatal(err)
			}
			got := make([]byte, len("data: x\n\n"))
			for range 3 { // the encoder does not go on before this is read
				if _, err := io.ReadFull(in, got); err != nil || string(got) != "data: x\n\n" {
					t.Fatalf("got %q, %v", got, err)
				}
				more <- struct{}{}
			}
		})
	}
}

func zstdOf(t testing.TB, b []byte) []byte {
	t.Helper()
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	return z.EncodeAll(b, nil)
}

// FuzzReadBody says that no body and no encoding make readBody panic, give more than is allowed, or be refused
// with a status that does not say what is wrong, and that what is encoded comes out as it was.
func FuzzReadBody(f *testing.F) {
	plain := []byte(`{"model":"m"}`)
	f.Add(plain, "")
	f.Add(zstdOf(f, plain), "zstd")
	f.Add([]byte("\x28\xb5\x2f\xfd\xa0\x00\x00\x00\x40\x01\x00\x00"), "zstd")
	f.Add([]byte("\x0b\x02\x80hello\x03"), "br")
	f.Add([]byte("\x78\x9c\x03\x00\x00\x00\x00\x01"), "deflate")
	f.Add([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"), "gzip, br, x-gzip")
	const most = 1 << 14
	read := func(body []byte, encoding string) ([]byte, error) {
		q, err := http.NewRequest("POST", "http://x", bytes.NewReader(body))
		if err != nil {
			f.Fatal(err)
		}
		q.Header.Set("Content-Encoding", encoding)
		return readBody(q, most)
	}
	f.Fuzz(func(t *testing.T, body []byte, encoding string) {
		got, err := read(body, encoding)
		var no *refusal
		switch {
		case err == nil && len(got) > most:
			t.Errorf("got %d bytes, more than %d", len(got), most)
		case err == nil && strings.Trim(encoding, ", ") == "" && !bytes.Equal(got, body):
			t.Errorf("a plain body %q became %q", body, got)
		case err == nil:
		case !errors.As(err, &no):
			t.Errorf("%v is no refusal", err)
		case no.status != 400 && no.status != 413 && no.status != 415:
			t.Errorf("refused with %d: %s", no.status, no.message)
		}
		if len(body) > most/2 {
			return
		}
		if got, err := read(zstdOf(t, body), "zstd"); err != nil || !bytes.Equal(got, body) {
			t.Errorf("%q came back as %q, %v", body, got, err)
		}
	})
}

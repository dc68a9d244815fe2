package coding_test

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
	"github.com/pertask/pertask/meter/coding"
)

func TestUnknownEncodingsAreRefused(t *testing.T) {
	if _, err := coding.Decode(strings.NewReader("x"), "compress"); !errors.Is(err, coding.ErrUnknown) || !strings.Contains(err.Error(), `"compress"`) {
		t.Errorf("got %v, want the name and what is allowed", err)
	}
	for _, plain := range []string{"", "identity"} {
		if in, err := coding.Decode(strings.NewReader("x"), plain); err != nil {
			t.Errorf("%q: %v", plain, err)
		} else if b, _ := io.ReadAll(in); string(b) != "x" {
			t.Errorf("%q: read %q", plain, b)
		}
	}
}

func TestLargeWindowsAreRefused(t *testing.T) {
	frame := []byte("\x28\xb5\x2f\xfd\x00\x70\x01\x00\x00") // a window of 16 MiB
	in, err := coding.Decode(bytes.NewReader(frame), "zstd")
	if err == nil {
		_, err = io.ReadAll(in)
	}
	if !errors.Is(err, coding.ErrWindow) {
		t.Errorf("got %v, want ErrWindow", err)
	}
}

// TestZstdBodyThatBreaksBetweenFrames is about a connection that breaks just where one frame of zstd ends, which
// the decoder alone takes for the end of the body.
func TestZstdBodyThatBreaksBetweenFrames(t *testing.T) {
	frame := zstdOf(t, []byte(`{"model":"m"}`))
	for name, broken := range map[string]error{"cut": io.ErrUnexpectedEOF, "reset": errors.New("reset")} {
		t.Run(name, func(t *testing.T) {
			in, err := coding.Decode(io.MultiReader(bytes.NewReader(frame), iotest.ErrReader(broken)), "zstd")
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
			in, err := coding.Decode(from, name)
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

func TestApplied(t *testing.T) {
	for _, c := range []struct {
		header []string
		want   string
	}{
		{nil, ""}, {[]string{""}, ""}, {[]string{"identity"}, ""}, {[]string{"GZIP"}, "gzip"},
		{[]string{"gzip, br", " zstd "}, "gzip br zstd"}, {[]string{"gzip,identity,,br"}, "gzip br"},
		{[]string{"gzip,gzip,gzip,gzip"}, "gzip gzip gzip gzip"},
	} {
		got, err := coding.Applied(http.Header{"Content-Encoding": c.header})
		if err != nil || strings.Join(got, " ") != c.want {
			t.Errorf("%q: got %q, %v; want %q", c.header, got, err, c.want)
		}
	}
	if got, err := coding.Applied(http.Header{"Content-Encoding": {"gzip,gzip", "gzip,gzip,gzip"}}); !errors.Is(err, coding.ErrMany) || got != nil {
		t.Errorf("five encodings: %q, %v", got, err)
	}
}

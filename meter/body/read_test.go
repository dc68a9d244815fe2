package body_test

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/pertask/pertask/meter/body"
)

func zstdOf(t testing.TB, b []byte) []byte {
	t.Helper()
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	return z.EncodeAll(b, nil)
}

// FuzzRead says that no body and no encoding make Read panic, give more than is allowed, or be refused
// with a status that does not say what is wrong, and that what is encoded comes out as it was.
func FuzzRead(f *testing.F) {
	plain := []byte(`{"model":"m"}`)
	f.Add(plain, "")
	f.Add(zstdOf(f, plain), "zstd")
	f.Add([]byte("\x28\xb5\x2f\xfd\xa0\x00\x00\x00\x40\x01\x00\x00"), "zstd")
	f.Add([]byte("\x0b\x02\x80hello\x03"), "br")
	f.Add([]byte("\x78\x9c\x03\x00\x00\x00\x00\x01"), "deflate")
	f.Add([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"), "gzip, br, x-gzip")
	const most = 1 << 14
	read := func(sent []byte, encoding string) ([]byte, error) {
		q, err := http.NewRequest("POST", "http://x", bytes.NewReader(sent))
		if err != nil {
			f.Fatal(err)
		}
		q.Header.Set("Content-Encoding", encoding)
		got, err := body.Read(q, most)
		return got.Bytes, err
	}
	f.Fuzz(func(t *testing.T, sent []byte, encoding string) {
		got, err := read(sent, encoding)
		var no *body.Error
		switch {
		case err == nil && len(got) > most:
			t.Errorf("got %d bytes, more than %d", len(got), most)
		case err == nil && strings.Trim(encoding, ", ") == "" && !bytes.Equal(got, sent):
			t.Errorf("a plain body %q became %q", sent, got)
		case err == nil:
		case !errors.As(err, &no):
			t.Errorf("%v is of another type", err)
		case no.Status != 400 && no.Status != 413 && no.Status != 415:
			t.Errorf("refused with %d: %s", no.Status, no.Message)
		}
		if len(sent) > most/2 {
			return
		}
		if got, err := read(zstdOf(t, sent), "zstd"); err != nil || !bytes.Equal(got, sent) {
			t.Errorf("%q came back as %q, %v", sent, got, err)
		}
	})
}

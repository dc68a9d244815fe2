package meter

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

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

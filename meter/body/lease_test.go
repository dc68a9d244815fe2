package body_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/pertask/pertask/meter/body"
)

// incoming is a request as a server gets it, whose length is told.
func incoming(t *testing.T, text string) *http.Request {
	t.Helper()
	q, err := http.NewRequest(http.MethodPost, "http://x", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func read(t *testing.T, text string) body.Body {
	t.Helper()
	b, err := body.Read(incoming(t, text), 1<<21)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestBodiesOfEverySizeAreSentAsTheyCame goes through each way that memory is got.
func TestBodiesOfEverySizeAreSentAsTheyCame(t *testing.T) {
	for name, n := range map[string]int{"none": 0, "small": 100, "from the pool": 20 << 10, "as large as the pool has": 1 << 20, "larger": 1<<20 + 1} {
		t.Run(name, func(t *testing.T) {
			text := strings.Repeat("x", n)
			b := read(t, text)
			defer b.Release()
			out := new(http.Request)
			if err := b.Put(out); err != nil || out.ContentLength != int64(n) {
				t.Fatalf("a request has %d bytes, %v; want %d", out.ContentLength, err, n)
			}
			if n == 0 {
				return
			}
			again, err := out.GetBody()
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range []io.ReadCloser{out.Body, again} {
				if got, err := io.ReadAll(r); err != nil || string(got) != text {
					t.Errorf("%d bytes were sent, %v", len(got), err)
				}
				_ = r.Close()
			}
		})
	}
}

// TestMemoryIsNotReadOnceItWasGivenBack: a transport may keep a body and read on after it has returned.
func TestMemoryIsNotReadOnceItWasGivenBack(t *testing.T) {
	text := strings.Repeat("first", 10<<10)
	b := read(t, text)
	out := new(http.Request)
	if err := b.With(b.Bytes[:5]).Put(out); err != nil {
		t.Fatal(err)
	}
	late, open := out.GetBody, out.Body
	b.Release()
	for range 3 { // the memory is still in use by the reader that is open
		other := read(t, strings.Repeat("other", 10<<10))
		other.Release()
	}
	if got, err := io.ReadAll(open); err != nil || string(got) != "first" {
		t.Errorf("a reader that was open got %q, %v", got, err)
	}
	_ = open.Close()
	_ = open.Close() // which counts once
	if n, err := open.Read(make([]byte, 5)); n > 0 || err == nil {
		t.Errorf("a closed reader got %d bytes, %v", n, err)
	}
	if _, err := late(); err == nil {
		t.Error("a reader was opened after the memory was given back")
	}
}

func TestBodiesThatEndEarly(t *testing.T) {
	for _, n := range []int64{100, 20 << 10} {
		q := incoming(t, "short")
		q.ContentLength = n
		_, err := body.Read(q, 1<<20)
		var no *body.Error
		if !errors.As(err, &no) || no.Status != http.StatusBadRequest || !strings.Contains(err.Error(), "reading the request body: ") {
			t.Errorf("%d bytes of which 5 come: %v", n, err)
		}
	}
}

func TestBodiesThatAreTooLarge(t *testing.T) {
	for name, length := range map[string]int64{"told": 101, "not told": -1} {
		q := incoming(t, strings.Repeat("x", 101))
		q.ContentLength = length
		_, err := body.Read(q, 100)
		var no *body.Error
		if !errors.As(err, &no) || no.Status != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: %v, want status 413", name, err)
		}
		q = incoming(t, strings.Repeat("x", 100))
		if length < 0 {
			q.ContentLength = length
		}
		if b, err := body.Read(q, 100); err != nil || !bytes.Equal(b.Bytes, bytes.Repeat([]byte("x"), 100)) {
			t.Errorf("%s: as many as are allowed: %d bytes, %v", name, len(b.Bytes), err)
		}
	}
}

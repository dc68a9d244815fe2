package change_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"testing"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/internal/tree"
	"github.com/pertask/pertask/review/change"
)

// torn hands out an archive, and breaks where it should end.
type torn struct {
	data []byte
	err  error
}

func (a torn) Archive(context.Context, github.Repo, string) (io.ReadCloser, error) {
	if a.err == nil {
		return io.NopCloser(bytes.NewReader(a.data)), nil
	}
	return io.NopCloser(io.MultiReader(bytes.NewReader(a.data), broken{a.err})), nil
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

// What is wrong with a tree is told apart from a connection that breaks.
func TestTreeErrors(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	text := bytes.Repeat([]byte("a"), 100)
	err := w.WriteHeader(&tar.Header{Name: "top/a.txt", Mode: 0o644, Size: int64(len(text))})
	_, err2 := w.Write(text)
	if err := errors.Join(err, err2, w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	reset := errors.New("read tcp 10.0.3.7:443: connection reset")
	for _, tt := range []struct {
		name   string
		from   torn
		limits tree.Limits
		fails  bool
		held   bool // it is about what the tree holds
	}{
		{"whole", torn{data: b.Bytes()}, tree.Limits{}, false, false},
		{"too large", torn{data: b.Bytes()}, tree.Limits{File: 10}, true, true},
		{"no archive", torn{data: text}, tree.Limits{}, true, true},
		{"a connection that breaks", torn{b.Bytes()[:b.Len()/2], reset}, tree.Limits{}, true, false},
		{"a connection that breaks at once", torn{nil, reset}, tree.Limits{}, true, false},
	} {
		_, err := change.Tree(t.Context(), tt.from, github.Repo{}, "sha", tt.limits)
		if (err != nil) != tt.fails || errors.As(err, new(*change.TreeError)) != tt.held {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

package folder_test

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/trial/folder"
)

// What is copied is files, folders, and links that stay inside; the rest is refused.
func TestCopyWhat(t *testing.T) {
	link := func(target string) fstest.MapFS {
		return fstest.MapFS{"app/l": {Data: []byte(target), Mode: fs.ModeSymlink | 0o777}, "app/f": {Data: []byte("f")}}
	}
	tests := []struct {
		name   string
		source fstest.MapFS
		want   map[string]string
		err    string
	}{
		{name: "a link inside", source: link("f"), want: map[string]string{"f": "f", "l": "-> f"}},
		{name: "a link that leads nowhere, inside", source: link("a/b"), want: map[string]string{"f": "f", "l": "-> a/b"}},
		{name: "a link to the outside", source: link("../x"), err: "leads out"},
		{name: "an absolute link", source: link("/etc/passwd"), err: "leads out"},
		{name: "a pipe", source: fstest.MapFS{"app/p": {Mode: fs.ModeNamedPipe}}, err: "neither a file"},
		{name: "nothing", source: fstest.MapFS{}, err: "not exist"},
		{name: "a repository in it", source: fstest.MapFS{"app/.git/config": {Data: []byte("x")}, "app/f": {Data: []byte("f")}}, want: map[string]string{"f": "f"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			root, dir := open(t)
			err := folder.Copier{Source: tt.source, Root: root}.Copy(t.Context(), "app", ".")
			if (err != nil) != (tt.err != "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Fatalf("error %v, want one about %q", err, tt.err)
			}
			if tt.err != "" {
				return
			}
			if diff := cmp.Diff(tt.want, list(t, dir)); diff != "" {
				t.Errorf("copy (-want +got):\n%s", diff)
			}
		})
	}
}

// A copy takes the place of whatever is there, and a canceled one ends.
func TestCopyOver(t *testing.T) {
	root, dir := open(t)
	for name, data := range map[string]string{"app/main.txt/in/the/way": "x", "app/bin": "a file where a folder is to be", "app/stays": "stays"} {
		if err := folder.Write(root, name, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c := folder.Copier{Source: source, Root: root}
	if err := c.Copy(t.Context(), "app", "app"); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"app/main.txt": "main", "app/bin/run": "run (executable)", "app/grader/check": "check", "app/stays": "stays"}
	if diff := cmp.Diff(want, list(t, dir)); diff != "" {
		t.Errorf("copy (-want +got):\n%s", diff)
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Copy(canceled, "app", "again"); !errors.Is(err, context.Canceled) {
		t.Errorf("a canceled copy ends with %v", err)
	}
	to, _ := open(t)
	if err := folder.Replicate(canceled, root, to); !errors.Is(err, context.Canceled) {
		t.Errorf("a canceled replica ends with %v", err)
	}
}

//go:build linux

package view_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/trial/sandbox/view"
	"github.com/pertask/pertask/trial/sandbox/view/viewtest"
)

// nothing is an environment without variables.
func nothing(string) string { return "" }

// hidden returns what is hidden below a folder, by path from there.
func hidden(t *testing.T, dir string, hide []string, getenv func(string) string) map[string]any {
	t.Helper()
	all, _, err := view.Static(hide, getenv)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]any{}
	for _, m := range all {
		if rel, err := filepath.Rel(dir, m.Path); err == nil && filepath.IsLocal(rel) && (m.Kind == view.Hide || m.Kind == view.Scratch || m.Kind == view.Seal) {
			got[rel] = m.Kind
		}
	}
	return got
}

// What the caller hides is hidden where it really is, or refused.
func TestHide(t *testing.T) {
	dir := viewtest.Open(t, "real/checkout/secret", "link", "->", "real", "loop", "->", "loop", "file")
	tests := []struct {
		name, hide string
		want       map[string]any
		err        string
	}{
		{name: "a folder", hide: dir + "/real/checkout", want: map[string]any{"real/checkout": view.Hide}},
		{name: "a path with a link in it", hide: dir + "/link/checkout", want: map[string]any{"real/checkout": view.Hide}},
		{name: "a link", hide: dir + "/link", want: map[string]any{"real": view.Hide}},
		{name: "dots", hide: dir + "/link/../link/./checkout/", want: map[string]any{"real/checkout": view.Hide}},
		{name: "a file", hide: dir + "/link/checkout/secret", want: map[string]any{"real/checkout/secret": view.Seal}},
		{name: "nothing is there", hide: dir + "/none", want: map[string]any{}},
		{name: "relative", hide: "checkout", err: "absolute"},
		{name: "empty", hide: "", err: "absolute"},
		{name: "a link in a circle", hide: dir + "/loop", err: "loop"},
		{name: "a path through a file", hide: dir + "/file/x", err: "file"},
		{name: "everything", hide: "/", err: "nothing runs"},
		{name: "what every program needs", hide: "/usr", err: "nothing runs"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.err != "" {
				_, _, err := view.Static([]string{tt.hide}, nothing)
				if err == nil || !strings.Contains(err.Error(), tt.err) || !strings.Contains(err.Error(), "hiding") {
					t.Errorf("error %v, want one about %q", err, tt.err)
				}
				return
			}
			if diff := cmp.Diff(tt.want, hidden(t, dir, []string{tt.hide}, nothing)); diff != "" {
				t.Errorf("hidden (-want +got):\n%s", diff)
			}
		})
	}
}

// A TMPDIR without which nothing runs is not hidden, and one that is a link is hidden where it leads.
func TestHideTemporary(t *testing.T) {
	dir := viewtest.Open(t, "tmp/", "link", "->", "tmp")
	for value, want := range map[string]map[string]any{dir + "/link": {"tmp": view.Scratch}, "/": {}, "/usr": {}, "relative": {}, dir + "/none": {}} {
		got := hidden(t, dir, nil, func(name string) string { return map[string]string{"TMPDIR": value}[name] })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("hidden with TMPDIR=%s (-want +got):\n%s", value, diff)
		}
	}
}

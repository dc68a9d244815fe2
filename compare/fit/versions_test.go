package fit_test

import (
	"strings"
	"testing"

	"github.com/pertask/pertask/compare/fit"
	"github.com/pertask/pertask/suite"
)

// Another version than the pinned one is found, be it newer or older; the pinned one is not.
func TestVersions(t *testing.T) {
	pinned := func(versions map[string]string, harnesses ...string) *suite.Suite {
		s := &suite.Suite{Path: "evals/suite.yaml", Versions: versions}
		for _, h := range harnesses {
			s.Tasks = append(s.Tasks, suite.Task{ID: h, Harness: h})
		}
		return s
	}
	pin := map[string]string{"codex": "0.46.0"}
	for _, c := range []struct {
		name  string
		suite *suite.Suite
		found map[string]string
		want  string // part of the finding; none when they hold
		next  string
	}{
		{"the pinned one", pinned(pin, "codex"), map[string]string{"codex": "0.46.0"}, "", ""},
		{"a newer one", pinned(pin, "codex"), map[string]string{"codex": "0.46.1"},
			"the suite pins codex to version 0.46.0, and version 0.46.1 is installed.", "Install codex 0.46.0, exactly, or change `versions` in `evals/suite.yaml`"},
		{"an older one", pinned(pin, "codex"), map[string]string{"codex": "0.45.0"}, "version 0.45.0 is installed", "Install codex 0.46.0"},
		{"none that was found", pinned(pin, "codex"), map[string]string{}, "which version is installed is not known", "Install codex 0.46.0"},
		{"none looked for", pinned(pin, "codex"), nil, "", ""},
		{"no pin", pinned(nil, "codex"), map[string]string{"codex": "0.46.1"}, "", ""},
		{"an agent that no task is for", pinned(pin, "gemini"), map[string]string{"gemini": "1", "codex": "0.46.1"}, "", ""},
		{"two", pinned(map[string]string{"codex": "2", "gemini": "3"}, "gemini", "codex"), map[string]string{"codex": "1", "gemini": "4"},
			"; the suite pins", " and "},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, next, ok := fit.Versions(c.suite, c.found)
			if ok != (c.want == "") || !strings.Contains(f.Text, c.want) || !strings.Contains(next, c.next) {
				t.Errorf("holds %t, %q and %q; want %q and %q in them", ok, f.Text, next, c.want, c.next)
			}
			if !ok && f.Code != "version-not-pinned" {
				t.Errorf("code %q", f.Code)
			}
		})
	}
}

func TestUnpinned(t *testing.T) {
	s := &suite.Suite{Versions: map[string]string{"codex": "1"}, Tasks: []suite.Task{{Harness: "codex"}, {Harness: "gemini"}, {Harness: "prompt"}}}
	for found, want := range map[string]string{"": "whatever version is installed", "0.9": "ran version 0.9"} {
		got := fit.Unpinned(s, map[string]string{"gemini": found, "codex": "1"})
		if len(got) != 1 || !strings.HasPrefix(got[0], "gemini is not pinned") || !strings.Contains(got[0], want) {
			t.Errorf("%q found: got %q, want one with %q", found, got, want)
		}
	}
}

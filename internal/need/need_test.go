package need_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pertask/pertask/internal/need"
)

// watch is a test that keeps what becomes of it.
type watch struct {
	testing.TB
	skipped, failed string
}

func (w *watch) Helper() {}

func (w *watch) Skip(args ...any) { w.skipped = fmt.Sprint(args...) }

func (w *watch) Fatalf(format string, args ...any) {
	w.failed = fmt.Sprintf(format, args...)
	panic(w) // as a test ends
}

// of returns what becomes of a test.
func of(f func(testing.TB)) (w *watch) {
	w = &watch{}
	defer func() {
		if p := recover(); p != nil && p != any(w) {
			panic(p)
		}
	}()
	f(w)
	return w
}

func TestProgram(t *testing.T) {
	there, missing := func(tb testing.TB) { need.Program(tb, "sh") }, func(tb testing.TB) { need.Program(tb, "no-such-program") }
	for _, ci := range []string{"", "true"} {
		t.Setenv("CI", ci)
		if w := of(there); w.skipped+w.failed != "" {
			t.Errorf("CI=%q: a program that is there ends the test: %q %q", ci, w.skipped, w.failed)
		}
	}
	if w := of(missing); w.failed != "no-such-program is not installed, and CI needs it" || w.skipped != "" {
		t.Errorf("in CI: skipped %q, failed %q", w.skipped, w.failed)
	}
	t.Setenv("CI", "")
	if w := of(missing); w.failed != "" || w.skipped != "no-such-program is not installed" {
		t.Errorf("skipped %q, failed %q", w.skipped, w.failed)
	}
}

func TestMissing(t *testing.T) {
	missing := func(tb testing.TB) { need.Missing(tb, "there is no 100 % sandbox") }
	t.Setenv("CI", "1")
	if w := of(missing); !strings.HasPrefix(w.failed, "there is no 100 % sandbox, and CI") {
		t.Errorf("in CI: failed %q", w.failed)
	}
	t.Setenv("CI", "")
	if w := of(missing); w.skipped != "there is no 100 % sandbox" || w.failed != "" {
		t.Errorf("skipped %q, failed %q", w.skipped, w.failed)
	}
}

func TestWebAndBrowser(t *testing.T) {
	for name, f := range map[string]func(testing.TB) string{"PERTASK_WEB": need.Web, "PERTASK_BROWSER": need.Browser} {
		t.Setenv("PATH", t.TempDir())
		t.Setenv(name, "")
		ask := func(tb testing.TB) { f(tb) }
		t.Setenv("CI", "true")
		if w := of(ask); !strings.HasSuffix(w.failed, ", and CI needs it") {
			t.Errorf("%s in CI: failed %q", name, w.failed)
		}
		t.Setenv("CI", "")
		if w := of(ask); w.skipped == "" || w.failed != "" {
			t.Errorf("%s: skipped %q, failed %q", name, w.skipped, w.failed)
		}
	}
	t.Setenv("PERTASK_BROWSER", "/a/browser")
	if got := need.Browser(t); got != "/a/browser" {
		t.Errorf("got %q", got)
	}
}

package report_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/pertask/pertask/report"
)

func render(t *testing.T, name string, o report.TerminalOptions) string {
	t.Helper()
	var b strings.Builder
	if err := report.Terminal(&b, one(t, name), o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTerminalWidth(t *testing.T) {
	for _, name := range fixtures(t) {
		if name == "two-suites" {
			continue
		}
		for _, width := range []int{0, 100} {
			for _, line := range strings.Split(render(t, name, report.TerminalOptions{Width: width}), "\n") {
				want := max(width, 80)
				if name == "hostile" {
					want = 260 // names of models and causes are cut at 120 characters each
				}
				if n := utf8.RuneCountInString(line); n > want {
					t.Errorf("%s at %d: %d columns: %s", name, width, n, line)
				}
			}
		}
	}
}

func TestTerminalColor(t *testing.T) {
	for _, c := range []struct{ fixture, want string }{
		{"dont-switch", "\x1b[1;31mDon't switch.\x1b[0m If"},
		{"switch", "\x1b[1;32mSwitch.\x1b[0m On"},
		{"inconclusive", "\x1b[1;33mInconclusive.\x1b[0m On"},
		{"not-measured", "\x1b[1;33mNot measured.\x1b[0m A"},
		{"bad-input", "\x1b[1;31mConfiguration error.\x1b[0m "},
		{"nothing-changed", "\x1b[1;32mNo model setting changed.\x1b[0m "},
	} {
		if got := render(t, c.fixture, report.TerminalOptions{Color: true}); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: got %.60q, want it to start with %q", c.fixture, got, c.want)
		}
		if got := render(t, c.fixture, report.TerminalOptions{}); strings.Contains(got, "\x1b") {
			t.Errorf("%s: colours without being asked", c.fixture)
		}
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestTerminalError(t *testing.T) {
	if err := report.Terminal(broken{}, one(t, "switch"), report.TerminalOptions{}); err == nil {
		t.Error("the writer's error was lost")
	}
}

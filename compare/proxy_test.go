//go:build unix

package compare_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/trial"
)

// A machine without a place for the proxy's socket, such as one without such sockets, measures all the same where it can
// have no sandbox; where it could have one, or has to, nothing is carried out.
func TestRunNeedsASocketForASandboxOnly(t *testing.T) {
	missing := fmt.Errorf("%w: none here", compare.ErrNotReady)
	for name, tt := range map[string]struct {
		box     trial.Sandbox
		err     error
		problem string
	}{
		"none possible": {nil, nil, ""},
		"one possible":  {room{}, nil, "where a sandbox reaches it"},
		"one required":  {nil, missing, "none here"},
	} {
		for place, temp := range map[string]string{"a long path": strings.Repeat("folder/", 20), "no folder": "nowhere"} {
			t.Run(name+", "+place, func(t *testing.T) {
				l := newLab(t, agentSuite)
				l.bench.FindSandbox = func(_ context.Context, proxy, socket string) (trial.Sandbox, error) {
					if proxy != "" || socket != "" {
						t.Errorf("a sandbox around %q and %q is looked for", proxy, socket)
					}
					return tt.box, tt.err
				}
				dir := filepath.Join(t.TempDir(), temp)
				if place == "a long path" {
					if err := os.MkdirAll(dir, 0o700); err != nil {
						t.Fatal(err)
					}
				}
				t.Setenv("TMPDIR", dir)
				r, err := compare.Run(t.Context(), l.opts, l.bench)
				if tt.problem == "" {
					if err != nil || r.Sandbox != "" || noteWith(r, "Not sandboxed") == "" {
						t.Errorf("error %v", err)
					}
					return
				}
				if err == nil || !strings.Contains(err.Error(), tt.problem) || errors.Is(err, compare.ErrNotReady) != (tt.err != nil) || l.provider.calls.Load() != 0 {
					t.Errorf("error %v after %d calls, want one with %q", err, l.provider.calls.Load(), tt.problem)
				}
			})
		}
	}
}

// Package need lets a test say which program of the machine it needs.
//
// It knows the PATH and whether CI runs: a missing program skips a test on a bare machine, and fails it in CI.
package need

import (
	"os"
	"os/exec"
	"testing"
)

// Program skips the test when a program is not on the PATH, and fails it where the environment variable CI is set:
// .ci/run installs what the tests need.
func Program(t testing.TB, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err == nil {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is not installed, and CI needs it", name)
	}
	t.Skipf("%s is not installed", name)
}

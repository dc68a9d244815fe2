// Package need lets a test say what it needs of the machine.
//
// It knows the PATH and whether CI runs: what is missing skips a test on a bare machine, and fails it in CI.
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
	if _, err := exec.LookPath(name); err != nil {
		Missing(t, name+" is not installed")
	}
}

// Missing skips the test for want of something, and fails it where the environment variable CI is set. It does not
// return.
func Missing(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("%s, and CI needs it", why)
	}
	t.Skip(why)
}

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

// Web is the folder that scripts/web.sh has installed, by the environment variable PERTASK_WEB; without one it is as with
// Missing.
func Web(t testing.TB) string {
	t.Helper()
	Program(t, "node")
	dir := os.Getenv("PERTASK_WEB")
	if dir == "" {
		Missing(t, "PERTASK_WEB does not name the folder that scripts/web.sh prints")
	}
	return dir
}

// Browser is the path of a Chromium on the PATH, or what the environment variable PERTASK_BROWSER names; without one it is as
// with Missing.
func Browser(t testing.TB) string {
	t.Helper()
	if path := os.Getenv("PERTASK_BROWSER"); path != "" {
		return path
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	Missing(t, "no Chromium is installed")
	return ""
}

package agentstest_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var exact = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+$`)

// TestAgentsArePinned holds what scripts/agents.sh installs to be exact: one version of each package, with its digest,
// from whichever registry the machine is set up for.
func TestAgentsArePinned(t *testing.T) {
	folders, err := filepath.Glob("../../testdata/agents/*")
	if err != nil || len(folders) < 8 {
		t.Fatalf("there are %q (%v), want eight agents", folders, err)
	}
	for _, dir := range folders {
		var declared struct{ Dependencies map[string]string }
		read(t, filepath.Join(dir, "package.json"), &declared)
		var lock struct {
			Packages map[string]struct {
				Version, Integrity, Resolved string
				Dependencies                 map[string]string
			}
		}
		text := read(t, filepath.Join(dir, "package-lock.json"), &lock)
		if strings.Contains(text, "://") {
			t.Errorf("%s: the lock file has an address in it; write it with the .npmrc that is there, and without funding", dir)
		}
		if len(declared.Dependencies) != 1 {
			t.Errorf("%s: there are %d packages, want the agent's alone", dir, len(declared.Dependencies))
		}
		for name, version := range declared.Dependencies {
			if got := lock.Packages["node_modules/"+name].Version; !exact.MatchString(version) || got != version {
				t.Errorf("%s: %s is declared as %s and locked as %s; versions are exact", dir, name, version, got)
			}
		}
		for name, p := range lock.Packages {
			if name != "" && (p.Version == "" || !strings.HasPrefix(p.Integrity, "sha512-") || p.Resolved != "") {
				t.Errorf("%s: %s has the version %q and the digest %q", dir, name, p.Version, p.Integrity)
			}
		}
		if rc, err := os.ReadFile(filepath.Join(dir, ".npmrc")); err != nil || !strings.Contains(string(rc), "omit-lockfile-registry-resolved=true") {
			t.Errorf("%s: .npmrc does not keep addresses out of the lock file (%v)", dir, err)
		}
	}
}

func read(t *testing.T, name string, into any) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatalf("reading %s: %v", name, err)
	}
	return string(text)
}

// Package viewtest makes folders for tests of what programs in a sandbox see.
//
// It knows folders, files and links, and where no sandbox hides them by itself. It refuses to know what is tested with them.
package viewtest

import (
	"os"
	"path/filepath"
	"testing"
)

// OpenVariable names the variable with the folder that Open makes its folders in, for tests that are started again as a
// user who may not write to /opt.
const OpenVariable = "SANDBOX_TEST_OPEN"

// Plant makes entries in a folder: folders (with a slash at the end), files, and links (three entries: "from", "->",
// "to").
func Plant(t *testing.T, dir string, entries ...string) {
	t.Helper()
	for i := 0; i < len(entries); i++ {
		path := filepath.Join(dir, entries[i])
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		switch {
		case err != nil:
		case entries[i][len(entries[i])-1] == '/':
			err = os.MkdirAll(path, 0o755)
		case i+2 < len(entries) && entries[i+1] == "->":
			err = os.Symlink(entries[i+2], path)
			i += 2
		default:
			err = os.WriteFile(path, []byte("x"), 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// Open makes a folder that everybody may enter and that no sandbox hides by itself, with entries as Plant takes them. The
// test is skipped where that takes more rights than it has.
func Open(t *testing.T, entries ...string) string {
	t.Helper()
	base := "/opt"
	if given := os.Getenv(OpenVariable); given != "" {
		base = given
	}
	return folder(t, base, entries)
}

// Temporary makes a folder as Open does, below one for temporary files, which every sandbox hides.
func Temporary(t *testing.T, entries ...string) string {
	t.Helper()
	return folder(t, "/var/tmp", entries)
}

func folder(t *testing.T, base string, entries []string) string {
	t.Helper()
	dir, err := os.MkdirTemp(base, "pertask-test-")
	if os.IsPermission(err) {
		t.Skip("a folder outside of those for temporary files takes root")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	Plant(t, dir, entries...)
	return dir
}

package wrap_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/pertask/pertask/cmd/pertask/wrap"
)

func TestOpenLog(t *testing.T) {
	dir := t.TempDir()
	for name, mode := range map[string]os.FileMode{"new": 0, "private": 0o600, "open": 0o644, "wide": 0o666} {
		path := filepath.Join(dir, name)
		if mode != 0 {
			if err := os.WriteFile(path, []byte("before\n"), mode); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, mode); err != nil { // whatever the mask
				t.Fatal(err)
			}
		}
		f, err := wrap.OpenLog(path)
		if err != nil {
			t.Fatal(err)
		}
		_, werr := f.WriteString("after\n")
		st, err := f.Stat()
		if err != nil || werr != nil || st.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, %v, %v", name, st.Mode(), err, werr)
		}
		f.Close()
		want := "before\nafter\n"
		if mode == 0 {
			want = "after\n"
		}
		if got, _ := os.ReadFile(path); string(got) != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	for _, path := range []string{dir, filepath.Join(dir, "none", "log")} {
		if _, err := wrap.OpenLog(path); err == nil {
			t.Errorf("%s was opened", path)
		}
	}
}

// TestOpenLogLeavesDevicesAlone does not change the mode of what is no file.
func TestOpenLogLeavesDevicesAlone(t *testing.T) {
	before, err := os.Stat(os.DevNull)
	if err != nil {
		t.Skip("no such device")
	}
	f, err := wrap.OpenLog(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	if after, err := os.Stat(os.DevNull); err != nil || after.Mode() != before.Mode() {
		t.Errorf("the mode of %s is %v, was %v", os.DevNull, after.Mode(), before.Mode())
	}
}

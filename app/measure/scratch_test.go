package measure_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/pertask/pertask/app/measure"
)

func TestScratch(t *testing.T) {
	root := filepath.Join(t.TempDir(), "work")
	alive, _, err := measure.OpenScratch(root)
	if err != nil {
		t.Fatal(err)
	}
	dir, remove, err := alive.New("abc")
	if err != nil {
		t.Fatal(err)
	}
	// What a program of a trial may leave: a folder that nobody may write to.
	if err := os.MkdirAll(filepath.Join(dir, "a", "b"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, "a"), 0o500); err != nil {
		t.Fatal(err)
	}
	// The folder of a process that has gone is there with its lock file, which nobody holds.
	dead := filepath.Join(root, "process-dead")
	if err := os.MkdirAll(filepath.Join(dead, "review-x"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dead, "lock"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	// One without a lock file is being made this very moment, or is somebody else's.
	if err := os.MkdirAll(filepath.Join(root, "process-young"), 0o700); err != nil {
		t.Fatal(err)
	}
	next, swept, err := measure.OpenScratch(root)
	if err != nil || swept != 1 {
		t.Fatalf("%d folders removed, %v", swept, err)
	}
	if _, err := os.Stat(dead); !os.IsNotExist(err) {
		t.Error("the folder of a process that has gone is still there")
	}
	if _, err := os.Stat(dir); err != nil {
		t.Errorf("the folder of a process that lives is gone: %v", err)
	}
	remove()
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Error("the folder of a review is left")
	}
	for _, s := range []*measure.Scratch{alive, next} {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	left, _ := os.ReadDir(root)
	if len(left) != 1 {
		t.Errorf("left are %v", left)
	}
}

func TestOpenScratchRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := measure.OpenScratch(file); err == nil {
		t.Error("a file was taken for a folder")
	}
}

// Package desk is the ledger of whoever works at this machine: the folder that it is in, and where somebody works.
//
// It knows the folder's layout, which answers were metered here, and how a folder of git or a job of continuous integration tells
// the repository, the branch and the pull request. It refuses to know what entries say and how they are read from logs.
package desk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/pertask/pertask/ledger/spenddir"
)

// EnvFolder is the variable that says where the ledger is; Off, in it or as an option, keeps none.
const (
	EnvFolder = "PERTASK_LEDGER"
	Off       = "off"
)

// Folder returns where the ledger is: what the option says, or the variable, or the usual place for data of a program on this system.
// It is "" when none is to be kept, and where no place is known.
func Folder(option string, getenv func(string) string) string {
	for _, s := range []string{option, getenv(EnvFolder)} {
		switch s {
		case "":
		case Off:
			return ""
		default:
			return s
		}
	}
	home := getenv("HOME")
	switch {
	case runtime.GOOS == "windows" && getenv("LocalAppData") != "":
		return filepath.Join(getenv("LocalAppData"), "pertask")
	case runtime.GOOS == "darwin" && home != "":
		return filepath.Join(home, "Library", "Application Support", "pertask")
	case filepath.IsAbs(getenv("XDG_DATA_HOME")):
		return filepath.Join(getenv("XDG_DATA_HOME"), "pertask")
	case home != "":
		return filepath.Join(home, ".local", "share", "pertask")
	}
	return ""
}

// Desk is the folder. Entries may be in one that several machines share; what this machine alone knows stays beside it.
type Desk struct {
	*spenddir.Store
	dir string
}

// Open opens the folder, and makes it where it is missing.
func Open(dir string) (*Desk, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the folder of the ledger: %w", err)
	}
	writer, err := writer(filepath.Join(dir, "writer"))
	if err != nil {
		return nil, err
	}
	s, err := spenddir.Open(filepath.Join(dir, "ledger"), spenddir.Options{Writer: writer})
	if err != nil {
		return nil, err
	}
	return &Desk{s, dir}, nil
}

// State is the file in which a scan keeps how far it has read.
func (d *Desk) State() string { return filepath.Join(d.dir, "scan.state") }

// writer returns this machine's name, and makes one up the first time. Of processes that do so at once one wins.
func writer(path string) (string, error) {
	for range 2 {
		b, err := os.ReadFile(path)
		if name := strings.TrimSpace(string(b)); err == nil && name != "" {
			return name, nil
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("reading this machine's name in the ledger: %w", err)
		}
		if err := publish(path, spenddir.NewWriter()+"\n"); err != nil {
			return "", fmt.Errorf("writing this machine's name in the ledger: %w", err)
		}
	}
	return "", fmt.Errorf("reading this machine's name in the ledger: %s is empty; remove it", path)
}

// publish makes a file with a text that is whole from the beginning, unless it is there.
func publish(path, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err == nil || errors.Is(err, fs.ErrExist) {
		return nil
	}
	return os.Rename(f.Name(), path) // where there are no links
}

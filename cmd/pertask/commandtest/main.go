package commandtest

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/internal/sandboxed"
)

// Main runs the tests of a package and ends the process. The test binary is also a part of a sandbox, and a command when
// the command's name is its only argument, as a suite may start it: with this process's own variables, and nothing to
// read keys with.
func Main(m *testing.M, commands ...command.Command) {
	sandboxed.Main()
	for _, c := range commands {
		if len(os.Args) == 2 && os.Args[1] == c.Name {
			a := App(nil)
			a.Getenv, a.Stdout, a.Stderr = os.Getenv, os.Stdout, os.Stderr
			os.Exit(command.Program{Commands: commands}.Run(a, os.Args[1:]))
		}
	}
	os.Exit(m.Run())
}

// Unpacked returns the path of a copy of a file NAME.gz without its compression, which is called NAME.
func Unpacked(t testing.TB, path string) string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), strings.TrimSuffix(filepath.Base(path), ".gz"))
	if err := os.WriteFile(out, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return out
}

package suite_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/pertask/pertask/internal/golden"
	"github.com/pertask/pertask/internal/strict"
	"github.com/pertask/pertask/suite"
)

const suitePath = "evals/suite.yaml"

// tree returns testdata/tree with some links, and the given text as the suite file.
func tree(t testing.TB, text []byte) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{
		suitePath:                  {Data: text, Mode: 0o644},
		"evals/tasks/linked/a.txt": {Data: []byte("a"), Mode: 0o644},
		"evals/tasks/linked/b.txt": {Data: []byte("../../suite.yaml"), Mode: fs.ModeSymlink | 0o777},
		"evals/away":               {Data: []byte("/etc"), Mode: fs.ModeSymlink | 0o777},
		"evals/tasks/pipe/p":       {Mode: fs.ModeNamedPipe | 0o644},
		"evals/tasks/odd/a\nb":     {Mode: 0o644},
		"evals/tasks/empty":        {Mode: fs.ModeDir | 0o755},
		"evals/schemas/link.json":  {Data: []byte("team.json"), Mode: fs.ModeSymlink | 0o777},
	}
	disk := os.DirFS("testdata/tree")
	err := fs.WalkDir(disk, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(disk, name)
		if err != nil {
			return err
		}
		info, err := d.Info()
		out[name] = &fstest.MapFile{Data: data, Mode: info.Mode()}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// cases runs f for every YAML file of a folder, as a subtest with its name.
func cases(t *testing.T, folder string, f func(t *testing.T, base string, data []byte)) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no cases in %s: %v", folder, err)
	}
	for _, name := range names {
		base := strings.TrimSuffix(filepath.ToSlash(name), ".yaml")
		t.Run(path.Base(base), func(t *testing.T) {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			f(t, base, data)
		})
	}
}

// TestOK loads every file of testdata/ok and compares what it means with the JSON file beside it.
func TestOK(t *testing.T) {
	cases(t, "testdata/ok", func(t *testing.T, base string, data []byte) {
		s, err := suite.Load(tree(t, data), suitePath)
		if err != nil {
			t.Fatal(err)
		}
		s.Digest = "" // TestDigest has it
		text, err := json.MarshalIndent(s, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		golden.Check(t, base+".json", string(text)+"\n")
	})
}

// TestErr loads every file of testdata/err and compares the errors with the .out file beside it.
func TestErr(t *testing.T) {
	cases(t, "testdata/err", func(t *testing.T, base string, data []byte) {
		s, err := suite.Load(tree(t, data), suitePath)
		if err == nil || s != nil {
			t.Fatalf("got %v, %v, want an error and nothing else", s, err)
		}
		var es strict.Errors
		if !errors.As(err, &es) {
			t.Errorf("%v has no place", err)
		}
		golden.Check(t, base+".out", err.Error()+"\n")
	})
}

func TestMissingSuite(t *testing.T) {
	for name, p := range map[string]string{"no file": "evals/none.yaml", "no folder": "x/none.yaml"} {
		_, err := suite.Load(tree(t, nil), p)
		if !errors.Is(err, fs.ErrNotExist) || err.Error() != "reading suite: "+map[string]string{"no file": "evals/none.yaml", "no folder": "x"}[name]+" does not exist" {
			t.Errorf("%s: got %v", name, err)
		}
	}
	for _, p := range []string{"", ".", "../x.yaml", "/etc/passwd", "evals//suite.yaml"} {
		if _, err := suite.Load(tree(t, nil), p); err == nil || !strings.Contains(err.Error(), "is not a path inside the repository") {
			t.Errorf("%q: got %v", p, err)
		}
	}
	for _, p := range []string{"evals", "evals/away", "evals/away/passwd", "evals/tasks/pipe/p"} {
		if _, err := suite.Load(tree(t, nil), p); err == nil {
			t.Errorf("%q: no error", p)
		}
	}
}

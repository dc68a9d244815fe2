package output_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pertask/pertask/cmd/pertask/output"
)

func TestLoad(t *testing.T) {
	r, err := output.Load(filepath.Join("..", "..", "..", "report", "testdata", "switch.json"))
	if err != nil || r.Verdict.String() != "switch" {
		t.Fatalf("%v, %v", r, err)
	}
	dir := t.TempDir()
	large, err := os.Create(filepath.Join(dir, "large.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := large.Truncate(65 << 20); err != nil {
		t.Fatal(err)
	}
	if err := large.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a\x1b[31m.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"none.json": "reading a report: ", "large.json": "is larger than 67108864 bytes", "a\x1b[31m.json": `a\x1b[31m.json": `, "": "reading a report: "} {
		if r, err := output.Load(filepath.Join(dir, name)); err == nil || r != nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", name, err, want)
		}
	}
}

package analysis_test

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pertask/pertask/cmd/pertask/analysis"
	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/cmd/pertask/commandtest"
)

func pertask(args ...string) (stdout, stderr string, code int) {
	return commandtest.Run(commandtest.App(nil), command.Program{Commands: []command.Command{analysis.Command()}}, args...)
}

func unpacked(t *testing.T, name string) string {
	t.Helper()
	f, err := os.Open("../../../compare/testdata/recorded/" + name + ".csv.gz")
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
	path := filepath.Join(t.TempDir(), name+".csv")
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAnalyzeFormats(t *testing.T) {
	path := unpacked(t, "agentic_tokens")
	args := []string{"analyze", path, "--dataset", "pr2/gaia-react", "--base", "gemini-3.1-pro", "--head", "gemini-3-flash"}
	for format, want := range map[string]string{"term": "Don't switch.", "md": "**Don't switch.**", "json": `"verdict": "dont-switch"`} {
		stdout, stderr, code := pertask(append(args, "--format", format)...)
		if code != 0 || !strings.Contains(stdout, want) {
			t.Errorf("--format %s: exit %d, want %q\n%s%s", format, code, want, stdout, stderr)
		}
	}
	out := filepath.Join(t.TempDir(), "out")
	if _, stderr, code := pertask(append(args, "--reprice", "--out", out)...); code != 0 {
		t.Fatalf("--reprice: exit %d\n%s", code, stderr)
	}
	if r := commandtest.Report(t, out); r.Base.Cost.Amount.String() != "76.0813956" || r.Base.Cost.Status.String() != "exact" {
		t.Errorf("re-priced base: %+v", r.Base.Cost)
	}
}

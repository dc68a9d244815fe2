package analysis_test

import (
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

func TestAnalyzeFormats(t *testing.T) {
	path := commandtest.Unpacked(t, "../../../compare/testdata/recorded/agentic_tokens.csv.gz")
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

package html_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/report/html"
)

// fixtures are the reports in report/testdata, by name.
func fixtures(t *testing.T) map[string][]*report.Report {
	t.Helper()
	paths, err := filepath.Glob("../testdata/*.json")
	if err != nil || len(paths) < 10 {
		t.Fatalf("no fixtures: %v", err)
	}
	out := map[string][]*report.Report{}
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		raws := []json.RawMessage{b}
		if bytes.HasPrefix(b, []byte("[")) {
			if err := json.Unmarshal(b, &raws); err != nil {
				t.Fatal(err)
			}
		}
		name := strings.TrimSuffix(filepath.Base(p), ".json")
		for _, raw := range raws {
			r, err := report.ParseJSON(raw)
			if err != nil {
				t.Fatal(err)
			}
			out[name] = append(out[name], r)
		}
	}
	return out
}

func render(t *testing.T, rs ...*report.Report) string {
	t.Helper()
	var b strings.Builder
	if err := html.Write(&b, rs); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWrite(t *testing.T) {
	for name, rs := range fixtures(t) {
		s := render(t, rs...)
		if dir := os.Getenv("PERTASK_HTML_OUT"); dir != "" {
			os.WriteFile(filepath.Join(dir, name+".html"), []byte(s), 0o644)
		}
	}
}

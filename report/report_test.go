package report_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/report/markup/markuptest"
)

// fixtures are the names of the files in testdata that hold reports.
func fixtures(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	for i, p := range paths {
		paths[i] = strings.TrimSuffix(filepath.Base(p), ".json")
	}
	return paths
}

// load reads a fixture: one report, or a list of them.
func load(t *testing.T, name string) []*report.Report {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	raws := []json.RawMessage{b}
	if bytes.HasPrefix(b, []byte("[")) {
		if err := json.Unmarshal(b, &raws); err != nil {
			t.Fatal(err)
		}
	}
	var out []*report.Report
	for _, raw := range raws {
		r, err := report.ParseJSON(raw)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out = append(out, r)
	}
	return out
}

// one reads a fixture of one report.
func one(t *testing.T, name string) *report.Report {
	t.Helper()
	rs := load(t, name)
	if len(rs) != 1 {
		t.Fatalf("%s holds %d reports, want 1", name, len(rs))
	}
	return rs[0]
}

const reportURL = "https://github.com/acme/agent/actions/runs/123#artifacts"

// problems is markuptest.Problems but for the one link that a rendering has of its own.
func problems(md string) []string {
	return markuptest.Problems(md, "[full report]("+reportURL+")")
}

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fixture is a report in the testdata of package report.
func fixture(name string) string {
	return filepath.Join("..", "..", "report", "testdata", name+".json")
}

func TestReportAgain(t *testing.T) {
	one, other := fixture("switch"), fixture("dont-switch")
	stdout, stderr, code := pertask(nil, "report", one, other)
	if code != 0 || !strings.HasPrefix(stdout, "Switch. On this suite") || strings.Count(stdout, "\nDon't switch. If these 165 tasks") != 1 {
		t.Errorf("exit %d, %s\n%.300s", code, stderr, stdout)
	}
	want, err := os.ReadFile(one)
	if err != nil {
		t.Fatal(err)
	}
	if stdout, _, _ = pertask(nil, "report", one, "--format", "json"); stdout != string(want) {
		t.Errorf("the report has changed:\n%.300s", stdout)
	}
	file := filepath.Join(t.TempDir(), "page.html")
	stdout, stderr, code = pertask(nil, "report", one, "--html", file, other)
	got, err := os.ReadFile(file)
	if code != 0 || err != nil || stdout != "" || strings.Count(string(got), "<article ") != 2 || !strings.HasPrefix(string(got), "<!DOCTYPE html>") {
		t.Errorf("exit %d, %v, %s%s, a page of %d bytes", code, err, stdout, stderr, len(got))
	}
	for want, args := range map[string][]string{
		"no report is given: name a report.json": {},
		"allowed are term, md or json":           {one, "--format", "html"},
		"reading a report: ":                     {filepath.Join(t.TempDir(), "none.json")},
		"writing the page: ":                     {one, "--html", t.TempDir()},
	} {
		if stdout, stderr, code := pertask(nil, append([]string{"report"}, args...)...); code != 2 || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("%q: exit %d, %q, want %q", args, code, stdout+stderr, want)
		}
	}
}

package outside_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/arm/outside"
	"github.com/pertask/pertask/internal/document"
)

// codesOf returns the codes of the findings about diffs.
func codesOf(diffs []outside.FileDiff, watched func(outside.FileDiff) bool) []string {
	var out []string
	for _, f := range outside.Models(diffs, watched, knownModels) {
		out = append(out, f.Code)
	}
	return out
}

// TestDiffNotGiven has what a file without a patch is by its name.
func TestDiffNotGiven(t *testing.T) {
	worth := `main.go src/app.py notebook.ipynb web/App.tsx index.mjs Service.java Main.kt lib.rs run.rb job.php Program.cs x.swift
		run.sh deploy.ps1 query.sql a.yaml a.YML a.json a.jsonc a.jsonl a.toml a.ini a.cfg a.conf a.properties a.xml main.tf
		prod.tfvars a.nix a.cue a.proto Dockerfile docker/Dockerfile dockerfile.prod Makefile justfile Procfile Jenkinsfile BUILD
		WORKSPACE dotenv .env .env.local .env.production x/.env.example chart.tmpl package.json go.mk`
	for name := range strings.FieldsSeq(worth) {
		want := []outside.Finding{{Code: "diff-not-given", Source: document.Source{Path: name},
			Text: "GitHub gives no diff of " + name + ", in which a model could change unseen."}}
		if diff := cmp.Diff(want, outside.Models([]outside.FileDiff{{Path: name, Changes: 3}}, none, knownModels)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	not := `logo.png photo.JPG font.woff2 README.md notes.txt docs/a.rst paper.pdf data.csv data.parquet archive.zip LICENSE
		package-lock.json web/package-lock.json npm-shrinkwrap.json pnpm-lock.yaml composer.lock Cargo.lock packages.lock.json
		.terraform.lock.hcl app.min.js theme.min.css go.sum x.env.txt myDockerfile environment`
	for name := range strings.FieldsSeq(not) {
		if got := codesOf([]outside.FileDiff{{Path: name, Changes: 3}}, none); got != nil {
			t.Errorf("%s gives %v", name, got)
		}
	}
}

func TestRenames(t *testing.T) {
	tests := []struct {
		name string
		diff outside.FileDiff
		want []string
	}{
		{"alone", outside.FileDiff{Path: "b.go", PreviousPath: "a.go"}, nil},
		{"with changes that are not given", outside.FileDiff{Path: "b.go", PreviousPath: "a.go", Changes: 1}, []string{"diff-not-given"}},
		{"with changes", outside.FileDiff{Path: "b.go", PreviousPath: "a.go", Changes: 2, Patch: patch("-gpt-5.4", "+gpt-5.5")}, []string{"model-outside-watched-files"}},
		{"with other changes", outside.FileDiff{Path: "b.go", PreviousPath: "a.go", Changes: 2, Patch: patch("-x", "+y")}, nil},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, codesOf([]outside.FileDiff{tt.diff}, none)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// TestWatched holds that nothing is said about a watched file, whether its patch is given or not.
func TestWatched(t *testing.T) {
	change := patch("-gpt-5.4", "+gpt-5.5")
	diffs := []outside.FileDiff{{Path: "w.yaml", Patch: change}, {Path: "w.yaml"}, {Path: "x.yaml", Patch: change}, {Path: "x.yaml"}}
	asked := []string{}
	got := outside.Models(diffs, func(d outside.FileDiff) bool {
		asked = append(asked, d.Path)
		return d.Path == "w.yaml"
	}, knownModels)
	for _, f := range got {
		if f.Source.Path != "x.yaml" {
			t.Errorf("a finding about a watched file: %+v", f)
		}
	}
	if diff := cmp.Diff([]string{"w.yaml", "w.yaml", "x.yaml", "x.yaml"}, asked); len(got) != 2 || diff != "" {
		t.Errorf("%d findings, want 2; files asked about (-want +got):\n%s", len(got), diff)
	}
}

// TestLimits has as many files as are named one by one, and one more.
func TestLimits(t *testing.T) {
	files := func(n int, patch string) []outside.FileDiff {
		var out []outside.FileDiff
		for i := range n {
			out = append(out, outside.FileDiff{Path: fmt.Sprintf("f%d.go", i), Patch: patch})
		}
		return out
	}
	change := patch("-gpt-5.4", "+gpt-5.5")
	tests := []struct {
		name  string
		diffs []outside.FileDiff
		count int
		last  string // the start of the last text
	}{
		{"100 changed", files(100, change), 100, "A known model changes outside"},
		{"101 changed", files(101, change), 101, "Known models change in 1 more files"},
		{"10 without a patch", files(10, ""), 10, "GitHub gives no diff of f9.go"},
		{"11 without a patch", files(11, ""), 11, "GitHub gives no diff of 1 more files"},
		{"both", slices.Concat(files(12, ""), files(3, change)), 14, "GitHub gives no diff of 2 more files"},
	}
	for _, tt := range tests {
		got := outside.Models(tt.diffs, none, knownModels)
		if len(got) != tt.count || !strings.HasPrefix(got[len(got)-1].Text, tt.last) {
			t.Errorf("%s: %d findings, the last %q, want %d and %q", tt.name, len(got), got[len(got)-1].Text, tt.count, tt.last)
		}
	}
	long := strings.Repeat("x", 5000) + ".go"
	for _, f := range outside.Models([]outside.FileDiff{{Path: long}, {Path: long, Patch: change}}, none, knownModels) {
		if len(f.Text) > 500 || f.Source.Path != long {
			t.Errorf("a long path gives a text of %d bytes", len(f.Text))
		}
	}
}

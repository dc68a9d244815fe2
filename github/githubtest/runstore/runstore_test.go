package runstore_test

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/github/githubtest/runstore"
)

func store() *runstore.Store {
	id := int64(100)
	return runstore.New(func() int64 { id++; return id })
}

func TestStart(t *testing.T) {
	const inputs = "on:\n  workflow_dispatch:\n    inputs: {review: {required: true}, more: {default: x}}\n"
	for _, tt := range []struct {
		name, text string
		inputs     map[string]string
		title      string // of the run
		refused    string // "" for a run
	}{
		{"a word", "name: a\non: workflow_dispatch\n", nil, "a", ""},
		{"a list", "name: a\non: [push, workflow_dispatch]\n", nil, "a", ""},
		{"a mapping", "name: a\nrun-name: of ${{ inputs.review }}\n" + inputs, map[string]string{"review": "7"}, "of 7", ""},
		{"nothing by hand", "on: [push]\n", nil, "", "workflow_dispatch"},
		{"an input is missing", inputs, nil, "", "'review' not provided"},
		{"an unknown input", inputs, map[string]string{"review": "7", "z": "1"}, "", `["z"]`},
		{"no YAML", "on: [\n", nil, "", "parse"},
	} {
		s := store()
		r, no := s.Start("w.yml", tt.text, runstore.Run{Inputs: tt.inputs, Branch: "main", Actor: "ada"}, time.Unix(1e9, 5))
		switch {
		case tt.refused != "":
			if no == nil || !strings.Contains(no.Message, tt.refused) || s.Knows("w.yml") {
				t.Errorf("%s: %+v, %+v", tt.name, r, no)
			}
		case no != nil || r.Title != tt.title || r.Status != "queued" || r.Attempt != 1 || r.Again != "ada" || s.Find(r.ID) != r || !s.Knows("w.yml"):
			t.Errorf("%s: %+v, %+v", tt.name, r, no)
		}
	}
}

func TestRuns(t *testing.T) {
	s := store()
	const text = "on: workflow_dispatch\n"
	a, _ := s.Start("a.yml", text, runstore.Run{Branch: "main", Actor: "ada"}, time.Unix(100, 0))
	b, _ := s.Start("a.yml", text, runstore.Run{Branch: "other", Actor: "bob"}, time.Unix(200, 0))
	if a.Workflow != b.Workflow || a.Number != 1 || b.Number != 2 {
		t.Errorf("%+v, %+v", a, b)
	}
	for name, f := range map[string]runstore.Filter{"branch": {Branch: "other"}, "actor": {Actor: "bob"}, "since": {Since: time.Unix(150, 0)}} {
		if got := s.Where(f); len(got) != 1 || got[0] != b {
			t.Errorf("%s: %v", name, got)
		}
	}
	if got := s.Where(runstore.Filter{File: "a.yml", Event: "workflow_dispatch"}); len(got) != 2 || got[0] != b {
		t.Errorf("all: %v, want the newest first", got)
	}
	if !s.Cancel(a) || !a.Cancelled {
		t.Error("it was not cancelled")
	}
	if b.Status = "completed"; s.Cancel(b) || b.Cancelled {
		t.Error("one that has ended was cancelled")
	}
	if s.Disabled["a.yml"] = true; true {
		if _, no := s.Start("a.yml", text, runstore.Run{}, time.Unix(1, 0)); no == nil || !strings.Contains(no.Message, "disabled") {
			t.Errorf("%+v", no)
		}
	}
}

func TestArtifacts(t *testing.T) {
	s := store()
	r, _ := s.Start("a.yml", "on: workflow_dispatch\n", runstore.Run{}, time.Unix(100, 0))
	id := s.Leave(r, "x", runstore.Zip(map[string][]byte{"b": []byte("2"), "a": []byte("1")})).ID
	of, a := s.Artifact(id)
	if of != r || a.Name != "x" {
		t.Fatalf("%+v, %+v", of, a)
	}
	z, err := zip.NewReader(bytes.NewReader(a.Data), int64(len(a.Data)))
	if err != nil || len(z.File) != 2 || z.File[0].Name != "a" {
		t.Errorf("%v, %v", z, err)
	}
	if of, a := s.Artifact(1); of != nil || a != nil {
		t.Error("there is another one")
	}
	if j := r.JSON(5, "acme/agent"); j["conclusion"] != nil || j["path"] != ".github/workflows/a.yml" {
		t.Errorf("%v", j)
	}
}

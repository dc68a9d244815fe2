package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/pertask/pertask/github/githubtest/runstore"
	"github.com/pertask/pertask/review/errand"
	"github.com/pertask/pertask/verdict"
)

// keeper stands in for actions/upload-artifact, which needs GitHub: it keeps the files that count in a folder, and no others, whatever
// it is told.
const keeper = `name: keep
description: keeps files in a folder
inputs:
  name: {required: true, description: of the artifact}
  path: {required: true, description: of the files}
  retention-days: {required: false, description: ignored}
runs:
  using: composite
  steps:
    - shell: bash
      env:
        NAME: ${{ inputs.name }}
        FOLDER: ${{ inputs.path }}
      run: |
        set -eu
        mkdir -p "$KEEP/$NAME"
        for f in answer.json trials.jsonl report.json; do cp "$FOLDER/$f" "$KEEP/$NAME/$f"; done
`

var upload = regexp.MustCompile(`actions/upload-artifact@[0-9a-f]{40}`)

// TestActMeasures runs the workflow that docs/app.md shows, as GitHub does when the App starts it: what is kept answers the request.
func TestActMeasures(t *testing.T) {
	findAct(t)
	s := newStage(t, "block", dearer)
	q := s.asks(t)
	workflow := blocks(t, "docs/app.md", "workflow_dispatch:")[0]
	s.write(t, ".github/workflows/pertask.yml", []byte(workflow))
	s.gitInit(t)
	kept, stub := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(stub, "action.yml"), []byte(keeper), 0o644); err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(map[string]any{"ref": "refs/heads/main", "workflow": ".github/workflows/pertask.yml", "inputs": map[string]string{"review": q.Review, "request": q.String()},
		"repository": map[string]any{"full_name": "acme/agent", "default_branch": "main", "owner": map[string]any{"login": "acme"}, "name": "agent"}})
	if err != nil {
		t.Fatal(err)
	}
	out, exit := s.actOn(t, "workflow_dispatch", payload, "--local-repository", "pertask/pertask@v1="+published(t), "--local-repository", upload.FindString(workflow)+"="+stub, "--env", "KEEP="+kept)
	if exit != 0 || s.calls.Load() != 40 || strings.Contains(out, providerKey) {
		t.Errorf("exit %d after %d calls\n%s", exit, s.calls.Load(), out)
	}
	files := map[string][]byte{}
	for _, name := range []string{errand.File, "trials.jsonl", "report.json"} {
		data, err := os.ReadFile(filepath.Join(kept, errand.Artifact, name))
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		files[name] = data
	}
	b, err := errand.Open(runstore.Zip(files), q)
	if err != nil || b.Result != verdict.Measured || len(b.Trials.Results) != 40 {
		t.Errorf("%d trials, %+v, %v", len(b.Trials.Results), b.Answer, err)
	}
	if len(s.hub.Comments(s.repo, s.pull)) != 0 || len(s.hub.Checks(s.repo, s.head)) != 0 {
		t.Error("something was posted")
	}
}

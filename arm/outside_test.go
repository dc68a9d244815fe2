package arm_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/arm"
)

var knownModels = []string{"gpt-5.4", "gpt-5.5"}

func TestModelsOutsideFiles(t *testing.T) {
	change := "@@ -10,1 +10,1 @@\n-gpt-5.4\n+gpt-5.5"
	own := model("config/agents.yaml", "")
	tests := []struct {
		name string
		diff arm.FileDiff
		want string // code of the only finding, "" for none
	}{
		{"source code", arm.FileDiff{Path: "main.py", Patch: change}, "model-outside-watched-files"},
		{"workflow", arm.FileDiff{Path: ".github/workflows/ci.yml", Patch: change}, "model-outside-watched-files"},
		{"documentation", arm.FileDiff{Path: "README.md", Patch: change}, "model-outside-watched-files"},
		{"watched", arm.FileDiff{Path: "config/agents.yaml", Patch: change}, ""},
		{"well known", arm.FileDiff{Path: ".codex/config.toml", Patch: change}, ""},
		{"watched, renamed", arm.FileDiff{Path: "b.yaml", PreviousPath: "config/agents.yaml", Patch: change}, ""},
		{"well known, renamed", arm.FileDiff{Path: "b.toml", PreviousPath: ".codex/config.toml", Patch: change}, "model-outside-watched-files"},
		{"name that others use", arm.FileDiff{Path: "config.yaml", Patch: change}, "model-outside-watched-files"},
		{"no diff of code", arm.FileDiff{Path: "src/big.go"}, "diff-not-given"},
		{"no diff of configuration", arm.FileDiff{Path: "deploy/values.YAML", Changes: 9000}, "diff-not-given"},
		{"no diff of a Dockerfile", arm.FileDiff{Path: "x/Dockerfile"}, "diff-not-given"},
		{"no diff of a dotenv file", arm.FileDiff{Path: ".env.production"}, "diff-not-given"},
		{"no diff of a watched file", arm.FileDiff{Path: "config/agents.yaml"}, ""},
		{"no diff of an image", arm.FileDiff{Path: "logo.png"}, ""},
		{"no diff of a text", arm.FileDiff{Path: "notes.md"}, ""},
		{"no diff of a lock file", arm.FileDiff{Path: "web/package-lock.json"}, ""},
		{"no diff of a minified file", arm.FileDiff{Path: "web/app.min.js"}, ""},
		{"rename alone", arm.FileDiff{Path: "b.go", PreviousPath: "a.go"}, ""},
		{"rename with changes", arm.FileDiff{Path: "b.go", PreviousPath: "a.go", Changes: 5000}, "diff-not-given"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := arm.ModelsOutside([]arm.FileDiff{tt.diff}, append(arm.WellKnown(), own), knownModels)
			var codes []string
			for _, f := range got {
				codes = append(codes, f.Code)
				if f.Source.Path != tt.diff.Path {
					t.Errorf("got path %q", f.Source.Path)
				}
			}
			if got := strings.Join(codes, " "); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestPairOutside(t *testing.T) {
	finding := func(path string) arm.Finding { return arm.Finding{Code: "x", Source: arm.Source{Path: path}} }
	p := arm.Pair{
		Base: arm.Arm{Settings: []arm.Setting{{Slot: "main", Key: arm.Model, Source: arm.Source{Path: "config.yaml"}}}},
		Head: arm.Arm{Settings: []arm.Setting{{Slot: "main", Key: arm.Model, Source: arm.Source{Path: "b.yaml"}}}},
	}
	got := p.Outside([]arm.Finding{finding("a.go"), finding("config.yaml"), finding("b.yaml"), finding("")})
	if diff := cmp.Diff([]arm.Finding{finding("a.go"), finding("")}, got); diff != "" {
		t.Errorf("Outside (-want +got):\n%s", diff)
	}
}

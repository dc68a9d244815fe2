package suite_test

import (
	"testing"
	"testing/fstest"

	"github.com/pertask/pertask/suite"
)

func TestPathsAreBesideTheSuiteFileOrFromTheRoot(t *testing.T) {
	const text = "name: n\nharness: command\ncommand: 'true'\ntasks: [{id: a, workspace: tasks/x, grade: 'true'}]\n"
	file := &fstest.MapFile{Data: []byte("x")}
	for name, tt := range map[string]struct {
		files []string
		want  string
	}{
		"beside":    {[]string{"evals/tasks/x/f"}, "evals/tasks/x"},
		"from root": {[]string{"tasks/x/f"}, "tasks/x"},
		"both":      {[]string{"evals/tasks/x/f", "tasks/x/f"}, "evals/tasks/x"},
	} {
		fsys := fstest.MapFS{"evals/suite.yaml": {Data: []byte(text)}}
		for _, f := range tt.files {
			fsys[f] = file
		}
		s, err := suite.Load(fsys, "evals/suite.yaml")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := s.Tasks[0].Workspace; got != tt.want {
			t.Errorf("%s: workspace %q, want %q", name, got, tt.want)
		}
	}
}

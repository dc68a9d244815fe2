package suite_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pertask/pertask/internal/strict"
	"github.com/pertask/pertask/suite"
)

// FuzzLoad says that no suite file makes Load panic, and what a suite that loads always has.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"testdata/ok/*.yaml", "testdata/err/*.yaml"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			f.Fatalf("no seeds: %v", err)
		}
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	files := tree(f, nil)
	f.Fuzz(func(t *testing.T, data []byte) {
		files[suitePath].Data = data
		s, err := suite.Load(files, suitePath)
		if err != nil {
			var es strict.Errors
			if !errors.As(err, &es) {
				t.Fatalf("%v has no place", err)
			}
			return
		}
		if s.Name == "" || len(s.Tasks) == 0 || !strings.HasPrefix(s.Digest, "sha256:") {
			t.Fatalf("got %+v", s)
		}
		seen := map[string]bool{}
		for _, task := range s.Tasks {
			if seen[task.ID] || task.ID == "" || task.Timeout <= 0 || task.GradeTimeout <= 0 || task.Line < 1 {
				t.Errorf("got task %+v", task)
			}
			seen[task.ID] = true
			switch task.Harness {
			case "command":
				if task.Command == "" {
					t.Errorf("task %q has no command", task.ID)
				}
			case "prompt":
				if task.Prompt == "" || task.Command != "" {
					t.Errorf("task %q has prompt %q and command %q", task.ID, task.Prompt, task.Command)
				}
			default:
				if !slices.Contains(suite.Agents(), task.Harness) || task.Prompt == "" || task.Command != "" {
					t.Errorf("task %q has harness %q, prompt %q and command %q", task.ID, task.Harness, task.Prompt, task.Command)
				}
			}
			if task.Grade.Kind == suite.GradeCommand {
				if task.Grade.Value == "" {
					t.Errorf("task %q has an empty grader", task.ID)
				}
			} else if _, err := task.Grade.Accept([]byte("{}")); err != nil {
				t.Errorf("task %q has a broken grader: %v", task.ID, err)
			}
		}
	})
}

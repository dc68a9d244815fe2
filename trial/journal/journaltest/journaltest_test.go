package journaltest_test

import (
	"path/filepath"
	"testing"

	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
	"github.com/pertask/pertask/trial/journal/journaltest"
)

func TestMemory(t *testing.T) {
	journaltest.Run(t, func(*testing.T) func() trial.Journal {
		j := journal.NewMemory()
		return func() trial.Journal { return j }
	})
}

func TestFile(t *testing.T) {
	journaltest.Run(t, func(t *testing.T) func() trial.Journal {
		path := filepath.Join(t.TempDir(), "trials.jsonl")
		return func() trial.Journal {
			j, err := journal.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			return j
		}
	})
}

func TestSealed(t *testing.T) {
	journaltest.Run(t, func(t *testing.T) func() trial.Journal {
		path := filepath.Join(t.TempDir(), "trials.jsonl")
		return func() trial.Journal {
			j, err := journal.Seal{Secret: []byte("0123456789abcdef"), About: "refs/pull/1/merge"}.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			return j
		}
	})
}

package journal_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
	"github.com/pertask/pertask/trial/journal/journaltest"
	"github.com/pertask/pertask/usage"
)

func TestClaim(t *testing.T) {
	mine := journal.Subject{Key: "k", Facts: map[string]string{"model of the head": "gpt-5.4-mini", "suite": "sha256:aa", "effort of the head": "high"}}
	other := journal.Subject{Key: "other", Facts: map[string]string{"model of the head": "gpt-5.5", "suite": "sha256:aa"}}
	tests := []struct {
		name   string
		keep   *journal.Subject // of the process before
		record []any
		want   []string // of the error; none for no error
	}{
		{"a new journal", nil, nil, nil},
		{"calls alone, of an earlier version", nil, []any{journaltest.Call("1", "base/x/0", usage.Admitted)}, nil},
		{"of the same subject", &mine, []any{journaltest.Call("1", "base/x/0", usage.Admitted), journaltest.Trial("base", "x", 0, trial.Failed)}, nil},
		{"of the same key with other facts", &journal.Subject{Key: "k"}, []any{journaltest.Call("1", "base/x/0", usage.Admitted)}, nil},
		{"trials of another key", nil, []any{trial.Trial{Slot: trial.Slot{Arm: "base", Task: "x"}, EvidenceKey: "other"}}, []string{"key is other, and this one's k"}},
		{
			"nothing but a call of another subject", &other, []any{journaltest.Call("1", "base/x/0", usage.Admitted)},
			[]string{"key is other, and this one's k", `the effort of the head is not set there and "high" here`, `the model of the head is "gpt-5.5" there and "gpt-5.4-mini" here`},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "trials.jsonl")
			j := openFile(t, path)
			if tt.keep != nil {
				if err := j.Claim(*tt.keep); err != nil {
					t.Fatal(err)
				}
			}
			journaltest.Append(t, j, tt.record...)
			j.Close()
			before, _ := os.ReadFile(path)

			j = openFile(t, path)
			err := j.Claim(mine)
			if after, _ := os.ReadFile(path); string(after) != string(before) {
				t.Error("claiming wrote to the journal")
			}
			if tt.want == nil && err != nil {
				t.Fatal(err)
			}
			var refused *journal.OtherError
			if tt.want != nil && !errors.As(err, &refused) {
				t.Fatalf("error %v, want an OtherError", err)
			}
			for _, want := range append(tt.want, "") {
				if err != nil && (!strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "the suite")) {
					t.Errorf("error %v, want one with the path and %q, and nothing that is the same", err, want)
				}
			}
		})
	}
}

func TestClaimOfWhatIsNoJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trials.jsonl")
	if err := os.WriteFile(path, []byte("hello\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := openFile(t, path).Claim(journal.Subject{Key: "k"}); err == nil || !strings.Contains(err.Error(), path+":1") {
		t.Errorf("error %v, want one with the place", err)
	}
}

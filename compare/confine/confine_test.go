package confine_test

import (
	"strings"
	"testing"

	"github.com/pertask/pertask/compare/confine"
	"github.com/pertask/pertask/trial"
)

func TestKept(t *testing.T) {
	tests := []struct {
		name    string
		by      []string
		want    string
		outside int
		note    []string // parts of it
		agents  bool
	}{
		{"no trial", nil, "", 0, nil, false},
		{"one", []string{"bubblewrap", "bubblewrap"}, "bubblewrap", 0, []string{"Sandboxed by bubblewrap:", "nothing else."}, true},
		{"none", []string{"", ""}, "", 2, []string{"Not sandboxed"}, true},
		{"none, and no agent", []string{""}, "", 1, nil, false},
		{"two", []string{"bubblewrap", "a room", "a room"}, "a room (2 trials), bubblewrap (1 trial)", 0, []string{"Sandboxed by a room (2 trials), bubblewrap (1 trial):"}, true},
		{"mixed", []string{"a room", "", "a room"}, "a room (2 trials), none (1 trial)", 1, []string{"Sandboxed by a room (2 trials), none (1 trial)", "but in 1 trial without a sandbox", "network"}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var k confine.Kept
			for _, by := range tt.by {
				k.Take(trial.Trial{Outcome: trial.Failed, Sandbox: by})
			}
			k.Take(trial.Trial{Outcome: trial.Void, Sandbox: "another"})
			if got := k.Name(); got != tt.want || k.Outside() != tt.outside || k.Any() != (len(tt.by) > 0) {
				t.Errorf("kept by %q, %d outside, any %t; want %q and %d", got, k.Outside(), k.Any(), tt.want, tt.outside)
			}
			note := k.Note(tt.agents)
			if (note == "") != (tt.note == nil) {
				t.Errorf("note %q", note)
			}
			for _, part := range tt.note {
				if !strings.Contains(note, part) {
					t.Errorf("note %q, want one with %q", note, part)
				}
			}
		})
	}
}

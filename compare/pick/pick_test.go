package pick_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare/pick"
	"github.com/pertask/pertask/recorded"
)

func row(dataset, label, model, task string) recorded.Row {
	return recorded.Row{Dataset: dataset, Label: label, Model: model, Task: task}
}

func recording(want string, rows ...recorded.Row) pick.Recording {
	return pick.Recording{Path: "logs", Want: want, Records: recorded.Records{Rows: rows}}
}

func TestPick(t *testing.T) {
	both := []recorded.Row{row("d", "", "a", "x"), row("d", "", "b", "x"), row("d", "", "a", "x")}
	tests := []struct {
		name    string
		from    pick.Recording
		dataset string
		want    string // model, then the numbers of its trials
		problem string
	}{
		{"one model only", recording("", row("d", "", "a", "x"), row("d", "", "a", "x")), "", "a/x/0 a/x/1", ""},
		{"one of two", recording("a", both...), "", "a/x/0 a/x/1", ""},
		{"none of two", recording("", both...), "", "", "name one with --base or --head"},
		{"another", recording("c", both...), "", "", `no trial has model "c"`},
		{"no trials", recording("a"), "", "", "no trials"},
		{"two datasets", recording("a", row("d", "", "a", "x"), row("e", "", "a", "x")), "", "", "name one with --dataset"},
		{"one of two datasets", recording("a", row("d", "", "a", "x"), row("e", "", "a", "y")), "e", "a/y/0", ""},
		{"another dataset", recording("a", both...), "f", "", `no trial has dataset "f"`},
		{"without a model", recording("a", row("d", "", "", "x")), "", "a/x/0", ""},
		{"without a model, and none named", recording("", row("d", "", "", "x")), "", "", "name it with --base or --head"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := tt.from.Pick(tt.dataset)
			if tt.problem != "" {
				if err == nil || !strings.Contains(err.Error(), tt.problem) {
					t.Fatalf("error %v, want one with %q", err, tt.problem)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range p.Rows {
				got = append(got, r.Model+"/"+r.Task+"/"+string(rune('0'+r.Trial)))
			}
			if diff := cmp.Diff(strings.Fields(tt.want), got); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			if assumed := len(p.Notes) > 0; assumed != (tt.from.Records.Rows[0].Model == "") {
				t.Errorf("notes %q", p.Notes)
			}
		})
	}
}

// Two arms of the same model are told apart by what ran it, or by where the records are.
func TestPair(t *testing.T) {
	of := func(path, name, model string) pick.Picked { return pick.Picked{Path: path, Name: name, Model: model} }
	tests := []struct {
		name       string
		base, head pick.Picked
		key        arm.Key
		from, to   string
	}{
		{"models", of("p", "a", "a"), of("p", "b", "b"), arm.Model, "a", "b"},
		{"agents", of("p", "one a", "a"), of("p", "two a", "a"), "records", "one a", "two a"},
		{"files", of("p", "a", "a"), of("q", "a", "a"), "records", "p", "q"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			pair := tt.base.Pair(tt.head)
			if len(pair.Changes) != 1 || pair.Changes[0].Key != tt.key || pair.Changes[0].Base != tt.from || pair.Changes[0].Head != tt.to {
				t.Errorf("changes %+v, want %s from %s to %s", pair.Changes, tt.key, tt.from, tt.to)
			}
		})
	}
}

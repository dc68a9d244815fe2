package pick_test

import (
	"strings"
	"testing"

	"github.com/pertask/pertask/compare/pick"
	"github.com/pertask/pertask/recorded"
)

func TestInventory(t *testing.T) {
	one := []recorded.Row{row("d", "", "a", "x"), row("d", "", "b", "x"), row("d", "", "a", "y")}
	two := append(one, row("e", "", "a", "x"))
	tests := []struct {
		name    string
		rows    []recorded.Row
		dataset string
		models  []string
		problem string
	}{
		{"nothing", nil, "", []string{"a"}, "f:2:1: the file has no trials"},
		{"one dataset", one, "", []string{"a", "b"}, ""},
		{"one of two datasets", two, "e", []string{"a"}, ""},
		{"two datasets", two, "", []string{"a"}, `name one with --dataset: ["d" "e"]`},
		{"another dataset", one, "e", []string{"a"}, `no row has dataset "e"; there are d`},
		{"another model", two, "e", []string{"a", "b"}, `no row has model "b"; there are a`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := pick.NewInventory()
			for _, r := range tt.rows {
				v.Add(r)
			}
			err := v.Check("f", tt.dataset, tt.models...)
			if (err == nil) != (tt.problem == "") || err != nil && !strings.Contains(err.Error(), tt.problem) {
				t.Errorf("error %v, want %q", err, tt.problem)
			}
		})
	}
}

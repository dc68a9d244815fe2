package bars_test

import (
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/report/bars"
)

func TestDraw(t *testing.T) {
	both := []bars.Bar{{"list price", "0.302x", -1.2, ""}, {"usage", "3.41x", 1.2, ""}, {"completion", "1.41x", 0.34, ""}, {"discount", "1.00x", 0, ""}, {"all", "1.45x", 0.386, "+$0.26"}}
	for _, c := range []struct {
		name string
		in   []bars.Bar
		set  bars.Set
		want []string
	}{
		{"both sides", both, bars.Blocks, []string{
			"list price  0.302x  ██████████████│",
			"usage        3.41x                │██████████████",
			"completion   1.41x                │████",
			"discount     1.00x                │",
			"all          1.45x                │████▌           +$0.26",
		}},
		{"ascii", both, bars.ASCII, []string{
			"list price  0.302x  ##############|",
			"usage        3.41x                |##############",
			"completion   1.41x                |####",
			"discount     1.00x                |",
			"all          1.45x                |#####           +$0.26",
		}},
		{"to the left only", []bars.Bar{{"a", "1", -2, ""}, {"b", "2", -1.07, ""}}, bars.Blocks, []string{"a  1  ██████████████│", "b  2        ▐███████│"}},
		{"to the right only", []bars.Bar{{"a", "1", 2, "x"}, {"b", "2", 1, ""}}, bars.Blocks, []string{"a  1  │██████████████  x", "b  2  │███████"}},
		{"a few percent", []bars.Bar{{"a", "1.02x", 0.02, "x"}, {"b", "0.98x", -0.02, ""}}, bars.Blocks, []string{"a  1.02x    │█▌  x", "b  0.98x  ▐█│"}},
		{"nothing moved", []bars.Bar{{"a", "1", 0, ""}}, bars.Blocks, []string{"a  1  │"}},
		{"no statement", []bars.Bar{{"a", "unknown", math.NaN(), ""}, {"b", "2", 1, ""}, {"c", "unknown", math.Inf(-1), ""}}, bars.Blocks,
			[]string{"a  unknown  │", "b        2  │██████████████", "c  unknown  │"}},
		{"none", nil, bars.Blocks, []string{}},
	} {
		if diff := cmp.Diff(c.want, bars.Draw(c.in, c.set)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// TestDrawKeepsItsWidth holds for sizes of every magnitude that the axis is in one column and no bar too long.
func TestDrawKeepsItsWidth(t *testing.T) {
	sizes := []float64{-math.MaxFloat64, math.MaxFloat64, -1, 1, 1e-300, -1e-300, 0.5}
	for _, a := range sizes {
		for _, b := range sizes {
			lines := bars.Draw([]bars.Bar{{"a", "1", a, ""}, {"b", "1", b, ""}}, bars.Blocks)
			axis := func(s string) int { return utf8.RuneCountInString(s[:strings.Index(s, "│")]) }
			if axis(lines[0]) != axis(lines[1]) {
				t.Errorf("%v, %v: the axis moves:\n%s", a, b, strings.Join(lines, "\n"))
			}
			for _, l := range lines {
				if n := strings.Count(l, "█"); n > 14 {
					t.Errorf("%v, %v: a bar of %d columns", a, b, n)
				}
			}
		}
	}
}

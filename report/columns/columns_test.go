package columns_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/report/columns"
)

func TestAlign(t *testing.T) {
	for _, c := range []struct {
		name  string
		table [][]string
		want  []string
	}{
		{"nothing", nil, []string{}},
		{"one cell", [][]string{{"a"}}, []string{"a"}},
		{"columns", [][]string{{"task", "cost"}, {"a", "$1.20"}, {"longer", ""}}, []string{"task    cost", "a       $1.20", "longer"}},
		{"characters, not bytes", [][]string{{"é", "x"}, {"ab", "y"}}, []string{"é   x", "ab  y"}},
		{"rows of different lengths", [][]string{{"a"}, {"bb", "c"}, {}}, []string{"a", "bb  c", ""}},
		{"an empty first cell", [][]string{{"", "base"}, {"in", "1"}}, []string{"    base", "in  1"}},
	} {
		if diff := cmp.Diff(c.want, columns.Align(c.table)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// TestSpare holds that one more column of as many characters as there are to spare fits, and that one more
// character does not.
func TestSpare(t *testing.T) {
	table := [][]string{{"task", "completed"}, {"parse-invoice", "5/5"}, {"日本", "4/5"}}
	for _, width := range []int{30, 40, 120} {
		room := columns.Spare(table, width)
		if room < 1 {
			t.Fatalf("no room in %d columns", width)
		}
		for extra, fits := range []bool{true, false} {
			var wide [][]string
			for _, row := range table {
				wide = append(wide, append([]string{strings.Repeat("x", room+extra)}, row...))
			}
			for _, l := range columns.Align(wide) {
				if n := utf8.RuneCountInString(l); fits && n > width {
					t.Errorf("a line of %d characters in %d", n, width)
				}
			}
			if got := columns.Spare(wide, width) >= -2; got != fits {
				t.Errorf("%d characters more in %d: fits is %t, want %t", extra, width, got, fits)
			}
		}
	}
	if got := columns.Spare(table, 10); got >= 0 {
		t.Errorf("%d columns to spare beside a table that does not fit", got)
	}
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{
		{"", 4, ""},
		{"abcd", 4, "abcd"},
		{"abcde", 4, "a..."},
		{"日本語の長い名前", 7, "日本語の..."},
		{"ab cdefgh", 6, "ab..."},
		{"872bfbb1-9ccf-49f6-8c5f-aa22818ccd66", 36, "872bfbb1-9ccf-49f6-8c5f-aa22818ccd66"},
		{"872bfbb1-9ccf-49f6-8c5f-aa22818ccd66", 35, "872bfbb1-9ccf-49f6-8c5f-aa22818c..."},
	} {
		got := columns.Cut(c.in, c.n)
		if got != c.want || utf8.RuneCountInString(got) > c.n {
			t.Errorf("Cut(%q, %d) = %q, want %q", c.in, c.n, got, c.want)
		}
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		name, in string
		width    int
		want     []string
	}{
		{"nothing", "", 20, []string{""}},
		{"white space only", " \n ", 20, []string{""}},
		{"as long as the line", "aaaa bbbb cccc", 14, []string{"aaaa bbbb cccc"}},
		{"one more", "aaaa bbbb ccccc", 14, []string{"aaaa bbbb", "ccccc"}},
		{"a long word", "a " + strings.Repeat("x", 25) + " b", 10, []string{"a", "xxxxxxxxxx", "xxxxxxxxxx", "xxxxx b"}},
		{"a long word first", strings.Repeat("é", 12), 10, []string{"éééééééééé", "éé"}},
		{"a width that is none", "aaaa bbbb cccc", -1, []string{"aaaa bbbb", "cccc"}},
	} {
		if diff := cmp.Diff(c.want, columns.Wrap(c.in, c.width)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// FuzzWrap holds that nothing is lost, added or too long.
func FuzzWrap(f *testing.F) {
	for _, s := range []string{"", "a b c", strings.Repeat("long", 40), "é 日本 \xff x", "a\u00a0b"} {
		f.Add(s, 12)
	}
	f.Fuzz(func(t *testing.T, s string, width int) {
		lines := columns.Wrap(s, width)
		if len(lines) == 0 {
			t.Fatal("no line")
		}
		for _, l := range lines {
			if n := utf8.RuneCountInString(l); n > max(width, 10) {
				t.Errorf("%d characters in a width of %d: %q", n, width, l)
			}
		}
		want := strings.Join(strings.Fields(s), "")
		if got := strings.Join(strings.Fields(strings.Join(lines, " ")), ""); got != want {
			t.Errorf("%q became %q", want, got)
		}
	})
}

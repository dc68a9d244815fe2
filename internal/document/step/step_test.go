package step_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/internal/document/step"
)

func key(name string) step.Step           { return step.Step{Name: name} }
func index(i int) step.Step               { return step.Step{Index: i, IsIndex: true} }
func filter(keys, value string) step.Step { return step.Step{Filter: keys, Name: value} }

func TestParse(t *testing.T) {
	tests := []struct {
		in   string
		want []step.Step
		text string // canonical; "" when it is the same
	}{
		{"$.a.b", []step.Step{key("a"), key("b")}, ""},
		{"a.b", []step.Step{key("a"), key("b")}, "$.a.b"},
		{"OPENAI_MODEL", []step.Step{key("OPENAI_MODEL")}, "$.OPENAI_MODEL"},
		{"weak-model", []step.Step{key("weak-model")}, "$.weak-model"},
		{"$.größe", []step.Step{key("größe")}, ""},
		{"$[0]", []step.Step{index(0)}, ""},
		{"$.a[12].b", []step.Step{key("a"), index(12), key("b")}, ""},
		{"$[99999]", []step.Step{index(99_999)}, ""},
		{"$['a b']", []step.Step{key("a b")}, ""},
		{`$["a.b"].c`, []step.Step{key("a.b"), key("c")}, "$['a.b'].c"},
		{`$['a\'b\\c']`, []step.Step{key(`a'b\c`)}, ""},
		{`$["a\"b"]`, []step.Step{key(`a"b`)}, `$['a"b']`},
		{"$['']", []step.Step{key("")}, ""},
		{"$['0']", []step.Step{key("0")}, "$.0"},
		{"$.l[?name=x].m", []step.Step{key("l"), filter("name", "x"), key("m")}, ""},
		{"$.l[?a.b=gpt-5.4:x/y]", []step.Step{key("l"), filter("a.b", "gpt-5.4:x/y")}, ""},
		{"$.l[?name='x y']", []step.Step{key("l"), filter("name", "x y")}, ""},
		{`$.l[?name="x"]`, []step.Step{key("l"), filter("name", "x")}, "$.l[?name=x]"},
		{"$.l[?name='']", []step.Step{key("l"), filter("name", "")}, ""},
		{"$" + strings.Repeat(".a", 64), slicesOf(key("a"), 64), ""},
	}
	for _, tt := range tests {
		got, err := step.Parse(tt.in)
		if err != nil {
			t.Errorf("%s: %v", tt.in, err)
			continue
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.in, diff)
		}
		want := tt.text
		if want == "" {
			want = tt.in
		}
		if text := step.Text(got); text != want {
			t.Errorf("%s is written as %s, want %s", tt.in, text, want)
		}
	}
}

func slicesOf(s step.Step, n int) []step.Step {
	var out []step.Step
	for range n {
		out = append(out, s)
	}
	return out
}

// TestParseErrors has the byte that an error names and what it says there.
func TestParseErrors(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", "selector is empty"},
		{"$", "names the whole file"},
		{"$.", "byte 3: a key is missing"},
		{"$..a", "byte 3: a key is missing"},
		{"$a", "byte 2:"},
		{" a", "byte 1: a key is missing"},
		{"a b", "byte 2:"},
		{"$.a[", "byte 5: an index or a quoted key is missing"},
		{"$.a[]", "byte 5: not an index"},
		{"$.a[*]", "byte 5: not an index"},
		{"$.a[-1]", "byte 5: not an index"},
		{"$.a[01]", "byte 5: not an index"},
		{"$.a[100000]", "byte 5: not an index"},
		{"$.a[99999999999999999999]", "byte 5: not an index"},
		{"$.a[1", "byte 6: ']' is missing"},
		{"$['a", "byte 3: quoted key has no end"},
		{`$['a\n']`, "byte 6: a backslash stands before"},
		{`$['a\`, "byte 6: a backslash stands before"},
		{"$['a'", "byte 6: ']' is missing"},
		{"$.a[?b]", "a filter is [?key=value]"},
		{"$.a[?=x]", "byte 6: not the key of a filter"},
		{"$.a[?b..c=x]", "byte 8: not the key of a filter"},
		{"$.a[?b c=x]", "byte 6: not the key of a filter"},
		{"$.a[?b=", "byte 8: the value of the filter is missing"},
		{"$.a[?b=]", "byte 8: the value of the filter is missing"},
		{"$.a[?b=x y]", "byte 9: ']' is missing"},
		{"$.a[?b='x]", "byte 8: quoted key has no end"},
		{"$.a\n", "control characters"},
		{"$.\xff", "not UTF-8"},
		{"$." + strings.Repeat("a", 1023), "longer than 1024 bytes"},
		{"$" + strings.Repeat(".a", 65), "more than 64 steps"},
	}
	for _, tt := range tests {
		got, err := step.Parse(tt.in)
		if err == nil {
			t.Errorf("%q is read as %v", tt.in, got)
			continue
		}
		if !strings.Contains(err.Error(), tt.want) || len(tt.in) > 6 && strings.Contains(err.Error(), tt.in) {
			t.Errorf("%q: error %q, want %q in it and not the text itself", tt.in, err, tt.want)
		}
	}
}

// TestText writes steps that are made, not read: every one is read back to itself where a selector may have it.
func TestText(t *testing.T) {
	tests := []struct {
		steps []step.Step
		want  string
	}{
		{nil, "$"},
		{[]step.Step{key("a"), index(0), filter("b", "c")}, "$.a[0][?b=c]"},
		{[]step.Step{key("a.b")}, "$['a.b']"},
		{[]step.Step{key("a[0]")}, "$['a[0]']"},
		{[]step.Step{key("$")}, "$['$']"},
		{[]step.Step{key("]'\\\"")}, `$[']\'\\"']`},
		{[]step.Step{filter("b", "]")}, "$[?b=']']"},
		{[]step.Step{filter("b.c", "it's")}, `$[?b.c='it\'s']`},
		{[]step.Step{key("1")}, "$.1"},
		{[]step.Step{key("-")}, "$.-"},
		{[]step.Step{key("模型"), key("e\u0301")}, "$.模型['e\u0301']"},
	}
	for _, tt := range tests {
		text := step.Text(tt.steps)
		if text != tt.want {
			t.Errorf("%+v is written as %s, want %s", tt.steps, text, tt.want)
		}
		if got, err := step.Parse(text); len(tt.steps) > 0 {
			if diff := cmp.Diff(tt.steps, got); err != nil || diff != "" {
				t.Errorf("%s is read with error %v and (-want +got):\n%s", text, err, diff)
			}
		}
	}
	// What a file may have in a key and a selector may not is written all the same, so that a place can be named.
	for _, name := range []string{"a\nb", strings.Repeat("x", 2000), "\xff"} {
		if _, err := step.Parse(step.Text([]step.Step{key(name)})); err == nil {
			t.Errorf("%.20q is read", name)
		}
	}
}

// FuzzParse holds that what is read is written as a text that is read to the same, and that the text is canonical.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"$.a.b", "a[0]", `$['a\'b']["c"]`, "$.l[?a.b='x y'].m", "$[?n=a:b/c.d]", "$..", "$[", "é.ü"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		steps, err := step.Parse(s)
		if err != nil {
			if steps != nil {
				t.Errorf("%q gives %v with the error %v", s, steps, err)
			}
			return
		}
		text := step.Text(steps)
		again, err := step.Parse(text)
		if len(text) > 1024 && err != nil {
			return // quotes and backslashes make a text longer
		}
		if diff := cmp.Diff(fmt.Sprint(steps), fmt.Sprint(again)); err != nil || diff != "" {
			t.Errorf("%q is written as %q, which is read with error %v and (-want +got):\n%s", s, text, err, diff)
		}
		if step.Text(again) != text {
			t.Errorf("%q is written as %q and then as %q", s, text, step.Text(again))
		}
	})
}

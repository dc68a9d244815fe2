package document_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/internal/document"
)

func TestParseSelector(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"keys", "$.coder.model", "$.coder.model"},
		{"bare name", "OPENAI_MODEL", "$.OPENAI_MODEL"},
		{"bare path", "coder.model", "$.coder.model"},
		{"index", "$.a[0].b[12]", "$.a[0].b[12]"},
		{"root list", "$[3]", "$[3]"},
		{"quoted", "$['a b'].c", "$['a b'].c"},
		{"double quoted", `$["a.b"]`, "$['a.b']"},
		{"quoted, not needed", "$['a']['b']", "$.a.b"},
		{"escapes", `$['it\'s \\ "x"']`, `$['it\'s \\ "x"']`},
		{"empty key", "$['']", "$['']"},
		{"dashes", "$.model-x._y.3", "$.model-x._y.3"},
		{"letters", "$.größe", "$.größe"},
		{"filter", "$.list[?name=gpt].m", "$.list[?name=gpt].m"},
		{"filter with punctuation", "$.list[?name=a/b:c.d_e-f]", "$.list[?name=a/b:c.d_e-f]"},
		{"filter, quoted", `$.list[?name="it's"].m`, `$.list[?name='it\'s'].m`},
		{"filter, quoted, not needed", "$[?name='gpt']", "$[?name=gpt]"},
		{"filter, nothing", "$[?name='']", "$[?name='']"},
		{"filter with keys", "$.list[?match.model=a].m[0]", "$.list[?match.model=a].m[0]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := document.ParseSelector(tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if got := s.String(); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestParseSelectorErrors(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"empty", "", "selector is empty"},
		{"whole file", "$", "names the whole file"},
		{"no key", "$.", "byte 3: a key is missing"},
		{"two dots", "$..a", "byte 3: a key is missing"},
		{"wildcard", "$.*", "byte 3: a key is missing"},
		{"wildcard index", "$.a[*]", "wildcards are not"},
		{"negative index", "$.a[-1]", "byte 5: not an index"},
		{"leading zero", "$.a[01]", "not an index"},
		{"large index", "$.a[100000]", "not an index"},
		{"no bracket", "$.a[0", "']' is missing"},
		{"nothing in brackets", "$.a[", "an index or a quoted key is missing"},
		{"no end of quote", "$['a]", "byte 3: quoted key has no end"},
		{"bad escape", `$['\n']`, "a backslash stands before"},
		{"escape at the end", `$['\`, "a backslash stands before"},
		{"space", "$.a b", `byte 4: unexpected ' '`},
		{"filter of JSONPath", "$.a[?(@.x)]", "byte 6: a filter is [?key=value]"},
		{"filter with an operator", "$.a[?(@.x==1)]", "byte 6: not the key of a filter"},
		{"filter without a key", "$.a[?=x]", "byte 6: not the key"},
		{"filter with an empty key", "$.a[?b.=x]", "byte 8: not the key"},
		{"filter without a value", "$.a[?b=]", "byte 8: the value of the filter is missing"},
		{"filter that ends", "$.a[?b=", "byte 8: the value of the filter is missing"},
		{"filter with a space", "$.a[?b=c d]", "']' is missing"},
		{"filter with a comparison", "$.a[?b==c]", "byte 8: the value of the filter is missing"},
		{"filter that is open", "$.a[?b=c", "']' is missing"},
		{"filter with an open quote", "$.a[?b='c]", "byte 8: quoted key has no end"},
		{"filter with a wildcard", "$.a[?b=*]", "byte 8: the value of the filter is missing"},
		{"new line", "$['a\nb']", "control characters"},
		{"NUL", "$['a\x00']", "control characters"},
		{"not UTF-8", "$['\xff']", "not UTF-8"},
		{"starts with a bracket", "['a']", "byte 1: a key is missing"},
		{"long", "$." + strings.Repeat("a", 1100), "longer than 1024"},
		{"deep", "$" + strings.Repeat(".a", 65), "more than 64 steps"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := document.ParseSelector(tt.in)
			if err == nil {
				t.Fatalf("got %s, want an error", s)
			}
			if got := err.Error(); !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want it to contain %q", got, tt.want)
			}
		})
	}
}

func TestSelectorKeys(t *testing.T) {
	for in, want := range map[string][]string{
		"$.a.b": {"a", "b"}, "$.a[0].b": {"a", "b"}, "$[1][2]": nil, "$['a b']['']": {"a b", ""}, "NAME": {"NAME"},
		"$.a[?name=x].b": {"a", "b"},
	} {
		s := selector(t, in)
		if got := slices.Collect(s.Keys()); !slices.Equal(got, want) {
			t.Errorf("keys of %s are %q, want %q", in, got, want)
		}
		for first := range s.Keys() {
			if first != want[0] {
				t.Errorf("first key of %s is %q", in, first)
			}
			break
		}
	}
	var zero document.Selector
	if got := slices.Collect(zero.Keys()); len(got) > 0 || zero.String() != "$" {
		t.Errorf("the zero selector has keys %q and is written %s", got, zero)
	}
}

func FuzzParseSelector(f *testing.F) {
	for _, s := range []string{"$.a.b", "$.a[0].b", "$['a b'].c", `$["\\\""]`, "$.a[?b.c=d/e]", "$[?b='it\\'s']", "NAME", "$", "$[", "$..", "$['"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		s, err := document.ParseSelector(in)
		if err != nil {
			return
		}
		again, err := document.ParseSelector(s.String())
		if err != nil {
			// The canonical form quotes, so it may be longer than the limit.
			if len(s.String()) > 1024 {
				return
			}
			t.Fatalf("ParseSelector(%q) = %s, which is not read back: %v", in, s, err)
		}
		if again.String() != s.String() {
			t.Errorf("ParseSelector(%q) = %s, read back as %s", in, s, again)
		}
	})
}

func TestSteps(t *testing.T) {
	s, err := document.ParseSelector("$.a[0]['b c'][?name=x].d")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for key, isKey := range s.Steps() {
		got = append(got, fmt.Sprintf("%s %v", key, isKey))
	}
	want := []string{"a true", " false", "b c true", " false", "d true"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Steps (-want +got):\n%s", diff)
	}
	for key := range s.Steps() {
		if key != "a" {
			t.Errorf("the first step is %q", key)
		}
		break
	}
}

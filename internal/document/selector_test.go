package document_test

import (
	"slices"
	"strings"
	"testing"

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
		{"filter", "$.a[?(@.x)]", "not an index"},
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
	for _, s := range []string{"$.a.b", "$.a[0].b", "$['a b'].c", `$["\\\""]`, "NAME", "$", "$[", "$..", "$['"} {
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

package document_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/internal/document"
)

func TestSources(t *testing.T) {
	tests := []struct {
		name, path, content, at string
		line, column            int
	}{
		{"first", "a.yaml", "m: x\n", "m", 1, 4},
		{"in quotes", "a.yaml", "a: 1\nb:\n  m: 'x'\n", "b.m", 3, 6},
		{"columns are bytes", "a.yaml", "{äöü: 1, m: x}\n", "m", 1, 16},
		{"after four bytes", "a.yaml", "{\U0001F600: 1, m: x}\n", "m", 1, 14},
		{"carriage returns", "a.yaml", "a: 1\r\nm: x\r\n", "m", 2, 4},
		{"lines that git does not know", "a.yaml", "a: \"\u2028\"\u0085m: x\n", "m", 1, 14},
		{"after an anchor", "a.yaml", "m: &a x\n", "m", 1, 4},
		{"definition of an alias", "a.yaml", "a: &a x\nb: 1\nm: *a\n", "m", 1, 4},
		{"list", "a.yaml", "m:\n- a\n- b\n", "m[1]", 3, 3},
		{"block mapping in a list", "a.yaml", "- a: 1\n  m: x\n", "$[0].m", 2, 6},
		{"byte order mark", "a.yaml", "\ufeffm: x\n", "m", 1, 4},
		{"JSON", "a.json", "{\n\t\"m\" : \"x\"}", "m", 2, 8},
		{"JSON after a comment", "a.json", "{/* ä\n */ \"m\": \"x\"}", "m", 2, 10},
		{"JSON list", "a.json", "[1, [2, 3]]", "$[1][1]", 1, 9},
		{"TOML", "a.toml", "# c\nm = 'x'\n", "m", 2, 5},
		{"TOML dotted", "a.toml", "[a]\nb . m = 1\n", "a.b.m", 2, 9},
		{"TOML braces", "a.toml", "a = {b = 1, m = 'x'}", "a.m", 1, 17},
		{"TOML list over lines", "a.toml", "m = [\n  1,\n  2,\n]\n", "m[1]", 3, 3},
		{"dotenv", ".env", "# c\n\nexport m = 'x'\n", "m", 3, 12},
		{"dotenv without a value", ".env", "m=\n", "m", 1, 3},
		{"dotenv after a value of two lines", ".env", "a='1\n2'\nm=x\n", "m", 3, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v, ok, err := parse(t, tt.path, tt.content).Scalar(selector(t, tt.at))
			if err != nil || !ok {
				t.Fatalf("found %v, error %v", ok, err)
			}
			want := document.Source{Path: tt.path, Line: tt.line, Column: tt.column}
			if diff := cmp.Diff(want, v.Source); diff != "" {
				t.Errorf("source (-want +got):\n%s", diff)
			}
		})
	}
}

func TestErrorsHavePlaces(t *testing.T) {
	tests := []struct{ name, path, content, want string }{
		{"YAML", "d/a.yaml", "a: 1\nb: [\n", "d/a.yaml:2:1: did not find expected node content; YAML is allowed"},
		{"YAML, open quote", "a.yaml", "a: 'x\n", "a.yaml:2:1: found unexpected end of stream; YAML is allowed"},
		{"YAML, tab", "a.yaml", "a:\n\tb: 1\n", "a.yaml:2:1: found character that cannot start any token; YAML is allowed"},
		{"YAML, key twice", "a.yaml", "a: 1\nb: {c: 1, c: 2}\n", `a.yaml:2:11: key "c" is written twice in one mapping; each key once`},
		{"YAML, key twice in quotes", "a.yaml", "a: 1\n\"a\": 2\n", `a.yaml:2:1: key "a" is written twice in one mapping; each key once`},
		{"YAML, second document", "a.yaml", "a: 1\n---\nb: 1\n", "a.yaml:2:1: a second YAML document; one document is allowed"},
		{"YAML, broken second document", "a.yaml", "a: 1\n---\nb: [\n", "YAML is allowed"},
		{"YAML, merge of a list of values", "a.yaml", "a: {<<: [1]}\n", "a.yaml:1:9: a merge key with a single value; a mapping or a list of mappings is allowed"},
		{"YAML, mapping as a key", "a.yaml", "{a: 1}: 2\n", "a.yaml:1:1: a key that is not a single value; text is allowed"},
		{"YAML, alias of a list as a key", "a.yaml", "a: &a [1]\n*a : 2\n", "a.yaml:2:1: a key that is not a single value; text is allowed"},
		{"JSON", "a.json", "{\n  \"a\": x\n}", "a.json:2:8: invalid literal: x; JSON is allowed, with comments and trailing commas"},
		{"JSON, single quotes", "a.json", "{'a': 1}", "a.json:1:2: "},
		{"JSON, two values", "a.json", "{}\n{}", "a.json:2:1: "},
		{"JSON, key twice by escapes", "a.json", `{"a": 1, "\u0061": 2}`, `a.json:1:10: key "a" is written twice in one mapping; each key once`},
		{"JSON, brackets in a string without end", "a.json", `{"a": "[[[\"`, "JSON is allowed"},
		{"TOML", "a.toml", "a = 1\nb = \n", "a.toml:2:5: "},
		{"TOML, key twice", "a.toml", "[a]\nb = 1\nb = 2\n", `a.toml:3:1: key "b" is written twice in one mapping; each key once`},
		{"TOML, dotted key twice", "a.toml", "a.b = 1\na.b = 2\n", `a.toml:2:1: key "b" is written twice in one mapping; each key once`},
		{"TOML, table twice", "a.toml", "[a]\n[b]\n[a]\n", "a.toml:3:2: toml: table a already exists; TOML is allowed"},
		{"TOML, table below a value", "a.toml", "a = 1\n[a.b]\n", `a.toml:2:2: key "a" is not a table here; each key once`},
		{"TOML, date", "a.toml", "a = 2026-13-45\n", "TOML is allowed"},
		{"dotenv", ".env", "A=1\nwhat\n", ".env:2:1: not an assignment; NAME=value, comments and empty lines are allowed"},
		{"dotenv, name", ".env", "1A=1\n", ".env:1:1: not an assignment"},
		{"dotenv, twice", ".env", "A=1\nexport A=2\n", `.env:2:1: key "A" is written twice in one mapping; each key once`},
		{"dotenv, quote in another", ".env", "A=\"it's\nB=x'\n", ".env:1:3: quoted value has no end; close the quote"},
		{"format", "a.ini", "", "a.ini: format is not known; .yaml, .yml, .json, .jsonc, .toml, .env and .env.* are allowed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := document.Parse(tt.path, []byte(tt.content))
			if err == nil {
				t.Fatal("got no error")
			}
			if got := err.Error(); !strings.HasPrefix(got, tt.path) || !strings.Contains(got, tt.want) {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			var e *document.Error
			if errors.As(err, &e) != (tt.name != "format") {
				t.Errorf("got an error of type %T", err)
			}
		})
	}
}

func TestScalarErrors(t *testing.T) {
	tests := []struct{ name, path, content, at, want string }{
		{"mapping", "a.yaml", "a:\n  b: 1\n", "a", "a.yaml:2:3: $.a is a mapping; a single value is allowed"},
		{"list", "a.json", `{"a": [1]}`, "a", "a.json:1:7: $.a is a list; a single value is allowed"},
		{"null", "a.json", `{"a": null}`, "a", "a.json:1:7: $.a is null; a single value is allowed"},
		{"nothing", "a.yaml", "a:\n", "a", "$.a is null; a single value is allowed"},
		{"table", "a.toml", "[a]\n", "a", "a.toml:1:2: $.a is a mapping; a single value is allowed"},
		{"array of tables", "a.toml", "[[a]]\n", "a", "a.toml:1:3: $.a is a list; a single value is allowed"},
		{"tag", "a.yaml", "a: !secret x\n", "a", "a.yaml:1:4: $.a is a value with the tag !secret; a value without a tag is allowed"},
		{"binary", "a.yaml", "a: !!binary aGk=\n", "a", "a value with the tag !!binary"},
		{"literal block", "a.yaml", "a: |\n  x\n", "a", "$.a is a block of text; a value on one line is allowed"},
		{"folded block", "a.yaml", "a: >\n  x\n", "a", "$.a is a block of text; a value on one line is allowed"},
		{"variable", ".env", "a=$b\n", "a", ".env:1:3: $.a is a text with $, which refers to another variable"},
		{"variable in double quotes", ".env", "a=\"${b}\"\n", "a", "$.a is a text with $"},
		{"alias of a mapping", "a.yaml", "d: &d {m: 1}\na: *d\n", "a", "$.a is a mapping"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := parse(t, tt.path, tt.content)
			v, ok, err := d.Scalar(selector(t, tt.at))
			if err == nil {
				t.Fatalf("got %+v, %v, want an error", v, ok)
			}
			if got := err.Error(); !strings.HasPrefix(got, tt.path+":") || !strings.Contains(got, tt.want) {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if !d.Has(selector(t, tt.at)) {
				t.Error("Has reports that nothing is there")
			}
		})
	}
}

func TestNothingThere(t *testing.T) {
	const yaml = "a: {b: [1]}\nc: x\nd:\n"
	for _, at := range []string{"b", "a.c", "a[0]", "a.b[1]", "a.b.c", "c.d", "c[0]", "d.e", "$[0]", "$['a.b']"} {
		t.Run(at, func(t *testing.T) {
			d := parse(t, "a.yaml", yaml)
			if v, ok, err := d.Scalar(selector(t, at)); ok || err != nil {
				t.Errorf("got %+v, %v, error %v, want nothing", v, ok, err)
			}
			if d.Has(selector(t, at)) {
				t.Error("Has reports that something is there")
			}
		})
	}
}

func TestFormatOf(t *testing.T) {
	same := [][]string{
		{"a.yaml", "b/c.yml", "A.YAML", ".yaml"},
		{"a.json", "a.jsonc", "x/a.JSONC"},
		{"a.toml", ".codex/config.TOML"},
		{".env", "x/.env", ".env.local", ".ENV.production", "prod.env", "dotenv", "x/dotenv"},
	}
	seen := map[document.Format]string{}
	for _, names := range same {
		first, err := document.FormatOf(names[0])
		if err != nil || first == 0 || seen[first] != "" {
			t.Errorf("%s: format %d, error %v, the same as of %q", names[0], first, err, seen[first])
		}
		seen[first] = names[0]
		for _, name := range names {
			if f, err := document.FormatOf(name); f != first || err != nil {
				t.Errorf("%s: format %d, error %v, want %d", name, f, err, first)
			}
		}
	}
	for _, name := range []string{"", "a", "a.txt", "yaml", "a.yaml/b", "env", ".envrc", "a.json5", strings.Repeat("a", 1000)} {
		f, err := document.FormatOf(name)
		if f != 0 || err == nil || len(err.Error()) > 300 {
			t.Errorf("%q: format %d, error %v, want a short error", name, f, err)
		}
	}
}

func TestShorten(t *testing.T) {
	tests := []struct {
		in   string
		n    int
		want string
	}{
		{"", 3, ""}, {"abc", 3, "abc"}, {"abcd", 3, "..."}, {"abcde", 4, "a..."},
		{"ääää", 8, "ääää"}, {"ääää", 7, "ää..."}, {"ääää", 6, "ä..."}, {"\U0001F600x", 4, "..."},
	}
	for _, tt := range tests {
		if got := document.Shorten(tt.in, tt.n); got != tt.want {
			t.Errorf("Shorten(%q, %d) is %q, want %q", tt.in, tt.n, got, tt.want)
		}
	}
}

func TestClean(t *testing.T) {
	if got, want := document.Clean("a\nb\x1b[31m\u202ec ä"), "a b [31m c ä"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := document.Clean(strings.Repeat("ä", 1000)); len(got) > 200 || !utf8.ValidString(got) || !strings.HasSuffix(got, "...") {
		t.Errorf("got %d bytes: %q", len(got), got)
	}
}

// TestMessagesAreShort gives names from a file that are too long, or not fit, for a message.
func TestMessagesAreShort(t *testing.T) {
	long := strings.Repeat("k", 10_000)
	for path, content := range map[string]string{
		"a.yaml": fmt.Sprintf("%s: 1\n%s: 2\n", long[:1000], long[:1000]),
		"b.yaml": fmt.Sprintf("a: *%s\n", long),
		"c.yaml": "a: &a\u009b31m [*a\u009b31m]\n",
		"a.json": fmt.Sprintf(`{"%s": 1, "%s": 2}`, long, long),
		"b.json": "{\"a\": " + long + "}",
		"a.toml": fmt.Sprintf("%s = 1\n%s = 2\n", long, long),
		"b.toml": fmt.Sprintf("[%s]\n[%s]\n", long, long),
		".env":   fmt.Sprintf("%s=1\n%s=2\n", long, long),
	} {
		_, err := document.Parse(path, []byte(content))
		if err == nil {
			t.Errorf("%s: got no error", path)
			continue
		}
		if got := err.Error(); len(got) > 350 || strings.ContainsAny(got, "\n\x1b\u009b") {
			t.Errorf("%s: got a message of %d bytes: %q", path, len(got), got)
		}
	}
}

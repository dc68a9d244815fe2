package document_test

import (
	"testing"

	"github.com/pertask/pertask/internal/document"
)

func parse(t *testing.T, path, content string) *document.Document {
	t.Helper()
	d, err := document.Parse(path, []byte(content))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func selector(t *testing.T, s string) document.Selector {
	t.Helper()
	out, err := document.ParseSelector(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestUnusualFiles reads what the formats allow at their edges.
func TestUnusualFiles(t *testing.T) {
	tests := []struct{ name, path, content, selector, want string }{
		{"YAML word as a key", "a.yaml", "on: {yes: gpt}\n", "$.on.yes", "gpt"},
		{"YAML number as a key", "a.yaml", "1: {2: gpt}\n", "$['1'].2", "gpt"},
		{"YAML alias as a key", "a.yaml", "- &k model\n- *k : gpt\n", "$[1].model", "gpt"},
		{"YAML folded value", "a.yaml", "model: a\n  b\n", "$.model", "a b"},
		{"YAML escapes", "a.yaml", `model: "a\x41\"b"`, "$.model", `aA"b`},
		{"YAML single quotes", "a.yaml", "model: 'it''s'", "$.model", "it's"},
		{"YAML number as written", "a.yaml", "model: 0x1F", "$.model", "0x1F"},
		{"YAML merge list, first wins", "a.yaml", "a: &a {m: 1}\nb: &b {m: 2, n: 3}\nc: {<<: [*a, *b], n: 4}\n", "$.c.m", "1"},
		{"YAML own key before merge", "a.yaml", "b: &b {m: 2, n: 3}\nc: {<<: *b, n: 4}\n", "$.c.n", "4"},
		{"YAML quoted << is a key", "a.yaml", "'<<': {m: x}\n", "$['<<'].m", "x"},
		{"YAML document marks", "a.yaml", "%YAML 1.1\n---\nmodel: x\n...\n", "$.model", "x"},
		{"YAML tag of a number", "a.yaml", "model: !!str 5", "$.model", "5"},
		{"JSON number as written", "a.json", `{"model": 1.50}`, "$.model", "1.50"},
		{"JSON boolean", "a.json", `{"model": true}`, "$.model", "true"},
		{"JSON comments", "a.json", "/* a */{// b\n\"model\"/*c*/:/*d*/\"x\"/*e*/,}", "$.model", "x"},
		{"JSON slash in a string", "a.json", `{"u": "http://{[[[", "model": "x"}`, "$.model", "x"},
		{"JSON escapes", "a.json", `{"mod\u0065l": "\u0078\/"}`, "$.model", "x/"},
		{"TOML long string", "a.toml", "model = \"\"\"\nx\"\"\"", "$.model", "x"},
		{"TOML number as written", "a.toml", "model = 1_000", "$.model", "1_000"},
		{"TOML date", "a.toml", "model = 2026-11-01", "$.model", "2026-11-01"},
		{"TOML quoted table", "a.toml", "[\"a.b\".'c d']\nmodel = 'x'", "$['a.b']['c d'].model", "x"},
		{"TOML second of an array", "a.toml", "[[a]]\nmodel='x'\n[[a]]\nmodel='y'\n[a.b]\nmodel='z'", "$.a[1].b.model", "z"},
		{"TOML list", "a.toml", "a = [ # c\n 'x', {m = 'y'} ]", "$.a[1].m", "y"},
		{"dotenv colon", ".env", "model: x", "model", "x"},
		{"dotenv double quotes", ".env", `model="a\nb # c"`, "model", "a\nb # c"},
		{"dotenv lines", ".env", "model='a\nb'\nc=d\n", "model", "a\nb"},
		{"dotenv dollar in single quotes", ".env", "model='$x'", "model", "$x"},
		{"dotenv dollar in a comment", ".env", "model=x # $5", "model", "x"},
		{"dotenv empty", ".env", "model=\n", "model", ""},
		{"dotenv dot", ".env", "a.b=x\n", "$['a.b']", "x"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok, err := parse(t, tt.path, tt.content).Scalar(selector(t, tt.selector))
			if err != nil || !ok || got.Text != tt.want {
				t.Errorf("got %q, %v, error %v, want %q", got.Text, ok, err, tt.want)
			}
		})
	}
}

func TestEmpty(t *testing.T) {
	for path, want := range map[string]string{"a.yaml": "", "a.jsonc": "{}\n", "a.toml": "", ".env": ""} {
		d, err := document.Empty(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(d.Bytes()); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
		if d.Has(selector(t, "m")) {
			t.Errorf("%s: an empty file has a value", path)
		}
		if got := differing(nil, d); len(got) > 0 {
			t.Errorf("%s: %q differ from no file", path, got)
		}
	}
	if d, err := document.Empty("a.ini"); err == nil {
		t.Errorf("got %q for a format that is not known", d.Bytes())
	}
}

// TestBytesIsACopy changes what Bytes returns.
func TestBytesIsACopy(t *testing.T) {
	for _, content := range []string{"m: x\n", "\ufeffm: x\n"} {
		d := parse(t, "a.yaml", content)
		b := d.Bytes()
		for i := range b {
			b[i] = 'z'
		}
		if got := string(d.Bytes()); got != content {
			t.Errorf("the document became %q", got)
		}
	}
}

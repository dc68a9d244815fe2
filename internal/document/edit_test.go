package document_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/internal/document"
)

func TestSetReplaces(t *testing.T) {
	tests := []struct{ name, path, before, at, text, after string }{
		{"YAML plain", "a.yaml", "model: m # c\n", "$.model", "gpt-5.5", "model: gpt-5.5 # c\n"},
		{"YAML plain to text with a space", "a.yaml", "model: m\n", "$.model", "a b", "model: \"a b\"\n"},
		{"YAML plain to a word of YAML 1.1", "a.yaml", "model: m\n", "$.model", "no", "model: \"no\"\n"},
		{"YAML plain to a comment", "a.yaml", "model: m\n", "$.model", "#x", "model: \"#x\"\n"},
		{"YAML single quotes", "a.yaml", "model: 'm'\n", "$.model", "it's", "model: 'it''s'\n"},
		{"YAML single quotes to two lines", "a.yaml", "model: 'm'\n", "$.model", "a\nb", "model: \"a\\nb\"\n"},
		{"YAML double quotes", "a.yaml", "model: \"m\"\n", "$.model", `a"b\c`, `model: "a\"b\\c"` + "\n"},
		{"YAML number", "a.yaml", "t: 0.1\n", "$.t", "0.7", "t: 0.7\n"},
		{"YAML number to text", "a.yaml", "t: 0.1\n", "$.t", "low", "t: \"low\"\n"},
		{"YAML text that looks like a number", "a.yaml", "t: x\n", "$.t", "0.7", "t: \"0.7\"\n"},
		{"YAML after an anchor and a tag", "a.yaml", "model: &a !!str m\n", "$.model", "x", "model: &a !!str x\n"},
		{"YAML alias", "a.yaml", "d: &d m\nmodel: *d\n", "$.model", "x", "d: &d m\nmodel: x\n"},
		{"YAML element", "a.yaml", "a:\n- m\n- n\n", "$.a[1]", "x", "a:\n- m\n- x\n"},
		{"YAML key of a list's mapping", "a.yaml", "- {m: a}\n- {m: b}\n", "$[1].m", "x", "- {m: a}\n- {m: x}\n"},
		{"YAML control characters", "a.yaml", "model: m\n", "$.model", "a\u0085\x01\U000E0001", `model: "a\u0085\u0001\U000E0001"` + "\n"},
		{"JSON", "a.json", `{"model": "m" /* c */}`, "$.model", `a"b`, `{"model": "a\"b" /* c */}`},
		{"JSON number", "a.json", `{"t": 1}`, "$.t", "1.5e3", `{"t": 1.5e3}`},
		{"JSON number as other formats write it", "a.json", `{"t": 1}`, "$.t", "+1_000", `{"t": "+1_000"}`},
		{"JSON boolean", "a.json", `{"t": true}`, "$.t", "false", `{"t": false}`},
		{"JSON text stays text", "a.json", `{"t": "1"}`, "$.t", "2", `{"t": "2"}`},
		{"JSON element", "a.json", `["a", "b",]`, "$[0]", "x", `["x", "b",]`},
		{"TOML single quotes", "a.toml", "model = 'm' # c", "$.model", `x\y`, `model = 'x\y' # c`},
		{"TOML single quotes to double", "a.toml", "model = 'm'", "$.model", "it's", `model = "it's"`},
		{"TOML double quotes", "a.toml", `model = "m"`, "$.model", "a\tb", `model = "a\tb"`},
		{"TOML several lines", "a.toml", "model = '''\nm\n'''\nb = 1\n", "$.model", "x", "model = 'x'\nb = 1\n"},
		{"TOML number", "a.toml", "t = 1_000", "$.t", "2_000", "t = 2_000"},
		{"TOML number with a zero in front", "a.toml", "t = 1", "$.t", "01", `t = "01"`},
		{"TOML in braces", "a.toml", "a = { b = 'm', c = 1 }", "$.a.b", "x", "a = { b = 'x', c = 1 }"},
		{"TOML second of an array", "a.toml", "[[a]]\nb = 'm'\n[[a]]\nb = 'm'\n", "$.a[1].b", "x", "[[a]]\nb = 'm'\n[[a]]\nb = 'x'\n"},
		{"TOML element", "a.toml", "a = ['m', 'n']", "$.a[1]", "x", "a = ['m', 'x']"},
		{"dotenv plain", ".env", "export M=m # c\n", "M", "gpt-5.5", "export M=gpt-5.5 # c\n"},
		{"dotenv plain to a text with a space", ".env", "M=m\n", "M", "a b", "M='a b'\n"},
		{"dotenv double quotes", ".env", "M=\"m\"\n", "M", "a b", "M=\"a b\"\n"},
		{"dotenv double quotes to a dollar", ".env", "M=\"m\"\n", "M", "$x", "M='$x'\n"},
		{"dotenv single quotes to an apostrophe", ".env", "M='m'\n", "M", "it's", "M=\"it's\"\n"},
		{"dotenv empty", ".env", "M=\nN=n\n", "M", "x", "M=x\nN=n\n"},
		{"dotenv to empty", ".env", "M=m\nN=n\n", "M", "", "M=''\nN=n\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { checkSet(t, tt.path, tt.before, tt.at, tt.text, false, tt.after) })
	}
}

func TestSetAdds(t *testing.T) {
	tests := []struct {
		name, path, before, at, text string
		number                       bool
		after                        string
	}{
		{"YAML, empty file", "a.yaml", "", "$.a.model", "m", false, "a: {model: \"m\"}\n"},
		{"YAML, comments only", "a.yaml", "# c", "$.model", "m", false, "# c\nmodel: \"m\"\n"},
		{"YAML, after the last on one line", "a.yaml", "a:\n  b: 1 # c\n  d: {}\ne: 2\n", "$.a.m", "m", false, "a:\n  b: 1 # c\n  m: \"m\"\n  d: {}\ne: 2\n"},
		{"YAML, no line end", "a.yaml", "a: 1", "$.m", "m", false, "a: 1\nm: \"m\"\n"},
		{"YAML, before the first", "a.yaml", "a:\n  b: |\n    x\n", "$.a.m", "m", false, "a:\n  m: \"m\"\n  b: |\n    x\n"},
		{"YAML, in a list", "a.yaml", "- a: 1\n- b: 1\n", "$[0].m", "m", false, "- a: 1\n  m: \"m\"\n- b: 1\n"},
		{"YAML, carriage returns", "a.yaml", "a: 1\r\n", "$.m", "m", false, "a: 1\r\nm: \"m\"\r\n"},
		{"YAML, in braces", "a.yaml", "{a: 1}\n", "$.m", "m", false, "{m: \"m\", a: 1}\n"},
		{"YAML, in empty braces", "a.yaml", "a: {}\n", "$.a.m", "m", false, "a: {m: \"m\"}\n"},
		{"YAML, number", "a.yaml", "a: 1\n", "$.t", "0.7", true, "a: 1\nt: 0.7\n"},
		{"YAML, keys to quote", "a.yaml", "a: 1\n", "$['b c'].on.x", "m", false, "a: 1\n\"b c\": {\"on\": {x: \"m\"}}\n"},
		{"JSON, first", "a.json", `{"a": 1}`, "$.m", "m", false, `{"m": "m", "a": 1}`},
		{"JSON, on a line", "a.json", "{\n  \"a\": 1\n}\n", "$.m", "m", false, "{\n  \"m\": \"m\",\n  \"a\": 1\n}\n"},
		{"JSON, empty", "a.json", "{}", "$.a.m", "m", false, `{"a": {"m": "m"}}`},
		{"JSON, before a comment", "a.json", "{ // c\n\"a\": 1}", "$.m", "m", false, "{ \"m\": \"m\", // c\n\"a\": 1}"},
		{"JSON, number", "a.json", "{}", "$.t", "4096", true, `{"t": 4096}`},
		{"JSON, no number", "a.json", "{}", "$.t", "many", true, `{"t": "many"}`},
		{"TOML, empty file", "a.toml", "", "$.m", "m", false, "m = \"m\"\n"},
		{"TOML, before the tables", "a.toml", "[a]\nb = 1\n", "$.m", "m", false, "m = \"m\"\n[a]\nb = 1\n"},
		{"TOML, after the last of its table", "a.toml", "a = 1\n# c\nb = 2 # d\n\n[c]\n", "$.m", "m", false, "a = 1\n# c\nb = 2 # d\nm = \"m\"\n\n[c]\n"},
		{"TOML, under a header", "a.toml", "[a] # c\n[b]\n", "$.a.m", "m", false, "[a] # c\nm = \"m\"\n[b]\n"},
		{"TOML, missing table", "a.toml", "[a]\nb = 1\n", "$.c['d e'].m", "m", false, "c.\"d e\".m = \"m\"\n[a]\nb = 1\n"},
		{"TOML, table of a longer header", "a.toml", "[a.b]\nc = 1", "$.a.m", "m", false, "[a.b]\nc = 1\n[a]\nm = \"m\"\n"},
		{"TOML, table of dotted keys", "a.toml", "[x]\na.b = 1\n", "$.x.a.m", "m", false, "[x]\na.b = 1\na.m = \"m\"\n"},
		{"TOML, dotted keys of several steps", "a.toml", "a.b.c = 1\nd = 2\n", "$.a.b.m", "m", false, "a.b.c = 1\na.b.m = \"m\"\nd = 2\n"},
		{"TOML, in braces", "a.toml", "a = { b = 1 }", "$.a.m", "m", false, "a = { m = \"m\", b = 1 }"},
		{"TOML, in tight braces", "a.toml", "a = {b = 1}", "$.a.m", "m", false, "a = {m = \"m\", b = 1}"},
		{"TOML, second of an array", "a.toml", "[[a]]\n[[a]]\nb = 1\n", "$.a[1].m", "m", false, "[[a]]\n[[a]]\nb = 1\nm = \"m\"\n"},
		{"TOML, number", "a.toml", "", "$.t", "0.2", true, "t = 0.2\n"},
		{"dotenv, empty file", ".env", "", "M", "m", false, "M=m\n"},
		{"dotenv, at the end", ".env", "A=1", "M", "a b", false, "A=1\nM='a b'\n"},
		{"dotenv, carriage returns", ".env", "A=1\r\n", "M", "m", false, "A=1\r\nM=m\r\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { checkSet(t, tt.path, tt.before, tt.at, tt.text, tt.number, tt.after) })
	}
}

func checkSet(t *testing.T, path, before, at, text string, number bool, after string) {
	t.Helper()
	d := parse(t, path, before)
	got, err := d.Set(selector(t, at), text, number)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(after, string(got.Bytes())); diff != "" {
		t.Errorf("file (-want +got):\n%s", diff)
	}
	if v, ok, err := got.Scalar(selector(t, at)); err != nil || !ok || v.Text != text {
		t.Errorf("got %q, %v, error %v, want %q", v.Text, ok, err, text)
	}
	if string(d.Bytes()) != before {
		t.Errorf("the document itself became %q", d.Bytes())
	}
}

func TestRemove(t *testing.T) {
	tests := []struct{ name, path, before, at, after string }{
		{"YAML line", "a.yaml", "a: 1\n# c\nm: m # d\nb: 2\n", "$.m", "a: 1\n# c\nb: 2\n"},
		{"YAML, first after a dash", "a.yaml", "- m: m\n  a: 1\n", "$[0].m", "- a: 1\n"},
		{"YAML, only key of a mapping", "a.yaml", "a:\n  m: m\nb: 1\n", "$.a.m", "a:\n  {}\nb: 1\n"},
		{"YAML, only key of a list's mapping", "a.yaml", "- m: m\n", "$[0].m", "- {}\n"},
		{"YAML, only key of the file", "a.yaml", "m: m\n", "$.m", ""},
		{"YAML, first in braces", "a.yaml", "{m: m, a: 1}", "$.m", "{a: 1}"},
		{"YAML, last in braces", "a.yaml", "{a: 1, m: m}", "$.m", "{a: 1}"},
		{"YAML, an alias", "a.yaml", "a: &a x\nm: *a\n", "$.m", "a: &a x\n"},
		{"JSON, first", "a.json", `{"m": "m", "a": 1}`, "$.m", `{"a": 1}`},
		{"JSON, last", "a.json", `{"a": 1, "m": "m"}`, "$.m", `{"a": 1}`},
		{"JSON, only", "a.json", `{"m": "m"}`, "$.m", `{}`},
		{"JSON, line in the middle", "a.json", "{\n  \"a\": 1,\n  \"m\": \"m\",\n  \"b\": 2\n}", "$.m", "{\n  \"a\": 1,\n  \"b\": 2\n}"},
		{"JSON, last line", "a.json", "{\n  \"a\": 1,\n  \"m\": \"m\"\n}", "$.m", "{\n  \"a\": 1\n}"},
		{"JSON, comma at the end", "a.json", "{\n  \"a\": 1,\n  \"m\": \"m\",\n}", "$.m", "{\n  \"a\": 1,\n}"},
		{"JSON, comments stay", "a.json", "{\n  // one\n  \"m\": \"m\", // two\n  \"a\": 1\n}", "$.m", "{\n  // one\n  // two\n  \"a\": 1\n}"},
		{"JSON, comment before the comma", "a.json", `{"m": "m" /* c */, "a": 1}`, "$.m", `{/* c */ "a": 1}`},
		{"TOML line", "a.toml", "a = 1\nm = 'm' # c\nb = 2\n", "$.m", "a = 1\nb = 2\n"},
		{"TOML dotted", "a.toml", "a.m = 'm'\na.b = 2\n", "$.a.m", "a.b = 2\n"},
		{"TOML, last of a table", "a.toml", "[a]\nm = 'm'\n[b]\n", "$.a.m", "[a]\n[b]\n"},
		{"TOML, in braces", "a.toml", "a = { m = 'm', b = 1 }", "$.a.m", "a = { b = 1 }"},
		{"TOML, last in braces", "a.toml", "a = { b = 1, m = 'm' }", "$.a.m", "a = { b = 1 }"},
		{"dotenv line", ".env", "A=1\nexport M='m' # c\nB=2\n", "M", "A=1\nB=2\n"},
		{"dotenv, several lines", ".env", "M='a\nb'\nB=2", "M", "B=2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parse(t, tt.path, tt.before).Remove(selector(t, tt.at))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.after, string(got.Bytes())); diff != "" {
				t.Errorf("file (-want +got):\n%s", diff)
			}
			if got.Has(selector(t, tt.at)) {
				t.Error("the value is still there")
			}
		})
	}
}

func TestEditErrors(t *testing.T) {
	const remove = "(remove)"
	tests := []struct{ name, path, content, at, text, want string }{
		{"several lines", "a.yaml", "m: a\n  b\n", "$.m", "x", "a.yaml:1:4: $.m is written over several lines"},
		{"block", "a.yaml", "m: |\n  a\n", "$.m", "x", "a.yaml:1:4: $.m is written over several lines"},
		{"inside an alias", "a.yaml", "d: &d {m: a}\nb: *d\n", "$.b.m", "x", "a.yaml:1:11: $.b.m is shared through an alias"},
		{"from a merge key", "a.yaml", "d: &d {m: a}\nb: {<<: *d}\n", "$.b.m", remove, "$.b.m is shared through an alias"},
		{"below an alias", "a.yaml", "d: &d {m: a}\nb: *d\n", "$.b.n", "x", "what an alias or a merge key shares"},
		{"below a merged mapping", "a.yaml", "d: &d {m: {}}\nb: {<<: *d}\n", "$.b.m.n", "x", "what an alias or a merge key shares"},
		{"value with aliases", "a.yaml", "d: &d m\nb: *d\n", "$.d", "x", "a.yaml: $.d cannot be written without changing something else"},
		{"definition of an alias", "a.yaml", "d: &d m\nb: *d\n", "$.d", remove, "$.d cannot be written without"},
		{"element", "a.json", "[]", "$[0]", "x", "a.json: $[0] cannot be added: the list has no such element"},
		{"element of nothing", "a.yaml", "", "$.a[0].b", "x", "$.a[0].b cannot be added: the list has no such element"},
		{"remove an element", "a.json", `["a", "b"]`, "$[0]", remove, "$[0] cannot be written without"},
		{"below a value", "a.json", `{"a": 1}`, "$.a.m", "x", "a.json:1:7: $.a.m cannot be added below a single value; a mapping is needed"},
		{"below null", "a.yaml", "a: ~\n", "$.a.m", "x", "cannot be added below null"},
		{"below a list", "a.toml", "a = []\n", "$.a.m", "x", "cannot be added below a list"},
		{"over a mapping", "a.json", `{"a": {"b": 1}}`, "$.a", "x", "$.a cannot be written without"},
		{"over a list", "a.json", `{"a": [1]}`, "$.a", "x", "$.a cannot be written without"},
		{"not there", "a.toml", "a = 1\n", "$.b", remove, "a.toml: $.b is not there to be removed"},
		{"text that dotenv cannot hold", ".env", "M=m\n", "M", "a\nb", "$.M cannot be written without"},
		{"backslash in dotenv", ".env", "M=m\n", "M", `a\b`, "$.M cannot be written without"},
		{"path in dotenv", ".env", "M=m\n", "$.A.B", "x", "$.A.B cannot be written without"},
		{"name that dotenv cannot hold", ".env", "M=m\n", "$['1']", "x", "$.1 cannot be written without"},
		{"table in a list in TOML", "a.toml", "a = [{b = 1}]\n", "$.a[0].m", "x", "$.a[0].m cannot be written without"},
		{"NUL in dotenv", ".env", "", "M", "\x00", "$.M cannot be written without"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := parse(t, tt.path, tt.content)
			var got *document.Document
			var err error
			if tt.text == remove {
				got, err = d.Remove(selector(t, tt.at))
			} else {
				got, err = d.Set(selector(t, tt.at), tt.text, false)
			}
			if err == nil {
				t.Fatalf("got %q, want an error", got.Bytes())
			}
			var e *document.Error
			if !errors.As(err, &e) || e.Source.Path != tt.path || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want %q", err, tt.want)
			}
		})
	}
}

func TestZeroSelectorEditsNothing(t *testing.T) {
	for _, path := range []string{"a.yaml", "a.json", "a.toml", ".env"} {
		d, err := document.Empty(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Set(document.Selector{}, "x", false); err == nil || !strings.Contains(err.Error(), "no value is selected") {
			t.Errorf("%s: Set gives %v", path, err)
		}
		if _, err := d.Remove(document.Selector{}); err == nil || !strings.Contains(err.Error(), "no value is selected") {
			t.Errorf("%s: Remove gives %v", path, err)
		}
	}
}

func TestTooLargeWithAnEdit(t *testing.T) {
	d := parse(t, "a.json", `{"m": "m"}`+strings.Repeat(" ", document.MaxBytes-10))
	if _, err := d.Set(selector(t, "$.m"), "n", false); err != nil {
		t.Errorf("a text of the same length: %v", err)
	}
	if _, err := d.Set(selector(t, "$.m"), "mm", false); err == nil || !strings.Contains(err.Error(), "larger than 1 MiB with $.m written in") {
		t.Errorf("a longer text: %v", err)
	}
}

// TestByteOrderMarkStays edits files that start with a byte order mark.
func TestByteOrderMarkStays(t *testing.T) {
	for path, content := range map[string]string{"a.yaml": "m: a\n", "a.json": `{"m": "a"}`, "a.toml": "m = 'a'\n", ".env": "m=a\n"} {
		d := parse(t, path, "\ufeff"+content)
		if v, ok, err := d.Scalar(selector(t, "m")); err != nil || !ok || v.Source.Line != 1 || v.Text != "a" {
			t.Errorf("%s: got %+v, %v, error %v", path, v, ok, err)
		}
		if got := string(d.Bytes()); got != "\ufeff"+content {
			t.Errorf("%s: Bytes gives %q", path, got)
		}
		d, err := d.Set(selector(t, "m"), "b", false)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := string(d.Bytes()), "\ufeff"+strings.Replace(content, "a", "b", 1); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
}

// layouts are files of each format with a value at $.m, in which evil is false.
var layouts = []struct{ name, path, content string }{
	{"YAML", "a.yaml", "m: m\nevil: false\n"},
	{"YAML, single quotes", "a.yaml", "m: 'm'\nevil: false\n"},
	{"YAML, double quotes", "a.yaml", "m: \"m\"\nevil: false\n"},
	{"YAML, number", "a.yaml", "m: 1\nevil: false\n"},
	{"YAML, braces", "a.yaml", "{m: m, evil: false}"},
	{"YAML, none", "a.yaml", "evil: false"},
	{"JSON", "a.json", `{"m": "m", "evil": false}`},
	{"JSON, number", "a.json", `{"m": 1, "evil": false}`},
	{"JSON, none", "a.json", `{"evil": false}`},
	{"TOML", "a.toml", "m = \"m\"\nevil = false\n"},
	{"TOML, single quotes", "a.toml", "m = 'm'\nevil = false\n"},
	{"TOML, number", "a.toml", "m = 1\nevil = false\n"},
	{"TOML, none", "a.toml", "evil = false\n"},
	{"dotenv", ".env", "m=m\nevil=false\n"},
	{"dotenv, single quotes", ".env", "m='m'\nevil=false\n"},
	{"dotenv, double quotes", ".env", "m=\"m\"\nevil=false\n"},
	{"dotenv, none", ".env", "evil=false"},
}

// TestSetAnyText writes what every single character and some pairs can do in each layout. Only dotenv, which
// has no way to write some texts, may refuse.
func TestSetAnyText(t *testing.T) {
	var texts []string
	for r := rune(1); r < 0x180; r++ {
		texts = append(texts, string(r), "a"+string(r), string(r)+"a", "a"+string(r)+"evil: true")
	}
	for _, r := range []rune{0, 0x2028, 0x2029, 0x200b, 0x202e, 0xfeff, 0xfffd, 0xffff, 0x1f600, 0xe0001, 0x10ffff} {
		texts = append(texts, string(r), "a"+string(r)+"b")
	}
	for _, l := range layouts {
		t.Run(l.name, func(t *testing.T) {
			d, at := parse(t, l.path, l.content), selector(t, "$.m")
			refused := 0
			for _, text := range texts {
				got, err := d.Set(at, text, strings.Contains(l.name, "number"))
				if err != nil {
					refused++
					continue
				}
				if v, ok, err := got.Scalar(at); err != nil || !ok || v.Text != text {
					t.Errorf("%q: got %q, %v, error %v", text, v.Text, ok, err)
				}
				if places := differing(d, got); len(places) > 1 || len(places) == 1 && places[0] != "$.m" {
					t.Errorf("%q changes %q", text, places)
				}
			}
			if l.path != ".env" && refused > 0 || refused > len(texts)/10 {
				t.Errorf("%d of %d texts are refused", refused, len(texts))
			}
		})
	}
}

func differing(a, b *document.Document) []string {
	var out []string
	for d := range document.Differences(a, b) {
		out = append(out, d.At.String())
	}
	return out
}

// TestRemoveAndSetAgain takes each key of a file away, alone and after others, and puts it back.
func TestRemoveAndSetAgain(t *testing.T) {
	keys := []string{"$.a", "$.b.c", "$.b.d", "$.e"}
	for path, content := range map[string]string{
		"a.yaml": "a: 1\nb:\n  c: x\n  d: 'y' # d\ne: \"z\"\n",
		"b.yaml": "{a: 1, b: {c: x, d: 'y'}, e: \"z\"}\n",
		"a.json": "{\n  \"a\": 1,\n  \"b\": {\"c\": \"x\", \"d\": \"y\"}, // c\n  \"e\": \"z\"\n}\n",
		"a.toml": "a = 1\ne = 'z'\n[b]\nc = \"x\"\nd = 'y'\n",
		"b.toml": "a = 1\nb.c = 'x' # c\nb.d = \"y\"\ne = 'z'\n",
	} {
		for subset := range 1 << len(keys) {
			t.Run(fmt.Sprintf("%s/%d", path, subset), func(t *testing.T) {
				full := parse(t, path, content)
				d := full
				var gone []string
				for i, key := range keys {
					if subset&(1<<i) == 0 {
						continue
					}
					var err error
					if d, err = d.Remove(selector(t, key)); err != nil {
						t.Fatal(err)
					}
					gone = append(gone, key)
				}
				got := differing(d, full)
				slices.Sort(got)
				if diff := cmp.Diff(gone, got); diff != "" {
					t.Errorf("keys that are gone (-want +got):\n%s", diff)
				}
				for _, key := range gone {
					v, _, err := full.Scalar(selector(t, key))
					if err != nil {
						t.Fatal(err)
					}
					if d, err = d.Set(selector(t, key), v.Text, key == "$.a"); err != nil {
						t.Fatal(err)
					}
				}
				if got := differing(d, full); len(got) > 0 {
					t.Errorf("after setting them again, %q differ:\n%s", got, d.Bytes())
				}
			})
		}
	}
}

package document_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/joho/godotenv"
	"github.com/pertask/pertask/internal/document"
)

// FuzzDotenvAgainstLibrary compares values with what the library reads from the file as a whole. We refuse more
// files than it does; where both read one, they agree.
func FuzzDotenvAgainstLibrary(f *testing.F) {
	for _, s := range []string{"A=b", "A=b # c", "A='b' # c\nB=\"c\\\"d\"", "export A = b", "A: b", "A=\n\n#\nB=x", "A=#x", "A='a\nb'", "A=b#c #d", "A=\"'x'\""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := document.Parse(".env", []byte(text))
		if err != nil || strings.HasPrefix(text, "\ufeff") {
			return
		}
		values := map[string]string{}
		for _, name := range []string{"A", "B"} {
			v, ok, err := d.Scalar(selector(t, name))
			if err != nil {
				return
			}
			if ok {
				values[name] = v.Text
			}
		}
		want, err := godotenv.Unmarshal(text)
		if err != nil {
			t.Fatalf("%q is read here, and by the library with %v", text, err)
		}
		for _, name := range []string{"A", "B"} {
			g, ok := values[name]
			if w, has := want[name]; ok != has || g != w {
				t.Errorf("%q: %s is %q, %v, in the library %q, %v", text, name, g, ok, w, has)
			}
		}
	})
}

// seeds are small files of each format with what the format has of its own.
var seeds = map[string][]string{
	"a.yaml": {
		"", "# c\n", "model: gpt-5.4 # c\n", "a: &a {m: x, 't t': 0.5}\nb: {<<: *a, m: \"y\"}\nc: *a\n", "- m: |\n    x\n- n: !!str 5\n",
		"%YAML 1.1\n---\n? m\n: x\n...\n", "{a: [1, 2, {m: ~}], \"b\\x41\": no}", "b:\n  - n: x\n    m: y\n  - n: z\n    a: {m: x}\n", "a:\r\n  m: x\r\n", "a: 'it''s'\nm:\n", "\ufeffm: \u0085x\n",
	},
	"a.json": {
		"{}", "[]", "null", `{"m": "x", "a": {"t": 1.5e3}}`, "// c\n{\"m\": /* d */ \"x\",}\n", `{"a b": [true, {"m": "\u0041\/"}]}`, "{\n  \"a\": 1\n}\n",
	},
	"a.toml": {
		"", "m = 'x' # c\n", "[a]\nm = \"x\"\n\n[[b]]\nm = 1\n[[b]]\n", "a.b = { m = 'x', t = [1, 2] }\n", "m = \"\"\"\nx\"\"\"\nd = 2026-11-01\n", "\"a b\".'c d' = 0x1F\n",
	},
	".env": {
		"", "m=x # c\n", "export m='x y'\nn=\"a\\nb\"\n", "m: x\r\n# c\nn=\n", "m='a\nb'\no=$m\n",
	},
}

func fuzzSeeds(f *testing.F) {
	for path, files := range seeds {
		for _, s := range files {
			f.Add(path, s, "gpt-5.5")
			f.Add(path, s, "x\n'\"\\evil: 1 # $A")
		}
	}
}

// FuzzSet writes a text to some places. What Set returns holds the text and nothing else that is new.
func FuzzSet(f *testing.F) {
	fuzzSeeds(f)
	f.Fuzz(func(t *testing.T, path, content, text string) {
		d, err := document.Parse(path, []byte(content))
		if err != nil || !utf8.ValidString(text) {
			return
		}
		for _, s := range []string{"m", "a.m", "a['t t'].x", "b[1].m", "$[0].n", "$[?m=x].n", "b[?a.m=x].m", "n"} {
			at := selector(t, s)
			got, err := d.Set(at, text, true)
			if err != nil {
				continue
			}
			if v, ok, err := got.Scalar(at); err != nil || !ok || v.Text != text {
				t.Errorf("%s is %q, %v, error %v, want %q", at, v.Text, ok, err, text)
			}
			checkPlaces(t, d, got, at)
			again, err := document.Parse(path, got.Bytes())
			if err != nil || !bytes.Equal(again.Bytes(), got.Bytes()) {
				t.Errorf("the result is read back with error %v:\n%s", err, got.Bytes())
			}
		}
	})
}

// FuzzRemove takes values away that are there, and nothing else with them.
func FuzzRemove(f *testing.F) {
	fuzzSeeds(f)
	f.Fuzz(func(t *testing.T, path, content, key string) {
		d, err := document.Parse(path, []byte(content))
		if err != nil {
			return
		}
		for _, s := range []string{"m", "a.m", "b[1].m", "$[0].n", "$[?m=x].n", "b[?n=x].m", key} {
			at, err := document.ParseSelector(s)
			if err != nil {
				continue
			}
			got, err := d.Remove(at)
			if err != nil {
				continue
			}
			if !d.Has(at) || got.Has(at) {
				t.Errorf("%s was there: %v, is there: %v", at, d.Has(at), got.Has(at))
			}
			checkPlaces(t, d, got, at)
		}
	})
}

// checkPlaces checks that two documents differ at one place only; the mappings around it may be empty in one.
func checkPlaces(t *testing.T, a, b *document.Document, at document.Selector) {
	t.Helper()
	at = withIndex(t, a, at)
	for d := range document.Differences(a, b) {
		if d.At.String() == at.String() {
			continue
		}
		for _, v := range []*document.Value{d.A, d.B} {
			if v != nil && v.Text != "{}" || !strings.HasPrefix(at.String(), d.At.String()) {
				t.Errorf("%s differs, beside %s:\n%s\nbecame\n%s", d.At, at, a.Bytes(), b.Bytes())
			}
		}
	}
}

// withIndex returns a place with an index in place of its filter.
func withIndex(t *testing.T, d *document.Document, at document.Selector) document.Selector {
	t.Helper()
	list, rest, ok := strings.Cut(at.String(), "[?")
	if !ok {
		return at
	}
	filter, rest, _ := strings.Cut(rest, "]")
	element := d.SourceOf(selector(t, list+"[?"+filter+"]"))
	for i := range 1000 {
		place := fmt.Sprintf("%s[%d]", list, i)
		if s := d.SourceOf(selector(t, place)); s.Line == element.Line && s.Column == element.Column {
			return selector(t, place+rest)
		}
	}
	t.Fatalf("no element fits %s", at)
	return at
}

// FuzzParse reads two versions of a file. What differs one way differs the other, and each place is in its file.
func FuzzParse(f *testing.F) {
	fuzzSeeds(f)
	f.Fuzz(func(t *testing.T, path, one, two string) {
		a, err := document.Parse(path, []byte(one))
		if err != nil {
			var e *document.Error
			if _, unknown := document.FormatOf(path); errors.As(err, &e) == (unknown != nil) {
				t.Errorf("error %v is of type %T", err, err)
			}
			return
		}
		if got := string(a.Bytes()); got != one {
			t.Errorf("%q is given back as %q", one, got)
		}
		if got := differing(a, a); len(got) > 0 {
			t.Errorf("%q differs from itself at %q", one, got)
		}
		b, err := document.Parse(path, []byte(two))
		if err != nil {
			b = nil
		}
		if there, back := differing(a, b), differing(b, a); !sameSet(there, back) {
			t.Errorf("%q differ one way and %q the other", there, back)
		}
		for d := range document.Differences(a, b) {
			checkInside(t, one, d.A)
			checkInside(t, two, d.B)
		}
	})
}

func checkInside(t *testing.T, content string, v *document.Value) {
	t.Helper()
	if v == nil {
		return
	}
	lines := strings.Split(content, "\n")
	if s := v.Source; s.Line < 1 || s.Line > len(lines) || s.Column < 1 || s.Column > len(lines[s.Line-1])+1 {
		t.Errorf("%+v is outside of a file of %d lines", *v, len(lines))
	}
}

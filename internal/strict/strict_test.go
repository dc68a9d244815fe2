package strict_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/internal/strict"
)

// read looks at a document as a program would: every kind of value once.
func read(data string) (string, error) {
	d, err := strict.Parse("x.yaml", []byte(data))
	if err != nil {
		return "", err
	}
	m := d.Root().Map("name", "count", "share", "on", "wait", "mode", "tags", "free", "inner", "any", "items")
	var out strings.Builder
	if v := m.Get("name"); v.Given() {
		fmt.Fprintf(&out, "name=%s ", v.Text())
	}
	if v := m.Get("count"); v.Given() {
		fmt.Fprintf(&out, "count=%d ", v.Int(0, 100))
	}
	if v := m.Get("share"); v.Given() {
		fmt.Fprintf(&out, "share=%g ", v.Float(0, 1))
	}
	if v := m.Get("on"); v.Given() {
		fmt.Fprintf(&out, "on=%v ", v.Bool())
	}
	if v := m.Get("wait"); v.Given() {
		fmt.Fprintf(&out, "wait=%s ", v.Duration(time.Second, 24*time.Hour))
	}
	if v := m.Get("mode"); v.Given() {
		fmt.Fprintf(&out, "mode=%s ", v.Enum("report", "block"))
	}
	for _, v := range m.Get("tags").Distinct(1, 3) {
		fmt.Fprintf(&out, "tag=%s ", v.Scalar())
	}
	for _, e := range m.Get("free").Entries() {
		fmt.Fprintf(&out, "%s=%s ", e.Value.Name(), e.Value.Scalar())
	}
	if v := m.Get("inner"); v.Given() {
		inner := v.Map("a", "b")
		fmt.Fprintf(&out, "inner=%s ", inner.Need("a").Text())
	}
	if v := m.Get("any"); v.Given() {
		fmt.Fprintf(&out, "any=%s ", v.JSON())
	}
	for _, v := range m.Get("items").List(2) {
		fmt.Fprintf(&out, "item=%d@%d ", v.Map("n").Need("n").Int(1, 9), v.Line())
	}
	return strings.TrimSpace(out.String()), d.Err()
}

func TestValues(t *testing.T) {
	for _, test := range []struct{ name, data, want string }{
		{"text", "name: a b", "name=a b"},
		{"byte order mark", "\ufeffname: a", "name=a"},
		{"CRLF", "name: a\r\ncount: 2\r\n", "name=a count=2"},
		{"comments and one document marker", "# top\n---\nname: a # end\n", "name=a"},
		{"date as text", "name: 2026-01-02", "name=2026-01-02"},
		{"int", "count: 100", "count=100"},
		{"float", "share: 0.125", "share=0.125"},
		{"whole float", "share: 1", "share=1"},
		{"bool", "on: true", "on=true"},
		{"duration", "wait: 1h30m", "wait=1h30m0s"},
		{"days", "wait: 1d", "wait=24h0m0s"},
		{"enum", "mode: block", "mode=block"},
		{"list", "tags: [a, 7, 1.10]", "tag=a tag=7 tag=1.10"},
		{"free keys as written", "free: {a: 007, b: yes, c: 1.50, d: 2026-01-02}", "free.a=007 free.b=yes free.c=1.50 free.d=2026-01-02"},
		{"mapping", "inner: {a: x}", "inner=x"},
		{"quoted key is the same key", `"name": a`, "name=a"},
		{"json", "any: {type: object, n: [1, 1.50, null, true, ~, 'x\"y'], '2': {}}", `any={"type":"object","n":[1,1.50,null,true,null,"x\"y"],"2":{}}`},
		{"list of mappings", "items:\n- n: 1\n- {n: 2}\n", "item=1@2 item=2@3"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := read(test.data)
			if err != nil {
				t.Fatal(err)
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	long := strings.Repeat("x", 100)
	for _, test := range []struct {
		name, data string
		want       []string
	}{
		{"empty", "", []string{"1:1: file is empty; write at least the keys that are required"}},
		{"comments only", "# nothing\n", []string{"1:1: file is empty; write at least the keys that are required"}},
		{"marker only", "---\n...\n", []string{"1:1: file is empty; write at least the keys that are required"}},
		{"too long", strings.Repeat("#\n", 1<<19) + "a", []string{"1:1: file is longer than 1048576 bytes; split it or make it shorter"}},
		{"not UTF-8", "name: ä\ncount: 1 # \xff", []string{"2:12: not UTF-8 text; save the file as UTF-8"}},
		{"UTF-16", "\xff\xfen\x00", []string{"1:1: not UTF-8 text; save the file as UTF-8"}},
		{"two documents", "name: a\n---\nname: b\n", []string{"2:1: a second YAML document; one document in a file"}},
		{"list at top", "- a\n", []string{"1:1: the file is a list; a mapping with the keys name, count, share, on, wait, mode, tags, free, inner, any, items"}},
		{"unknown key, close", "name: a\nsahre: 1\n", []string{`2:1: unknown key "sahre", did you mean "share"?; allowed: name, count, share, on, wait, mode, tags, free, inner, any, items`}},
		{"unknown key, far", "inner: {a: b, zebra: 1}\n", []string{`1:15: unknown key "zebra" in inner; allowed: a, b`}},
		{"unknown key, long", "inner: {a: b, " + long + ": 1}\n", []string{`1:15: unknown key "` + long[:60] + `..." in inner; allowed: a, b`}},
		{"case matters", "Name: a\n", []string{`1:1: unknown key "Name", did you mean "name"?; allowed: name, count, share, on, wait, mode, tags, free, inner, any, items`}},
		{"duplicate key", "name: a\ncount: 1\nname: b\n", []string{`3:1: key "name" is there twice, first on line 1; each key once`}},
		{"duplicate key deep", "any:\n  - {x: 1, x: 2}\n", []string{`2:12: key "x" is there twice, first on line 2; each key once`}},
		{"alias", "name: &n a\ninner: {a: *n}\n", []string{
			"1:7: anchor &n; write the value out; anchors and aliases are not allowed",
			"2:12: alias *n; write the value out; anchors and aliases are not allowed"}},
		{"merge key", "inner:\n  <<: {a: b}\n", []string{"2:3: merge key <<; write the keys out; anchors and aliases are not allowed"}},
		{"tag", "name: !!str 1\n", []string{"1:7: tag !!str; write the value without a tag"}},
		{"own tag", "name: !secret 1\n", []string{"1:7: tag !secret; write the value without a tag"}},
		{"list as key", "? [a, b]\n: 1\n", []string{"1:3: a key that is a list; a name"}},
		{"null key", "~: 1\n", []string{"1:1: a key that is empty; a name"}},
		{"number for text", "name: 12\n", []string{"1:7: name is the number 12; text; put it in quotes"}},
		{"truth value for text", "name: true\n", []string{"1:7: name is the truth value true; text; put it in quotes"}},
		{"empty text", "name: ''\n", []string{"1:7: name is empty; text"}},
		{"nothing for text", "name:\n", []string{"1:6: name is empty; text"}},
		{"mapping for text", "name: {a: b}\n", []string{"1:7: name is a mapping; text"}},
		{"text for int", "count: ten\n", []string{`1:8: count: "ten" is out of range or not a whole number; a whole number from 0 to 100`}},
		{"fraction for int", "count: 1.5\n", []string{`1:8: count: "1.5" is out of range or not a whole number; a whole number from 0 to 100`}},
		{"octal for int", "count: 010\n", []string{`1:8: count: "010" is out of range or not a whole number; a whole number from 0 to 100`}},
		{"quoted int", "count: '1'\n", []string{`1:8: count: "1" is out of range or not a whole number; a whole number from 0 to 100`}},
		{"int out of range", "count: 101\n", []string{`1:8: count: "101" is out of range or not a whole number; a whole number from 0 to 100`}},
		{"negative int", "count: -1\n", []string{`1:8: count: "-1" is out of range or not a whole number; a whole number from 0 to 100`}},
		{"infinite float", "share: .inf\n", []string{`1:8: share: ".inf" is out of range or not a plain number; a number from 0 to 1`}},
		{"exponent", "share: 1e-1\n", []string{`1:8: share: "1e-1" is out of range or not a plain number; a number from 0 to 1`}},
		{"yes for bool", "on: yes\n", []string{`1:5: on: "yes" is not a truth value; true or false`}},
		{"text for bool", "on: 'true'\n", []string{`1:5: on: "true" is not a truth value; true or false`}},
		{"duration without unit", "wait: 10\n", []string{`1:7: wait: "10" is out of range or not a length of time; a time from 1s to 1d, such as 90s, 10m, 1h30m or 2d`}},
		{"duration too long", "wait: 25h\n", []string{`1:7: wait: "25h" is out of range or not a length of time; a time from 1s to 1d, such as 90s, 10m, 1h30m or 2d`}},
		{"negative duration", "wait: -10s\n", []string{`1:7: wait: "-10s" is out of range or not a length of time; a time from 1s to 1d, such as 90s, 10m, 1h30m or 2d`}},
		{"enum", "mode: blocked\n", []string{`1:7: mode: "blocked" is not known, did you mean "block"?; allowed: report, block`}},
		{"enum null", "mode: ~\n", []string{`1:7: mode is empty; allowed: report, block`}},
		{"empty list", "tags: []\n", []string{"1:7: tags has 0 values; 1 to 3"}},
		{"long list", "tags: [a, b, c, d]\n", []string{"1:7: tags has 4 values; 1 to 3"}},
		{"same value twice", "tags:\n  - a\n  - a\n", []string{`3:5: "a" is there twice; each value once`}},
		{"null in list", "tags: [a, ~]\n", []string{"1:11: tags[1] is empty; text or a number"}},
		{"text for list", "tags: a\n", []string{"1:7: tags is text; a list"}},
		{"text for free mapping", "free: a\n", []string{"1:7: free is text; a mapping"}},
		{"missing key", "inner: {b: 1}\n", []string{"1:8: inner has no a; add a"}},
		{"number that JSON lacks", "any: {a: 0x10}\n", []string{`1:10: "0x10" is not a number in JSON; a number such as 10 or 0.5, or quotes around a text`}},
		{"wide characters count once", "free: {ä: 日本, é: ~}\n", []string{"1:18: free.é is empty; text or a number"}},
		{"several, in order", "zoo: 1\nname: 1\ncount: x\n", []string{
			`1:1: unknown key "zoo"; allowed: name, count, share, on, wait, mode, tags, free, inner, any, items`,
			"2:7: name is the number 1; text; put it in quotes",
			`3:8: count: "x" is out of range or not a whole number; a whole number from 0 to 100`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := read(test.data)
			if err == nil {
				t.Fatal("no error")
			}
			var want []string
			for _, w := range test.want {
				want = append(want, "x.yaml:"+w)
			}
			if diff := cmp.Diff(want, strings.Split(err.Error(), "\n")); diff != "" {
				t.Errorf("errors differ (-want +got):\n%s", diff)
			}
		})
	}
}

// TestSyntax checks the line that a mistake of syntax is blamed on: the library's own lines are often wrong.
func TestSyntax(t *testing.T) {
	for _, test := range []struct{ name, data, want string }{
		{"stray indent", "a: 1\nb: 2\n  c: 3\nd: 4\n", "x.yaml:3:3: "},
		{"tab", "a:\n\tb: 1\n", "x.yaml:2:2: not YAML: a tab in the indentation; spaces only"},
		{"quote never closed", "a: 1\nb: 2\nc: \"three\nd: 4\ne: 5\n", "x.yaml:3:1: "},
		{"bracket never closed", "a: 1\nb: [1, 2\nc: 3\n", "x.yaml:2:1: "},
		{"first line", "a: b: c\n", "x.yaml:1:1: "},
		{"missing colon", "a: 1\nbroken\nc: 2\n", "x.yaml:2:1: "},
		{"unknown alias", "a: 1\nb: *x\n", "x.yaml:2:1: "},
		{"bad escape", "a: 1\n\nb: \"\\q\"\n", "x.yaml:3:1: "},
		{"control character", "a: 1\nb: \x01\n", "x.yaml:2:1: "},
		{"in the second document", "a: 1\n---\nb: [\n", "x.yaml:3:1: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := strict.Parse("x.yaml", []byte(test.data))
			if err == nil || !strings.HasPrefix(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
				t.Fatalf("got %v, want one line starting with %q", err, test.want)
			}
			if !strings.Contains(err.Error(), "not YAML: ") {
				t.Errorf("%v does not say that this is not YAML", err)
			}
		})
	}
}

func TestManyErrors(t *testing.T) {
	var b strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&b, "key%d: 1\n", i)
	}
	_, err := read(b.String())
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != 21 || lines[20] != "x.yaml: and at least 980 more errors" {
		t.Errorf("got %d lines, the last %q", len(lines), lines[len(lines)-1])
	}
}

func TestErrorIsAValue(t *testing.T) {
	_, err := read("name: a\nmode: x\n")
	var e *strict.Error
	if !errors.As(err, &e) {
		t.Fatalf("%v is not an Error", err)
	}
	want := strict.Error{Path: "x.yaml", Line: 2, Column: 7, Problem: `mode: "x" is not known`, Allowed: "allowed: report, block"}
	if *e != want {
		t.Errorf("got %+v, want %+v", *e, want)
	}
	multi := strict.Error{Path: "x", Line: 1, Column: 2, Problem: "a\nb\x1b[0m"}
	if got := multi.Error(); got != "x:1:2: a b [0m" {
		t.Errorf("got %q: an error has to stay on one line", got)
	}
}

func TestDepth(t *testing.T) {
	for _, open := range []string{"[", "{a: "} {
		_, err := strict.Parse("x.yaml", []byte("a: "+strings.Repeat(open, 5000)+strings.Repeat(map[string]string{"[": "]", "{a: ": "}"}[open], 5000)))
		if err == nil || !strings.Contains(err.Error(), "nested deeper than 64 levels") || strings.Contains(err.Error(), "\n") {
			t.Errorf("nesting of %q: got %v", open, err)
		}
	}
}

func TestZeroValue(t *testing.T) {
	var v strict.Value
	v.Fail("nothing", "")
	if v.Given() || v.Text() != "" || v.Int(1, 2) != 0 || v.Bool() || v.Enum("a") != "" || v.Duration(1, 2) != 0 ||
		v.Float(1, 2) != 0 || v.List(1) != nil || v.Entries() != nil || v.JSON() != nil || v.Line() != 0 || v.IsMap() || v.IsList() {
		t.Error("a value that is not there has to be empty")
	}
	if m := v.Map("a"); m.Get("a").Given() || m.Need("a").Given() {
		t.Error("a mapping that is not there has to be empty")
	}
}

func TestParseDuration(t *testing.T) {
	for s, want := range map[string]time.Duration{
		"14d": 14 * 24 * time.Hour, "1d12h": 36 * time.Hour, "90s": 90 * time.Second, "1h2m3s4ms": time.Hour + 2*time.Minute + 3*time.Second + 4*time.Millisecond, "0s": 0,
	} {
		if got, err := strict.ParseDuration(s); err != nil || got != want {
			t.Errorf("%q: got %v, %v, want %v", s, got, err, want)
		}
	}
	for _, s := range []string{"", "d", "1", "1.5h", "-1s", "1 d", "1w", "999999d", "999999999h999999999h", "h1"} {
		if got, err := strict.ParseDuration(s); err == nil {
			t.Errorf("%q: got %v, want an error", s, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"name: a\n", "a: &x [*x]\n", "? [a]\n: b\n", "a: \"\n", "\tb: 1", "---\n---\n", "any: {a: [1, .nan, 0x1]}", "#\n- #\n  -", "items: [{n: 1}]"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_, err := read(string(data))
		var es strict.Errors
		if err == nil {
			return
		}
		if !errors.As(err, &es) || len(es) == 0 {
			t.Fatalf("%v is not an Errors", err)
		}
		lines := strings.Count(string(data), "\n") + 1
		for _, e := range es {
			// YAML counts more characters as line ends than \n, so only the lower bound is exact.
			if e.Line < 1 || e.Column < 1 || e.Line > lines+strings.Count(string(data), "\r")+strings.Count(string(data), "\u0085")+strings.Count(string(data), "\u2028")+strings.Count(string(data), "\u2029") {
				t.Errorf("error without a place in the file: %v", e)
			}
		}
	})
}

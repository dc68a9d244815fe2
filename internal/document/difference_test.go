package document_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/internal/document"
)

// written lists differences as "$.place: A -> B", with line:column of each value.
func written(a, b *document.Document) []string {
	side := func(v *document.Value) string {
		if v == nil {
			return "none"
		}
		return fmt.Sprintf("%q at %d:%d", v.Text, v.Source.Line, v.Source.Column)
	}
	var out []string
	for d := range document.Differences(a, b) {
		out = append(out, fmt.Sprintf("%s: %s -> %s", d.At, side(d.A), side(d.B)))
	}
	return out
}

func TestDifferences(t *testing.T) {
	tests := []struct {
		name, path, a, b string // "-" for a file that is not there
		want             []string
	}{
		{"none", "a.yaml", "a: 1\nb: [2]\n", "# c\nb: [ 2 ]\na: 1\n", nil},
		{"value", "a.yaml", "a: 1\nb: x\n", "a: 1\nb: y\n", []string{`$.b: "x" at 2:4 -> "y" at 2:4`}},
		{"quotes alone", "a.yaml", "a: x\n", "a: 'x'\n", nil},
		{"number to text", "a.json", `{"a": 1}`, `{"a": "1"}`, []string{`$.a: "1" at 1:7 -> "1" at 1:7`}},
		{"number as written", "a.json", `{"a": 1.0}`, `{"a": 1.00}`, []string{`$.a: "1.0" at 1:7 -> "1.00" at 1:7`}},
		{"added and removed", "a.toml", "a = 1\nb = 2\n", "b = 2\nc = 3\n", []string{
			`$.c: none -> "3" at 2:5`, `$.a: "1" at 1:5 -> none`}},
		{"order of the second", "a.json", `{"a": 1, "b": 1, "c": 1}`, `{"c": 2, "b": 2}`, []string{
			`$.c: "1" at 1:23 -> "2" at 1:7`, `$.b: "1" at 1:15 -> "2" at 1:15`, `$.a: "1" at 1:7 -> none`}},
		{"list by index", "a.json", `["a", "b", "c"]`, `["b", "b"]`, []string{
			`$[0]: "a" at 1:2 -> "b" at 1:2`, `$[2]: "c" at 1:12 -> none`}},
		{"longer list", "a.json", `[]`, `[{"a": 1}]`, []string{`$[0].a: none -> "1" at 1:8`}},
		{"mapping that comes", "a.yaml", "a: 1\n", "a: 1\nb: {c: 2, d: [3]}\n", []string{
			`$.b.c: none -> "2" at 2:8`, `$.b.d[0]: none -> "3" at 2:15`}},
		{"empty mapping that goes", "a.json", `{"a": {}}`, `{}`, []string{`$.a: "{}" at 1:7 -> none`}},
		{"empty list that comes", "a.json", `{}`, `{"a": []}`, []string{`$.a: none -> "[]" at 1:7`}},
		{"null that comes", "a.json", `{}`, `{"a": null}`, []string{`$.a: none -> "null" at 1:7`}},
		{"null to value", "a.json", `{"a": null}`, `{"a": "null"}`, []string{`$.a: "null" at 1:7 -> "null" at 1:7`}},
		{"empty mapping to empty list", "a.json", `{"a": {}}`, `{"a": []}`, []string{`$.a: "{}" at 1:7 -> "[]" at 1:7`}},
		{"value to mapping", "a.yaml", "a: x\n", "a: {b: 1, c: 2}\n", []string{
			`$.a: "x" at 1:4 -> none`, `$.a.b: none -> "1" at 1:8`, `$.a.c: none -> "2" at 1:14`}},
		{"mapping to list", "a.yaml", "a: {b: 1}\n", "a: [1]\n", []string{
			`$.a.b: "1" at 1:8 -> none`, `$.a[0]: none -> "1" at 1:5`}},
		{"alias to what it stands for", "a.yaml", "d: &d {m: 1}\na: *d\n", "d: &d {m: 1}\na: {m: 1}\n", nil},
		{"value behind an alias", "a.yaml", "d: &d {m: 1}\na: *d\n", "d: &d {m: 2}\na: *d\n", []string{
			`$.d.m: "1" at 1:11 -> "2" at 1:11`, `$.a.m: "1" at 1:11 -> "2" at 1:11`}},
		{"merged key", "a.yaml", "d: &d {m: 1}\na: {<<: *d}\n", "d: &d {m: 1}\na: {m: 2, <<: *d}\n", []string{
			`$.a.m: "1" at 1:11 -> "2" at 2:8`}},
		{"keys that need quotes", "a.json", `{"a b": {"": 1}}`, `{"a b": {"": 2}}`, []string{
			`$['a b']['']: "1" at 1:14 -> "2" at 1:14`}},
		{"variables", ".env", "A=1\nB='x'\n", "B=x\nA=$B\n", []string{`$.A: "1" at 1:3 -> "$B" at 2:3`}},
		{"TOML tables", "a.toml", "[a]\nb = 1\n[[c]]\nd = 1\n", "a.b = 1\nc = [{d = 2}]\n", []string{
			`$.c[0].d: "1" at 4:5 -> "2" at 2:11`}},
		{"file that comes", "a.yaml", "-", "a: 1\n", []string{`$.a: none -> "1" at 1:4`}},
		{"file that goes", "a.yaml", "a: 1\n", "-", []string{`$.a: "1" at 1:4 -> none`}},
		{"empty file that comes", "a.json", "-", "{}", nil},
		{"file without a value", "a.yaml", "# c\n", "-", nil},
		{"single value as a file", "a.yaml", "x", "y", nil},
		{"neither file", "a.yaml", "-", "-", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var a, b *document.Document
			if tt.a != "-" {
				a = parse(t, tt.path, tt.a)
			}
			if tt.b != "-" {
				b = parse(t, tt.path, tt.b)
			}
			if diff := cmp.Diff(tt.want, written(a, b)); diff != "" {
				t.Errorf("differences (-want +got):\n%s", diff)
			}
			if there, back := differing(a, b), differing(b, a); !sameSet(there, back) {
				t.Errorf("%q differ one way and %q the other", there, back)
			}
		})
	}
}

func sameSet(a, b []string) bool {
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// TestDifferencesStop leaves the loop early, at every depth.
func TestDifferencesStop(t *testing.T) {
	a := parse(t, "a.yaml", "a: 1\nb: [1, {c: 1}]\nd: {e: 1}\nf: 1\n")
	b := parse(t, "a.yaml", "a: 2\nb: [2, {c: 2}]\nd: 1\n")
	all := differing(a, b)
	if got, want := strings.Join(all, " "), "$.a $.b[0] $.b[1].c $.d.e $.d $.f"; got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
	for stop := 1; stop <= len(all); stop++ {
		var got []string
		for d := range document.Differences(a, b) {
			if got = append(got, d.At.String()); len(got) == stop {
				break
			}
		}
		if !slices.Equal(got, all[:stop]) {
			t.Errorf("the first %d are %q, want %q", stop, got, all[:stop])
		}
	}
}

package document_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pertask/pertask/internal/document"
)

// TestLimitsAreExact reads the largest file that is allowed and refuses the next.
func TestLimitsAreExact(t *testing.T) {
	list := func(n int) string { return strings.TrimSuffix(strings.Repeat("1,", n), ",") }
	tests := []struct {
		name, path string
		n          int
		content    func(n int) string
		want       string
	}{
		{"depth of JSON", "a.json", 100, func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }, "nested more than 100 levels"},
		{"depth of YAML", "a.yaml", 101, func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }, "nested more than 100 levels"},
		{"depth of YAML aliases", "a.yaml", 49, func(n int) string { return "a0: &a0 x\n" + deepAliases(n) }, "nested more than 100 levels"},
		{"depth of TOML", "a.toml", 100, func(n int) string { return "a = " + strings.Repeat("[", n) + strings.Repeat("]", n) }, "nested more than 100 levels"},
		{"depth of a TOML key", "a.toml", 100, func(n int) string { return strings.Repeat("a.", n-1) + "a = 1" }, "nested more than 100 levels"},
		{"depth of a TOML header", "a.toml", 100, func(n int) string { return "[" + strings.Repeat("a.", n-1) + "a]" }, "nested more than 100 levels"},
		{"values of JSON", "a.json", 199_999, func(n int) string { return "[" + list(n) + "]" }, "more than 200000 values"},
		{"values of YAML", "a.yaml", 199_999, func(n int) string { return "[" + list(n) + "]" }, "more than 200000 values"},
		{"values of TOML", "a.toml", 199_999, func(n int) string { return "a = [" + list(n) + "]" }, "more than 200000 values"},
		{"keys of TOML", "a.toml", 5_000, func(n int) string { return manyLines("k%d = 1\n", n) }, "more than 5000 keys"},
		{"values of aliases", "a.yaml", 19_999, func(n int) string { return "a: &a [" + list(n) + "]\nb: *a\n" }, "aliases repeat more than 20000 values"},
		{"bytes", "a.toml", document.MaxBytes, func(n int) string { return "#" + strings.Repeat("x", n-1) }, "larger than 1 MiB"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := document.Parse(tt.path, []byte(tt.content(tt.n))); err != nil {
				t.Errorf("%d: %v", tt.n, err)
			}
			if _, err := document.Parse(tt.path, []byte(tt.content(tt.n+1))); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%d: got error %v, want %q", tt.n+1, err, tt.want)
			}
		})
	}
}

// TestAnyKey sets a value under keys that need quotes, escapes or both, alone and below each other.
func TestAnyKey(t *testing.T) {
	keys := []string{"", " ", "a b", "a.b", "a'b", `a"b`, `a\b`, "a: b", "#a", "- a", "?", "<<", "*a", "&a", "!a", "{a", "a]", "a,b", "a=b", "[a]",
		"on", "No", "NULL", "true", "~", "1", "-1", "1.5", "2026-11-01", "größe", "\U0001F600", "\u00a0", "$x", "%a", "@a", "`a`", "|", ">", "'''", `"""`}
	for _, f := range []struct{ path, content string }{
		{"a.yaml", ""}, {"a.yaml", "x: 1\n"}, {"a.yaml", "{x: 1}"}, {"a.json", "{}"}, {"a.json", `{"x": 1}`}, {"a.toml", ""}, {"a.toml", "x = 1\n[y]\n"},
	} {
		t.Run(fmt.Sprintf("%s/%s", f.path, f.content), func(t *testing.T) {
			d := parse(t, f.path, f.content)
			for _, outer := range keys {
				for _, inner := range []string{"m", outer} {
					at := selector(t, "$"+quotedStep(outer)+quotedStep(inner))
					got, err := d.Set(at, "v", false)
					if err != nil {
						t.Errorf("%s: %v", at, err)
						continue
					}
					if v, ok, err := got.Scalar(at); err != nil || !ok || v.Text != "v" {
						t.Errorf("%s is %q, %v, error %v in\n%s", at, v.Text, ok, err, got.Bytes())
					}
					if places := differing(d, got); len(places) != 1 || places[0] != at.String() {
						t.Errorf("setting %s changes %q", at, places)
					}
					if back, err := got.Remove(at); err != nil || back.Has(at) {
						t.Errorf("%s is not removed again: error %v", at, err)
					}
				}
			}
		})
	}
}

func quotedStep(key string) string {
	return `["` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(key) + `"]`
}

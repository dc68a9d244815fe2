package document_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pertask/pertask/internal/document"
)

// bomb is a YAML document whose aliases stand for 10^n values.
func bomb(n int) string {
	var b strings.Builder
	b.WriteString("a0: &a0 x\n")
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i-1), 10), ","))
	}
	return b.String() + "model: gpt-5.4\n"
}

// mergeBomb is the same with merge keys.
func mergeBomb(n int) string {
	var b strings.Builder
	b.WriteString("a0: &a0 {k: x}\n")
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, "a%d: &a%d {<<: [%s]}\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i-1), 10), ","))
	}
	return b.String()
}

func TestHostileFiles(t *testing.T) {
	const mib = 1 << 20
	tests := []struct{ name, path, content, want string }{
		{"billion laughs", "a.yaml", bomb(9), "aliases repeat more than"},
		{"billion merges", "a.yaml", mergeBomb(9), "aliases repeat more than"},
		{"deep aliases", "a.yaml", "a0: &a0 x\n" + deepAliases(120), "levels deep"},
		{"merge of a value", "a.yaml", "a: {<<: 3}\n", "a merge key with a single value"},
		{"two merge keys", "a.yaml", "b: &b {x: 1}\na: {<<: *b, <<: *b}\n", "two merge keys"},
		{"merge cycle", "a.yaml", "a: &a\n  <<: *a\n", "contains itself"},
		{"key of many values", "a.yaml", "? [a, b]\n: 1\n", "a key that is not a single value"},
		{"unknown anchor", "a.yaml", "model: *x\n", "unknown anchor"},
		{"deep flow YAML", "a.yaml", strings.Repeat("[", 5000), ""},
		{"deep closed YAML", "a.yaml", strings.Repeat("[", 5000) + strings.Repeat("]", 5000), "levels deep"},
		{"very deep YAML", "a.yaml", strings.Repeat("{a: ", 200_000), ""},
		{"deep block YAML", "a.yaml", strings.Repeat("- ", 500_000), ""},
		{"many values in YAML", "a.yaml", "[" + strings.Repeat("1,", mib/2-10) + "]", "more than 200000 values"},
		{"many values in JSON", "a.json", "[" + strings.Repeat("1,", mib/2-10) + "]", "more than 200000 values"},
		{"many values in TOML", "a.toml", "a = [" + strings.Repeat("1,", mib/2-10) + "]", "more than 200000 values"},
		{"deep JSON", "a.json", strings.Repeat("[", 900_000), "levels deep"},
		{"deep JSON objects", "a.json", strings.Repeat(`{"a":`, 200_000), "levels deep"},
		{"deep TOML", "a.toml", "a = " + strings.Repeat("[", 9_000) + strings.Repeat("]", 9_000), "levels deep"},
		{"very deep TOML", "a.toml", "a = " + strings.Repeat("[", 900_000), "nested more than"},
		{"deep TOML key", "a.toml", strings.Repeat("a.", 400_000) + "a = 1", "levels deep"},
		{"deep TOML header", "a.toml", "[" + strings.Repeat("a.", 400_000) + "a]\n", "levels deep"},
		{"deep TOML braces", "a.toml", "a = " + strings.Repeat("{a=", 5_000) + "1" + strings.Repeat("}", 5_000), "levels deep"},
		{"TOML table that is a value", "a.toml", "a = 1\n[a]\nb = 1\n", "is not a table here"},
		{"TOML list that is a table", "a.toml", "[a]\n[[a]]\n", "is not a table here"},
		{"TOML key twice", "a.toml", "a = 1\na = 2\n", "written twice"},
		{"TOML inline table extended", "a.toml", "a = {b = 1}\na.c = 2\n", "TOML is allowed"},
		{"dotenv variables that double", ".env", "A=xxxxxxxxxx\nB=$A$A$A\nmodel=$B$B\n", "refers to another variable"},
		{"dotenv open quote", ".env", "model='a\nb=c\n", "1:7: quoted value has no end"},
		{"dotenv text after a quote", ".env", "model='a' b\n", "text after a quoted value"},
		{"dotenv carriage return", ".env", "model=a\rb=c\n", "a carriage return inside a line"},
		{"dotenv twice", ".env", "model=a\nmodel=b\n", `2:1: key "model" is written twice`},
		{"dotenv comments", ".env", strings.Repeat("#\n", mib/2), "-"},
		{"two MiB", "a.yaml", strings.Repeat("#", 2*mib), "a.yaml: larger than 1 MiB"},
		{"one byte too many", "a.json", "{}" + strings.Repeat(" ", mib-1), "larger than 1 MiB"},
		{"exactly one MiB", "a.json", "{}" + strings.Repeat(" ", mib-2), "-"},
		{"NUL", "a.yaml", "model: a\n  \x00", "a.yaml:2:3: a NUL byte"},
		{"UTF-8", "a.toml", "model = 'ä'\n# \xff", "a.toml:2:3: not valid UTF-8"},
		{"UTF-16", "a.json", "\xff\xfe{\x00}\x00", "a NUL byte"},
		{"empty JSON", "a.json", "", "JSON is allowed"},
		{"empty YAML", "a.yaml", "", "-"},
		{"comments only", "a.yaml", "# nothing\n---\n# more\n", "-"},
		{"YAML scalar", "a.yaml", "model", "-"},
		{"JSON list", "a.json", "[]", "-"},
		{"JSON comment without end", "a.json", "{} /* ", "JSON is allowed"},
		{"many keys in TOML", "a.toml", manyLines("k%d=1\n", 90_000), "more than 5000 keys"},
		{"many tables in TOML", "a.toml", manyLines("[k%d]\n", 90_000), "more than 5000 keys"},
		{"many tables in an array", "a.toml", manyLines("[[k]]\n#%d\n", 70_000), "more than 5000 keys"},
		{"many dotted keys in TOML", "a.toml", manyLines("k.a.b%d=1\n", 70_000), "more than 5000 keys"},
		{"many keys in braces", "a.toml", "a={" + strings.TrimSuffix(manyLines("k%d=1,", 90_000), ",") + "}", "more than 5000 keys"},
		{"as many keys as are allowed", "a.toml", manyLines("k%d=1\n", 5_000), "-"},
		{"many variables", ".env", manyLines("k%d=1\n", 90_000), "-"},
		{"many keys in JSON", "a.json", "{" + manyLines("\"k%d\":1,", 80_000) + "}", "-"},
		{"many keys in YAML", "a.yaml", manyLines("k%d: 1\n", 80_000), "-"},
		{"many anchors in YAML", "a.yaml", manyLines("k%d: &a 1\n", 60_000), "-"},
		{"many comments in YAML", "a.yaml", manyLines("#\nk%d: 1\n", 60_000), "-"},
		{"many directives in YAML", "a.yaml", manyLines("%%TAG !a%d! tag:x\n", 40_000) + "---\na: 1\n", "1:1: a %TAG directive"},
		{"many quotes in YAML", "a.yaml", "? " + strings.Repeat("'", 500_001), ""},
		{"many question marks in YAML", "a.yaml", strings.Repeat("? ", 4_000), ""},
		{"long line of YAML", "a.yaml", "{" + strings.Repeat("ä: 1,\n", 0) + longKeys(60_000) + "}", "-"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, err := document.Parse(tt.path, []byte(tt.content))
			if err == nil {
				_, ok, scalarErr := d.Scalar(selector(t, "$.model"))
				if ok {
					t.Error("a value is found that is not there")
				}
				err = scalarErr
			}
			if tt.want == "-" {
				if err != nil {
					t.Errorf("got error %v, want none", err)
				}
				return
			}
			if err == nil {
				t.Fatal("got no error")
			}
			if got := err.Error(); !strings.HasPrefix(got, tt.path) || !strings.Contains(got, tt.want) || len(got) > 500 {
				t.Errorf("got %q, want %s... %s", got, tt.path, tt.want)
			}
		})
	}
}

func deepAliases(n int) string {
	var b strings.Builder
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [*a%d]\n", i, i, i-1)
	}
	return b.String()
}

func manyLines(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

func longKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "ä%d: 1,", i)
	}
	return b.String()
}

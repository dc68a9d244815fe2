package exactjson_test

import (
	"strings"
	"testing"

	"github.com/pertask/pertask/internal/exactjson"
)

func TestDecode(t *testing.T) {
	for text, want := range map[string]string{
		`{"a":1}`:         "",
		` {"a":1} `:       "",
		`{"a":1,"b":2}`:   "unknown field",
		`{"a":1} {"a":1}`: "something follows",
		`{"a":1}]`:        "something follows",
		`{"a":"1"}`:       "cannot unmarshal",
		``:                "EOF",
	} {
		var into struct{ A int }
		err := exactjson.Decode([]byte(text), &into)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestUnique(t *testing.T) {
	for text, want := range map[string]string{
		`{"a":1,"b":{"a":2}}`:         "",
		`[{"a":1},{"a":2}]`:           "",
		`{"a":1,"a":2}`:               `"a" is given twice`,
		`{"x":[{"a":1,"b":2,"A":3}]}`: `"A" is given twice`,
		`3`:                           "",
	} {
		err := exactjson.Unique([]byte(text))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

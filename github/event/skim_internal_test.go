package event

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSkim(t *testing.T) {
	for _, tt := range []struct{ name, payload, want string }{
		{"nothing", `{}`, `{}`},
		{"what is wanted", `{"action":"x","nobody":{"a":[1,"}",{"b":"\\\""}]},"sender":{"login":"ada","id":7}}`, `{"action":"x","sender":{"login":"ada"}}`},
		{"spaces", " { \"a\" : [ ] ,\n\t\"action\" : \"x\" , \"sender\" : { } } \r\n", `{"action":"x","sender":{}}`},
		{"lists", `{"repositories":[{"id":1,"x":2},{"x":{}},{}],"x":[]}`, `{"repositories":[{"id":1},{},{}]}`},
		{"an empty list", `{"repositories":[ ]}`, `{"repositories":[]}`},
		{"null", `{"sender":null,"repositories":null}`, `{"sender":null,"repositories":null}`},
		{"whole values", `{"inputs":{"a":{"b":[1]}},"changes":{"base":{"ref":{}},"title":1}}`, `{"inputs":{"a":{"b":[1]}},"changes":{"base":{"ref":{}}}}`},
		{"an escape in a name", `{"act\u0069on":"x"}`, `{"act\u0069on":"x"}`},
		{"a name that ends in a backslash", `{"x\\":1,"action":"y\\\""}`, `{"action":"y\\\""}`},
		{"long words", `{"x":` + strings.Repeat("1", 200) + `,"action":"x"}`, `{"action":"x"}`},
		{"a text on top", `"x"`, `"x"`},
		{"another type", `{"sender":[1,{}]}`, `{"sender":[1,{}]}`},
	} {
		s := skimmer{in: []byte(tt.payload)}
		if err := s.value(wanted); err != nil || string(s.out) != tt.want {
			t.Errorf("%s: got %s, %v, want %s", tt.name, s.out, err, tt.want)
		}
	}
	for _, payload := range []string{``, ` `, `{`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a":1,}`, `{"a" 1}`, `{a:1}`, `{"a":"}`, `{"a":"\"}`, `[`, `}`, `{"repositories":[`, `{"repositories":[1`, `{"repositories":[,]}`,
		`{"repositories":[{"id":1}}`, `{"a":,"action":"x"}`, `{"a":]}`, `{} x`, `{}{}`, `{"action":"x","action":"y"}`, `{"action":"x","a":1,"act\u0069on":"y"}`, `{"sender":{"login":"a","login":"b"}}`, `{"\u00":1}`, `,`, `:`} {
		if j, err := skim([]byte(payload)); err == nil {
			t.Errorf("%s: got %+v", payload, j)
		}
	}
}

// FuzzSkim holds that of JSON it reads what the standard library does, where no name differs in the case of its letters only.
func FuzzSkim(f *testing.F) {
	f.Add([]byte(`{"action":"x","nobody":{"a":[1,"}",{"b":"\\\""}]},"sender":{"login":"ada","id":7},"inputs":{"a":1}}`))
	f.Add([]byte(`{"repositories":[{"id":1,"x":2},{"x":{}},{}],"x":[]}`))
	f.Add([]byte(`{"pull_request":{"labels":[{"name":"a"}],"base":{"repo":null}}}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		got, err := skim(payload)
		var all any
		d := json.NewDecoder(bytes.NewReader(payload))
		d.UseNumber()
		if !json.Valid(payload) || d.Decode(&all) != nil || err != nil && strings.Contains(err.Error(), errTwice.Error()) {
			return
		}
		var want eventJSON
		raw, err2 := json.Marshal(exact(all, wanted))
		if err2 != nil {
			t.Fatal(err2)
		}
		err2 = json.Unmarshal(raw, &want)
		if (err == nil) != (err2 == nil) {
			t.Fatalf("%s: got %v, want %v", payload, err, err2)
		}
		if err != nil {
			return
		}
		// Whole values keep their spelling in the one and not in the other.
		if diff := cmp.Diff(fmt.Sprintf("%+v", plain(t, got)), fmt.Sprintf("%+v", plain(t, want))); diff != "" {
			t.Errorf("%s: got-want:\n%s", payload, diff)
		}
	})
}

// exact leaves of a value what is wanted.
func exact(v any, w *want) any {
	switch v := v.(type) {
	case map[string]any:
		if w.fields == nil {
			return v
		}
		out := map[string]any{}
		for name, below := range w.fields {
			if x, ok := v[name]; ok {
				out[name] = exact(x, below)
			}
		}
		return out
	case []any:
		if w.item == nil {
			return v
		}
		out := []any{}
		for _, x := range v {
			out = append(out, exact(x, w.item))
		}
		return out
	}
	return v
}

func plain(t *testing.T, j eventJSON) any {
	t.Helper()
	raw, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func BenchmarkSkim(b *testing.B) {
	var fill strings.Builder
	for i := range 300 {
		fmt.Fprintf(&fill, `"field_%d_url":"https://api.github.com/repos/acme/agent/%s",`, i, strings.Repeat("x", 30))
	}
	payload := []byte(`{"x":{` + strings.TrimSuffix(fill.String(), ",") + `},"action":"opened","sender":{"login":"ada"}}`)
	b.SetBytes(int64(len(payload)))
	b.Run("skim", func(b *testing.B) {
		for b.Loop() {
			if _, err := skim(payload); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("json", func(b *testing.B) {
		for b.Loop() {
			var j eventJSON
			if err := json.Unmarshal(payload, &j); err != nil {
				b.Fatal(err)
			}
		}
	})
}

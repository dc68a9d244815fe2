package wire_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/meter/wire"
)

func each(text string) []string {
	var got []string
	wire.Each([]byte(text), "mark", []string{"own"}, func(v json.RawMessage) { got = append(got, string(v)) })
	return got
}

func TestEach(t *testing.T) {
	for text, want := range map[string][]string{
		`{"mark":1}`: {"1"},
		` { "a" : [ { "mark" : { "x" : [ ] } } , [ ] , { } ] , "mark":"2"} `: {`{ "x" : [ ] }`, `"2"`},
		`{"m\u0061rk":1,"\u006dark":2}`:                                      {"1", "2"},
		`{"mark":{"mark":1}}`:                                                {`{"mark":1}`},
		`{"own":{"mark":1},"ow\u006e":[{"mark":2}]}`:                         nil,
		`{"a":"\"mark\":1","b":"mark"}`:                                      nil,
		`[[{"mark":null}]]`:                                                  {"null"},
		`{"mark":1,"a":`:                                                     {"1"},
		`{"mark":`:                                                           nil,
		`"mark"`:                                                             nil,
		``:                                                                   nil,
		strings.Repeat(`[`, 20_000) + `{"mark":1}`:                           nil,
		`{"a":[1,{"b":true}` + `,{"mark":false}]}x`:                          {"false"},
	} {
		if diff := cmp.Diff(want, each(text)); diff != "" {
			t.Errorf("%.60s: values differ (-want +got):\n%s", text, diff)
		}
	}
}

// FuzzEach compares with a walk over what encoding/json has read.
func FuzzEach(f *testing.F) {
	for _, s := range []string{`{"mark":1}`, `{"a":[{"mark":{}}],"own":{"mark":1}}`, `{"m\u0061rk":[]}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := len(each(text))
		var v any
		if json.Unmarshal([]byte(text), &v) != nil || strings.Contains(text, "\ufffd") {
			return
		}
		if n := marks(v); got < n { // a name that is there twice is found twice
			t.Errorf("%q: found %d, want at least %d", text, got, n)
		}
	})
}

func marks(v any) (n int) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			n += marks(e)
		}
	case map[string]any:
		for name, e := range v {
			switch name {
			case "mark":
				n++
			case "own":
			default:
				n += marks(e)
			}
		}
	}
	return n
}

// BenchmarkEach looks through a long prompt with one mark at its end.
func BenchmarkEach(b *testing.B) {
	text := []byte(`{"messages":[` + strings.Repeat(`{"role":"user","content":[{"type":"text","text":"`+strings.Repeat("word ", 200)+`"}]},`, 200) + `{"mark":{"ttl":"1h"}}]}`)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		wire.Each(text, "mark", nil, func(json.RawMessage) {})
	}
}

package wire_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/pertask/pertask/meter/wire"
)

// shorten sends a text through a Shortener in pieces.
func shorten(most int, pieces ...string) string {
	s := &wire.Shortener{Max: most}
	for _, p := range pieces {
		_, _ = s.Write([]byte(p))
	}
	return string(s.Bytes())
}

// quoted matches a JSON string, whole.
var quoted = regexp.MustCompile(`"(?s:[^"\\]|\\.)*"`)

// expected is what a Shortener is to make of a valid text, written in another way.
func expected(most int, text string) string {
	return quoted.ReplaceAllStringFunc(text, func(s string) string {
		if len(s)-2 > most {
			return `""`
		}
		return s
	})
}

var shortened = []struct{ name, in, want string }{
	{"nothing", "", ""},
	{"no string", `[1,-2.5e3,true,null,{}]`, `[1,-2.5e3,true,null,{}]`},
	{"as long as allowed", `{"a":"1234"}`, `{"a":"1234"}`},
	{"too long", `{"a":"12345"}`, `{"a":""}`},
	{"much too long", `{"a":"` + strings.Repeat("x", 5000) + `","b":7}`, `{"a":"","b":7}`},
	{"a name", `{"abcde":1,"b":2}`, `{"":1,"b":2}`},
	{"escapes count as they are written", `["\\\"","\u0041"]`, `["\\\"",""]`},
	{"an escaped quote at the bound", `["123\"4","1"]`, `["","1"]`},
	{"a backslash at the end", `["12345\\",1]`, `["",1]`},
	{"white space stays", " {\n\"a\" : \"123456\" } \n", " {\n\"a\" : \"\" } \n"},
	{"beyond ASCII", `["äöü","äö"]`, `["","äö"]`},
}

func TestShortener(t *testing.T) {
	for _, c := range shortened {
		t.Run(c.name, func(t *testing.T) {
			if want := expected(4, c.in); want != c.want {
				t.Fatalf("the case wants %q, the definition says %q", c.want, want)
			}
			for i := range len(c.in) + 1 {
				if got := shorten(4, c.in[:i], c.in[i:]); got != c.want {
					t.Fatalf("cut at %d: got %q, want %q", i, got, c.want)
				}
			}
			if got := shorten(4, strings.Split(c.in, "")...); got != c.want {
				t.Errorf("byte by byte: got %q, want %q", got, c.want)
			}
		})
	}
}

func TestShortenerKeepsNothingOfLongStrings(t *testing.T) {
	s := &wire.Shortener{Max: 4 << 10}
	_, _ = s.Write([]byte(`{"choices":[{"message":{"content":"`))
	piece := []byte(strings.Repeat(`sixty-four bytes of text, a line end and a \"quotation\" \n here `, 1024))
	most := 0
	for range 1024 { // 64 MiB
		_, _ = s.Write(piece)
		most = max(most, cap(s.Bytes()))
	}
	_, _ = s.Write([]byte(`"}}],"usage":{"prompt_tokens":1}}`))
	if got := string(s.Bytes()); got != `{"choices":[{"message":{"content":""}}],"usage":{"prompt_tokens":1}}` {
		t.Errorf("got %.200q", got)
	}
	if most > 64<<10 {
		t.Errorf("it held %d bytes at once", most)
	}
}

func FuzzShortener(f *testing.F) {
	for _, c := range shortened {
		f.Add(c.in, 4, 3)
	}
	f.Add(`{"a":"\ud83d\ude00","b":["x\\","",{"c":"\""}]}`, 2, 9)
	f.Fuzz(func(t *testing.T, text string, most, at int) {
		if most < 0 || at < 0 || at > len(text) {
			most, at = 8, len(text)/2
		}
		got := shorten(most, text)
		if split := shorten(most, text[:at], text[at:]); split != got {
			t.Errorf("cut at %d: got %q, want %q", at, split, got)
		}
		if len(got) > len(text) {
			t.Errorf("%q grew to %q", text, got)
		}
		if !json.Valid([]byte(text)) {
			return
		}
		if want := expected(most, text); got != want || !json.Valid([]byte(got)) {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	})
}

package text_test

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/pertask/pertask/cmd/pertask/text"
)

func TestClip(t *testing.T) {
	for s, want := range map[string]string{
		"plain":               "plain",
		"münchen é 模型":        "münchen é 模型",
		"a\x1b[31mb":          "a?[31mb",
		"a\nb\r\tc\x00\x7f":   "a?b??c??",
		"\u0085\u009b":        "??",
		"gpt\u202e5.5":        "gpt?5.5", // right-to-left override
		"\u2066x\u2069":       "?x?",     // isolates
		"\u2028\u2029":        "??",      // separators of lines and paragraphs
		"a\u200b\u00ad\ufeff": "a???",    // invisible formats
		"\U000e0041":          "?",       // a tag
		"\ue000":              "?",       // private use
		"0123456789abcdef":    "0123456789abcdef"[:13] + "...",
		"":                    "",
	} {
		most := 40
		if strings.HasPrefix(s, "0123") {
			s, most = s+"ghij", 16
		}
		if got := text.Clip(s, most); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}

func FuzzQuote(f *testing.F) {
	for _, s := range []string{"", "gpt-5.5", `a"b\c`, "a: b # c\n- d", "\u202e\u2028\x00\x1b\x7f\u0085\U000e0041", "yes", "{x}", "模型"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := text.Quote(s)
		if text.Clip(got, len(got)+3) != got {
			t.Fatalf("%q is not safe to show: %q", s, got)
		}
		if !utf8.ValidString(s) {
			return // runs of broken bytes are told apart differently
		}
		want := strings.Map(func(r rune) rune {
			if r > 0xffff && !unicode.IsPrint(r) {
				return utf8.RuneError
			}
			return r
		}, s)
		var j, y string
		if err := json.Unmarshal([]byte(got), &j); err != nil || j != want {
			t.Errorf("%q is %s, which JSON reads as %q (%v)", s, got, j, err)
		}
		if err := yaml.Unmarshal([]byte(got), &y); err != nil || y != want {
			t.Errorf("%q is %s, which YAML reads as %q (%v)", s, got, y, err)
		}
	})
}

func TestWrap(t *testing.T) {
	tests := []struct {
		s, indent string
		want      []string
	}{
		{"one two three four", "  ", []string{"one two", "  three", "  four"}},
		{"  much   space  ", "", []string{"much", "space"}},
		{"averylongwordalone x", "", []string{"averylongwordalone", "x"}},
		{"ä ö ü ß é", "", []string{"ä ö ü ß", "é"}},
		{"", "  ", []string{""}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, text.Wrap(tt.s, 8, tt.indent)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.s, diff)
		}
	}
}

func TestFill(t *testing.T) {
	got := text.Fill("a b c d e f\ng\n\n  kept as it is\nh i\n", 8)
	if want := "a b c d\ne f g\n\n  kept as it is\nh i\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAlign(t *testing.T) {
	rows := [][]string{{"model", "n", ""}, {"é", "1,000", "x"}, {"b"}}
	if diff := cmp.Diff([]string{"model      n", "é      1,000  x", "b"}, text.Align(rows)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"model  n", "é      1,000  x", "b"}, text.AlignLeft(rows)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWriteJSON(t *testing.T) {
	for value, want := range map[string]string{
		"<&>":                    `"<&>"`,
		"é 模型 😀":                 `"é 模型 😀"`,
		"\u202e\u009b\x7f\u2028": `"\u202e\u009b\u007f\u2028"`,
		"\U000e0041\x1b":         `"\udb40\udc41\u001b"`,
		"a\nb":                   `"a\nb"`,
	} {
		var b bytes.Buffer
		var back string
		if err := text.WriteJSON(&b, value); err != nil || b.String() != want+"\n" {
			t.Errorf("%q: %q, %v; want %s", value, b.String(), err, want)
		}
		if err := json.Unmarshal(b.Bytes(), &back); err != nil || back != value {
			t.Errorf("%q reads back as %q, %v", value, back, err)
		}
	}
	if err := text.WriteJSON(io.Discard, func() {}); err == nil {
		t.Error("a function was written")
	}
}

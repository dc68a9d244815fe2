package wire_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/meter/wire"
)

func TestBeyond(t *testing.T) {
	cases := []struct {
		name, text string
		want       []string
	}{
		{"nothing", `{}`, nil},
		{"null", `null`, nil},
		{"known", `{"a":1,"b":{"c":2},"d":{"e":{"f":3}}}`, nil},
		{"numbers of any name", `{"seconds":1.5,"n":-2,"x":1e-3}`, []string{"n", "seconds", "x"}},
		{"zeros", `{"p":0,"q":0.0,"r":0e9,"s":-0}`, nil},
		{"no numbers", `{"p":"1","q":true,"r":null,"s":{"t":"7"}}`, nil},
		{"below", `{"b":{"c":1,"z":4},"y":{"x":5}}`, []string{"b.z", "y.x"}},
		{"lists", `{"p":[ ],"q":[{}],"r":[[]]}`, []string{"q", "r"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			o, err := wire.ReadObject([]byte(c.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, o.Beyond([]string{"a", "b.c", "d.*"})); diff != "" {
				t.Errorf("fields differ (-want +got):\n%s", diff)
			}
		})
	}
}

func TestListsOfPathsAreBounded(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 9000) + `{"n_tokens":1}` + strings.Repeat(`}`, 9000)
	var wide []string
	for i := range 1000 {
		wide = append(wide, fmt.Sprintf(`"n%03d_tokens":1`, i))
	}
	o, err := wire.ReadObject([]byte(`{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{}}}}}}}},` + strings.Join(wide, ",") + `}`))
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string][]string{"tokens": o.Unclassified(nil), "numbers": o.Beyond(nil)} {
		if len(got) != 33 || got[0] != "n000_tokens" || got[32] != "and more" {
			t.Errorf("%s: %d paths, %q", name, len(got), got)
		}
	}
	if o, err = wire.ReadObject([]byte(deep)); err != nil {
		t.Fatal(err)
	}
	want := []string{"a.a.a.a.a.a.a.a"}
	if diff := cmp.Diff(want, o.Unclassified(nil)); diff != "" {
		t.Errorf("paths of a deep object differ (-want +got):\n%s", diff)
	}
	long := wire.Note(wire.Note(nil, strings.Repeat("é", 500)), strings.Repeat("é", 500))
	if len(long) != 1 || len(long[0]) > 170 || !utf8.ValidString(long[0]) {
		t.Errorf("a long path is listed as %q", long)
	}
}

func TestIsZero(t *testing.T) {
	for text, want := range map[string]bool{"0": true, "0.00": true, " -0e5 ": true, "0.01": false, "1": false, "": false, "null": false, `"0"`: false, "1e-9": false} {
		if got := wire.IsZero([]byte(text)); got != want {
			t.Errorf("%q is zero: %t, want %t", text, got, want)
		}
	}
}

package excerpt_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/recorded/excerpt"
)

func readOne(t *testing.T, in string, want *excerpt.Shape) excerpt.Value {
	t.Helper()
	v, err := excerpt.Read(strings.NewReader(in), want)
	if err != nil {
		t.Fatalf("%.80s: %v", in, err)
	}
	return v
}

func TestKinds(t *testing.T) {
	for in, want := range map[string]struct {
		kind excerpt.Kind
		text string
		is   bool
		name string
	}{
		"null": {excerpt.Null, "null", false, "null"}, "true": {excerpt.Bool, "true", true, "true or false"}, "false": {excerpt.Bool, "false", true, "true or false"},
		"0": {excerpt.Number, "0", true, "a number"}, "-0": {excerpt.Number, "-0", true, "a number"}, "1E+5": {excerpt.Number, "1E+5", true, "a number"}, "-12.50e-3": {excerpt.Number, "-12.50e-3", true, "a number"},
		`""`: {excerpt.String, "", true, "a string"}, `"a"`: {excerpt.String, "a", true, "a string"}, "[]": {excerpt.List, "", true, "a list"}, "{}": {excerpt.Object, "", true, "an object"},
		"NaN": {excerpt.NotFinite, "NaN", true, ""}, "-Infinity": {excerpt.NotFinite, "-Infinity", true, ""},
	} {
		v := readOne(t, in, excerpt.Leaf)
		if v.Kind != want.kind || v.Text != want.text || v.Is() != want.is || v.At != "$" || want.name != "" && v.Kind.String() != want.name {
			t.Errorf("%s: got %v %q (there: %v) at %s", in, v.Kind, v.Text, v.Is(), v.At)
		}
	}
	if (excerpt.Value{}).Is() || (excerpt.Value{}).Get("a", "b").Is() || (excerpt.Value{}).Names() != nil {
		t.Error("a value that is not there has something in it")
	}
}

func TestStrings(t *testing.T) {
	for in, want := range map[string]string{
		`"\"\\\/\b\f\n\r\t"`: "\"\\/\b\f\n\r\t", `"\u0041\u00e9\u20ac"`: "Aé€", `"\ud83d\ude00"`: "😀", `"é€😀"`: "é€😀",
		`"\ud83d"`: "\ufffd", `"\ude00x"`: "\ufffdx", `"\ud83d\u0041"`: "\ufffdA", `"\u0000"`: "\x00",
	} {
		for name, r := range map[string]io.Reader{"whole": strings.NewReader(in), "byte by byte": iotest.OneByteReader(strings.NewReader(in))} {
			if v, err := excerpt.Read(r, excerpt.Leaf); err != nil || v.Text != want {
				t.Errorf("%s, %s: got %q, want %q: %v", in, name, v.Text, want, err)
			}
		}
	}
}

// What is not wanted is passed over, but it must be JSON all the same, save for escapes in its strings: a text that is
// broken somewhere is broken.
func TestWhatIsNotWantedIsRead(t *testing.T) {
	want := excerpt.Keys("a")
	for in, says := range map[string]string{
		`{"a": 1, "b": tru}`:     "1:18: a value must be here",
		`{"a": 1, "b": {"c" 1}}`: "1:20: a colon", `{"a": 1, "b": [1,]}`: "1:18: a value must follow a comma", `{"a": 1, "b": 1.e5}`: "1:19: this is not a number",
	} {
		if _, err := excerpt.Read(strings.NewReader(in), want); err == nil || !strings.HasPrefix(err.Error(), says) {
			t.Errorf("%s: error %v, want it to begin with %q", in, err, says)
		}
	}
	// A string that does not matter may be longer than one that does, and so may a list be.
	long := `{"b": "` + strings.Repeat("x", 6<<20) + `", "c": [` + strings.Repeat("1,", 1<<20) + `1], "a": 5}`
	if v := readOne(t, long, want); v.Get("a").Text != "5" || v.Get("b").Is() {
		t.Errorf("a is %q", v.Get("a").Text)
	}
}

// TestTruncated holds that no cut of an object is taken for a whole one, whatever is wanted of it.
func TestTruncated(t *testing.T) {
	const whole = `{"a": [1, {"b": "\u00e9\n"}, -1.5e3, true, null], "c": {"d": NaN}}`
	all := &excerpt.Shape{Any: &excerpt.Shape{Any: excerpt.Leaf, Elem: excerpt.Leaf}}
	for name, want := range map[string]*excerpt.Shape{"all": all, "nothing": nil, "a digest": {Digest: true}} {
		if _, err := excerpt.Read(strings.NewReader(whole), want); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for n := range len(whole) {
			_, err := excerpt.Read(strings.NewReader(whole[:n]), want)
			var s *excerpt.SyntaxError
			if !errors.As(err, &s) || s.Line != 1 || s.Column < 1 || s.Column > n+2 {
				t.Errorf("%s, cut at %d: error %v", name, n, err)
			}
		}
	}
}

// Places count from the beginning of the text, however it is read.
func TestPlacesOfMistakes(t *testing.T) {
	for in, want := range map[string]string{
		"{\n  \"a\": 1,\n  \"b\" 2\n}": "3:7: ", "\r\n\r\n[1 2]": "3:4: ", "[\"é\" 1]": "1:7: ", "\ufeff[1 2]": "1:7: ", "[\n\n\n": "4:1: ",
		strings.Repeat(" ", 100_000) + "[1 2]": "1:100004: ", strings.Repeat("\n", 100_000) + "x": "100001:2: ",
	} {
		for name, r := range map[string]io.Reader{"whole": strings.NewReader(in), "in pieces": iotest.HalfReader(strings.NewReader(in)), "byte by byte": iotest.OneByteReader(strings.NewReader(in))} {
			if _, err := excerpt.Read(r, excerpt.Leaf); err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%.20q, %s: error %v, want it to begin with %q", in, name, err, want)
			}
		}
	}
}

func TestPlacesOfValues(t *testing.T) {
	list := &excerpt.Shape{Elem: &excerpt.Shape{Elem: excerpt.Leaf, Any: excerpt.Leaf}}
	v := readOne(t, `[[1, 2], {"a b": 3, "c": 4, "": 5, "1d": 6}]`, list)
	got := []string{v.Items[0].Items[1].At, v.Items[1].Get("a b").At, v.Items[1].Get("c").At, v.Items[1].Get("").At, v.Items[1].Get("none").At}
	want := []string{"$[0][1]", `$[1]["a b"]`, "$[1].c", `$[1][""]`, "$[1].none"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := v.Items[0].Get("x"); got.Is() || got.At != "$[0].x" {
		t.Errorf("a member of a list: %+v", got)
	}
}

// With makes Keys of a shape; the text's own order is that of Names.
func TestShapes(t *testing.T) {
	shape := (&excerpt.Shape{}).With("z", excerpt.Leaf).With("a", excerpt.Keys("x"))
	v := readOne(t, `{"z": 1, "m": 2, "a": {"x": 3, "y": 4}}`, shape)
	if diff := cmp.Diff([]string{"z", "a"}, v.Names()); diff != "" {
		t.Error(diff)
	}
	if v.Get("a", "x").Text != "3" || v.Get("a", "y").Is() || v.Get("m").Is() {
		t.Errorf("got %+v", v)
	}
	// A shape for members of an object takes another kind of value as it is.
	if v := readOne(t, `{"a": [1]}`, shape); v.Get("a").Kind != excerpt.List || len(v.Get("a").Items) != 0 || v.Get("a", "x").Is() {
		t.Errorf("a list in the place of an object: %+v", v.Get("a"))
	}
	if v := readOne(t, `7`, shape); v.Kind != excerpt.Number || v.Names() != nil {
		t.Errorf("a number in the place of an object: %+v", v)
	}
}

func TestReaderAfterItsEnd(t *testing.T) {
	r := excerpt.NewReader(strings.NewReader("1\n\n 2 "))
	for _, want := range []string{"1@1", "2@3"} {
		line, err := r.Start()
		v, err2 := r.Next(excerpt.Leaf)
		if got := fmt.Sprint(v.Text, "@", line); got != want || err != nil || err2 != nil || r.Line() != line {
			t.Errorf("got %s (%v, %v), want %s", got, err, err2, want)
		}
	}
	for range 2 {
		if _, err := r.Start(); err != io.EOF {
			t.Errorf("Start: %v, want the end", err)
		}
		if _, err := r.Next(excerpt.Leaf); err != io.EOF {
			t.Errorf("Next: %v, want the end", err)
		}
	}
	if _, err := excerpt.NewReader(iotest.ErrReader(io.ErrUnexpectedEOF)).Start(); err == nil || err == io.EOF {
		t.Errorf("a reader that breaks: %v", err)
	}
}

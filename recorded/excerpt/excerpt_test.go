package excerpt_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/recorded/excerpt"
)

func TestReadKeepsWhatIsWanted(t *testing.T) {
	in := "\ufeff" + ` {"skip": [{"a": "\" ] }"}, 1e9], "keep": {"n": -1.5e+3, "s": "a\n\u00e9\ud83d\ude00", "deep": [1, {"x": 2}]},
	"list": [{"id": 1, "no": 2}, {"id": null}], "odd key": true, "any": {"one": 1, "two": {"y": 3}}}`
	want := excerpt.Keys("odd key").
		With("keep", excerpt.Keys("n", "s", "deep")).
		With("list", &excerpt.Shape{Elem: excerpt.Keys("id")}).
		With("any", &excerpt.Shape{Any: excerpt.Leaf})
	for name, r := range map[string]io.Reader{"whole": strings.NewReader(in), "byte by byte": iotest.OneByteReader(strings.NewReader(in))} {
		v, err := excerpt.Read(r, want)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, tt := range []struct {
			got  excerpt.Value
			kind excerpt.Kind
			text string
			at   string
		}{
			{v.Get("keep", "n"), excerpt.Number, "-1.5e+3", "$.keep.n"},
			{v.Get("keep", "s"), excerpt.String, "a\né😀", "$.keep.s"},
			{v.Get("keep", "deep"), excerpt.List, "", "$.keep.deep"},
			{v.Get("list").Items[0].Get("id"), excerpt.Number, "1", "$.list[0].id"},
			{v.Get("list").Items[0].Get("no"), excerpt.Missing, "", "$.list[0].no"},
			{v.Get("list").Items[1].Get("id"), excerpt.Null, "null", "$.list[1].id"},
			{v.Get("odd key"), excerpt.Bool, "true", `$["odd key"]`},
			{v.Get("any", "two"), excerpt.Object, "", "$.any.two"},
			{v.Get("skip"), excerpt.Missing, "", "$.skip"},
		} {
			if tt.got.Kind != tt.kind || tt.got.Text != tt.text || tt.got.At != tt.at {
				t.Errorf("%s: %s is %v %q, want %s to be %v %q", name, tt.got.At, tt.got.Kind, tt.got.Text, tt.at, tt.kind, tt.text)
			}
		}
		if diff := cmp.Diff([]string{"one", "two"}, v.Get("any").Names()); diff != "" {
			t.Errorf("%s: names (-want +got):\n%s", name, diff)
		}
	}
}

func TestEachSeesEveryElementAndMayStop(t *testing.T) {
	var got []string
	stop := errors.New("enough")
	shape := &excerpt.Shape{Elem: excerpt.Leaf, Each: func(v excerpt.Value) error {
		got = append(got, v.At+"="+v.Text)
		if v.Text == "3" {
			return stop
		}
		return nil
	}}
	v, err := excerpt.Read(strings.NewReader(`[1,2]`), shape)
	if err != nil || len(v.Items) != 0 {
		t.Fatalf("%v, %d items are kept", err, len(v.Items))
	}
	if _, err := excerpt.Read(strings.NewReader(`[3,4]`), shape); err != stop {
		t.Errorf("error %v, want %v", err, stop)
	}
	if diff := cmp.Diff([]string{"$[0]=1", "$[1]=2", "$[0]=3"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestNotFinite(t *testing.T) {
	v, err := excerpt.Read(strings.NewReader(`[NaN, Infinity, -Infinity]`), &excerpt.Shape{Elem: excerpt.Leaf})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range v.Items {
		if x.Kind != excerpt.NotFinite {
			t.Errorf("%s is %v", x.At, x.Kind)
		}
	}
}

func TestDigestTellsValuesApart(t *testing.T) {
	sum := func(in string) string {
		t.Helper()
		v, err := excerpt.Read(iotest.HalfReader(strings.NewReader(in)), (&excerpt.Shape{}).With("v", &excerpt.Shape{Digest: true}))
		if err != nil {
			t.Fatal(err)
		}
		return v.Get("v").Text
	}
	long := strings.Repeat("x", 200_000)
	if a, b := sum(`{"v": {"a": "`+long+`"}, "w": 1}`), sum(`{"u": 2,  "v": {"a": "`+long+`"}}`); a != b || len(a) != 64 {
		t.Errorf("the same value has digests %q and %q", a, b)
	}
	if sum(`{"v": {"a": 1}}`) == sum(`{"v": {"a": 2}}`) {
		t.Error("two values have one digest")
	}
}

func TestNextReadsLineByLine(t *testing.T) {
	r := excerpt.NewReader(strings.NewReader("{\"a\":1}\n\n{\"a\":2}\n"))
	var got []string
	for {
		line, err := r.Start()
		if err == io.EOF {
			break
		}
		v, err := r.Next(excerpt.Keys("a"))
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, v.Get("a").Text+"@"+string(rune('0'+line)))
	}
	if diff := cmp.Diff([]string{"1@1", "2@3"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestReadRefuses(t *testing.T) {
	all := &excerpt.Shape{Any: excerpt.Leaf, Elem: excerpt.Leaf}
	for _, tt := range []struct{ name, in, want string }{
		{"empty", " \n", "2:1: the text is empty"},
		{"cut", `{"a": [1, `, "1:11: the text ends in the middle of a value"},
		{"cut in a string", `{"a": "b`, "1:9: the text ends"},
		{"two values", "{}\n{}", "2:1: there is more text"},
		{"no comma", `[1 2]`, `1:4: a comma or "]" must follow`},
		{"comma at the end", `[1,]`, "1:4: a value must follow a comma"},
		{"comma at the end of an object", `{"a":1,}`, "1:8: a value must follow a comma"},
		{"no name", `{1:2}`, "1:2: a member of an object"},
		{"no colon", `{"a" 2}`, "1:6: a colon"},
		{"twice", `{"a": 1, "a": 2}`, `1:13: "a" is there twice`},
		{"leading zero", `[01]`, "1:4: this is not a number"},
		{"no digits", `[1.]`, "1:4: this is not a number"},
		{"word", `[nil]`, "1:5: a value must be here"},
		{"nothing", `[}`, "1:2: a value must be here"},
		{"control character", "[\"a\nb\"]", "1:5: a string has a control character"},
		{"escape", `["\x41"]`, "1:5: a string has an unknown escape"},
		{"hex", `["\u12g4"]`, "1:9: \\u must be followed"},
		{"deep", strings.Repeat("[", 100_000), "1:502: lists and objects are nested deeper than 500"},
		{"long number", "[" + strings.Repeat("1", 5000) + "]", "1:403: a number has more than 400 digits"},
		{"long string", `["` + strings.Repeat("x", 5<<20) + `"]`, "1:4194308: a string that matters"},
		{"many values", "[" + strings.Repeat("1,", 2<<20) + "1]", "1:2097152: more than 1048576 values"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := excerpt.Read(strings.NewReader(tt.in), all)
			var s *excerpt.SyntaxError
			if !errors.As(err, &s) || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("error %v, want it to begin with %q", err, tt.want)
			}
		})
	}
}

func TestManyMembers(t *testing.T) {
	var in strings.Builder
	for i := range 200_000 {
		fmt.Fprintf(&in, `, "m%d": %d`, i, i)
	}
	v, err := excerpt.Read(strings.NewReader("{"+in.String()[1:]+"}"), &excerpt.Shape{Any: excerpt.Leaf})
	if err != nil || len(v.Names()) != 200_000 || v.Get("m199999").Text != "199999" || v.Get("m17").Text != "17" || v.Get("m").Kind != excerpt.Missing {
		t.Errorf("%v, %d names", err, len(v.Names()))
	}
	if _, err := excerpt.Read(strings.NewReader("{"+in.String()[1:]+`, "m7": 1}`), &excerpt.Shape{Any: excerpt.Leaf}); err == nil || !strings.Contains(err.Error(), `"m7" is there twice`) {
		t.Errorf("error %v", err)
	}
}

func TestReadReturnsTheReadersError(t *testing.T) {
	broken := errors.New("broken pipe")
	_, err := excerpt.Read(io.MultiReader(strings.NewReader(`{"a": [`), iotest.ErrReader(broken)), excerpt.Keys("b"))
	if !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
}

// FuzzRead: nothing panics, and what encoding/json takes is taken and says the same.
func FuzzRead(f *testing.F) {
	for _, in := range []string{`{"a": {"b": [1, "x", null]}}`, `[]`, `"\ud800\u0041"`, `{"a":1,"a":2}`, `-0.5e-7`, "\xef\xbb\xbf1", `[NaN]`} {
		f.Add(in)
	}
	want := &excerpt.Shape{Any: excerpt.Leaf, Elem: excerpt.Leaf}
	want.Keys = map[string]*excerpt.Shape{"a": want, "d": {Digest: true}}
	f.Fuzz(func(t *testing.T, in string) {
		v, err := excerpt.Read(strings.NewReader(in), want)
		var x any
		if json.Unmarshal([]byte(in), &x) != nil {
			return
		}
		if err != nil {
			if !strings.Contains(err.Error(), "twice") && !strings.Contains(err.Error(), "nested") && !strings.Contains(err.Error(), "digits") {
				t.Fatalf("%q is JSON and was refused: %v", in, err)
			}
			return
		}
		if s, ok := x.(string); ok && s != v.Text {
			t.Errorf("%q is %q, want %q", in, v.Text, s)
		}
	})
}

package wire_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/meter/wire"
)

func TestMembers(t *testing.T) {
	const text = " {\"a\" : 1,\n\"b\":{\"a\":[2, 3]} ,\"c\": \"x\\\"y\", \"\\u0064\":null} \n"
	members, err := wire.Members([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, m := range members {
		if text[m.Start:m.End] != string(m.Value) {
			t.Errorf("%q stands at %d to %d, which is %q, and has the value %q", m.Name, m.Start, m.End, text[m.Start:m.End], m.Value)
		}
		got[m.Name] = string(m.Value)
	}
	if diff := cmp.Diff(map[string]string{"a": "1", "b": `{"a":[2, 3]}`, "c": `"x\"y"`, "d": "null"}, got); diff != "" {
		t.Errorf("members differ (-want +got):\n%s", diff)
	}
	if got := wire.Text(members, "c") + wire.Text(members, "a") + wire.Text(members, "none"); got != `x"y` {
		t.Errorf("texts are %q", got)
	}
}

func TestMembersRefuses(t *testing.T) {
	for _, text := range []string{"", "null", "[]", "1", `"x"`, "{", `{"a"}`, `{"a":}`, `{"a":1`, `{"a":1}{}`, `{"a":1} x`, `{a:1}`, `{"a":1,}`} {
		if members, err := wire.Members([]byte(text)); err == nil {
			t.Errorf("%q was read as %v", text, members)
		}
	}
	for _, text := range []string{`{"a":1,"a":1}`, `{"model":"x","\u006dodel":"y"}`} {
		if _, err := wire.Members([]byte(text)); !errors.Is(err, wire.ErrDuplicate) {
			t.Errorf("%s: error is %v, want ErrDuplicate", text, err)
		}
	}
}

func TestCount(t *testing.T) {
	cases := []struct {
		text  string
		n     int64
		known bool
		bad   bool
	}{
		{`0`, 0, true, false}, {`12`, 12, true, false}, {`9007199254740992`, 1 << 53, true, false},
		{`null`, 0, false, false},
		{`-1`, 0, false, true}, {`1.0`, 0, false, true}, {`1e3`, 0, false, true}, {`"1"`, 0, false, true}, {`true`, 0, false, true},
		{`[]`, 0, false, true}, {`9007199254740993`, 0, false, true}, {`99999999999999999999`, 0, false, true},
	}
	for _, c := range cases {
		o, err := wire.ReadObject(json.RawMessage(`{"x":{"n":` + c.text + `}}`))
		if err != nil {
			t.Fatal(err)
		}
		inner, err := o.Object("x")
		if err != nil {
			t.Fatal(err)
		}
		n, known, err := inner.Count("n")
		if n != c.n || known != c.known || (err != nil) != c.bad {
			t.Errorf("%s: got %d, known %t, error %v", c.text, n, known, err)
		}
		if err != nil && !strings.Contains(err.Error(), `"x.n"`) {
			t.Errorf("error %q does not name the field", err)
		}
	}
	var empty wire.Object
	if _, known, err := empty.Count("n"); known || err != nil {
		t.Errorf("an absent count is known %t, error %v", known, err)
	}
}

func TestUnclassified(t *testing.T) {
	const text = `{"a_tokens":1,"b_tokens":0,"c_tokens":null,"d":5,"e_tokens":"7","known_tokens":9,
		"deep":{"a_tokens":2,"known_tokens":3,"deeper":{"x_tokens":4}},"all":{"y_tokens":1}}`
	o, err := wire.ReadObject(json.RawMessage(text))
	if err != nil {
		t.Fatal(err)
	}
	got := o.Unclassified([]string{"known_tokens", "deep.known_tokens", "all.*"})
	if diff := cmp.Diff([]string{"a_tokens", "deep.a_tokens", "deep.deeper.x_tokens", "e_tokens"}, got); diff != "" {
		t.Errorf("fields differ (-want +got):\n%s", diff)
	}
	if got := o.Names(); len(got) != 8 || got[0] != "a_tokens" {
		t.Errorf("names are %v", got)
	}
}

func TestReadObjectRefusesOtherValues(t *testing.T) {
	for _, text := range []string{"1", "[]", `"x"`, "{"} {
		if _, err := wire.ReadObject(json.RawMessage(text)); err == nil {
			t.Errorf("%s was read as an object", text)
		}
	}
	if _, err := wire.ReadObject(nil); err != nil {
		t.Errorf("an absent object: %v", err)
	}
}

func TestString(t *testing.T) {
	for text, want := range map[string]string{`"x"`: "x", `"\u0041"`: "A", `5`: "", `null`: "", ``: "", `{"a":1}`: ""} {
		if got := wire.String(json.RawMessage(text)); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

func FuzzMembers(f *testing.F) {
	for _, s := range []string{`{}`, `{"a":1,"b":[{}]}`, ` { "a" : "x\"" } `, `{"a":1,"a":2}`, `{"\ud800":1}`, `{"a":[1,{"b":"}\\"],"}],"c":-1.5e3 ,"d":true}`,
		`{"a":"long enough for eight bytes at once \u00e9\n\/ü","b":[0,-0.10E+2,false,null,""]}`, "{\"a\":\"12345678\x01\"}", `{"a":01}`, `{"a":"\x"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		members, err := wire.Members(text)
		if err != nil {
			if json.Valid(text) && bytes.HasPrefix(bytes.TrimLeft(text, " \t\r\n"), []byte("{")) && !errors.Is(err, wire.ErrDuplicate) {
				t.Errorf("%q is a valid object and is refused: %v", text, err)
			}
			return
		}
		if !json.Valid(text) {
			t.Errorf("%q is not valid and is read as %v", text, members)
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal(text, &want); err != nil || len(want) != len(members) {
			t.Fatalf("%q has %d members, want %d; %v", text, len(members), len(want), err)
		}
		for _, m := range members {
			if string(want[m.Name]) != string(m.Value) {
				t.Errorf("%q: member %q has the value %q, want %q", text, m.Name, m.Value, want[m.Name])
			}
			if string(text[m.Start:m.End]) != string(m.Value) || !json.Valid(m.Value) {
				t.Errorf("%q: member %q stands at %d to %d and has the value %q", text, m.Name, m.Start, m.End, m.Value)
			}
		}
	})
}

// TestMembersAcceptsWhatEncodingJSONDoes holds the scanner against the standard library on texts with every kind of
// value, each broken at every byte.
func TestMembersAcceptsWhatEncodingJSONDoes(t *testing.T) {
	const text = "{\"a\":[1,-2.50e+10,0.1E-2,0,true,false,null,{}, [ ]],\n\"b\":{\"long enough \\u00e9 \\\"\\\\\\/\\b\\f\\n\\r\\t\":\"x\\ud83d\\ude00ü\\u007f\"},\"c\":\"\"}"
	check := func(b []byte) {
		_, err := wire.Members(b)
		if want := json.Valid(b) && bytes.HasPrefix(bytes.TrimLeft(b, " \t\r\n"), []byte("{")); (err == nil) != want && !errors.Is(err, wire.ErrDuplicate) {
			t.Errorf("%q: error is %v, valid %t", b, err, want)
		}
	}
	check([]byte(text))
	for i := range len(text) {
		check([]byte(text[:i]))
		for _, c := range []byte("\x00\x1f \"\\{}[]:,0-.eEtn\x80\xff") {
			b := []byte(text)
			b[i] = c
			check(b)
			check(slices.Insert(b, i, c))
		}
	}
	for _, depth := range []int{9_999, 10_000} {
		check([]byte(`{"a":` + strings.Repeat("[", depth) + strings.Repeat("]", depth) + `}`))
	}
}

func BenchmarkMembers(b *testing.B) {
	text := []byte(`{"model":"m","messages":[` + strings.Repeat(`{"role":"user","content":"`+strings.Repeat(`a line of code of the usual length, say sixty letters\n`, 40)+`"},`, 200) + `{}],"stream":true}`)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := wire.Members(text); err != nil {
			b.Fatal(err)
		}
	}
}

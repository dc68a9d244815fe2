package scan_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/session/scan"
)

// members walks an object and returns its members; with deep it enters objects and leaves them again.
func members(text string, deep bool) (found []string, ended bool) {
	o := scan.Open([]byte(text))
	for o.Next() {
		if !deep {
			found = append(found, string(o.Name())+"="+string(o.Value()))
			continue
		}
		in := o.Enter()
		for in.Next() {
			found = append(found, string(o.Name())+"."+string(in.Name()))
		}
		if !o.Leave(&in) {
			found = append(found, string(o.Name()))
		}
	}
	return found, o.Ended()
}

func TestObject(t *testing.T) {
	cases := []struct {
		name, text string
		want       []string
		ended      bool
	}{
		{"empty", `{}`, nil, true},
		{"spaces", " { \"a\" : 1 ,\t\"b\" : [ 2 ] } \r", []string{"a=1", "b=[ 2 ]"}, true},
		{"every kind", `{"s":"x","n":-1.5e3,"t":true,"f":false,"z":null,"o":{"a":{}},"l":[[],{}]}`,
			[]string{`s="x"`, "n=-1.5e3", "t=true", "f=false", "z=null", `o={"a":{}}`, "l=[[],{}]"}, true},
		{"a text that quotes JSON", `{"a":"\"usage\":{\"input_tokens\":5},","usage":1}`, []string{`a="\"usage\":{\"input_tokens\":5},"`, "usage=1"}, true},
		{"backslashes at the end of a text", `{"a":"x\\","b":"\\\"","c":2}`, []string{`a="x\\"`, `b="\\\""`, "c=2"}, true},
		{"brackets in texts", `{"a":{"b":"}]"},"c":["{[\"",3]}`, []string{`a={"b":"}]"}`, `c=["{[\"",3]`}, true},
		{"a name twice", `{"a":1,"a":2}`, []string{"a=1", "a=2"}, true},
		{"a name with an escape is another name", `{"us\u0061ge":1}`, []string{`us\u0061ge=1`}, true},
		{"text behind it", `{"a":1}x`, []string{"a=1"}, false},
		{"another behind it", `{"a":1}{"b":2}`, []string{"a=1"}, false},
		{"cut in a name", `{"a":1,"b`, []string{"a=1"}, false},
		{"cut in a text", `{"a":"x`, []string{"a="}, false},
		{"cut in a value", `{"a":{"b":1`, []string{"a="}, false},
		{"cut behind a value", `{"a":1`, []string{"a=1"}, false},
		{"no comma", `{"a":1 "b":2}`, []string{"a=1"}, false},
		{"no colon", `{"a" 1}`, nil, false},
		{"no value", `{"a":}`, []string{"a="}, false},
		{"a list", `[1]`, nil, false},
		{"nothing", ``, nil, false},
		{"no name", `{1:2}`, nil, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, ended := members(c.text, false)
			if diff := cmp.Diff(c.want, got); diff != "" || ended != c.ended {
				t.Errorf("ended %v, want %v; members differ (-want +got):\n%s", ended, c.ended, diff)
			}
		})
	}
}

func TestEnterAndLeave(t *testing.T) {
	got, ended := members(`{"a":{"x":1,"y":{"z":2}},"b":3,"c":[{"d":4}],"e":null,"f":{}}`, true)
	if diff := cmp.Diff([]string{"a.x", "a.y", "b", "c", "e"}, got); diff != "" || !ended {
		t.Errorf("ended %v; members differ (-want +got):\n%s", ended, diff)
	}
	if _, ended := members(`{"a":{"x":1}`, true); ended {
		t.Error("an object that is cut has ended")
	}
	o := scan.Open([]byte(`{"a":{"x":1,"y":2},"b":3}`))
	o.Next()
	if in := o.Peek(); !in.Next() || string(in.Name()) != "x" {
		t.Error("the first member within was not seen")
	}
	if string(o.Value()) != `{"x":1,"y":2}` || !o.Next() || string(o.Name()) != "b" {
		t.Error("a look ahead has moved the walk")
	}
	if got := string(o.Rest(100)); got != "3}" {
		t.Errorf("the rest is %q", got)
	}
}

// TestDeep: brackets are counted, so that no depth is too much.
func TestDeep(t *testing.T) {
	const deep = 1_000_000
	text := `{"a":` + strings.Repeat(`[{"x":`, deep) + "1" + strings.Repeat("}]", deep) + `,"b":2}`
	got, ended := members(text, false)
	if len(got) != 2 || got[1] != "b=2" || !ended {
		t.Errorf("%d members, ended %v", len(got), ended)
	}
}

func TestElements(t *testing.T) {
	for text, want := range map[string]string{
		`[]`: "", ` [ 1 , "a]" ,{"b":[2]}] `: `1|"a]"|{"b":[2]}`, `[1,]`: "no list", `[1`: "no list", `{}`: "no list", `[1 2]`: "no list", ``: "no list", `[]x`: "no list", `[1]x`: "no list",
	} {
		var got []string
		ok := scan.Elements([]byte(text), func(e []byte) bool { got = append(got, strings.TrimSpace(string(e))); return true })
		if s := strings.Join(got, "|"); ok && s != want || !ok && want != "no list" {
			t.Errorf("%s: %q, %v; want %q", text, s, ok, want)
		}
	}
	n := 0
	if !scan.Elements([]byte(`[1,2,3]`), func([]byte) bool { n++; return n < 2 }) || n != 2 {
		t.Errorf("%d elements were looked at, want two", n)
	}
}

func TestText(t *testing.T) {
	for value, want := range map[string]string{
		`"a"`: "a", `""`: "", `"a\"b"`: `a"b`, `"\u00e9\n"`: "é\n", `"é"`: "é",
	} {
		if got, ok := scan.Text([]byte(value)); !ok || string(got) != want {
			t.Errorf("%s says %q, %v; want %q", value, got, ok, want)
		}
	}
	for _, value := range []string{``, `"`, `"x`, `a`, `1`, `null`, "\"\xff\"", "\"a\x00\"", `"\x"`, `["a"]`} {
		if got, ok := scan.Text([]byte(value)); ok {
			t.Errorf("%q was read as %q", value, got)
		}
	}
	if !scan.IsNull(nil) || !scan.IsNull([]byte("null")) || scan.IsNull([]byte(`"null"`)) || scan.IsNull([]byte("0")) {
		t.Error("null is told wrong")
	}
}

func TestCount(t *testing.T) {
	for value, want := range map[string]int64{`0`: 0, `7`: 7, `1000`: 1000} {
		if got, ok := scan.Count([]byte(value), 1000); !ok || got != want {
			t.Errorf("%s is %d, %v", value, got, ok)
		}
	}
	for _, value := range []string{``, `-1`, `1.0`, `1e2`, `01`, `1001`, `"1"`, `+1`, ` 1`, `99999999999999999999`, `null`, `0x1`} {
		if got, ok := scan.Count([]byte(value), 1000); ok {
			t.Errorf("%q was read as %d", value, got)
		}
	}
}

// FuzzObject compares the walk with encoding/json: of an object that is JSON it finds the same members, and of no text does
// it find what is not there.
func FuzzObject(f *testing.F) {
	for _, s := range []string{`{"a":1}`, `{"a":{"b":"}\""},"c":[1,{"d":null}]}`, `{"a":"\\\"","b":""}`, ` {} `, `{"a":1,"a":2}`, `{"a"`, `{"\u0061":1}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got := map[string]string{}
		o := scan.Open(text)
		for o.Next() {
			value := o.Value()
			if string(o.Name()) != "" && value != nil && !json.Valid(value) && json.Valid(text) {
				t.Errorf("%q is no value of %q", value, text)
			}
			var name string
			if json.Unmarshal([]byte(`"`+string(o.Name())+`"`), &name) == nil {
				got[name] = string(value)
			}
		}
		ended := o.Ended()
		var want map[string]json.RawMessage
		if json.Unmarshal(text, &want) != nil || want == nil {
			return
		}
		if !ended {
			t.Fatalf("%q is an object, and did not end", text)
		}
		if len(got) != len(want) {
			t.Fatalf("%q has %d members, and %d were found", text, len(want), len(got))
		}
		for name, value := range want {
			if got[name] != string(value) {
				t.Errorf("%q: %q is %q, and %q was found", text, name, value, got[name])
			}
		}
	})
}

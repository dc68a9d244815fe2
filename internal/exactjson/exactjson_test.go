package exactjson_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/pertask/pertask/internal/exactjson"
)

// embedded, inner and value have what the types that are decoded in earnest have.
type embedded struct {
	Source []string `json:"source"`
}

type inner struct {
	Rates map[string]int `json:"rates"`
	Kind  *string        `json:"kind"`
	embedded
}

type value struct {
	Rows  []inner             `json:"rows"`
	Band  *inner              `json:"band"`
	Names map[string]string   `json:"names"`
	Later []json.RawMessage   `json:"later"`
	Own   itself              `json:"own"`
	Any   any                 `json:"any"`
	By    map[string]embedded `json:"by"`
	Plain int
}

// itself decodes itself, so its names are its own business.
type itself struct{ read int }

func (i *itself) UnmarshalJSON(b []byte) error {
	i.read = len(b)
	return nil
}

func TestDecode(t *testing.T) {
	for text, want := range map[string]string{
		`{}`: "",
		` {"rows":[{"rates":{"a":1,"b":2},"kind":"x","source":["s"]}],"band":{"rates":null},"Plain":1} `: "",
		`{"rows":[{"kind":"a"},{"kind":"b"}],"band":{"kind":"c"}}`:                                       "", // names are per object
		`{"rows":null,"band":null,"names":null}`:                                                         "",
		`{"names":{"A":"1","B":"2","long name":"3"}}`:                                                    "", // any names
		`{"own":{"Any":1},"any":{"Any":{"X":[1]}}}`:                                                      "",
		`{"later":[{"RATES":1,"rates":2}]}`:                                                              "", // not yet
		`{"x":1}`:                                                                                        `unknown field "x"`,
		`{"rows":[{"x":1}]}`:                                                                             `unknown field "x"`,
		`{"rows":[]} {"rows":[]}`:                                                                        "something follows",
		`{"rows":[]}]`:                                                                                   "something follows",
		`{"rows":1}`:                                                                                     "cannot unmarshal",
		``:                                                                                               "EOF",
		`{"rows":[],"rows":[]}`:                                                                          `"rows" is given twice`,
		`{"band":{"rates":{"a":1},"rates":{}}}`:                                                          `"rates" is given twice`,
		`{"names":{"a":"1","a":"2"}}`:                                                                    `"a" is given twice`,
		`{"names":{"sk":"1","\u017fk":"2"}}`:                                                             "\"\u017fk\" is given twice", // long s
		`{"names":{"sk":"1","s\u212a":"2"}}`:                                                             "\"s\u212a\" is given twice", // the sign of kelvin
		`{"names":{"Str":"1","sTR":"2"}}`:                                                                `"sTR" is given twice`,
		`{"any":[{"a":1,"A":2}]}`:                                                                        `"A" is given twice`,
		`{"own":{"a":1,"A":2}}`:                                                                          `"A" is given twice`,
		`{"Rows":[]}`:                                                                                    `unknown field "Rows"`,
		`{"plain":1}`:                                                                                    `unknown field "plain"`,
		`{"rows":[{"RATES":{"a":1}}]}`:                                                                   `unknown field "RATES"`,
		`{"rows":[{"rate\u017f":{"a":1}}]}`:                                                              "unknown field \"rate\u017f\"",
		`{"rows":[{"\u212aind":"x"}]}`:                                                                   "unknown field \"\u212aind\"",
		`{"rows":[{"rates":{},"rate\u017f":{}}]}`:                                                        "unknown field \"rate\u017f\"",
		`{"by":{"x":{"Source":[]}}}`:                                                                     `unknown field "Source"`,
		`{"rows":[{"embedded":{"source":["s"]}}]}`:                                                       `unknown field "embedded"`,
		`{"band":{"SOURCE":["s"],"source":["s"]}}`:                                                       `unknown field "SOURCE"`,
		`{"rows":[{"kind":"x"},{"k\u0131nd":"x"}]}`:                                                      `unknown field`, // a dotless i is another letter
	} {
		var into value
		err := exactjson.Decode([]byte(text), &into)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

// TestDecodeFillsTheValue says that being strict does not keep what is right from arriving.
func TestDecodeFillsTheValue(t *testing.T) {
	var v value
	err := exactjson.Decode([]byte(`{"rows":[{"rates":{"a":1},"source":["s"]}],"later":[{"A":1}],"own":{"b":2}}`), &v)
	if err != nil || v.Rows[0].Rates["a"] != 1 || v.Rows[0].Source[0] != "s" || string(v.Later[0]) != `{"A":1}` || v.Own.read == 0 {
		t.Errorf("got %+v, %v", v, err)
	}
	var later struct {
		A int `json:"a"`
	}
	if err := exactjson.Decode(v.Later[0], &later); err == nil || !strings.Contains(err.Error(), `unknown field "A"`) {
		t.Errorf("%v, want the name refused when it is decoded", err)
	}
}

// FuzzDecode: nothing panics, and what is accepted says the same when its own form is decoded.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"rows":[{"rates":{"a":1}}],"later":[1],"own":{}}`))
	f.Add([]byte(`{"names":{"\u017f":"s"}}`))
	f.Add([]byte(`[[[{"a":{}}]]]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var v value
		if exactjson.Decode(data, &v) != nil {
			return
		}
		var loose value
		if err := json.Unmarshal(data, &loose); err != nil {
			t.Errorf("encoding/json refuses what was accepted: %v", err)
		}
	})
}

package wire_test

import (
	"testing"

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

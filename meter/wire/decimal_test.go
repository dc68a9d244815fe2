package wire_test

import (
	"encoding/json"
	"math/big"
	"testing"

	"github.com/pertask/pertask/meter/wire"
)

func TestDecimal(t *testing.T) {
	cases := []struct {
		text, want string
		known, bad bool
	}{
		{`0.017558`, "0.017558", true, false}, {`"0.017558"`, "0.017558", true, false}, {`0`, "0", true, false},
		{`1e-05`, "1e-05", true, false}, {`2.50`, "2.50", true, false}, {`123456789012345678901234567890.5`, "123456789012345678901234567890.5", true, false},
		{`null`, "", false, false},
		{`-0.1`, "", false, true}, {`"-1"`, "", false, true}, {`""`, "", false, true}, {`" 1"`, "", false, true}, {`"1 "`, "", false, true},
		{`".5"`, "", false, true}, {`"0x10"`, "", false, true}, {`"NaN"`, "", false, true}, {`"1,5"`, "", false, true}, {`true`, "", false, true},
		{`[]`, "", false, true}, {`{}`, "", false, true}, {`"1\u0000"`, "", false, true},
		{`10000000000000000000000000000000000000000000000000000000000000000`, "", false, true},
	}
	for _, c := range cases {
		o, err := wire.ReadObject(json.RawMessage(`{"cost":` + c.text + `}`))
		if err != nil {
			t.Fatal(err)
		}
		got, known, err := o.Decimal("cost")
		if got != c.want || known != c.known || (err != nil) != c.bad {
			t.Errorf("%s: got %q, known %t, error %v", c.text, got, known, err)
		}
	}
	var empty wire.Object
	if _, known, err := empty.Decimal("cost"); known || err != nil {
		t.Errorf("an absent amount is known %t, error %v", known, err)
	}
}

func TestMovePoint(t *testing.T) {
	cases := []struct {
		n      int64
		places int
		want   string
	}{
		{232856000, 10, "0.0232856"}, {0, 10, "0"}, {1, 10, "0.0000000001"}, {10_000_000_000, 10, "1"},
		{12_345_678_901, 10, "1.2345678901"}, {9007199254740992, 10, "900719.9254740992"}, {1250, 3, "1.25"}, {7, 0, "7"},
	}
	for _, c := range cases {
		if got := wire.MovePoint(c.n, c.places); got != c.want {
			t.Errorf("%d by %d places is %q, want %q", c.n, c.places, got, c.want)
		}
	}
}

// FuzzMovePoint holds the text against an exact fraction.
func FuzzMovePoint(f *testing.F) {
	f.Add(int64(232856000), uint8(10))
	f.Fuzz(func(t *testing.T, n int64, places uint8) {
		n, places = max(n, 0), places%40
		got, ok := new(big.Rat).SetString(wire.MovePoint(n, int(places)))
		unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places)), nil)
		if want := new(big.Rat).SetFrac(big.NewInt(n), unit); !ok || got.Cmp(want) != 0 {
			t.Errorf("%d by %d places is %v, want %v", n, places, got, want)
		}
	})
}

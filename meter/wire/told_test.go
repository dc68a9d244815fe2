package wire_test

import (
	"testing"

	"github.com/pertask/pertask/meter/wire"
)

func TestTold(t *testing.T) {
	find := wire.Told(`usage"`)
	for text, want := range map[string]int{
		``:                             -1,
		`{"a":1}`:                      -1,
		`{"usage":null}`:               -1,
		`{"usage" : null,"usage":null`: -1,
		`{"usage":{}}`:                 2,
		`{"usage":nul`:                 2,
		`{"usage"`:                     2,
		`{"usage":null}{"x_usage":3}`:  18,
		`{"c":"say \"usage\" now"}`:    -1,
		`{"c":"usage"}`:                6,
	} {
		if got := find([]byte(text)); got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
}

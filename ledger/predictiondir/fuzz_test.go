package predictiondir

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/pertask/pertask/ledger/prediction"
	"github.com/pertask/pertask/ledger/predictiontest"
)

// Whatever a file says, reading it ends, what was whole stays whole, and what is written after it is there.
func FuzzParse(f *testing.F) {
	p := predictiontest.Predicted("github.com/acme/shop", 1, "a")
	x, _ := prediction.EncodePrediction(p)
	y, _ := prediction.EncodeOutcome(predictiontest.Observed(p, 28))
	f.Add(string(x) + "\n" + string(y) + "\n")
	f.Add(string(y) + "\n" + string(x))
	f.Add("\n\x00\n{\n" + strings.Repeat("x", prediction.MaxLine+3) + "\n")
	next := predictiontest.Predicted("github.com/acme/fuzz", 2, "a")
	line, err := prediction.EncodePrediction(next)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parse(context.Background(), strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if c.whole != int64(strings.LastIndexByte(text, '\n')+1) {
			t.Fatalf("%d bytes are whole of %q", c.whole, text)
		}
		if _, err := c.shelf.Predict(next); err != nil {
			return // the file has another one under the key
		}
		again, err := parse(context.Background(), bytes.NewReader(append([]byte(text[:c.whole]), append(line, '\n')...)))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := len(again.shelf.Records("")), len(c.shelf.Records("")); got != want {
			t.Fatalf("%d records, want %d", got, want)
		}
	})
}

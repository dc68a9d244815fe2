package sqlledger

import (
	"encoding/json"
	"testing"

	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/ledger/ledgertest"
)

// FuzzPutOn reads what a row may have become: it is refused or is a trial as it was kept.
func FuzzPutOn(f *testing.F) {
	one := ledgertest.Trial("x", 0)
	for _, b := range []baseLine{{Trial: &one}, {Dropped: &dropped{Why: "it drifted", Time: ledgertest.Noon, Trial: ledger.Dropped{Task: "x", ID: "base/x/0", Time: one.Time}}}, {}} {
		line, err := json.Marshal(b)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(line)
	}
	f.Add([]byte(`{"trial":{"schema":"pertask.base-trial/1","id":"\u0000","task":"x","time":"9999-12-31T23:59:59Z","calls":null}}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		var shelf ledger.Shelf
		if putOn(&shelf, line) != nil {
			if len(shelf.Trials()) > 0 {
				t.Error("what was refused is on the shelf")
			}
			return
		}
		for _, kept := range shelf.Trials() {
			again, err := kept.Checked()
			if err != nil {
				t.Fatalf("it could not be kept again: %v", err)
			}
			text, err := json.Marshal(baseLine{Trial: &again})
			var other ledger.Shelf
			if err != nil || putOn(&other, text) != nil || len(other.Trials()) != 1 {
				t.Errorf("it does not come back: %s, %v", text, err)
			}
		}
	})
}

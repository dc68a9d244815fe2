package dirstore_test

import (
	"fmt"
	"testing"

	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/ledger/dirstore"
	"github.com/pertask/pertask/ledger/ledgertest"
)

// BenchmarkBaseTrials reads what 20 tasks have stored: 12 trials each, of 40 calls.
func BenchmarkBaseTrials(b *testing.B) {
	for name, o := range map[string]dirstore.Options{"plain": {}, "sealed": {Secret: secret}} {
		b.Run(name, func(b *testing.B) {
			s, err := dirstore.Open(b.TempDir(), o)
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			var trials []ledger.BaseTrial
			for i := range 20 * 12 {
				t := ledgertest.Trial(fmt.Sprint("task ", i%20), i/20)
				for n := range 39 {
					c := t.Calls[0]
					c.ID = fmt.Sprint("call ", n)
					c.Raw = []byte(`{"input_tokens":100,"output_tokens":10,"cache_read_input_tokens":0,"cache_creation_input_tokens":0}`)
					t.Calls = append(t.Calls, c)
				}
				trials = append(trials, t)
			}
			if err := s.AddBaseTrials(b.Context(), "k", trials...); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if got, err := s.BaseTrials(b.Context(), "k"); err != nil || len(got) != len(trials) {
					b.Fatal(len(got), err)
				}
			}
		})
	}
}

package ledgertest_test

import (
	"testing"

	"github.com/pertask/pertask/ledger/ledgertest"
)

func TestMemory(t *testing.T) {
	ledgertest.Run(t, func(*testing.T) func() ledgertest.Ledger {
		m := new(ledgertest.Memory)
		return func() ledgertest.Ledger { return m }
	})
}

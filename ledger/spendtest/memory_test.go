package spendtest_test

import (
	"testing"

	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/ledger/spendtest"
)

func TestMemory(t *testing.T) {
	spendtest.Run(t, func(*testing.T) func() spend.Store {
		m := &spendtest.Memory{}
		return func() spend.Store { return m }
	})
}

package predictiontest_test

import (
	"testing"

	"github.com/pertask/pertask/ledger/prediction"
	"github.com/pertask/pertask/ledger/predictiontest"
)

func TestMemory(t *testing.T) {
	predictiontest.Run(t, func(*testing.T) func() prediction.Store {
		m := &predictiontest.Memory{}
		return func() prediction.Store { return m }
	})
}

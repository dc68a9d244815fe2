package recordtest_test

import (
	"testing"

	"github.com/pertask/pertask/app/record/recordtest"
)

func TestMemory(t *testing.T) {
	recordtest.Run(t, func(*testing.T) func() recordtest.Store {
		m := new(recordtest.Memory)
		return func() recordtest.Store { return m }
	})
}

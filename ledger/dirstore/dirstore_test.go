package dirstore_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/pertask/pertask/ledger/dirstore"
	"github.com/pertask/pertask/ledger/ledgertest"
)

var secret = []byte("0123456789abcdef")

func openStore(t *testing.T, dir string, o dirstore.Options) *dirstore.Store {
	t.Helper()
	s, err := dirstore.Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestStore(t *testing.T) {
	for name, o := range map[string]dirstore.Options{"plain": {}, "sealed": {Secret: secret, About: "acme/agent"}} {
		t.Run(name, func(t *testing.T) {
			t.Run("one store", func(t *testing.T) {
				ledgertest.Run(t, func(t *testing.T) func() ledgertest.Ledger {
					s := openStore(t, t.TempDir(), o)
					return func() ledgertest.Ledger { return s }
				})
			})
			t.Run("one store each time", func(t *testing.T) {
				ledgertest.Run(t, func(t *testing.T) func() ledgertest.Ledger {
					dir := filepath.Join(t.TempDir(), "a", "ledger")
					return func() ledgertest.Ledger { return openStore(t, dir, o) }
				})
			})
		})
	}
}

func TestMain(m *testing.M) {
	if dir := os.Getenv("DIRSTORE_TEST_WRITER"); dir != "" {
		writer(dir)
	}
	os.Exit(m.Run())
}

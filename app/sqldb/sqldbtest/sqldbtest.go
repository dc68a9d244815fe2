// Package sqldbtest gives tests a database of each kind: a new SQLite file, and a database of a real PostgreSQL server that
// it starts.
//
// It knows how a server is found, started without privileges and ended. It refuses to know what is tested.
package sqldbtest

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/pertask/pertask/app/sqldb"
)

// Main runs the tests of a package and ends the server that they started. A package that uses Postgres or Each has
//
//	func TestMain(m *testing.M) { os.Exit(sqldbtest.Main(m)) }
func Main(m *testing.M) int {
	defer shared.stop()
	return m.Run()
}

// Each runs a test on a new, migrated database of either kind.
func Each(t *testing.T, test func(t *testing.T, db *sqldb.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, Open(t, ReadyFile(t))) })
	t.Run("postgres", func(t *testing.T) { test(t, Open(t, ReadyPostgres(t))) })
}

// EachURL runs a test on the address of a new, empty database of either kind.
func EachURL(t *testing.T, test func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, File(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, Postgres(t)) })
}

// File returns the address of a SQLite file that does not exist yet.
func File(t testing.TB) string {
	t.Helper()
	return "sqlite:" + filepath.Join(t.TempDir(), "app.db")
}

// Open opens a database until the test ends.
func Open(t testing.TB, url string) *sqldb.DB {
	t.Helper()
	db, err := sqldb.Open(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("closing the database: %v", err)
		}
	})
	return db
}

// missing skips a test that needs a server, except where a missing server is a failure.
func missing(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s; with CI=true that is a failure", why)
	}
	t.Skip(why)
}

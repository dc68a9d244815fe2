package sqldbtest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/pertask/pertask/app/sqldb"
)

// Migrating takes much longer than most tests do with the tables, so it is done once for all tests of a package, and what
// came of it is copied.
var (
	readyFile     = sync.OnceValues(makeReadyFile)
	readyPostgres = sync.OnceValue(makeReadyPostgres)
)

// readyName is the database of the server that others are copied from.
const readyName = "ready"

// ReadyFile returns the address of a new SQLite file whose tables are up to date, and empty.
func ReadyFile(t testing.TB) string {
	t.Helper()
	content, err := readyFile()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "app.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return "sqlite:" + path
}

// ReadyPostgres returns the address of a new database of the server, as Postgres does, whose tables are up to date, and
// empty.
func ReadyPostgres(t testing.TB) string {
	t.Helper()
	running(t)
	if err := readyPostgres(); err != nil {
		t.Fatal(err)
	}
	return database(t, " TEMPLATE "+readyName)
}

func makeReadyFile() (content []byte, err error) {
	dir, err := os.MkdirTemp("", "sqlite")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "ready.db")
	if err := migrate("sqlite:" + path); err != nil {
		return nil, err
	}
	if _, err := os.Stat(path + "-wal"); !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("copying a database: a part of it is beside the file %s (%v)", path, err)
	}
	return os.ReadFile(path)
}

func makeReadyPostgres() error {
	if err := shared.do("CREATE DATABASE " + readyName); err != nil {
		return err
	}
	return migrate(shared.url(readyName))
}

func migrate(url string) error {
	db, err := sqldb.Open(context.Background(), url)
	if err != nil {
		return err
	}
	return db.Close()
}

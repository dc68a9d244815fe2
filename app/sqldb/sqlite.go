package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// openPool makes a pool of database/sql of pgx's.
func openPool(pool *pgxpool.Pool) *sql.DB { return stdlib.OpenDBFromPool(pool) }

func openSQLite(ctx context.Context, path string) (*DB, error) {
	if path == "" || strings.HasPrefix(path, ":") || strings.HasPrefix(path, "file:") {
		return nil, fmt.Errorf("%w: %q is not the path of a file that outlives the process", ErrURL, path)
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("opening SQLite: %w", err)
	}
	if err := create(path); err != nil {
		return nil, fmt.Errorf("opening SQLite: %w", err)
	}
	write, err := sql.Open("sqlite", dsn(path, false))
	if err != nil {
		return nil, fmt.Errorf("opening SQLite file %q: %w", path, err)
	}
	// One connection, for good: see DB.
	write.SetMaxOpenConns(1)
	read, err := sql.Open("sqlite", dsn(path, true))
	if err != nil {
		_ = write.Close()
		return nil, fmt.Errorf("opening SQLite file %q: %w", path, err)
	}
	read.SetMaxOpenConns(4)
	db := &DB{DB: write, Read: read, Dialect: SQLite, path: path}
	if err := write.PingContext(ctx); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("opening SQLite file %q: %w", path, err)
	}
	return db, nil
}

// create makes the file for its owner alone, since secrets, though sealed, and private code's names are in it. SQLite gives
// the files beside it the same mode.
func create(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes a file's name outlive a power cut. Some file systems cannot, which is no reason not to start.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	_ = d.Sync()
	return d.Close()
}

// dsn is the driver's address of a file. Every commit waits for the disk (synchronous FULL), and another process's
// transaction is waited for rather than an error; transactions take the write lock when they begin, since one that takes it
// later fails where another wrote meanwhile.
func dsn(path string, read bool) string {
	q := url.Values{"_pragma": {"busy_timeout(10000)", "foreign_keys(1)"}}
	if read {
		q.Add("_pragma", "query_only(1)")
	} else {
		q["_pragma"] = append(q["_pragma"], "journal_mode(WAL)", "synchronous(FULL)")
		q.Set("_txlock", "immediate")
	}
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: q.Encode()}
	return u.String()
}

package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrServer is wrapped by the error of Backup about a database that its own server's tools save.
var ErrServer = errors.New("a PostgreSQL database is saved by pg_dump and put back by pg_restore")

// Backup writes a copy of a SQLite database, as it is at one moment, to a file that must not exist. The App may go on meanwhile,
// and the copy is complete once the file is there. What is sealed in the database stays sealed: the keys must be saved elsewhere.
func Backup(ctx context.Context, db *DB, to string) error {
	if db.Dialect != SQLite {
		return fmt.Errorf("saving the database: %w", ErrServer)
	}
	err := whole(to, func(partial string) error {
		// A connection of its own reads, so that writers need not wait.
		c, err := sql.Open("sqlite", dsn(db.path, false))
		if err != nil {
			return err
		}
		_, err = c.ExecContext(ctx, "VACUUM INTO ?1", partial)
		return errors.Join(err, c.Close())
	})
	if err != nil {
		return fmt.Errorf("saving the database to %q: %w", to, err)
	}
	return nil
}

// Restore copies what Backup wrote to a file that must not exist, to be opened as a database. It refuses what is damaged, what
// is no database of this program and what a later version wrote (ErrNewer).
func Restore(ctx context.Context, from, to string) error {
	if err := verify(ctx, from); err != nil {
		return fmt.Errorf("putting back database %q: %w", from, err)
	}
	for _, beside := range []string{to + "-wal", to + "-shm"} {
		if _, err := os.Lstat(to); err == nil {
			break // whole says so
		}
		if _, err := os.Lstat(beside); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("putting back database %q: %q belongs to another database of the same name; move it away", from, beside)
		}
	}
	if err := whole(to, func(partial string) error { return copyFile(from, partial) }); err != nil {
		return fmt.Errorf("putting back database %q as %q: %w", from, to, err)
	}
	return nil
}

// whole has a file written under another name, and gives it its own once the disk has all of it. It overwrites nothing.
func whole(to string, write func(partial string) error) error {
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			err = fs.ErrExist
		}
		return err
	}
	dir, err := os.MkdirTemp(filepath.Dir(to), ".pertask-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	partial := filepath.Join(dir, "database")
	if err := write(partial); err != nil {
		return err
	}
	if err := os.Chmod(partial, 0o600); err != nil {
		return err
	}
	if err := syncFile(partial); err != nil {
		return err
	}
	if err := os.Link(partial, to); err != nil { // unlike a rename, this fails where the file exists
		return err
	}
	return syncFolder(filepath.Dir(to))
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// verify reads all of a file and compares its migrations with ours.
func verify(ctx context.Context, path string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); err != nil {
		return err
	}
	c, err := sql.Open("sqlite", dsn(path, true)+"&mode=ro&immutable=1")
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	var verdict string
	if err := c.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&verdict); err != nil {
		return fmt.Errorf("checking it: %w", err)
	}
	if verdict != "ok" {
		return fmt.Errorf("checking it: it is damaged: %s", verdict)
	}
	tx, err := c.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	made, err := versions(ctx, tx)
	if err != nil {
		return err
	}
	steps, err := migrations(files)
	if err != nil {
		return err
	}
	_, err = missing(made, steps)
	return err
}

package sqldb_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pertask/pertask/app/sqldb"
	"github.com/pertask/pertask/app/sqldb/sqldbtest"
)

func TestMain(m *testing.M) { os.Exit(sqldbtest.Main(m)) }

func TestOpenTwiceKeepsWhatWasWritten(t *testing.T) {
	sqldbtest.EachURL(t, func(t *testing.T, url string) {
		ctx := context.Background()
		db, err := sqldb.Open(ctx, url)
		if err != nil {
			t.Fatal(err)
		}
		const insert = "INSERT INTO queue_keys (key, err) VALUES ($1, $2)"
		if _, err := db.ExecContext(ctx, db.SQL(insert), "k", "x"); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		var got string
		again := sqldbtest.Open(t, url)
		if err := again.Read.QueryRowContext(ctx, again.SQL("SELECT err FROM queue_keys WHERE key = $1"), "k").Scan(&got); err != nil || got != "x" {
			t.Errorf("after opening again the row has %q, error %v; want x", got, err)
		}
	})
}

// TestManyOpenAtOnce opens one database from several sides that all find it empty.
func TestManyOpenAtOnce(t *testing.T) {
	sqldbtest.EachURL(t, func(t *testing.T, url string) {
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				db, err := sqldb.Open(context.Background(), url)
				if err != nil {
					t.Error(err)
					return
				}
				if err := db.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	})
}

func TestOpenRefuses(t *testing.T) {
	for _, url := range []string{"", "sqlite:", ":memory:", "sqlite::memory:", "file:x", "mysql://localhost/x", "postgres://localhost:port/x"} {
		db, err := sqldb.Open(context.Background(), url)
		if err == nil {
			_ = db.Close()
		}
		if !errors.Is(err, sqldb.ErrURL) {
			t.Errorf("opening %q: got error %v, want ErrURL", url, err)
		}
	}
	_, err := sqldb.Open(context.Background(), "postgres://user:hunter2@localhost:port/x")
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the error of a bad address shows the password or is nil: %v", err)
	}
}

// TestFewConnections opens a database with as few connections as are allowed, and with fewer.
func TestFewConnections(t *testing.T) {
	url := sqldbtest.Postgres(t)
	for _, few := range []string{"1", "2"} {
		db, err := sqldb.Open(context.Background(), url+"&pool_max_conns="+few)
		if err == nil {
			_ = db.Close()
		}
		if !errors.Is(err, sqldb.ErrURL) || !strings.Contains(err.Error(), "pool_max_conns is "+few+"; at least 3") {
			t.Errorf("%s: got error %v, want one that says how many are needed", few, err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute) // in case it waits for ever
	defer cancel()
	db, err := sqldb.Open(ctx, url+"&pool_max_conns=3")
	if err != nil {
		t.Fatal(err)
	}
	if got := db.Pool.Config().MaxConns; got != 3 {
		t.Errorf("%d connections, want 3", got)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

func TestNewerDatabaseIsRefused(t *testing.T) {
	sqldbtest.EachURL(t, func(t *testing.T, url string) {
		ctx := context.Background()
		db := sqldbtest.Open(t, url)
		if _, err := db.ExecContext(ctx, "INSERT INTO pertask_migrations (version, name, at) VALUES (999, 'later', 0)"); err != nil {
			t.Fatal(err)
		}
		again, err := sqldb.Open(ctx, url)
		if err == nil {
			_ = again.Close()
		}
		if !errors.Is(err, sqldb.ErrNewer) || !strings.Contains(err.Error(), "999") {
			t.Errorf("got error %v, want ErrNewer that names 999", err)
		}
	})
}

func TestInTx(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ctx := context.Background()
		insert := func(key string) func(*sql.Tx) error {
			return func(tx *sql.Tx) error {
				_, err := tx.ExecContext(ctx, db.SQL("INSERT INTO queue_keys (key) VALUES ($1)"), key)
				return err
			}
		}
		if err := db.InTx(ctx, insert("kept")); err != nil {
			t.Fatal(err)
		}
		broken := errors.New("broken")
		err := db.InTx(ctx, func(tx *sql.Tx) error { return errors.Join(insert("lost")(tx), broken) })
		if !errors.Is(err, broken) {
			t.Errorf("got error %v, want that of the function", err)
		}
		var keys string
		if err := db.Read.QueryRowContext(ctx, "SELECT MIN(key) || MAX(key) FROM queue_keys").Scan(&keys); err != nil || keys != "keptkept" {
			t.Errorf("keys are %q, error %v; want only kept", keys, err)
		}
	})
}

func TestSQLiteFile(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "with space & ünï?#.db")
	db := sqldbtest.Open(t, path)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o600 {
		t.Errorf("the file's mode is %v, want 0600", got)
	}
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"} {
		var got string
		if err := db.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("PRAGMA %s is %q, error %v; want %q", pragma, got, err, want)
		}
	}
	if _, err := db.Read.ExecContext(ctx, "DELETE FROM queue_keys"); err == nil {
		t.Error("the pool for reading writes")
	}
}

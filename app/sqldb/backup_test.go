package sqldb_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/pertask/pertask/app/sqldb"
	"github.com/pertask/pertask/app/sqldb/sqldbtest"
)

// fill adds rows that are not in the main file yet but in its log.
func fill(t *testing.T, db *sqldb.DB, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		if _, err := db.ExecContext(context.Background(), db.SQL("INSERT INTO queue_keys (key) VALUES ($1)"), fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
}

func keys(t *testing.T, db *sqldb.DB) (n int) {
	t.Helper()
	if err := db.Read.QueryRowContext(context.Background(), "SELECT COUNT(*) FROM queue_keys").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestBackupAndRestore(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	db := sqldbtest.Open(t, filepath.Join(dir, "app.db"))
	fill(t, db, 0, 20)
	saved, back := filepath.Join(dir, "it's saved.db"), filepath.Join(dir, "back.db")
	if err := sqldb.Backup(ctx, db, saved); err != nil {
		t.Fatal(err)
	}
	fill(t, db, 20, 25)
	if err := sqldb.Restore(ctx, saved, back); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(back)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode is %v, error %v; want 0600", info.Mode(), err)
	}
	restored := sqldbtest.Open(t, back)
	if got := keys(t, restored); got != 20 {
		t.Errorf("%d rows came back, want the 20 of the moment of the backup", got)
	}
	fill(t, restored, 20, 21)
	if got := keys(t, db); got != 25 {
		t.Errorf("the first database has %d rows, want 25", got)
	}
	for name, err := range map[string]error{
		"saving over a file":       sqldb.Backup(ctx, db, back),
		"putting back over a file": sqldb.Restore(ctx, saved, back),
	} {
		if !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s: got error %v, want fs.ErrExist", name, err)
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, ".pertask-*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left over: %v, error %v", left, err)
	}
}

func TestRestoreRefuses(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	db := sqldbtest.Open(t, filepath.Join(dir, "app.db"))
	fill(t, db, 0, 2000)
	saved := filepath.Join(dir, "saved.db")
	if err := sqldb.Backup(ctx, db, saved); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(saved)
	if err != nil {
		t.Fatal(err)
	}
	damaged := bytes.Clone(whole)
	for i := len(damaged) / 2; i < len(damaged)/2+9000; i++ {
		damaged[i] ^= 0x55
	}
	for name, data := range map[string][]byte{"cut": whole[:len(whole)/2], "damaged": damaged, "empty": nil, "text": []byte("no database")} {
		from, to := filepath.Join(dir, name), filepath.Join(dir, name+" back")
		if err := os.WriteFile(from, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := sqldb.Restore(ctx, from, to); err == nil {
			t.Errorf("%s: it was put back", name)
		}
		if _, err := os.Stat(to); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: a file was made", name)
		}
	}
	if err := sqldb.Restore(ctx, filepath.Join(dir, "nowhere"), filepath.Join(dir, "x")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: got error %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "y-wal"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := sqldb.Restore(ctx, saved, filepath.Join(dir, "y")); err == nil {
		t.Error("it was put back beside another database's log, which SQLite would apply to it")
	}
	if _, err := db.ExecContext(ctx, "INSERT INTO pertask_migrations (version, name, at) VALUES (999, 'later', 0)"); err != nil {
		t.Fatal(err)
	}
	newer := filepath.Join(dir, "newer.db")
	if err := sqldb.Backup(ctx, db, newer); err != nil {
		t.Fatal(err)
	}
	if err := sqldb.Restore(ctx, newer, filepath.Join(dir, "z")); !errors.Is(err, sqldb.ErrNewer) {
		t.Errorf("a later version's: got error %v, want ErrNewer", err)
	}
}

// TestPostgresTools saves a database and puts it back with the server's own tools, as the docs say.
func TestPostgresTools(t *testing.T) {
	ctx := context.Background()
	url, empty := sqldbtest.Postgres(t), sqldbtest.Postgres(t)
	db := sqldbtest.Open(t, url)
	fill(t, db, 0, 20)
	file := filepath.Join(t.TempDir(), "dump")
	if err := sqldb.Backup(ctx, db, file); !errors.Is(err, sqldb.ErrServer) {
		t.Errorf("Backup of PostgreSQL: got error %v, want ErrServer", err)
	}
	for _, cmd := range [][]string{
		{"pg_dump", "--format=custom", "--no-owner", "--file=" + file, "--dbname=" + url},
		{"pg_restore", "--no-owner", "--exit-on-error", "--dbname=" + empty, file},
	} {
		if out, err := sqldbtest.Program(t, cmd[0], cmd[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", cmd, err, out)
		}
	}
	restored := sqldbtest.Open(t, empty)
	fill(t, restored, 20, 21)
	if got := keys(t, restored); got != 21 {
		t.Errorf("%d rows came back and were added, want 21", got)
	}
}

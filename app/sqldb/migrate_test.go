package sqldb

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/fstest"
)

func TestMigrationsAreInOneSequence(t *testing.T) {
	steps, err := migrations(files)
	if err != nil {
		t.Fatal(err)
	}
	if len(steps) == 0 || steps[0].name != "001_queue" {
		t.Fatalf("the first migration is not 001_queue: %v", steps)
	}
	for _, s := range steps {
		for d := range words {
			if text := d.SQL(s.text); strings.ContainsAny(text, "{}$?") {
				t.Errorf("%s: after replacing the words for %s something is left", s.name, d)
			}
		}
	}
	for _, name := range []string{"x.sql", "0_zero.sql", "-1_less.sql", "01_twice.sql"} {
		_, err := migrations(fstest.MapFS{"migrations/" + name: {}, "migrations/001_first.sql": {}})
		if err == nil || !strings.Contains(err.Error(), "migration") {
			t.Errorf("%s: got error %v", name, err)
		}
	}
}

// TestStepByStep opens databases that each version of the program so far could have left.
func TestStepByStep(t *testing.T) {
	ctx := context.Background()
	steps, err := migrations(files)
	if err != nil {
		t.Fatal(err)
	}
	for k := range steps {
		path := t.TempDir() + "/old.db"
		db, err := openSQLite(ctx, path)
		if err != nil {
			t.Fatal(err)
		}
		if err := apply(ctx, db.DB, SQLite, steps[:k+1]); err != nil {
			t.Fatal(err)
		}
		if _, err := db.ExecContext(ctx, "INSERT INTO queue_keys (key, err) VALUES ('k', 'kept')"); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if db, err = Open(ctx, path); err != nil {
			t.Fatalf("after %s: %v", steps[k].name, err)
		}
		var got string
		if err := db.QueryRowContext(ctx, "SELECT err FROM queue_keys WHERE key = 'k'").Scan(&got); err != nil || got != "kept" {
			t.Errorf("after %s: the row says %q, error %v", steps[k].name, got, err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestApplyTakesBackWhatFails(t *testing.T) {
	ctx := context.Background()
	db, err := openSQLite(ctx, t.TempDir()+"/x.db")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	steps := []migration{{1, "001_good", "CREATE TABLE a (x {int}) {strict}"}, {2, "002_bad", "CREATE TABLE b (x {int}); CREATE TABLE a (x {int})"}}
	if err := apply(ctx, db.DB, SQLite, steps); err == nil || !strings.Contains(err.Error(), "002_bad") {
		t.Errorf("got error %v, want one that names 002_bad", err)
	}
	if _, err := db.ExecContext(ctx, "SELECT * FROM b"); err == nil {
		t.Error("half of a migration is left")
	}
	steps[1].text = "CREATE TABLE b (x {int})"
	if err := apply(ctx, db.DB, SQLite, steps); err != nil {
		t.Errorf("after mending: %v", err)
	}
	for _, unknown := range [][]migration{nil, steps[:1], {{1, "001_good", ""}, {3, "003_other", ""}}} {
		if err := apply(ctx, db.DB, SQLite, unknown); !errors.Is(err, ErrNewer) {
			t.Errorf("a program that knows %v: got error %v, want ErrNewer", unknown, err)
		}
	}
}

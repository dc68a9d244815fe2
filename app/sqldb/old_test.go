package sqldb_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pertask/pertask/app/sqldb"
	"github.com/pertask/pertask/app/sqldb/sqldbtest"
)

// keep makes TestOlderFiles write a file of the present version first, for a release.
var keep = flag.String("keep", "", "name of a file of the present version to write to testdata/older, such as v1.0.0")

// TestOlderFiles opens the files that released versions left, each with one key and the note 'kept'.
func TestOlderFiles(t *testing.T) {
	if *keep != "" {
		write(t, filepath.Join("testdata", "older", *keep+".db.gz"))
	}
	paths, err := filepath.Glob("testdata/older/*.db.gz")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no older files, error %v", err)
	}
	for _, p := range paths {
		t.Run(filepath.Base(p), func(t *testing.T) {
			db := sqldbtest.Open(t, unpack(t, p))
			var got string
			const text = "SELECT n.id FROM queue_notes n JOIN queue_keys k ON k.key = n.key WHERE n.done IS NULL"
			if err := db.QueryRowContext(context.Background(), text).Scan(&got); err != nil || got != "kept" {
				t.Errorf("the note is %q, error %v; want kept", got, err)
			}
		})
	}
}

func unpack(t *testing.T, path string) string {
	t.Helper()
	packed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "old.db")
	if err := os.WriteFile(out, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return out
}

// write makes an older file of the present version, with rows as its queue would leave them.
func write(t *testing.T, path string) {
	t.Helper()
	ctx := context.Background()
	db := sqldbtest.Open(t, sqldbtest.File(t))
	for _, text := range []string{
		"INSERT INTO queue_notes (id, key, kind, body, due, added) VALUES ('kept', 'k', 'x', x'00', 0, {now})",
		"INSERT INTO queue_keys (key, open) VALUES ('k', 1)",
	} {
		if _, err := db.ExecContext(ctx, db.SQL(text)); err != nil {
			t.Fatal(err)
		}
	}
	copied := filepath.Join(t.TempDir(), "copy")
	if err := sqldb.Backup(ctx, db, copied); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(copied)
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	w, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	_, _ = w.Write(data)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, packed.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestReleasedMigrationsStay compares migrations with what testdata/released.txt says of those that somebody may have made: a
// digest and a name on each line. A release adds the new ones by hand.
func TestReleasedMigrationsStay(t *testing.T) {
	list, err := os.ReadFile("testdata/released.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(list)) {
		want, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		text, err := os.ReadFile(filepath.Join("migrations", name))
		if err != nil {
			t.Error(err)
			continue
		}
		sum := sha256.Sum256(text)
		if got := hex.EncodeToString(sum[:]); got != want {
			t.Errorf("%s was changed after its release; add another migration instead (got %s, want %s)", name, got, want)
		}
	}
}

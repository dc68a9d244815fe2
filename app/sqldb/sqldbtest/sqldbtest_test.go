package sqldbtest_test

import (
	"context"
	"os"
	"testing"

	"github.com/pertask/pertask/app/sqldb"
	"github.com/pertask/pertask/app/sqldb/sqldbtest"
)

func TestMain(m *testing.M) { os.Exit(sqldbtest.Main(m)) }

// TestEachIsNew finds nothing of one database in another.
func TestEachIsNew(t *testing.T) {
	kinds := map[sqldb.Dialect]int{}
	for range 2 {
		sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
			ctx := context.Background()
			kinds[db.Dialect]++
			var n int
			if err := db.QueryRowContext(ctx, "SELECT COUNT(*) FROM queue_keys").Scan(&n); err != nil || n != 0 {
				t.Errorf("a new database has %d rows, error %v", n, err)
			}
			if _, err := db.ExecContext(ctx, "INSERT INTO queue_keys (key) VALUES ('k')"); err != nil {
				t.Error(err)
			}
		})
	}
	if kinds[sqldb.SQLite] != 2 {
		t.Errorf("kinds of databases: %v", kinds)
	}
}

// TestReadyIsMigrated finds the tables of a database that was copied to be those of one that was migrated.
func TestReadyIsMigrated(t *testing.T) {
	const tables = `SELECT CAST(COUNT(*) AS TEXT) || ' ' || MIN(table_name) || ' ' || MAX(table_name) FROM information_schema.tables`
	for name, tt := range map[string]struct {
		query        string
		ready, empty func(testing.TB) string
	}{
		"sqlite":   {"SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_schema ORDER BY name)", sqldbtest.ReadyFile, sqldbtest.File},
		"postgres": {tables, sqldbtest.ReadyPostgres, sqldbtest.Postgres},
	} {
		t.Run(name, func(t *testing.T) {
			var found [2]string
			for i, url := range []string{tt.ready(t), tt.empty(t)} {
				if err := sqldbtest.Open(t, url).QueryRowContext(t.Context(), tt.query).Scan(&found[i]); err != nil {
					t.Fatal(err)
				}
			}
			if found[0] != found[1] || found[0] == "" {
				t.Errorf("the copy has the tables %s; want %s", found[0], found[1])
			}
		})
	}
}

// TestServerIsOnASocketAlone looks at what the server says of itself.
func TestServerIsOnASocketAlone(t *testing.T) {
	db := sqldbtest.Open(t, sqldbtest.Postgres(t))
	var addresses string
	if err := db.QueryRowContext(context.Background(), "SHOW listen_addresses").Scan(&addresses); err != nil || addresses != "" {
		t.Errorf("the server listens on %q, error %v", addresses, err)
	}
}

package page_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/pertask/pertask/app/page"
	"github.com/pertask/pertask/app/sqldb"
	"github.com/pertask/pertask/app/sqldb/sqldbtest"
	"github.com/pertask/pertask/app/sqldb/sqlrecord"
)

func TestMain(m *testing.M) { os.Exit(sqldbtest.Main(m)) }

// many is how many reviews and acts a long list has.
const many = 25_000

// crowd puts reviews with a suite each, and acts, into a database, and one of somebody else's among them. Ten reviews start at a time.
func crowd(t *testing.T, db *sqldb.DB) {
	t.Helper()
	const numbers = "WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i < $1 - 1) "
	at := fmt.Sprintf("(%d - CAST(i / 10 AS BIGINT) * 1000000)", start.UnixMicro())
	id := "SUBSTR('00000000000000000000000000000000' || CAST(i AS TEXT), LENGTH(CAST(i AS TEXT)) + 1)"
	repo := "CASE WHEN i % 1000 = 999 THEN 72 ELSE 70 END" // 72 is one that ada cannot read
	for _, text := range []string{
		`INSERT INTO reviews (id, installation, repository, repository_name, pull, head, base, kind, asked_by, delivery, state, started, ended, title, conclusion, exit_status, spent) ` + numbers +
			`SELECT ` + id + `, 7, ` + repo + `, 'acme/agent', i + 1, 'c0ffee', 'ba5e', 'pull_request', '', 'd', 'ended', ` + at + `, ` + at + `, 'Switch', 'success', 0, '0.01' FROM c`,
		`INSERT INTO review_suites (review, place, name, result, verdict, base_model, head_model, base_cost, head_cost, base_rate, head_rate, question, evidence) ` + numbers +
			`SELECT ` + id + `, 0, 'worst-three', 'measured', 'switch', 'm1', 'm2', '1.5', '0.5', 1.0, 1.0, '', '' FROM c`,
		`INSERT INTO acts (installation, repository, repository_name, pull, head, at, actor, verb, reason) ` + numbers +
			`SELECT 7, ` + repo + `, 'acme/agent', i + 1, '', ` + at + `, 'octocat', 'run', '' FROM c`,
	} {
		if _, err := db.ExecContext(context.Background(), db.SQL(text), many); err != nil {
			t.Fatal(err)
		}
	}
	if db.Dialect == sqldb.Postgres {
		if _, err := db.ExecContext(context.Background(), "ANALYZE"); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLongLists exports 25,000 reviews and acts of a real database, whole, each once, in order, and without those of others.
func TestLongLists(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		crowd(t, db)
		records := sqlrecord.New(db)
		x := bare(t, func(c *page.Config) { c.Reviews = records })
		c := x.client(t, "ada")
		const own = many - many/1000
		for path, want := range map[string]struct {
			rows int
			time string // the column that the rows are in the order of
			key  func(map[string]any) string
		}{
			"/i/7/reviews":              {own, "started", func(r map[string]any) string { return r["id"].(string) }},
			"/i/7/cost":                 {2 * own, "time", func(r map[string]any) string { return r["id"].(string) + r["arm"].(string) }},
			"/i/7/audit":                {2 * own, "time", func(r map[string]any) string { return r["verb"].(string) + fmt.Sprint(r["pull"]) }},
			"/i/7/audit?what=verdicts":  {own, "time", func(r map[string]any) string { return r["review"].(string) }},
			"/i/7/reviews?model=m2":     {own, "started", func(r map[string]any) string { return r["id"].(string) }},
			"/i/7/reviews?state=broken": {0, "started", nil},
		} {
			a := ask(t, c, x.URL+with(path, "json"))
			var j exported
			if err := json.Unmarshal([]byte(a.body), &j); err != nil || a.status != 200 || len(j.Rows) != want.rows {
				t.Errorf("%s: %d, %d rows, want %d: %v", path, a.status, len(j.Rows), want.rows, err)
				continue
			}
			seen, last := map[string]bool{}, "9"
			for i, r := range j.Rows {
				key, at := want.key(r), r[want.time].(string)
				if seen[key] || at > last || r["repository_id"] != 70.0 {
					t.Fatalf("%s, row %d: %v is there twice, in the wrong place or another's", path, i, r)
				}
				seen[key], last = true, at
			}
			if strings.Contains(path, "?") {
				continue
			}
			b := ask(t, c, x.URL+with(path, "csv"))
			lines, err := csv.NewReader(strings.NewReader(b.body)).ReadAll()
			if err != nil || b.status != 200 || len(lines) != want.rows+1 {
				t.Errorf("%s as CSV: %d, %d lines: %v", path, b.status, len(lines), err)
			}
		}
		if a := ask(t, c, x.URL+"/i/7/spend.csv"); !bytes.Contains([]byte(a.body), fmt.Appendf(nil, "2026-11,acme/agent,%s,%d,0,0,70\n", "249.75", own)) {
			t.Errorf("the spend: %s", a.body)
		}
	})
}

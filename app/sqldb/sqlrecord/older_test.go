package sqlrecord_test

import (
	"bytes"
	"compress/gzip"
	"database/sql"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/app/record/recordtest"
	"github.com/pertask/pertask/app/signin"
	"github.com/pertask/pertask/app/sqldb"
	"github.com/pertask/pertask/app/sqldb/sqldbtest"
	"github.com/pertask/pertask/app/sqldb/sqlledger"
	"github.com/pertask/pertask/app/sqldb/sqlrecord"
	"github.com/pertask/pertask/app/sqldb/sqlsecret"
	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/ledger/ledgertest"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
	"github.com/pertask/pertask/trial/journal/journaltest"
	"github.com/pertask/pertask/usage"
)

// keep makes TestOlder write databases of the present version first, for a release.
var keep = flag.String("keep", "", "name of databases of the present version to write to testdata/older, such as v1.0.0")

// kept is what every database in testdata/older holds. A later version may hold more and never less.
var kept = struct {
	review  record.Review
	act     record.Act
	test    ledger.Test
	mark    sqlsecret.Mark
	session signin.Session
	subject journal.Subject
}{
	review: recordtest.Review(recordtest.Mine, 1),
	act:    record.Act{Time: recordtest.Noon, Repo: recordtest.Mine, Pull: 42, Head: "c0ffee", Actor: "octocat", Verb: "accept", Reason: "we want the speed"},
	test: ledger.Test{Schema: ledger.TestSchema, Key: journaltest.Key, Time: recordtest.Noon, Looks: []ledger.Look{{Trials: 2, Time: recordtest.Noon}},
		Planned: []int{2, 3, 5}, AlphaSpent: 0.001},
	mark: sqlsecret.Mark{Name: "provider/OPENAI_API_KEY", Fingerprint: "0123abcd", By: "octocat", Time: recordtest.Noon},
	session: signin.Session{Hash: strings.Repeat("0a", 32), User: 1, Login: "octocat", Token: []byte{0, 1, 255}, Created: recordtest.Noon, Used: recordtest.Noon,
		Expires: recordtest.Noon.Add(time.Hour)},
	subject: journal.Subject{Key: journaltest.Key, Facts: map[string]string{"model of the head": "gpt-5.5"}},
}

// fill writes what is kept.
func fill(t *testing.T, db *sqldb.DB) {
	t.Helper()
	s, l := sqlrecord.New(db), sqlledger.New(db, recordtest.Mine.Installation, recordtest.Mine.ID)
	j, err := l.Journal(t.Context(), journaltest.Key)
	if err != nil {
		t.Fatal(err)
	}
	for _, do := range []func() error{
		func() error { return s.SaveRepos(t.Context(), recordtest.Mine) },
		func() error { return s.SaveReview(t.Context(), kept.review) },
		func() error { return s.Append(t.Context(), kept.act) },
		func() error { return j.Claim(kept.subject) },
		func() error { return j.AppendCall(journaltest.Call("1", "base/x/0", usage.Ended)) },
		func() error { return j.AppendTrial(journaltest.Trial(trial.Base, "x", 0, trial.Completed)) },
		j.Close,
		func() error { return l.AddBaseTrials(t.Context(), "dropped", ledgertest.Trial("x", 0)) },
		func() error { return l.DropBaseTrials(t.Context(), "dropped", "the provider drifted") },
		func() error { return l.AddBaseTrials(t.Context(), "k", ledgertest.Trial("x", 0)) },
		func() error { return l.SaveTest(t.Context(), kept.test) },
		func() error {
			return sqlsecret.NewSecrets(db).Put(t.Context(), recordtest.Mine.Installation, []byte{0, 1, 255}, kept.mark)
		},
		func() error { return sqlsecret.NewSessions(db).Save(t.Context(), kept.session) },
	} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
	}
}

// is compares what a store returned with what is kept.
func is[T any](t *testing.T, what string, want T) func(got T, err error) {
	return func(got T, err error) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s, %v (-want +got):\n%s", what, err, diff)
		}
	}
}

// holdsKept reads all that is kept, and goes on with it.
func holdsKept(t *testing.T, db *sqldb.DB) {
	t.Helper()
	ctx, s, l := t.Context(), sqlrecord.New(db), sqlledger.New(db, recordtest.Mine.Installation, recordtest.Mine.ID)
	scope := recordtest.Of(recordtest.Mine)
	review, _, err := s.Review(ctx, scope, kept.review.ID)
	is(t, "review", kept.review)(review, err)
	is(t, "acts", []record.Act{kept.act})(s.Acts(ctx, scope, record.Filter{}, time.Time{}))
	is(t, "repositories", []record.Repo{recordtest.Mine})(s.Installed(ctx, recordtest.Mine.Installation))
	spent, err := s.Spent(ctx, recordtest.Mine.Installation, 0, time.Time{})
	if v, _ := kept.review.Spent.Value(); err != nil || !spent.Equal(price.Known(v)) {
		t.Errorf("spent %v, %v; want %v", spent, err, kept.review.Spent)
	}
	is(t, "stored trials", []ledger.BaseTrial{ledgertest.Trial("x", 0)})(l.BaseTrials(ctx, "k"))
	test, _, err := l.Test(ctx, journaltest.Key)
	is(t, "test", kept.test)(test, err)
	is(t, "marks", []sqlsecret.Mark{kept.mark})(sqlsecret.NewSecrets(db).List(ctx, recordtest.Mine.Installation))
	sealed, _, err := sqlsecret.NewSecrets(db).Get(ctx, recordtest.Mine.Installation, kept.mark.Name)
	is(t, "sealed value", []byte{0, 1, 255})(sealed, err)
	session, _, err := sqlsecret.NewSessions(db).Load(ctx, kept.session.Hash)
	is(t, "session", kept.session)(session, err)

	if err := l.AddBaseTrials(ctx, "dropped", ledgertest.Trial("x", 0)); err != nil {
		t.Error(err)
	}
	is(t, "dropped trials", []ledger.BaseTrial{})(l.BaseTrials(ctx, "dropped"))
	j, err := l.Journal(ctx, journaltest.Key)
	if err == nil {
		err = j.Claim(kept.subject)
	}
	if err != nil {
		t.Fatal(err)
	}
	journaltest.Says(t, j, "result base/x/0 completed 1:ended")
	journaltest.Append(t, j, journaltest.Trial(trial.Head, "x", 0, trial.Failed))
	journaltest.Says(t, j, "result base/x/0 completed 1:ended", "result head/x/0 failed")
	if err := j.Close(); err != nil {
		t.Error(err)
	}
}

// TestOlder opens the databases that earlier versions left.
func TestOlder(t *testing.T) {
	if *keep != "" {
		keepSQLite(t)
		keepPostgres(t)
	}
	for _, kind := range []struct {
		pattern string
		restore func(t *testing.T, data []byte) (url string)
	}{{"*.db.gz", restoreSQLite}, {"*.sql.gz", restorePostgres}} {
		paths, err := filepath.Glob("testdata/older/" + kind.pattern)
		if err != nil || len(paths) == 0 {
			t.Fatalf("no older databases %s, %v", kind.pattern, err)
		}
		for _, p := range paths {
			t.Run(filepath.Base(p), func(t *testing.T) {
				holdsKept(t, sqldbtest.Open(t, kind.restore(t, unpack(t, p))))
			})
		}
	}
}

// TestBeforeRecords opens a file of a version that knew no records, and keeps some in it.
func TestBeforeRecords(t *testing.T) {
	db := sqldbtest.Open(t, restoreSQLite(t, unpack(t, "../testdata/older/unreleased-001.db.gz")))
	fill(t, db)
	holdsKept(t, db)
}

func restoreSQLite(t *testing.T, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "old.db")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// forProgram are lines of a dump that are for the program psql.
var forProgram = regexp.MustCompile(`(?m)^\\.*$`)

func restorePostgres(t *testing.T, data []byte) string {
	t.Helper()
	url := sqldbtest.Postgres(t)
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(forProgram.ReplaceAllString(string(data), "")); err != nil {
		t.Fatalf("restoring the dump: %v", err)
	}
	return url
}

func unpack(t *testing.T, path string) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func pack(t *testing.T, name string, data []byte) {
	t.Helper()
	var out bytes.Buffer
	w, _ := gzip.NewWriterLevel(&out, gzip.BestCompression) // the level is a good one
	_, err := w.Write(data)
	if err == nil {
		err = w.Close()
	}
	if err == nil {
		err = os.MkdirAll("testdata/older", 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join("testdata/older", name), out.Bytes(), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func keepSQLite(t *testing.T) {
	db := sqldbtest.Open(t, sqldbtest.File(t))
	fill(t, db)
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := sqldb.Backup(t.Context(), db, path); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	pack(t, *keep+".db.gz", data)
}

func keepPostgres(t *testing.T) {
	url := sqldbtest.Postgres(t)
	fill(t, sqldbtest.Open(t, url))
	dump := sqldbtest.Program(t, "pg_dump", "--inserts", "--no-owner", "--no-privileges", "--dbname="+url)
	data, err := dump.Output()
	if err != nil {
		t.Fatal(err)
	}
	pack(t, *keep+".sql.gz", data)
}

package sqlledger_test

import (
	"database/sql"
	"errors"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/app/sqldb"
	"github.com/pertask/pertask/app/sqldb/sqldbtest"
	"github.com/pertask/pertask/app/sqldb/sqlledger"
	"github.com/pertask/pertask/app/sqldb/tenant"
	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/ledger/ledgertest"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal/journaltest"
	"github.com/pertask/pertask/usage"
)

func TestMain(m *testing.M) {
	appender() // where this process is one that a test kills
	os.Exit(sqldbtest.Main(m))
}

// The installation and the repository of the tests.
const installation, repo = 7, 71

// sides are connections of their own to one database, which behave like processes.
type sides struct {
	dbs  [2]*sqldb.DB
	next atomic.Int64
}

// ledger is that of the tests' repository, from each side in turn.
func (s *sides) ledger() *sqlledger.Ledger {
	return sqlledger.New(s.dbs[s.next.Add(1)%2], installation, repo)
}

// each gives a test places without any records, in databases of both kinds. PostgreSQL's is one for all tests, since it takes
// long to make.
func each(t *testing.T, test func(t *testing.T, place func(*testing.T) *sides)) {
	t.Run("sqlite", func(t *testing.T) {
		test(t, func(t *testing.T) *sides {
			url := sqldbtest.File(t)
			return &sides{dbs: [2]*sqldb.DB{sqldbtest.Open(t, url), sqldbtest.Open(t, url)}}
		})
	})
	t.Run("postgres", func(t *testing.T) {
		postgres.once.Do(func() {
			url := sqldbtest.Postgres(lasting{t})
			postgres.sides.dbs = [2]*sqldb.DB{sqldbtest.Open(lasting{t}, url), sqldbtest.Open(lasting{t}, url)}
		})
		s := &postgres.sides
		test(t, func(t *testing.T) *sides {
			if s.dbs[1] == nil {
				t.Skip("there is no PostgreSQL")
			}
			if _, err := s.dbs[0].Exec("TRUNCATE installations, " + strings.Join(tenant.Tables, ", ") + " CASCADE"); err != nil {
				t.Fatal(err)
			}
			return s
		})
	})
}

var postgres struct {
	once  sync.Once
	sides sides
}

// lasting is a test whose end ends nothing that it opened.
type lasting struct{ testing.TB }

func (lasting) Cleanup(func()) {}

func TestLedger(t *testing.T) {
	each(t, func(t *testing.T, place func(*testing.T) *sides) {
		ledgertest.Run(t, func(t *testing.T) func() ledgertest.Ledger {
			s := place(t)
			return func() ledgertest.Ledger { return s.ledger() }
		})
	})
}

func TestJournal(t *testing.T) {
	each(t, func(t *testing.T, place func(*testing.T) *sides) {
		journaltest.Run(t, func(t *testing.T) func() trial.Journal {
			s := place(t)
			return func() trial.Journal { return journalOf(t, s.ledger()) }
		})
	})
}

// journalOf opens the journal of the tests' key.
func journalOf(t testing.TB, l *sqlledger.Ledger) *sqlledger.Journal {
	t.Helper()
	j, err := l.Journal(t.Context(), journaltest.Key)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// Neither another installation nor another repository sees or changes what is there under the same keys.
func TestLedgersAreApart(t *testing.T) {
	each(t, func(t *testing.T, place func(*testing.T) *sides) {
		s := place(t)
		mine := s.ledger()
		test := ledger.Test{Key: "k", Time: ledgertest.Noon, Looks: []ledger.Look{{Trials: 2, Time: ledgertest.Noon}}}
		if err := errors.Join(mine.AddBaseTrials(t.Context(), "k", ledgertest.Trial("x", 0)), mine.SaveTest(t.Context(), test)); err != nil {
			t.Fatal(err)
		}
		j := journalOf(t, mine)
		journaltest.Append(t, j, journaltest.Call("1", "base/x/0", usage.Ended), journaltest.Trial("base", "x", 0, trial.Completed))
		defer j.Close()
		for _, other := range []*sqlledger.Ledger{
			sqlledger.New(s.dbs[0], installation+1, repo), sqlledger.New(s.dbs[0], installation, repo+1), sqlledger.New(s.dbs[0], 0, 0),
		} {
			if got, err := other.BaseTrials(t.Context(), "k"); len(got) > 0 || err != nil {
				t.Errorf("it reads %d trials, %v", len(got), err)
			}
			if _, found, err := other.Test(t.Context(), "k"); found || err != nil {
				t.Errorf("it reads a test, %v", err)
			}
			theirs := journalOf(t, other)
			journaltest.Says(t, theirs)
			journaltest.Append(t, theirs, journaltest.Trial("head", "theirs", 0, trial.Failed)) // and has a turn of its own
			if err := errors.Join(theirs.Close(), other.DropBaseTrials(t.Context(), "k", "why")); err != nil {
				t.Error(err)
			}
		}
		journaltest.Says(t, j, "result base/x/0 completed 1:ended")
		if got, err := mine.BaseTrials(t.Context(), "k"); len(got) != 1 || err != nil {
			t.Errorf("%d trials, %v; want 1", len(got), err)
		}
	})
}

func TestPrune(t *testing.T) {
	each(t, func(t *testing.T, place func(*testing.T) *sides) {
		s := place(t)
		l, db := s.ledger(), s.dbs[0]
		noon := ledgertest.Noon
		young := ledgertest.Trial("x", 60)
		if err := l.AddBaseTrials(t.Context(), "k", ledgertest.Trial("x", 0), young); err != nil {
			t.Fatal(err)
		}
		for i, key := range []string{"old", "young"} {
			at := noon.Add(time.Duration(i) * time.Hour)
			if err := l.SaveTest(t.Context(), ledger.Test{Key: key, Time: at, Looks: []ledger.Look{{Trials: 2, Time: at}}}); err != nil {
				t.Fatal(err)
			}
		}
		held := journalOf(t, l)
		journaltest.Append(t, held, journaltest.Trial("base", "x", 0, trial.Completed))
		later := time.Now().Add(time.Hour)
		for _, step := range []struct {
			what string
			r    sqlledger.Retention
			want sqlledger.Pruned
		}{
			{"nothing is asked for", sqlledger.Retention{}, sqlledger.Pruned{}},
			{"nothing is that old", sqlledger.Retention{Journals: noon, Base: noon, Tests: noon}, sqlledger.Pruned{}},
			{"something is", sqlledger.Retention{Base: noon.Add(time.Minute), Tests: noon.Add(time.Minute)}, sqlledger.Pruned{Base: 1, Tests: 1}},
			{"a journal that a process has", sqlledger.Retention{Journals: later}, sqlledger.Pruned{}},
		} {
			if got, err := sqlledger.Prune(t.Context(), db, step.r); got != step.want || err != nil {
				t.Errorf("%s: %+v, %v; want %+v", step.what, got, err, step.want)
			}
		}
		journaltest.Says(t, held, "result base/x/0 completed")
		if err := held.Close(); err != nil {
			t.Fatal(err)
		}
		if got, err := sqlledger.Prune(t.Context(), db, sqlledger.Retention{Journals: later}); got.Journals != 1 || err != nil {
			t.Errorf("%+v, %v; want the journal", got, err)
		}
		again := journalOf(t, s.ledger())
		journaltest.Says(t, again)
		if rows := count(t, db, "journal_lines"); rows != 0 {
			t.Errorf("%d lines are left", rows)
		}
		got, err := l.BaseTrials(t.Context(), "k")
		if _, old, _ := l.Test(t.Context(), "old"); err != nil || len(got) != 1 || got[0].Index != young.Index || old {
			t.Errorf("%d trials, %v, the old test %v; want the young trial and no old test", len(got), err, old)
		}
	})
}

func count(t *testing.T, db *sqldb.DB, table string) (n int) {
	t.Helper()
	if err := db.Read.QueryRow("SELECT COUNT(*) FROM " + table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// What is pruned by the batch goes on until all of it has gone.
func TestPruneManyBatches(t *testing.T) {
	each(t, func(t *testing.T, place func(*testing.T) *sides) {
		db := place(t).dbs[0]
		err := db.InTx(t.Context(), func(tx *sql.Tx) error {
			for i := range 1234 {
				if _, err := tx.Exec(db.SQL(`INSERT INTO tests (installation, repository, evidence, at, test) VALUES ($1, 1, $2, 0, $2)`), i%3, []byte{byte(i / 256), byte(i % 256)}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := sqlledger.Prune(t.Context(), db, sqlledger.Retention{Tests: time.Unix(1, 0)}); got.Tests != 1234 || err != nil {
			t.Errorf("%+v, %v; want 1234 tests", got, err)
		}
	})
}

// Nothing of an installation is kept once it was removed.
func TestRemovedInstallation(t *testing.T) {
	each(t, func(t *testing.T, place func(*testing.T) *sides) {
		s := place(t)
		l := s.ledger()
		j := journalOf(t, l)
		journaltest.Append(t, j, journaltest.Trial("base", "x", 0, trial.Completed))
		if err := l.AddBaseTrials(t.Context(), "k", ledgertest.Trial("x", 0)); err != nil {
			t.Fatal(err)
		}
		err := s.dbs[0].InTx(t.Context(), func(tx *sql.Tx) error { return tenant.Remove(t.Context(), s.dbs[0], tx, installation, time.Now()) })
		if err != nil {
			t.Fatal(err)
		}
		if err := j.AppendTrial(journaltest.Trial("base", "x", 1, trial.Completed)); !errors.Is(err, sqlledger.ErrLost) {
			t.Errorf("error %v, want ErrLost", err)
		}
		if err := j.Close(); err != nil {
			t.Error(err)
		}
		test := ledger.Test{Key: "k", Time: ledgertest.Noon, Looks: []ledger.Look{{Trials: 2, Time: ledgertest.Noon}}}
		for i, err := range []error{
			l.AddBaseTrials(t.Context(), "k", ledgertest.Trial("x", 1)), l.DropBaseTrials(t.Context(), "k", "why"), l.SaveTest(t.Context(), test),
			journalOf(t, l).AppendTrial(journaltest.Trial("base", "x", 1, trial.Completed)),
		} {
			if !errors.Is(err, record.ErrGone) {
				t.Errorf("call %d: error %v, want ErrGone", i, err)
			}
		}
		for _, table := range []string{"journals", "journal_lines", "base_lines", "tests"} {
			if n := count(t, s.dbs[0], table); n != 0 {
				t.Errorf("%d rows are left in %s", n, table)
			}
		}
	})
}

// A row that was damaged is an error with the place and no evidence.
func TestDamagedRows(t *testing.T) {
	each(t, func(t *testing.T, place func(*testing.T) *sides) {
		s := place(t)
		l, db := s.ledger(), s.dbs[0]
		test := ledger.Test{Key: "k", Time: ledgertest.Noon, Looks: []ledger.Look{{Trials: 2, Time: ledgertest.Noon}}}
		j := journalOf(t, l)
		journaltest.Append(t, j, journaltest.Trial("base", "x", 0, trial.Completed))
		defer j.Close()
		if err := errors.Join(l.AddBaseTrials(t.Context(), "k", ledgertest.Trial("x", 0)), l.SaveTest(t.Context(), test)); err != nil {
			t.Fatal(err)
		}
		for _, damage := range []string{`{"tri`, `{}`, `{"trial":{"schema":"pertask.trial/9"}}`, `{"trial":{},"dropped":{}}`, `{"key":"other","schema":"pertask.test/1"}`} {
			for _, text := range []string{`UPDATE journal_lines SET line = $1 WHERE place = 1`, `UPDATE base_lines SET line = $1`, `UPDATE tests SET test = $1`} {
				if _, err := db.Exec(db.SQL(text), []byte(damage)); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := j.Load(); err == nil || !strings.Contains(err.Error(), "installation 7:1:") {
				t.Errorf("%s: the journal was loaded, or the error has no place: %v", damage, err)
			}
			if got, err := l.BaseTrials(t.Context(), "k"); err == nil {
				t.Errorf("%s: %d trials were read", damage, len(got))
			}
			if _, _, err := l.Test(t.Context(), "k"); err == nil {
				t.Errorf("%s: the test was read", damage)
			}
			if err := l.SaveTest(t.Context(), test); err == nil {
				t.Errorf("%s: the test was begun anew", damage)
			}
		}
	})
}

package sqlledger_test

import (
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pertask/pertask/app/sqldb/sqldbtest"
	"github.com/pertask/pertask/app/sqldb/sqlledger"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
	"github.com/pertask/pertask/trial/journal/journaltest"
	"github.com/pertask/pertask/usage"
)

// alone appends a trial.
func alone(b *testing.B, j trial.Journal, n int64) {
	journaltest.Append(b, j, journaltest.Trial("head", fmt.Sprint("t", n), 0, trial.Completed))
}

// one appends a trial with its call, as a review does: the call twice. The file does not make a call outlive a power cut before its
// trial is appended, and the database does.
func one(b *testing.B, j trial.Journal, n int64) {
	tr := journaltest.Trial("head", fmt.Sprint("t", n), 0, trial.Completed)
	c := journaltest.Call(fmt.Sprint(n), tr.ID, usage.Admitted)
	journaltest.Append(b, j, c)
	c.State, c.Coverage = usage.Ended, usage.Complete
	journaltest.Append(b, j, c, tr)
}

// BenchmarkAppend appends trials to a file and to the database in turn, so that both have the same disk at the same time, and says
// how many times as long the database takes. PERTASK_FSYNC=1 makes PostgreSQL wait for the disk.
func BenchmarkAppend(b *testing.B) {
	for name, place := range map[string]func(testing.TB) string{"sqlite": sqldbtest.File, "postgres": sqldbtest.Postgres} {
		for _, workers := range []int{1, 8} {
			b.Run(fmt.Sprintf("%s/trial alone/%d at once", name, workers), func(b *testing.B) { beside(b, place(b), workers, alone) })
			b.Run(fmt.Sprintf("%s/trial with a call/%d at once", name, workers), func(b *testing.B) { beside(b, place(b), workers, one) })
		}
	}
}

func beside(b *testing.B, url string, workers int, do func(*testing.B, trial.Journal, int64)) {
	file, err := journal.Open(filepath.Join(b.TempDir(), "trials.jsonl"))
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	j := journalOf(b, sqlledger.New(sqldbtest.Open(b, url), installation, repo))
	defer j.Close()
	var n atomic.Int64
	round := func(j trial.Journal) time.Duration {
		start := time.Now()
		var all sync.WaitGroup
		for range workers {
			all.Go(func() { do(b, j, n.Add(1)) })
		}
		all.Wait()
		return time.Since(start)
	}
	round(file)
	round(j)
	var inFile, inDB time.Duration
	for b.Loop() {
		inFile += round(file)
		inDB += round(j)
	}
	trials := float64(b.N * workers)
	b.ReportMetric(float64(inFile.Microseconds())/trials, "file-µs/trial")
	b.ReportMetric(float64(inDB.Microseconds())/trials, "db-µs/trial")
	b.ReportMetric(inDB.Seconds()/inFile.Seconds(), "ratio")
}

// BenchmarkLoad reads a journal of 1,000 trials.
func BenchmarkLoad(b *testing.B) {
	for name, place := range map[string]func(testing.TB) string{"sqlite": sqldbtest.File, "postgres": sqldbtest.Postgres} {
		b.Run(name, func(b *testing.B) {
			j := journalOf(b, sqlledger.New(sqldbtest.Open(b, place(b)), installation, repo))
			defer j.Close()
			var all sync.WaitGroup
			for w := range 20 {
				all.Go(func() {
					for i := range 50 {
						one(b, j, int64(w*1000+i))
					}
				})
			}
			all.Wait()
			for b.Loop() {
				if ev, err := j.Load(); err != nil || len(ev.Results) != 1000 {
					b.Fatal(len(ev.Results), err)
				}
			}
		})
	}
}

package sqlqueue_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pertask/pertask/app/queue"
	"github.com/pertask/pertask/app/sqldb/sqldbtest"
	"github.com/pertask/pertask/app/sqldb/sqlqueue"
)

// BenchmarkAdd has 64 callers that add a note of 2 KiB each, and in the same run 64 callers that write the same to one file under
// a lock, or to a file each, and wait for the disk after every record. It reports the 99th percentiles and their ratios. With
// PostgreSQL it means something only with PERTASK_FSYNC=1.
func BenchmarkAdd(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { benchmarkAdd(b, sqldbtest.File(b)) })
	b.Run("postgres", func(b *testing.B) { benchmarkAdd(b, sqldbtest.Postgres(b)) })
}

const callers = 64

func benchmarkAdd(b *testing.B, url string) {
	q := open(b, url, sqlqueue.Options{})
	body := make([]byte, 2<<10)
	one := shared(b, body)
	own := separate(b, body)
	b.ResetTimer()
	add := percentile(b, func(_, i int) error {
		n := queue.Note{ID: fmt.Sprint(i), Key: fmt.Sprint("key ", i%500), Kind: "bench", Body: body}
		_, err := q.Add(context.Background(), n)
		return err
	})
	b.StopTimer()
	oneFile, ownFile := percentile(b, one), percentile(b, own)
	b.ReportMetric(add, "p99-ms")
	b.ReportMetric(oneFile, "one-file-p99-ms")
	b.ReportMetric(ownFile, "own-file-p99-ms")
	b.ReportMetric(add/oneFile, "p99/one-file")
	b.ReportMetric(add/ownFile, "p99/own-file")
}

// shared returns what writes records to one file, one caller after another.
func shared(b *testing.B, body []byte) func(caller, i int) error {
	f, err := os.Create(filepath.Join(b.TempDir(), "one"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = f.Close() })
	var mu sync.Mutex
	return func(int, int) error {
		mu.Lock()
		defer mu.Unlock()
		return record(f, body)
	}
}

// separate returns what writes records to a file of each caller.
func separate(b *testing.B, body []byte) func(caller, i int) error {
	dir := b.TempDir()
	var files [callers]*os.File
	for i := range files {
		f, err := os.Create(filepath.Join(dir, fmt.Sprint(i)))
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = f.Close() })
		files[i] = f
	}
	return func(caller, _ int) error { return record(files[caller], body) }
}

func record(f *os.File, body []byte) error {
	if _, err := f.Write(body); err != nil {
		return err
	}
	return f.Sync()
}

// percentile calls do b.N times from all callers and returns the 99th percentile of how long it took, in milliseconds.
func percentile(b *testing.B, do func(caller, i int) error) float64 {
	var next atomic.Int64
	took := make([]time.Duration, b.N)
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < b.N; i = int(next.Add(1)) - 1 {
				began := time.Now()
				if err := do(c, i); err != nil {
					b.Error(err)
					return
				}
				took[i] = time.Since(began)
			}
		})
	}
	wg.Wait()
	slices.Sort(took)
	return float64(took[len(took)*99/100].Microseconds()) / 1000
}

//go:build unix

package session_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/session"
)

// claudeLog writes a log of lines of 1,000 bytes on average, a third of them with usage, in sessions of 2,000 lines: what
// people, tools and models say, with the escapes of real logs, and answers in two lines each.
func claudeLog(tb testing.TB, dir string, lines int) (size int64) {
	tb.Helper()
	const perFile = 2000
	text := strings.Repeat(`the \"quoted\" text of a file,\n\tfunc main() { fmt.Println(\"a {brace}\") }\n and plain words without anything `, 16)
	begin := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for file := 0; file*perFile < lines; file++ {
		name := filepath.Join(dir, "projects", "-src-shop", fmt.Sprintf("%08d.jsonl", file))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			tb.Fatal(err)
		}
		f, err := os.Create(name)
		if err != nil {
			tb.Fatal(err)
		}
		w := bufio.NewWriterSize(f, 1<<20)
		for i := range min(perFile, lines-file*perFile) {
			n := file*perFile + i
			at := begin.Add(time.Duration(n) * 2 * time.Second).Format("2006-01-02T15:04:05.000Z")
			tail := fmt.Sprintf(`"uuid":"0f7d1f3c-aaaa-4bbb-8ccc-%012d","timestamp":%q,"userType":"external","entrypoint":"cli","cwd":"/src/shop","sessionId":"7c0de1aa-0000-4000-8000-%012d","version":"2.1.330","gitBranch":"fix-date"}`, n, at, file)
			switch i % 6 {
			case 0, 1:
				fmt.Fprintf(w, `{"parentUuid":"0f7d1f3c-aaaa-4bbb-8ccc-%012d","isSidechain":false,"message":{"content":[{"type":"text","text":"%s"}],"id":"msg_01%018d","model":"claude-sonnet-4-6","role":"assistant","stop_reason":"end_turn","stop_sequence":null,"type":"message","usage":{"input_tokens":%d,"cache_creation_input_tokens":386,"cache_read_input_tokens":%d,"output_tokens":%d,"output_tokens_details":{"thinking_tokens":13},"server_tool_use":{"web_search_requests":0,"web_fetch_requests":0},"service_tier":"standard","cache_creation":{"ephemeral_1h_input_tokens":69,"ephemeral_5m_input_tokens":317},"inference_geo":"","iterations":[],"speed":"standard","fallback_credit":null},"stop_details":null},"requestId":"req_%020d","type":"assistant",%s`+"\n",
					n, text[:n%400/2*2], n-i%6, n%1000, n%90000, 100+i%6, n-i%6, tail)
			case 2, 4:
				fmt.Fprintf(w, `{"parentUuid":"0f7d1f3c-aaaa-4bbb-8ccc-%012d","isSidechain":false,"type":"user","message":{"role":"user","content":[{"tool_use_id":"toolu_%020d","type":"tool_result","content":"%s"}]},"toolUseResult":{"usage":{"input_tokens":999999},"content":"x"},%s`+"\n", n, n, text[:400+n%1000/2*2], tail)
			default:
				fmt.Fprintf(w, `{"parentUuid":"0f7d1f3c-aaaa-4bbb-8ccc-%012d","isSidechain":false,"attachment":{"type":"file","text":"%s"},"type":"attachment",%s`+"\n", n, text[:200+n%1000/2*2], tail)
			}
		}
		if err := w.Flush(); err != nil {
			tb.Fatal(err)
		}
		info, err := f.Stat()
		if err != nil {
			tb.Fatal(err)
		}
		size += info.Size()
		f.Close()
	}
	return size
}

// count counts the lines of all logs, as one would.
func count(tb testing.TB, dir string) (lines int) {
	tb.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "projects", "*", "*.jsonl"))
	if err != nil {
		tb.Fatal(err)
	}
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			tb.Fatal(err)
		}
		s := bufio.NewScanner(f)
		s.Buffer(nil, 1<<20)
		for s.Scan() {
			lines++
		}
		if s.Err() != nil {
			tb.Fatal(s.Err())
		}
		f.Close()
	}
	return lines
}

// BenchmarkScan compares a scan of 1,000,000 lines with counting them, in turns within one process, and shows the most
// memory that the scan had of the system.
func BenchmarkScan(b *testing.B) {
	lines := 1_000_000
	if testing.Short() {
		lines = 50_000
	}
	dir := b.TempDir()
	size := claudeLog(b, dir, lines)
	count(b, dir) // into the page cache
	b.SetBytes(size)
	var counting, scanning, countingCPU, scanningCPU time.Duration
	var peak, allocated uint64
	var collections uint32
	var before, after runtime.MemStats
	for b.Loop() {
		began, used := time.Now(), cpu(b)
		if n := count(b, dir); n != lines {
			b.Fatalf("%d lines, want %d", n, lines)
		}
		counting += time.Since(began)
		countingCPU += cpu(b) - used
		runtime.GC()
		stop := watch(&peak)
		runtime.ReadMemStats(&before)
		began, used = time.Now(), cpu(b)
		r, err := session.Scan(context.Background(), session.Options{Homes: []session.Home{{Harness: "claude-code", Dir: dir}},
			Now: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC),
			Add: func(context.Context, ...spend.Entry) error { return nil }})
		scanning += time.Since(began)
		runtime.ReadMemStats(&after)
		allocated, collections = allocated+after.TotalAlloc-before.TotalAlloc, collections+after.NumGC-before.NumGC
		scanningCPU += cpu(b) - used
		stop()
		if err != nil || r.Lines != int64(lines) || len(r.Problems) > 0 {
			b.Fatalf("%+v, %v", r, err)
		}
	}
	b.ReportMetric(scanning.Seconds()/float64(b.N), "scan-s")
	b.ReportMetric(counting.Seconds()/float64(b.N), "count-s")
	b.ReportMetric(scanning.Seconds()/counting.Seconds(), "times")
	b.ReportMetric(scanningCPU.Seconds()/countingCPU.Seconds(), "times-cpu")
	b.ReportMetric(scanningCPU.Seconds()/float64(b.N), "scan-cpu-s")
	b.ReportMetric(float64(peak)/(1<<20), "peak-MB")
	b.ReportMetric(float64(allocated)/float64(b.N)/(1<<20), "allocated-MB")
	b.ReportMetric(float64(collections)/float64(b.N), "collections")
}

// cpu is the processor time that this process has used.
func cpu(tb testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// watch looks at the memory of the heap, and returns what ends that.
func watch(peak *uint64) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		for {
			metrics.Read(sample)
			*peak = max(*peak, sample[0].Value.Uint64())
			select {
			case <-done:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	return func() { close(done); <-ended }
}

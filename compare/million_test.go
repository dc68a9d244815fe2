package compare_test

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/report"
)

// million are the same costs for both programs: a CSV file for pertask, and a file for each arm for benchstat.
type million struct {
	csv, base, head   string
	pertask, benchcmd string // the programs
}

const (
	millionTasks  = 1000
	millionTrials = 1000 // of each task under each arm
)

func newMillion(b *testing.B) million {
	b.Helper()
	dir := b.TempDir()
	m := million{filepath.Join(dir, "trials.csv"), filepath.Join(dir, "base.txt"), filepath.Join(dir, "head.txt"),
		filepath.Join(dir, "pertask"), filepath.Join(dir, "benchstat")}
	for out, pkg := range map[string]string{m.pertask: "github.com/pertask/pertask/cmd/pertask", m.benchcmd: "golang.org/x/perf/cmd/benchstat"} {
		if text, err := exec.Command("go", "build", "-o", out, pkg).CombinedOutput(); err != nil {
			b.Fatalf("building %s: %v\n%s", pkg, err, text)
		}
	}
	var files [3]*bufio.Writer
	for i, name := range []string{m.csv, m.base, m.head} {
		f, err := os.Create(name)
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		files[i] = bufio.NewWriterSize(f, 1<<20)
		defer files[i].Flush()
	}
	files[0].WriteString(csvHeader)
	r := rand.New(rand.NewPCG(1, 1))
	for trial := range millionTrials {
		for task := range millionTasks {
			for arm, model := range []string{"gpt-5.4", "gpt-5.5"} {
				size := float64(1+task%17) * math.Exp(0.4*r.NormFloat64())
				input, cached, output := int(800*size), int(3000*size), int(150*size)
				usd := float64(1+arm) * (float64(input)*2.5 + float64(cached)*.25 + float64(output)*15) / 1e6
				fmt.Fprintf(files[0], "bench,%s,task-%04d,%d,%d,%d,%d,0,%d,%.6f,%.1f\n", model, task, trial, 1-r.IntN(4)/3, input, cached, output, usd, 30*size)
				fmt.Fprintf(files[1+arm], "BenchmarkTask%04d 1 %.6f USD/op\n", task, usd)
			}
		}
	}
	return m
}

// spent is what a process took.
type spent struct {
	wall, cpu time.Duration
	peak      float64 // megabytes of memory; 0 when it is not known
}

func timed(b *testing.B, name string, args ...string) spent {
	b.Helper()
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = io.Discard, os.Stderr
	start := time.Now()
	if err := cmd.Run(); err != nil {
		b.Fatalf("%s: %v", name, err)
	}
	return spent{time.Since(start), cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), peakMB(cmd.ProcessState)}
}

// least is the quickest of some processes: what others do on the machine only makes them slower. The memory is the most.
func least(all []spent) spent {
	out := all[0]
	for _, s := range all {
		out = spent{min(out.wall, s.wall), min(out.cpu, s.cpu), max(out.peak, s.peak)}
	}
	return out
}

// rounds is how often each program runs, one after the other.
const rounds = 3

// BenchmarkAnalyzeMillion analyses a million trials per arm of a thousand tasks, from the file to the report, beside
// benchstat on the same costs: both as whole processes, in turns. The metrics are milliseconds of each stage, the
// ratios to benchstat's time, and the peak of memory.
func BenchmarkAnalyzeMillion(b *testing.B) {
	m := newMillion(b)
	for b.Loop() {
		var costs, tokens, neighbour []spent
		args := []string{"analyze", "--base", "gpt-5.4", "--head", "gpt-5.5"}
		for range rounds {
			neighbour = append(neighbour, timed(b, m.benchcmd, m.base, m.head))
			costs = append(costs, timed(b, m.pertask, append(slices.Clone(args), m.csv)...))
			tokens = append(tokens, timed(b, m.pertask, append(slices.Clone(args), "--reprice", m.csv)...))
		}
		its := least(neighbour)
		b.ReportMetric(its.wall.Seconds(), "benchstat-s")
		b.ReportMetric(its.peak, "benchstat-MB")
		for name, ours := range map[string]spent{"costs": least(costs), "reprice": least(tokens)} {
			b.ReportMetric(ours.wall.Seconds(), name+"-s")
			b.ReportMetric(ours.wall.Seconds()/its.wall.Seconds(), name+"-wall/benchstat")
			b.ReportMetric(ours.cpu.Seconds()/its.cpu.Seconds(), name+"-cpu/benchstat")
			b.ReportMetric(ours.peak, name+"-MB")
		}
		m.stages(b)
	}
}

// stages times the stages in this process, and shows that the report is about all the trials.
func (m million) stages(b *testing.B) {
	b.Helper()
	open := func() io.Reader {
		f, err := os.Open(m.csv)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { f.Close() })
		return f
	}
	sel := compare.Selection{Path: m.csv, Base: "gpt-5.4", Head: "gpt-5.5"}
	s, r, err := compare.TimeStages(open, sel, analysisOptions())
	if err != nil {
		b.Fatal(err)
	}
	if r.Base.Trials != millionTasks*millionTrials || r.Head.Trials != r.Base.Trials || len(r.Tasks) != millionTasks || r.Ratio == nil || r.Why == nil {
		b.Fatalf("the report is about %d and %d trials of %d tasks", r.Base.Trials, r.Head.Trials, len(r.Tasks))
	}
	start := time.Now()
	if text, err := report.JSON(r); err != nil || len(text)+len(report.Markdown([]*report.Report{r}, report.MarkdownOptions{})) < 10_000 {
		b.Fatalf("the report has %d bytes, %v", len(text), err)
	}
	s.Report += time.Since(start)
	for name, d := range map[string]time.Duration{"reading": s.Reading, "folding": s.Folding, "intervals": s.Intervals, "decomposition": s.Decomposition, "report": s.Report} {
		b.ReportMetric(float64(d.Microseconds())/1000, name+"-ms")
	}
}

package compare_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/verdict"
)

func recordedFile(t testing.TB, name string) io.Reader {
	t.Helper()
	f, err := os.Open("testdata/recorded/" + name + ".csv.gz")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func analysisOptions() compare.Options {
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	return compare.Options{Policy: verdict.DefaultPolicy(), Pricing: price.Pricing{Book: price.Embedded(), At: at},
		Now: func() time.Time { return at }}
}

type referencePair struct {
	ID, File, Dataset, Base, Head string
	Reprice                       bool
	Tasks                         int
	LeftOut                       int     `json:"left_out"`
	BaseTrials                    int     `json:"base_trials"`
	BaseCompleted                 int     `json:"base_completed"`
	HeadCompleted                 int     `json:"head_completed"`
	BaseCost                      float64 `json:"base_cost"`
	HeadCost                      float64 `json:"head_cost"`
	BasePer                       any     `json:"base_cost_per_task"`
	HeadPer                       any     `json:"head_cost_per_task"`
	Ratio                         any
}

// number reads a number, "inf", or nothing at all (NaN).
func number(v any) float64 {
	switch x := v.(type) {
	case float64:
		return x
	case string:
		if x == "inf" {
			return math.Inf(1)
		}
	}
	return math.NaN()
}

func near(got, want float64) bool {
	if math.IsNaN(want) || math.IsInf(want, 0) {
		return math.IsNaN(got) == math.IsNaN(want) && (math.IsNaN(want) || got == want)
	}
	return math.Abs(got-want) <= 1e-9*math.Max(math.Abs(want), 1e-300)
}

func TestAnalyzeReproducesTheReference(t *testing.T) {
	data, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var ref struct{ Pairs []referencePair }
	if err := json.Unmarshal(data, &ref); err != nil {
		t.Fatal(err)
	}
	if len(ref.Pairs) != 42 {
		t.Fatalf("%d pairs, want 42", len(ref.Pairs))
	}
	for _, p := range ref.Pairs {
		t.Run(p.ID, func(t *testing.T) {
			t.Parallel()
			sel := compare.Selection{Path: p.File, Dataset: p.Dataset, Base: p.Base, Head: p.Head, Reprice: p.Reprice}
			r, err := compare.AnalyzeCSV(recordedFile(t, p.File), sel, analysisOptions())
			if err != nil {
				t.Fatal(err)
			}
			check := func(what string, got, want float64) {
				t.Helper()
				if !near(got, want) {
					t.Errorf("%s = %.15g, want %.15g", what, got, want)
				}
			}
			check("base cost per completed task", float64(r.Base.CostPerTask.Amount), number(p.BasePer))
			check("head cost per completed task", float64(r.Head.CostPerTask.Amount), number(p.HeadPer))
			if r.Ratio == nil {
				t.Fatal("no ratio")
			}
			check("ratio", float64(r.Ratio.Estimate), number(p.Ratio))
			check("base cost", dollars(t, r.Base.Cost.Amount), p.BaseCost)
			check("head cost", dollars(t, r.Head.Cost.Amount), p.HeadCost)
			if r.Base.Trials != p.BaseTrials || r.Base.Completed != p.BaseCompleted || r.Head.Completed != p.HeadCompleted {
				t.Errorf("trials %d, completed %d and %d; want %d, %d and %d", r.Base.Trials, r.Base.Completed, r.Head.Completed, p.BaseTrials, p.BaseCompleted, p.HeadCompleted)
			}
			if len(r.LeftOut) != p.LeftOut {
				t.Errorf("left out %v, want %d tasks", r.LeftOut, p.LeftOut)
			}
		})
	}
}

func dollars(t *testing.T, a price.Amount) float64 {
	t.Helper()
	m, ok := a.Value()
	if !ok {
		t.Fatal("cost unknown")
	}
	return m.Float64()
}

func analyzeGAIA(t *testing.T, base, head string) *report.Report {
	t.Helper()
	r, err := compare.AnalyzeCSV(recordedFile(t, "agentic_tokens"),
		compare.Selection{Path: "f", Dataset: "pr2/gaia-react", Base: base, Head: head}, analysisOptions())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The figures are those of statistics.md 4.4b, worked out apart from this code.
func TestAnalyzeOneTrialPerTask(t *testing.T) {
	for _, tt := range []struct {
		base, head       string
		ratio, low, high float64
		want             verdict.Verdict
	}{
		{"gemini-3.1-pro", "gemini-3-flash", 2.656, 1.698, 4.152, verdict.DontSwitch},
		{"claude-opus-4.7", "gemini-3.1-pro", 0.372, 0.234, 0.592, verdict.Switch},
	} {
		r := analyzeGAIA(t, tt.base, tt.head)
		if r.Verdict != tt.want || r.Ratio.Scope != verdict.PopulationScope {
			t.Errorf("%s -> %s: %v in scope %s, want %v", tt.base, tt.head, r.Verdict, r.Ratio.Scope, tt.want)
		}
		for _, x := range []struct {
			got  report.Number
			want float64
		}{{r.Ratio.Estimate, tt.ratio}, {r.Ratio.Low, tt.low}, {r.Ratio.High, tt.high}} {
			if math.Abs(float64(x.got)-x.want) > 0.0005 {
				t.Errorf("%s -> %s: %.4f, want %.3f", tt.base, tt.head, x.got, x.want)
			}
		}
	}
}

func TestAnalyzeRefuses(t *testing.T) {
	const header = "dataset,model,task,trial,passed,input_tokens,cached_input_tokens,cache_write_tokens,output_tokens,cost_usd,duration_s\n"
	const rows = "d,a,t,0,1,,,,,1,\nd,b,t,0,1,,,,,1,\ne,c,t,0,1,,,,,1,\n"
	for _, tt := range []struct {
		name, in, want string
		sel            compare.Selection
	}{
		{"unknown dataset", header + rows, `f.csv:1:1: no row has dataset "x"; there are d, e`, compare.Selection{Dataset: "x", Base: "a", Head: "b"}},
		{"unknown model", header + rows, `f.csv:1:1: no row has model "c"; there are a, b`, compare.Selection{Dataset: "d", Base: "a", Head: "c"}},
		{"which dataset", header + rows, "f.csv:1:1: the file has 2 datasets", compare.Selection{Base: "a", Head: "b"}},
		{"no rows", header, "f.csv:2:1: the file has no trials", compare.Selection{Base: "a", Head: "b"}},
		{"the same model", header + rows, "two different models", compare.Selection{Dataset: "d", Base: "a", Head: "a"}},
		{"a negative count", header + "d,a,t,0,1,-4,,,,1,\n", "f.csv:2:11: input_tokens is negative", compare.Selection{Dataset: "d", Base: "a", Head: "b"}},
	} {
		tt.sel.Path = "f.csv"
		_, err := compare.AnalyzeCSV(strings.NewReader(tt.in), tt.sel, analysisOptions())
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want it to begin with %q", tt.name, err, tt.want)
		}
	}
}

func TestAnalyzeLeavesOutWhatIsUnknown(t *testing.T) {
	const in = `dataset,model,task,trial,passed,input_tokens,cached_input_tokens,cache_write_tokens,output_tokens,cost_usd,duration_s
d,a,both,0,1,,,,,1,
d,b,both,0,1,,,,,2,
d,a,no outcome,0,,,,,,1,
d,b,no outcome,0,1,,,,,1,
d,a,no cost,0,1,,,,,,
d,b,no cost,0,1,,,,,1,
d,a,only base,0,1,,,,,1,
`
	r, err := compare.AnalyzeCSV(strings.NewReader(in), compare.Selection{Path: "f", Base: "a", Head: "b"}, analysisOptions())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, l := range r.LeftOut {
		got[l.Task] = l.Reason
	}
	want := map[string]string{
		"no outcome": "outcome unknown in 1 of 1 trials of the base",
		"no cost":    "cost unknown in 1 of 1 trials of the base",
		"only base":  "no trial of the head",
	}
	for task, reason := range want {
		if got[task] != reason {
			t.Errorf("%s: left out because %q, want %q", task, got[task], reason)
		}
	}
	if len(got) != len(want) || r.Ratio.Estimate != 2 {
		t.Errorf("left out %v; ratio %v, want 2", got, r.Ratio.Estimate)
	}
}

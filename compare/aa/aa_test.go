package aa_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/compare/aa"
	"github.com/pertask/pertask/stats"
	"github.com/pertask/pertask/verdict"
)

// tasks have trials whose costs spread by sigma and of which a share completes.
func tasks(n, trials int, sigma, rate float64) []aa.Task {
	rng := rand.New(rand.NewPCG(7, 7))
	var out []aa.Task
	for i := range n {
		t := aa.Task{ID: fmt.Sprint("t", i)}
		for range trials {
			t.Obs = append(t.Obs, stats.Obs{Cost: float64(i+1) * math.Exp(sigma*rng.NormFloat64()), Completed: rng.Float64() < rate})
		}
		out = append(out, t)
	}
	return out
}

// TestSimulateIsHonest holds that equal arms get a verdict no more often than the test's error allows, and that most runs
// end before the cap.
func TestSimulateIsHonest(t *testing.T) {
	for _, q := range []aa.Question{
		{Tasks: tasks(10, 10, 0.4, 0.9), Looks: []int{2, 3, 5, 8}, Policy: verdict.DefaultPolicy(), Runs: 1000, Seed: 1},
		{Tasks: tasks(4, 12, 0.6, 0.5), Looks: []int{5, 8}, Policy: verdict.DefaultPolicy(), Runs: 1000, Seed: 2},
	} {
		s, err := aa.Simulate(q)
		if err != nil {
			t.Fatal(err)
		}
		if s.Rate > 0.05+2*math.Sqrt(0.05*0.95/1000) || s.Rate != float64(s.Switch+s.DontSwitch)/1000 || s.SE != math.Sqrt(s.Rate*(1-s.Rate)/1000) {
			t.Errorf("%d tasks: %+v", len(q.Tasks), s)
		}
		last := float64(q.Looks[len(q.Looks)-1])
		if s.Rounds <= float64(q.Looks[0]) || s.Rounds >= last || s.Trials != 2*s.Rounds*float64(len(q.Tasks)) || s.Dollars <= 0 {
			t.Errorf("%d tasks: %+v, want it to end between the first look and the last", len(q.Tasks), s)
		}
		if !(s.Factor > 1) || !(s.Resolves > s.Factor) {
			t.Errorf("%d tasks: an interval of x/÷ %v and a resolution of %v", len(q.Tasks), s.Factor, s.Resolves)
		}
		again, err := aa.Simulate(q)
		if diff := cmp.Diff(s, again); err != nil || diff != "" {
			t.Errorf("the same question again: %v\n%s", err, diff)
		}
	}
}

// TestSimulateSpreads holds that trials that vary more resolve less, and that equal arms are held against a ratio of 1.
func TestSimulateSpreads(t *testing.T) {
	q := aa.Question{Tasks: tasks(10, 10, 0.1, 1), Looks: []int{2, 5}, Policy: verdict.DefaultPolicy(), Runs: 200, Seed: 1}
	quiet, err := aa.Simulate(q)
	if err != nil {
		t.Fatal(err)
	}
	q.Tasks = tasks(10, 10, 1, 0.6)
	loud, err := aa.Simulate(q)
	if err != nil {
		t.Fatal(err)
	}
	if !(quiet.Factor < loud.Factor && quiet.Resolves < loud.Resolves) {
		t.Errorf("quiet trials %+v, loud ones %+v", quiet, loud)
	}
	q.Policy.MaxCostRatio = 1.5 // equal arms are far below; that is no reason for a verdict here
	if other, err := aa.Simulate(q); err != nil || other.Switch != loud.Switch {
		t.Errorf("with another threshold: %+v, %v; want %+v", other, err, loud)
	}
	q.Policy = verdict.DefaultPolicy()
	q.Policy.Scope = verdict.PopulationScope
	if p, err := aa.Simulate(q); err != nil || !math.IsNaN(float64(p.Factor)) || !math.IsNaN(float64(p.Resolves)) {
		t.Errorf("tasks like these: %+v, %v", p, err)
	}
}

func TestSimulateRefuses(t *testing.T) {
	good := aa.Question{Tasks: tasks(10, 3, 0.4, 0.9), Looks: []int{2, 3}, Policy: verdict.DefaultPolicy(), Runs: 2}
	if _, err := aa.Simulate(good); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		change func(*aa.Question)
		want   string
	}{
		"no runs":       {func(q *aa.Question) { q.Runs = 0 }, "0 runs"},
		"too many":      {func(q *aa.Question) { q.Runs = aa.MaxRuns + 1 }, "100001 runs"},
		"no tasks":      {func(q *aa.Question) { q.Tasks = nil }, "no trials to draw from"},
		"few trials":    {func(q *aa.Question) { q.Tasks[3].Obs = q.Tasks[3].Obs[:2] }, `task "t3" has 2 trials`},
		"no looks":      {func(q *aa.Question) { q.Looks = nil }, "looks"},
		"a bad reserve": {func(q *aa.Question) { q.Policy.ExtensionReserve = 1 }, "extension_reserve"},
		"a bad cost": {func(q *aa.Question) {
			q.Tasks[0].Obs[0].Cost, q.Tasks[0].Obs[1].Cost, q.Tasks[0].Obs[2].Cost = -1, -1, -1
		}, "compar"},
	} {
		q := good
		q.Tasks = tasks(10, 3, 0.4, 0.9)
		tt.change(&q)
		if _, err := aa.Simulate(q); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func tree(t *testing.T, runs ...aa.Run) fstest.MapFS {
	t.Helper()
	r := aa.Record{}
	for _, run := range runs {
		r = r.With(run)
	}
	data, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	back, err := aa.Parse(data)
	if diff := cmp.Diff(r, back); err != nil || diff != "" {
		t.Fatalf("the record came back as another one: %v\n%s", err, diff)
	}
	return fstest.MapFS{aa.Path: {Data: data}}
}

func TestFindings(t *testing.T) {
	block := verdict.DefaultPolicy()
	block.Mode = verdict.Block
	run := func(tests, wrong int) aa.Run {
		return aa.Run{Suite: "s", Digest: "d", Time: noon, Tests: tests, False: wrong, Factor: 1.2, Resolves: 1.4}
	}
	other := run(1, 1)
	other.Suite = "other"
	for name, tt := range map[string]struct {
		source fstest.MapFS
		policy verdict.Policy
		digest string
		want   string
	}{
		"nothing blocks":          {fstest.MapFS{}, verdict.DefaultPolicy(), "d", ""},
		"no record":               {fstest.MapFS{}, block, "d", "no-aa-run"},
		"of another suite only":   {tree(t, other), block, "d", "no-aa-run"},
		"silent":                  {tree(t, other, run(1, 0)), block, "d", ""},
		"the last one counts":     {tree(t, run(1, 1), run(1, 0)), block, "d", ""},
		"a false verdict":         {tree(t, run(1, 1)), block, "d", "aa-false-verdicts"},
		"as many as chance":       {tree(t, run(2000, 115)), block, "d", ""},
		"more than chance":        {tree(t, run(2000, 125)), block, "d", "aa-false-verdicts"},
		"another version":         {tree(t, run(1, 0)), block, "e", "aa-run-of-another-suite"},
		"what is no record":       {fstest.MapFS{aa.Path: {Data: []byte("{")}}, block, "d", "aa-run-unreadable"},
		"of a later version":      {fstest.MapFS{aa.Path: {Data: []byte(`{"schema":"pertask.aa/2"}`)}}, block, "d", "aa-run-unreadable"},
		"of impossible numbers":   {fstest.MapFS{aa.Path: {Data: []byte(`{"schema":"pertask.aa/1","runs":[{"suite":"s","digest":"d","tests":0}]}`)}}, block, "d", "aa-run-unreadable"},
		"with something after it": {fstest.MapFS{aa.Path: {Data: []byte(`{"schema":"pertask.aa/1"} x`)}}, block, "d", "aa-run-unreadable"},
		"of a huge file":          {fstest.MapFS{aa.Path: {Data: make([]byte, 2<<20)}}, block, "d", "aa-run-unreadable"},
	} {
		t.Run(name, func(t *testing.T) {
			found := aa.Findings(tt.source, tt.policy, "s", tt.digest)
			switch {
			case tt.want == "" && len(found) > 0, tt.want != "" && (len(found) != 1 || found[0].Code != tt.want):
				t.Errorf("%+v, want %q", found, tt.want)
			case len(found) == 1 && found[0].Withhold:
				t.Error("a finding about A/A runs withholds the verdict")
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"schema":"pertask.aa/1","runs":[{"suite":"s","digest":"d","tests":1,"false":0,"factor":1.2,"resolves":null}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := aa.Parse(data)
		if err != nil {
			return
		}
		if _, err := r.JSON(); err != nil {
			t.Errorf("what was read cannot be written: %v", err)
		}
	})
}

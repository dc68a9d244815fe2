package rollup_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/ledger/attribute"
	"github.com/pertask/pertask/ledger/rollup"
	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/price"
)

// order is the precedence of sources, as docs/spend.md has it.
var order = []string{"meter/measured", "check/measured", "import/measured", "session-log/reported", "otlp/reported", "otlp-metrics/reported", "import/reported", "/allocated"}

func precedence(e spend.Entry) int {
	if e.Provenance == spend.Allocated {
		return slices.Index(order, "/allocated")
	}
	return slices.Index(order, string(e.Source)+"/"+string(e.Provenance))
}

// counted is the rule of sources, plainly: an entry counts unless one that counts, of a better source, has the same
// session and hour, and a place that may be the same.
func counted(entries []spend.Entry) []spend.Entry {
	sorted := slices.Clone(entries)
	sort.SliceStable(sorted, func(i, j int) bool { return precedence(sorted[i]) < precedence(sorted[j]) })
	may := func(a, b string) bool { return a == "" || a == "HEAD" || b == "" || b == "HEAD" || a == b }
	var out []spend.Entry
	for _, e := range sorted {
		better := false
		for _, o := range out {
			better = better || precedence(o) < precedence(e) && o.Session == e.Session && o.Hour.Equal(e.Hour) &&
				may(o.Repository, e.Repository) && may(o.Branch, e.Branch)
		}
		if !better {
			out = append(out, e)
		}
	}
	return out
}

// The roll-up is what adding up without any thrift comes to: in dollars of all provenances, by what each sum is of.
func TestRollupIsTheSum(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 9))
	for range 15 {
		var entries []spend.Entry
		for _, e := range random(r, 250) {
			if e.Session == spend.SessionKey("h", "3") { // many sources of one session and hour
				e.Hour = monday.Add(time.Duration(r.IntN(5)+60) * time.Hour)
				e.Last = e.Hour
				e = e.Complete()
			}
			entries = append(entries, e)
		}
		var set spend.Set
		for _, e := range entries {
			set.Add(e)
		}
		entries = set.Sorted()
		in := rollup.Input{
			Pricing: pricing(t), From: monday.Add(48 * time.Hour), To: monday.AddDate(0, 0, 25),
			Repositories: []attribute.Repository{{Name: shop, Pulls: []attribute.Pull{merged(1, 100, "x"), merged(2, 400, "team:b"), merged(3, 30)}}, {Name: site, Pulls: []attribute.Pull{merged(1, 300)}}},
		}
		want := map[string]price.Money{}
		add := func(e spend.Entry, format string, args ...any) {
			usd, _ := spend.Value(e, in.Pricing).Cost.Amount.Value()
			key := fmt.Sprintf(format, args...)
			want[key] = want[key].Plus(usd)
		}
		labels := map[string]string{shop + " 1": "x", shop + " 2": "team:b"}
		for _, e := range counted(entries) {
			inside := !e.Hour.Before(in.From) && e.Hour.Before(in.To)
			a := byBranch(e)
			pull := fmt.Sprintf("%s %d", a.Repository, a.Pull)
			described := a.Attributed() && slices.Contains([]string{shop + " 1", shop + " 2", site + " 1"}, pull)
			switch {
			case e.Source == spend.Check && inside:
				add(e, "checks")
				continue
			case e.Source == spend.Check:
				continue
			case described:
				add(e, "pull %s", pull)
			}
			if !inside {
				continue
			}
			add(e, "total")
			year, week := e.Hour.ISOWeek()
			add(e, "week %d-W%02d", year, week)
			add(e, "model d/%s", e.Model)
			add(e, "repository %s", e.Repository)
			of := slices.Clone(e.Labels)
			if described && labels[pull] != "" && !slices.Contains(of, labels[pull]) {
				of = append(of, labels[pull])
			}
			if len(of) == 0 {
				of = []string{""}
			}
			for _, l := range of {
				add(e, "label %s", l)
			}
			if !a.Attributed() {
				add(e, "reason %s", a.Reason)
			}
		}
		out := roll(t, in, entries...)
		got := map[string]price.Money{}
		note := func(s rollup.Spend, format string, args ...any) {
			got[fmt.Sprintf(format, args...)] = s.All().USD
		}
		note(out.Total, "total")
		note(out.Checks, "checks")
		for _, p := range out.Pulls {
			note(p.Spend, "pull %s %d", p.Repository, p.Number)
		}
		for kind, groups := range map[string][]rollup.Group{"week": out.Weeks, "model": out.Models, "repository": out.Repositories, "label": out.Labels} {
			for _, g := range groups {
				note(g.Spend, "%s %s", kind, g.Key)
			}
		}
		for _, x := range out.Reasons {
			note(x.Spend, "reason %s", x.Reason)
		}
		for _, m := range []map[string]price.Money{got, want} { // a group of nothing is as good as none
			for k, usd := range m {
				if usd.IsZero() {
					delete(m, k)
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" || len(want) < 12 {
			t.Fatalf("%d sums (-want +got):\n%s", len(want), diff)
		}
	}
}

// Costs in another unit have the same description in that unit, in whatever order they come.
func TestSummaryScales(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for n := range 40 {
		x, y := make([]float64, n), make([]float64, n)
		for i := range x {
			x[i] = r.ExpFloat64()
			y[n-1-i] = 1024 * x[i]
		}
		a, b := rollup.Summarize(x), rollup.Summarize(y)
		for name, pair := range map[string][2]float64{"median": {a.Median, b.Median}, "mean": {a.Mean, b.Mean}, "first quartile": {a.Quartile[0], b.Quartile[0]},
			"third quartile": {a.Quartile[1], b.Quartile[1]}, "most": {a.Most, b.Most}} {
			if pair[1] != 1024*pair[0] {
				t.Errorf("%d: %s %g, and a thousand times as much is %g", n, name, pair[0], pair[1])
			}
		}
		if (a.MeanInterval == nil) != (n < 8) || (a.MedianInterval == nil) != (n < 6) {
			t.Errorf("%d: intervals %v and %v", n, a.MedianInterval, a.MeanInterval)
		}
		if a.MeanInterval != nil && (!near(a.MeanInterval.Low*1024, b.MeanInterval.Low) || !near(a.MeanInterval.High*1024, b.MeanInterval.High)) {
			t.Errorf("%d: intervals of the mean %v and %v", n, a.MeanInterval, b.MeanInterval)
		}
		if n > 0 && (a.Least > a.Quartile[0] || a.Quartile[0] > a.Median || a.Median > a.Quartile[1] || a.Quartile[1] > a.Most) {
			t.Errorf("%d: out of order: %+v", n, a)
		}
	}
}

// near allows for the rounding of a power.
func near(a, b float64) bool { return math.Abs(a-b) <= 1e-12*math.Abs(b) }

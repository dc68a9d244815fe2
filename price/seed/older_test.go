package seed_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pertask/pertask/price/seed"
	"github.com/pertask/pertask/usage"
)

// dated gives a quote the date of its source.
func dated(date string) func(*seed.Quote) { return func(q *seed.Quote) { q.Date = date } }

// TestOlderSourcesAreToldApart: what a file from before the day on which a row was verified says differently is no
// news. A file without a date was fetched just now.
func TestOlderSourcesAreToldApart(t *testing.T) {
	const old, day, new = "2026-11-09", "2026-11-10", "2026-11-11"
	flex := plain + `, {"tier": "flex", "rates": {"input": "1", "output": "3"}}`
	ok, half := rates("2", "0.2", "6"), rates("1", "", "3")
	committed := []seed.Quote{
		says("pi-ai 1", ok, dated(day)), says("langfuse@1", ok, dated("2026-08-22")), // the newest that agrees counts
		says("langfuse@1", half, tier("flex"), dated("2026-08-22")), says("portkey-models@1", half, tier("flex"), dated("2026-08-21")),
		says("portkey-models@1", rates("9", "", "9"), dated("2026-12-31")), // newer, but it does not agree
	}
	input := func(k seed.Kind, fresh string, sources ...string) seed.Change {
		return seed.Change{Kind: k, Provider: "openai", Model: "gpt-a", Tier: "standard", Class: "input", Book: "2", Fresh: fresh, Sources: sources}
	}
	three := rates("3", "0.2", "6")
	for _, c := range []struct {
		name  string
		fresh []seed.Quote
		want  seed.Changes
		count int
	}{
		{"without a date", []seed.Quote{says("pi-ai", three)}, seed.Changes{input(seed.Changed, "3", "pi-ai")}, 1},
		{"from before", []seed.Quote{says("pi-ai", three, dated(old))}, seed.Changes{input(seed.Older, "3", "pi-ai")}, 0},
		{"of the same day", []seed.Quote{says("pi-ai", three, dated(day))}, seed.Changes{input(seed.Changed, "3", "pi-ai")}, 1},
		{"from after", []seed.Quote{says("pi-ai", three, dated(new))}, seed.Changes{input(seed.Changed, "3", "pi-ai")}, 1},
		{"from before, and the same", []seed.Quote{says("pi-ai", ok, dated(old))}, nil, 0},
		{"two from before", []seed.Quote{says("pi-ai", three, dated(old)), says("langfuse", rates("4", "0.2", "6"), dated(old))},
			seed.Changes{input(seed.Older, "3, 4", "pi-ai", "langfuse")}, 0},
		{"from before does not contradict the fresh one", []seed.Quote{says("pi-ai", three, dated(new)), says("langfuse", rates("4", "0.2", "6"), dated(old))},
			seed.Changes{input(seed.Changed, "3", "pi-ai"), input(seed.Older, "4", "langfuse")}, 1},
		{"from before does not back the book", []seed.Quote{says("pi-ai", three, dated(new)), says("langfuse", ok, dated(old))}, seed.Changes{input(seed.Changed, "3", "pi-ai")}, 1},
		{"each row has its own day", []seed.Quote{says("pi-ai", rates("1.5", "", "3"), tier("flex"), dated("2026-08-22"))}, seed.Changes{
			{Kind: seed.Changed, Provider: "openai", Model: "gpt-a", Tier: "flex", Class: "input", Book: "1", Fresh: "1.5", Sources: []string{"pi-ai"}},
			{Kind: seed.Gone, Provider: "openai", Model: "gpt-a", Sources: []string{"pi-ai"}}}[:1], 1},
		{"the day before that", []seed.Quote{says("pi-ai", rates("1.5", "", "3"), tier("flex"), dated("2026-08-21"))}, seed.Changes{
			{Kind: seed.Older, Provider: "openai", Model: "gpt-a", Tier: "flex", Class: "input", Book: "1", Fresh: "1.5", Sources: []string{"pi-ai"}}}, 0},
		{"gone from a fresh file", []seed.Quote{says("pi-ai", ok, model("gpt-z"), dated(new))}, seed.Changes{
			{Kind: seed.Gone, Provider: "openai", Model: "gpt-a", Sources: []string{"pi-ai"}}, {Kind: seed.Added, Provider: "openai", Model: "gpt-z", Tier: "standard", Fresh: "2 in, 0.2 cached, 6 out", Sources: []string{"pi-ai"}}}, 2},
		{"not yet in a file from before", []seed.Quote{says("pi-ai", ok, model("gpt-z"), dated(old))}, seed.Changes{
			{Kind: seed.Added, Provider: "openai", Model: "gpt-z", Tier: "standard", Fresh: "2 in, 0.2 cached, 6 out", Sources: []string{"pi-ai"}}, {Kind: seed.Older, Provider: "openai", Model: "gpt-a", Sources: []string{"pi-ai"}}}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := seed.Compare(decisions(t, fill(flex, "", "")), committed, c.fresh)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got, cmpopts.IgnoreUnexported(seed.Change{}), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
			if n := got.Differences(); n != c.count {
				t.Errorf("%d differences, want %d", n, c.count)
			}
			if older := slices.ContainsFunc(got, func(x seed.Change) bool { return x.Kind == seed.Older }); older && strings.Contains(string(seed.Patch(got)), `"older"`) {
				t.Error("the proposal has what only an older source says")
			}
		})
	}
}

// TestComparedRow: which row of the book a fresh quote is held against.
func TestComparedRow(t *testing.T) {
	const text = `{
  "as_of": "2026-11-22", "own_sources": [{"name": "notes", "date": "2026-11-22", "text": "ours"}],
  "models": [
    {"provider": "openai", "id": "m", "aliases": ["alias"], "known_as": ["m (preview)"], "rows": [
      {"until": "2026-08-01", "rates": {"input": "9", "output": "9"}},
      {"from": "2026-08-01", "until": "2026-12-01", "rates": {"input": "2", "cache_creation_5m": "2.5", "cache_creation_1h": "4", "output": "6"}},
      {"from": "2026-12-01", "rates": {"input": "3", "output": "6"}},
      {"name": "peak", "windows": [{"days": ["mon"], "from": "01:00", "until": "04:00"}, {"from": "06:00", "until": "10:00"}], "rates": {"input": "4", "output": "12"}},
      {"tier": "flex", "rates": {"input": "1", "output": "3"}, "long_context": {"threshold": 1000, "op": "gt", "unpriced": true}},
      {"tier": "batch", "as": "flex"}]},
    {"provider": "openai", "id": "fixed", "snapshots": "none", "rows": [{"rates": {"input": "1", "output": "2"}}]}],
  "like": [{"provider": "cloud", "of": "openai", "tiers": ["standard"], "because": "they say so", "by": "notes", "models": [{"id": "c", "of": "m", "current": true}]}]
}`
	q := func(r seed.Rates, change ...func(*seed.Quote)) seed.Quote {
		return says("pi-ai", r, append(change, change...)...)
	}
	for _, c := range []struct {
		name  string
		fresh seed.Quote
		want  string // "kind model tier figure book fresh" of each change
	}{
		{"today's", q(rates("2", "", "6"), model("m")), ""},
		{"by an alias", q(rates("8", "", "6"), model("alias")), "changed m standard input 2 8"},
		{"by a name that only sources use", q(rates("8", "", "6"), model("m (preview)")), "changed m standard input 2 8"},
		{"by a snapshot", q(rates("8", "", "6"), model("m@20260801")), "changed m standard input 2 8"},
		{"a snapshot of a model that has none", q(rates("8", "", "6"), model("fixed-2026-08-01")), "added fixed-2026-08-01 standard   8 in, 6 out"},
		{"the announced price", q(rates("3", "", "6"), model("m"), from("2026-12-01", "")), ""},
		{"the announced price, changed", q(rates("5", "", "6"), model("m"), from("2026-12-01", "")), "changed m standard input 3 5"},
		{"the announced price said to be of today", q(rates("3", "", "6"), model("m")), "changed m standard input 2 3"},
		{"the usual time to live", q(write(usage.CacheCreation, "2.5", rates("2", "", "6")), model("m")), ""},
		{"the usual time to live, changed", q(write(usage.CacheCreation, "2.6", rates("2", "", "6")), model("m")), "changed m standard cache_creation_5m 2.5 2.6"},
		{"a time to live that the book refuses", q(write(usage.CacheCreation12h, "9", rates("2", "", "6")), model("m")), "changed m standard cache_creation_12h unknown 9"},
		{"peak hours", q(rates("4", "", "12"), model("m"), hours("06:00-10:00")), ""},
		{"peak hours, changed", q(rates("5", "", "12"), model("m"), hours("01:00-04:00")), "changed m standard input 4 5"},
		{"hours that the book has not", q(rates("5", "", "12"), model("m"), hours("02:00-04:00")), ""},
		{"a tier that the book has not", q(rates("5", "", "12"), model("m"), tier("scale")), ""},
		{"the figures of another tier", q(rates("1", "", "4"), model("m"), tier("batch")), "changed m batch output 3 4"},
		{"a band that the book does not price", q(rates("2", "", "6"), model("m"), tier("flex"), above(1000)), "changed m flex long_context unpriced priced"},
		{"a band that the book has not", q(rates("7", "", "6"), model("m"), above(1000)), "changed m standard long_context.input 2 7"},
		{"like another provider", q(rates("2", "", "6"), provider("cloud"), model("c")), ""},
		{"like another provider, changed", q(rates("2.2", "", "6"), provider("cloud"), model("c")), "changed c standard input 2 2.2"},
		{"a tier that the other provider has not", q(rates("9", "", "9"), provider("cloud"), model("c"), tier("flex")), ""},
		{"of a region", q(rates("9", "", "9"), model("m"), region("eu")), ""},
		{"another tier of a model that the book lacks", q(rates("9", "", "9"), model("n"), tier("flex")), ""},
		{"hours of a model that the book lacks", q(rates("9", "", "9"), model("n"), hours("01:00-04:00")), ""},
		{"a band of a model that the book lacks", q(rates("9", "", "9"), model("n"), above(1000)), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			changes, err := seed.Compare(decisions(t, text), nil, []seed.Quote{c.fresh})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, x := range changes {
				got = append(got, strings.Join([]string{string(x.Kind), x.Model, x.Tier, x.Class, x.Book, x.Fresh}, " "))
			}
			if strings.Join(got, "; ") != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestSettlementsHold: what was settled of a version of a project stays settled for its next ones, in the rows that
// the settlement is of and for exactly the figure that it names.
func TestSettlementsHold(t *testing.T) {
	rows := plain + `, {"tier": "flex", "rates": {"input": "1", "output": "3"}}`
	settle := func(more string) string {
		return `{"provider": "openai", "models": ["gpt-a"], "source": "langfuse@1", "overruled": {"input": "7"}, "reason": "a slip"` + more + `}`
	}
	seven := rates("7", "0.2", "6")
	for _, c := range []struct {
		name, settled string
		fresh         seed.Quote
		want          int
	}{
		{"the same version", settle(""), says("langfuse@1", seven), 0},
		{"the next version", settle(""), says("langfuse@2", seven), 0},
		{"no version", settle(""), says("langfuse", seven), 0},
		{"another project", settle(""), says("pi-ai", seven), 1},
		{"another figure", settle(""), says("langfuse", rates("8", "0.2", "6")), 1},
		{"another class too", settle(""), says("langfuse", rates("7", "0.7", "6")), 1},
		{"every tier", settle(""), says("langfuse", rates("7", "", "3"), tier("flex")), 0},
		{"its tier", settle(`, "tiers": ["flex"]`), says("langfuse", rates("7", "", "3"), tier("flex")), 0},
		{"another tier", settle(`, "tiers": ["flex"]`), says("langfuse", seven), 1},
		{"a row of another day", settle(`, "from": "2026-01-01"`), says("langfuse", seven), 1},
		{"a settlement of support", `{"provider": "openai", "models": ["gpt-a"], "supported": {"input": "2"}, "by": "notes", "reason": "announced"}`, says("langfuse", seven), 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := seed.Compare(decisions(t, fill(rows, "", c.settled)), nil, []seed.Quote{c.fresh})
			if err != nil || len(got) != c.want {
				t.Errorf("got %+v, %v; want %d changes", got, err, c.want)
			}
		})
	}
}

// TestProvenance: a row names the newest version of every project that agrees with a figure of it, our own source where
// that decided, and the day of the newest quote.
func TestProvenance(t *testing.T) {
	ok := rates("2", "0.2", "6")
	support := `{"provider": "openai", "models": ["gpt-a"], "supported": {"cache_read": "0.2"}, "by": "notes", "reason": "announced"}`
	every := `{"provider": "openai", "models": ["gpt-a"], "supported": {"input": "2", "cache_read": "0.2", "output": "6"}, "by": "notes", "reason": "announced"}`
	cloud := `{"provider": "cloud", "of": "openai", "tiers": ["standard"], "because": "they say so", "by": "notes", "models": [{"id": "c", "of": "gpt-a"}]}`
	for _, c := range []struct {
		name, like, settled string
		quotes              []seed.Quote
		model               string
		sources             []string
		verified            string
	}{
		{"one project", "", "", []seed.Quote{says("langfuse@1", ok)}, "gpt-a", []string{"langfuse@1"}, "2026-08-22"},
		{"the newer version", "", "", []seed.Quote{says("genai-prices 2", ok), says("genai-prices@1", ok)}, "gpt-a", []string{"genai-prices 2"}, "2026-09-23"},
		{"the older version alone", "", "", []seed.Quote{says("genai-prices@1", ok)}, "gpt-a", []string{"genai-prices@1"}, "2026-08-21"},
		{"several", "", "", []seed.Quote{says("pi-ai 1", rates("2", "", "6")), says("portkey-models@1", ok)}, "gpt-a", []string{"pi-ai 1", "portkey-models@1"}, "2026-11-10"},
		{"with a figure of our own", "", support, []seed.Quote{says("langfuse@1", rates("2", "", "6"))}, "gpt-a", []string{"langfuse@1", "notes"}, "2026-08-22"},
		{"of our own alone", "", every, nil, "gpt-a", []string{"notes"}, "2026-11-22"},
		{"like another provider", cloud, "", []seed.Quote{says("pi-ai 1", ok), says("langfuse@1", rates("2", "", "6"), provider("cloud"), model("c"))}, "c", []string{"langfuse@1", "notes"}, "2026-08-22"},
	} {
		t.Run(c.name, func(t *testing.T) {
			data, findings, err := seed.Generate(decisions(t, fill(plain, c.like, c.settled)), versions, c.quotes)
			if err != nil {
				t.Fatal(err, findings)
			}
			var book struct {
				Models []struct {
					ID   string
					Rows []struct {
						Source   []string
						Verified string
					}
				}
			}
			if err := json.Unmarshal(data, &book); err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(book.Models, func(m struct {
				ID   string
				Rows []struct {
					Source   []string
					Verified string
				}
			}) bool {
				return m.ID == c.model
			})
			if i < 0 || len(book.Models[i].Rows) != 1 {
				t.Fatalf("models %+v, want %s with one row", book.Models, c.model)
			}
			if r := book.Models[i].Rows[0]; !slices.Equal(r.Source, c.sources) || r.Verified != c.verified {
				t.Errorf("source %q verified %s, want %q and %s", r.Source, r.Verified, c.sources, c.verified)
			}
		})
	}
}

// TestLikeRows: which rows of a model another provider's model takes over.
func TestLikeRows(t *testing.T) {
	rows := `{"until": "2026-08-01", "rates": {"input": "4", "output": "8"}}, {"from": "2026-08-01", "rates": {"input": "2", "output": "6"}}, {"from": "2027-01-01", "tier": "flex", "rates": {"input": "1", "output": "3"}}`
	like := func(tiers, more string) string {
		return `{"provider": "cloud", "of": "openai", "tiers": [` + tiers + `], "because": "they say so", "by": "notes", "models": [{"id": "c", "of": "gpt-a"` + more + `}]}`
	}
	for _, c := range []struct {
		name, like string
		want       []string
	}{
		{"one tier", like(`"standard"`, ""), []string{"cloud/c/standard", "cloud/c/standard/2026-08-01"}},
		{"without the past", like(`"standard"`, `, "current": true`), []string{"cloud/c/standard/2026-08-01"}},
		{"two tiers, one announced", like(`"standard", "flex"`, `, "current": true`), []string{"cloud/c/standard/2026-08-01", "cloud/c/flex/2027-01-01"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			settled := `{"provider": "openai", "models": ["gpt-a"], "tiers": ["flex"], "supported": {"input": "1", "output": "3"}, "by": "notes", "reason": "announced"}`
			quotes := []seed.Quote{says("pi-ai 1", rates("2", "", "6")), says("genai-prices 2", rates("4", "", "8"), from("", "2026-08-01")),
				says("pi-ai 1", rates("2", "", "6"), provider("cloud"), model("c")), says("genai-prices 2", rates("4", "", "8"), from("", "2026-08-01"), provider("cloud"), model("c"))}
			data, findings, err := seed.Generate(decisions(t, fill(rows, c.like, settled)), versions, quotes)
			if err != nil {
				t.Fatal(err, findings)
			}
			var got []string
			for _, part := range strings.Split(string(data), `{"id":"`)[1:] {
				if id, _, _ := strings.Cut(part, `"`); strings.HasPrefix(id, "cloud/") {
					got = append(got, id)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}

// TestInputsThatCannotBeRead: the error names the file and the line.
func TestInputsThatCannotBeRead(t *testing.T) {
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	good := file(fill(plain, "", ""))
	for _, c := range []struct {
		name string
		dir  fstest.MapFS
		want string
	}{
		{"no decisions", fstest.MapFS{}, "reading decisions"},
		{"decisions that are none", fstest.MapFS{"decisions.json": file("[]")}, "reading decisions"},
		{"a source that is none", fstest.MapFS{"decisions.json": good, "quotes/a.jsonl": file("a\n")}, `reading quotes "quotes/a.jsonl": line 1`},
		{"a quote that is none", fstest.MapFS{"decisions.json": good, "quotes/a.jsonl": file("{}\n{}\n[]\n")}, `reading quotes "quotes/a.jsonl": line 3`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, _, _, err := seed.ReadInputs(c.dir); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
	dir := fstest.MapFS{"decisions.json": good, "quotes/b.jsonl": file(`{"name":"b 1","date":"2026-01-02"}` + "\n" + `{"provider":"openai","model":"gpt-a","rates":{"input":"1"}}`), "quotes/README": file("x")}
	_, sources, quotes, err := seed.ReadInputs(dir)
	want := []seed.Quote{{Source: "b 1", Date: "2026-01-02", Provider: "openai", Model: "gpt-a", Rates: seed.Rates{usage.Input: "1"}}}
	if err != nil || len(sources) != 1 || !cmp.Equal(want, quotes) {
		t.Errorf("got %+v and %+v, %v; want %+v", sources, quotes, err, want)
	}
}

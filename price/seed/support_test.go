package seed_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/price/seed"
	"github.com/pertask/pertask/usage"
)

// base is a book of one model; %MODELS% and the other marks take what a case adds.
const base = `{
  "as_of": "2026-11-22", "attribution": ["ours"], "tiers": {},
  "own_sources": [{"name": "notes", "date": "2026-11-22", "text": "what we read"}],
  "refuse": {"openai": ["cache_creation_12h"]},
  "models": [{"provider": "openai", "id": "gpt-a", "aliases": ["a"], "known_as": ["gpt.a"], "rows": [%ROWS%]}],
  "like": [%LIKE%], "settled": [%SETTLED%], "factors": [], "fees": []
}`

const plain = `{"rates": {"input": "2", "cache_read": "0.2", "output": "6"}}`

func fill(rows, like, settled string) string {
	return strings.NewReplacer("%ROWS%", rows, "%LIKE%", like, "%SETTLED%", settled).Replace(base)
}

var versions = []seed.Source{
	{Name: "pi-ai 1", Date: "2026-11-10", Text: "pi"}, {Name: "langfuse@1", Date: "2026-08-22", Text: "lf"}, {Name: "portkey-models@1", Date: "2026-08-21", Text: "pk"},
	{Name: "genai-prices@1", Date: "2026-08-21", Text: "old genai"}, {Name: "genai-prices 2", Date: "2026-09-23", Text: "genai"},
}

// says is a quote of gpt-a at OpenAI.
func says(source string, r seed.Rates, change ...func(*seed.Quote)) seed.Quote {
	q := seed.Quote{Source: source, Provider: "openai", Model: "gpt-a", Rates: r}
	for _, f := range change {
		f(&q)
	}
	return q
}

func tier(t string) func(*seed.Quote)     { return func(q *seed.Quote) { q.Tier = t } }
func model(m string) func(*seed.Quote)    { return func(q *seed.Quote) { q.Model = m } }
func provider(p string) func(*seed.Quote) { return func(q *seed.Quote) { q.Provider = p } }
func above(n int64) func(*seed.Quote)     { return func(q *seed.Quote) { q.Above = n } }
func hours(h string) func(*seed.Quote)    { return func(q *seed.Quote) { q.Hours = h } }
func from(a, b string) func(*seed.Quote)  { return func(q *seed.Quote) { q.From, q.Until = a, b } }
func region(r string) func(*seed.Quote)   { return func(q *seed.Quote) { q.Region = r } }
func write(c usage.Class, v string, r seed.Rates) seed.Rates {
	r[c] = v
	return r
}

func TestGenerateFindings(t *testing.T) {
	ok := rates("2", "0.2", "6")
	band := `{"rates": {"input": "2", "output": "6"}, "long_context": {"threshold": 200000, "op": "gte", "rates": {"input": "4", "output": "12"}}}`
	banded := []seed.Quote{says("pi-ai 1", rates("2", "", "6"))}
	two := `{"until": "2026-08-22", "rates": {"input": "4", "output": "8"}}, {"from": "2026-08-22", "rates": {"input": "2", "output": "6"}}`
	now := says("pi-ai 1", rates("2", "", "6"))
	before := says("genai-prices 2", rates("4", "", "8"), from("", "2026-08-22"))
	flex := plain + `, {"tier": "flex", "rates": {"input": "1", "output": "3"}}`
	half := rates("1", "", "3")
	peak := `{"name": "peak", "windows": [{"days": ["mon"], "from": "01:00", "until": "04:00"}], "rates": {"input": "4", "output": "12"}}, {"rates": {"input": "2", "output": "6"}}`
	cloud := `{"provider": "cloud", "of": "openai", "tiers": ["standard"], "because": "they say so", "by": "notes", "models": [{"id": "c", "of": "gpt-a"}]}`
	for _, c := range []struct {
		name                string
		rows, like, settled string
		quotes              []seed.Quote
		want                []string // "model tier figure book quote", or "model tier figure - -" where support or use is missing
	}{
		{"a quote that agrees", plain, "", "", []seed.Quote{says("pi-ai 1", ok)}, nil},
		{"no quote", plain, "", "", nil, []string{"gpt-a standard input 2 ", "gpt-a standard cache_read 0.2 ", "gpt-a standard output 6 "}},
		{"a quote without the cached rate", plain, "", "", []seed.Quote{says("pi-ai 1", rates("2", "", "6"))}, []string{"gpt-a standard cache_read 0.2 "}},
		{"of an alias", plain, "", "", []seed.Quote{says("pi-ai 1", ok, model("a"))}, nil},
		{"of a name that only sources use", plain, "", "", []seed.Quote{says("pi-ai 1", ok, model("gpt.a"))}, nil},
		{"of a snapshot", plain, "", "", []seed.Quote{says("pi-ai 1", ok, model("gpt-a-2026-01-31"))}, nil},
		{"of something that looks like a snapshot", plain, "", "", []seed.Quote{says("pi-ai 1", ok), says("langfuse@1", rates("9", "", "9"), model("gpt-a-2026-13-31"))}, nil},
		{"of another provider", plain, "", "", []seed.Quote{says("pi-ai 1", ok), says("langfuse@1", rates("9", "", "9"), provider("cloud"))}, nil},
		{"of a region", plain, "", "", []seed.Quote{says("pi-ai 1", ok), says("langfuse@1", rates("9", "", "9"), region("eu"))}, nil},
		{"of a tier that the book has not", plain, "", "", []seed.Quote{says("pi-ai 1", ok), says("langfuse@1", rates("9", "", "9"), tier("scale"))}, nil},
		{"one disagrees", plain, "", "", []seed.Quote{says("pi-ai 1", ok), says("langfuse@1", rates("2", "0.5", "6"))}, []string{"gpt-a standard cache_read 0.2 0.5"}},
		{"a rate where the book has none costs what input costs", `{"rates": {"input": "2", "output": "6"}}`, "", "", []seed.Quote{says("pi-ai 1", ok)}, []string{"gpt-a standard cache_read 2 0.2"}},
		{"a rate that the book refuses", plain, "", "", []seed.Quote{says("pi-ai 1", write(usage.CacheCreation12h, "5", rates("2", "0.2", "6")))}, []string{"gpt-a standard cache_creation_12h unknown 5"}},
		{"writes without a time to live are the usual ones", `{"rates": {"input": "2", "cache_creation_5m": "2.5", "output": "6"}}`, "", "",
			[]seed.Quote{says("pi-ai 1", write(usage.CacheCreation, "2.5", rates("2", "", "6")))}, nil},
		{"settled", plain, "", `{"provider": "openai", "models": ["gpt-a"], "source": "langfuse@1", "overruled": {"cache_read": "0.5"}, "reason": "a slip"}`,
			[]seed.Quote{says("pi-ai 1", ok), says("langfuse@1", rates("2", "0.5", "6"))}, nil},
		{"settled for another figure", plain, "", `{"provider": "openai", "models": ["gpt-a"], "source": "langfuse@1", "overruled": {"cache_read": "0.4"}, "reason": "a slip"}`,
			[]seed.Quote{says("pi-ai 1", ok), says("langfuse@1", rates("2", "0.5", "6"))}, []string{"gpt-a standard cache_read 0.2 0.5", "gpt-a  cache_read  "}},
		{"settled for another tier", plain, "", `{"provider": "openai", "models": ["gpt-a"], "tiers": ["flex"], "source": "langfuse@1", "overruled": {"cache_read": "0.5"}, "reason": "a slip"}`,
			[]seed.Quote{says("pi-ai 1", ok), says("langfuse@1", rates("2", "0.5", "6"))}, []string{"gpt-a standard cache_read 0.2 0.5", "gpt-a flex cache_read  "}},
		{"supported by a settlement", plain, "", `{"provider": "openai", "models": ["gpt-a"], "supported": {"cache_read": "0.2"}, "by": "notes", "reason": "announced"}`,
			[]seed.Quote{says("pi-ai 1", rates("2", "", "6"))}, nil},
		{"supported by a settlement that is not needed", plain, "", `{"provider": "openai", "models": ["gpt-a"], "supported": {"cache_read": "0.2"}, "by": "notes", "reason": "announced"}`,
			[]seed.Quote{says("pi-ai 1", ok)}, []string{"gpt-a  cache_read  "}},
		{"another tier needs two projects", flex, "", "", []seed.Quote{says("pi-ai 1", ok), says("langfuse@1", half, tier("flex"))}, []string{"gpt-a flex input 1 ", "gpt-a flex output 3 "}},
		{"two versions of a project are one", flex, "", "", []seed.Quote{says("pi-ai 1", ok), says("genai-prices@1", half, tier("flex")), says("genai-prices 2", half, tier("flex"))},
			[]string{"gpt-a flex input 1 ", "gpt-a flex output 3 "}},
		{"another tier with two", flex, "", "", []seed.Quote{says("pi-ai 1", ok), says("langfuse@1", half, tier("flex")), says("portkey-models@1", half, tier("flex"))}, nil},
		{"the figures of another tier need one", flex + `, {"tier": "batch", "as": "flex"}`, "", "",
			[]seed.Quote{says("pi-ai 1", ok), says("langfuse@1", half, tier("flex")), says("portkey-models@1", half, tier("flex")), says("portkey-models@1", rates("1", "", "3"), tier("batch"))}, nil},
		{"the figures of another tier that disagree", flex + `, {"tier": "batch", "as": "flex"}`, "", "",
			[]seed.Quote{says("pi-ai 1", ok), says("langfuse@1", half, tier("flex")), says("portkey-models@1", half, tier("flex")), says("portkey-models@1", rates("1", "", "4"), tier("batch"))},
			[]string{"gpt-a batch output 3 4", "gpt-a batch output 3 "}},
		{"another provider's quotes count where the row says so", `{"like": "cloud", "rates": {"input": "2", "output": "6"}}`, "", "", []seed.Quote{says("pi-ai 1", rates("2", "", "6"), provider("cloud"))}, nil},
		{"a band", band, "", "", append(banded, says("pi-ai 1", rates("4", "", "12"), above(199999))), nil},
		{"a band with a limit that is off by one", band, "", "", append(banded, says("pi-ai 1", rates("4", "", "12"), above(200000))),
			[]string{"gpt-a standard long_context > 199999 > 200000", "gpt-a standard long_context > 199999 "}},
		{"a band that the book has not", plain, "", "", []seed.Quote{says("pi-ai 1", ok), says("langfuse@1", rates("4", "", "6"), above(200000))}, []string{"gpt-a standard long_context.input 2 4"}},
		{"a band of the same price", plain, "", "", []seed.Quote{says("pi-ai 1", ok), says("langfuse@1", ok, above(200000))}, nil},
		{"a band that the book does not price", `{"rates": {"input": "2", "output": "6"}, "long_context": {"threshold": 200000, "op": "gt", "unpriced": true}}`, "", "",
			append(banded, says("langfuse@1", rates("4", "", "12"), above(200000))), []string{"gpt-a standard long_context unpriced priced"}},
		{"the past", two, "", "", []seed.Quote{now, before}, nil},
		{"a change that the source dates a day later", two, "", "", []seed.Quote{now, says("genai-prices 2", rates("4", "", "8"), from("", "2026-08-23"))}, nil},
		{"a change that the source dates much later", two, "", "", []seed.Quote{now, says("genai-prices 2", rates("4", "", "8"), from("", "2026-09-01"))},
			[]string{"gpt-a standard input 2 4", "gpt-a standard output 6 8"}},
		{"read on the day of the change, before", two, "", "", []seed.Quote{now, before, says("langfuse@1", rates("4", "", "8"))}, []string{"gpt-a standard input 2 4", "gpt-a standard output 6 8"}},
		{"read the day before", two, "", "", []seed.Quote{now, says("portkey-models@1", rates("4", "", "8"))}, nil},
		{"peak hours", peak, "", "", []seed.Quote{now, says("genai-prices 2", rates("4", "", "12"), hours("01:00-04:00"))}, nil},
		{"other hours", peak, "", "", []seed.Quote{now, says("genai-prices 2", rates("4", "", "12"), hours("02:00-04:00"))}, []string{"gpt-a standard input 4 ", "gpt-a standard output 12 "}},
		{"like another provider", plain, cloud, "", []seed.Quote{says("pi-ai 1", ok), says("pi-ai 1", rates("2", "", "6"), provider("cloud"), model("c"))}, nil},
		{"like another provider, without a quote of its own", plain, cloud, "", []seed.Quote{says("pi-ai 1", ok)}, []string{"c standard input 2 ", "c standard output 6 "}},
		{"like another provider, but not", plain, cloud, "", []seed.Quote{says("pi-ai 1", ok), says("langfuse@1", rates("2", "", "6"), provider("cloud"), model("c")), says("pi-ai 1", rates("2", "", "7"), provider("cloud"), model("c"))},
			[]string{"c standard output 6 7"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			book, findings, err := seed.Generate(decisions(t, fill(c.rows, c.like, c.settled)), versions, c.quotes)
			if (err != nil) != (len(c.want) > 0) || (book == nil) != (err != nil) {
				t.Fatalf("got %d bytes and %v, want %d findings", len(book), err, len(c.want))
			}
			var got []string
			for _, f := range findings {
				got = append(got, strings.Join([]string{f.Model, f.Tier, f.Figure, f.Book, f.Quote}, " "))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			if err != nil && !strings.Contains(err.Error(), findings[0].String()) {
				t.Errorf("the error %q does not say the first finding %q", err, findings[0])
			}
		})
	}
}

func TestGenerateWritesWhatWasDecided(t *testing.T) {
	rows := `{"until": "2026-08-16T16:00:00Z", "rates": {"input": "4", "output": "8"}}, {"from": "2026-08-16T16:00:00Z", "guaranteed_until": "2026-12-31", "rates": {"input": "2", "cache_creation_30m": "2.5", "output": "6"},
	  "long_context": {"threshold": 200000, "op": "gt", "unpriced": true}}`
	settled := `{"provider": "openai", "models": ["gpt-a"], "supported": {"input": "4", "output": "8"}, "by": "notes", "reason": "announced"}`
	book, findings, err := seed.Generate(decisions(t, fill(rows, "", settled)), versions, []seed.Quote{
		says("pi-ai 1", write(usage.CacheCreation, "2.5", rates("2", "", "6"))), says("genai-prices 2", rates("2", "", "6")), says("genai-prices@1", rates("2", "", "6"))})
	if err != nil {
		t.Fatal(err, findings)
	}
	want := `{
  "schema": 1,
  "currency": "USD",
  "rates_per": 1000000,
  "as_of": "2026-11-22",
  "attribution": [
    "ours"
  ],
  "sources": {
    "genai-prices 2": "genai",
    "notes": "what we read",
    "pi-ai 1": "pi"
  },
  "tiers": {},
  "models": [
    {"provider":"openai","id":"gpt-a","aliases":["a"],"snapshots":"date","rows":[
      {"id":"openai/gpt-a/standard","until":"2026-08-16T16:00:00Z","precision":"second","tier":"standard","rates":{"input":"4","output":"8"},"refuse":["cache_creation_12h"],"source":["notes"],"verified":"2026-11-22"},
      {"id":"openai/gpt-a/standard/2026-08-16","from":"2026-08-16T16:00:00Z","precision":"second","guaranteed_until":"2026-12-31T00:00:00Z","tier":"standard","rates":{"input":"2","cache_creation_30m":"2.5","output":"6"},"refuse":["cache_creation_5m","cache_creation_1h","cache_creation_12h"],"long_context":{"threshold":200000,"op":"gt","counts":"input+cache_read+cache_write","unpriced":true},"source":["genai-prices 2","pi-ai 1"],"verified":"2026-11-10"}
    ]}
  ],
  "factors": [
    
  ],
  "fees": [
    
  ]
}
`
	if diff := cmp.Diff(want, string(book)); diff != "" {
		t.Errorf("book (-want +got):\n%s", diff)
	}
}

func TestDecisionsAreRefused(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"not JSON", "models", "reading decisions"},
		{"a field that is not known", `{"prices": []}`, `unknown field "prices"`},
		{"two values", `{} {}`, "something follows"},
		{"a settlement without a reason", fill(plain, "", `{"provider": "openai", "models": ["gpt-a"], "source": "s", "overruled": {"input": "1"}}`), "settlement 1 of [gpt-a]: give a reason"},
		{"a settlement of nothing", fill(plain, "", `{"provider": "openai", "models": ["gpt-a"], "reason": "r"}`), "settlement 1"},
		{"a settlement without a source", fill(plain, "", `{"provider": "openai", "models": ["gpt-a"], "overruled": {"input": "1"}, "reason": "r"}`), "settlement 1"},
		{"support by nobody", fill(plain, "", `{"provider": "openai", "models": ["gpt-a"], "supported": {"input": "1"}, "reason": "r"}`), "settlement 1"},
		{"like a model that is not there", fill(plain, `{"provider": "cloud", "of": "openai", "tiers": ["standard"], "because": "b", "by": "notes", "models": [{"id": "gpt-b"}]}`, ""), "cloud/gpt-b is like openai/gpt-b, which is not listed"},
		{"like another without a reason", fill(plain, `{"provider": "cloud", "of": "openai", "tiers": ["standard"], "by": "notes", "models": [{"id": "gpt-a"}]}`, ""), "has no reason"},
		{"a tier as one that is not there", fill(plain+`, {"tier": "batch", "as": "flex"}`, "", ""), "openai/gpt-a: tier batch is as tier flex"},
		{"a time with a zone", fill(`{"from": "2026-08-16T16:00:00+08:00", "rates": {"input": "2", "output": "6"}}`, "", ""), "neither a day nor a time in UTC"},
		{"windows that are none", fill(`{"windows": 1, "rates": {"input": "2", "output": "6"}}`, "", ""), "windows"},
		{"snapshots of another kind", strings.Replace(fill(plain, "", ""), `"aliases"`, `"snapshots": "date", "aliases"`, 1), `snapshots "date"`},
		{"a book that cannot be read", fill(plain+", "+plain, "", ""), "what was made cannot be read"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, err := seed.ParseDecisions([]byte(c.text))
			if err == nil {
				_, _, err = seed.Generate(d, versions, []seed.Quote{says("pi-ai 1", rates("2", "0.2", "6"))})
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

func TestCutKeepsWhatSpeaksOfTheBook(t *testing.T) {
	rows := plain + `, {"tier": "flex", "like": "cloud", "rates": {"input": "1", "output": "3"}}`
	got, err := seed.Cut(decisions(t, fill(rows, "", "")), []seed.Quote{
		says("pi-ai 1", rates("2", "", "6")), says("pi-ai 1", rates("2", "", "6"), model("a")), says("pi-ai 1", rates("3", "", "6"), model("a")),
		says("pi-ai 1", rates("2", "", "6"), model("gpt-b")), says("pi-ai 1", rates("2", "", "6"), region("eu")),
		says("pi-ai 1", rates("2", "", "6"), provider("cloud")), says("pi-ai 1", rates("1", "", "3"), provider("cloud"), tier("flex")),
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []seed.Quote{says("pi-ai 1", rates("2", "", "6")), says("pi-ai 1", rates("3", "", "6"), model("a")), says("pi-ai 1", rates("1", "", "3"), provider("cloud"), tier("flex"))}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("quotes (-want +got):\n%s", diff)
	}
}

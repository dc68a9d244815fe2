package seed_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pertask/pertask/price/seed"
	"github.com/pertask/pertask/usage"
)

const small = `{
  "as_of": "2026-11-22", "own_sources": [{"name": "notes", "date": "2026-11-22", "text": "ours"}],
  "refuse": {"openai": ["cache_creation_12h"]},
  "models": [
    {"provider": "openai", "id": "gpt-a", "rows": [
      {"until": "2026-08-01", "rates": {"input": "4", "output": "8"}},
      {"from": "2026-08-01", "guaranteed_until": "2026-11-21", "rates": {"input": "2", "cache_read": "0.2", "output": "6"},
       "long_context": {"threshold": 200000, "op": "gte", "rates": {"input": "4", "cache_read": "0.4", "output": "12"}}},
      {"tier": "flex", "from": "2026-08-01", "rates": {"input": "1", "output": "3"}}]},
    {"provider": "openai", "id": "gpt-b", "rows": [{"rates": {"input": "1", "output": "2"}}]}],
  "settled": [{"provider": "openai", "models": ["gpt-a"], "source": "langfuse@1", "overruled": {"output": "7"}, "reason": "a slip of theirs"}]
}`

func decisions(t testing.TB, text string) *seed.Decisions {
	t.Helper()
	d, err := seed.ParseDecisions([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func rates(in, cached, out string) seed.Rates {
	r := seed.Rates{usage.Input: in, usage.Output: out}
	if cached != "" {
		r[usage.CacheRead] = cached
	}
	return r
}

func TestCompare(t *testing.T) {
	old := []seed.Quote{
		{Source: "pi-ai 1", Provider: "openai", Model: "gpt-a", Rates: rates("2", "0.2", "6")},
		{Source: "pi-ai 1", Provider: "openai", Model: "gpt-b", Rates: rates("1", "", "2")},
	}
	pi := func(model, tier string, r seed.Rates) seed.Quote {
		return seed.Quote{Source: "pi-ai", Provider: "openai", Model: model, Tier: tier, Rates: r}
	}
	lf := func(model string, r seed.Rates) seed.Quote {
		return seed.Quote{Source: "langfuse", Provider: "openai", Model: model, Rates: r}
	}
	same := []seed.Quote{pi("gpt-a", "", rates("2", "0.2", "6")), pi("gpt-b", "", rates("1", "", "2"))}
	for _, c := range []struct {
		name  string
		fresh []seed.Quote
		want  seed.Changes
	}{
		{"nothing", nil, nil},
		{"the same", same, nil},
		{"the same under a snapshot", []seed.Quote{pi("gpt-a-2026-08-01", "", rates("2", "0.2", "6")), same[1]}, nil},
		{"changed", []seed.Quote{pi("gpt-a", "", rates("2.5", "0.2", "6")), same[1]}, seed.Changes{
			{Kind: seed.Changed, Provider: "openai", Model: "gpt-a", Tier: "standard", Class: "input", Book: "2", Fresh: "2.5", Sources: []string{"pi-ai"}, GuaranteedUntil: "2026-11-21"}}},
		{"changed in two sources", []seed.Quote{pi("gpt-b", "", rates("1.5", "", "2")), lf("gpt-b", rates("1.5", "", "2")), same[0]}, seed.Changes{
			{Kind: seed.Changed, Provider: "openai", Model: "gpt-b", Tier: "standard", Class: "input", Book: "1", Fresh: "1.5", Sources: []string{"langfuse", "pi-ai"}}}},
		{"a rate where the book has none", []seed.Quote{same[0], pi("gpt-b", "", rates("1", "0.1", "2"))}, seed.Changes{
			{Kind: seed.Changed, Provider: "openai", Model: "gpt-b", Tier: "standard", Class: "cache_read", Book: "1", Fresh: "0.1", Sources: []string{"pi-ai"}}}},
		{"another tier", []seed.Quote{same[0], same[1], pi("gpt-a", "flex", rates("1", "", "4"))}, seed.Changes{
			{Kind: seed.Changed, Provider: "openai", Model: "gpt-a", Tier: "flex", Class: "output", Book: "3", Fresh: "4", Sources: []string{"pi-ai"}}}},
		{"another threshold", []seed.Quote{same[0], same[1], {Source: "pi-ai", Provider: "openai", Model: "gpt-a", Above: 200000, Rates: rates("4", "0.4", "12")}}, seed.Changes{
			{Kind: seed.Changed, Provider: "openai", Model: "gpt-a", Tier: "standard", Class: "long_context", Book: "> 199999", Fresh: "> 200000", Sources: []string{"pi-ai"}, GuaranteedUntil: "2026-11-21"}}},
		{"sources contradict each other", []seed.Quote{same[0], same[1], lf("gpt-b", rates("3", "", "2"))}, seed.Changes{
			{Kind: seed.Conflict, Provider: "openai", Model: "gpt-b", Tier: "standard", Class: "input", Book: "1", Fresh: "1 (pi-ai), 3 (langfuse)", Sources: []string{"pi-ai", "langfuse"}}}},
		{"what was settled stays settled", []seed.Quote{lf("gpt-a", rates("2", "0.2", "7"))}, nil},
		{"what was settled of another figure does not", []seed.Quote{lf("gpt-a", rates("7", "0.2", "6"))}, seed.Changes{
			{Kind: seed.Changed, Provider: "openai", Model: "gpt-a", Tier: "standard", Class: "input", Book: "2", Fresh: "7", Sources: []string{"langfuse"}, GuaranteedUntil: "2026-11-21"}}},
		{"a price of the past", []seed.Quote{same[0], same[1], {Source: "pi-ai", Provider: "openai", Model: "gpt-a", Until: "2026-08-01", Rates: rates("5", "", "8")}}, nil},
		{"added", append([]seed.Quote{pi("gpt-c", "", rates("1", "0.1", "2"))}, same...), seed.Changes{
			{Kind: seed.Added, Provider: "openai", Model: "gpt-c", Tier: "standard", Fresh: "1 in, 0.1 cached, 2 out", Sources: []string{"pi-ai"}}}},
		{"of a provider that the book has not", append([]seed.Quote{{Source: "pi-ai", Provider: "nobody", Model: "x", Rates: rates("1", "", "2")}}, same...), nil},
		{"gone", same[:1], seed.Changes{{Kind: seed.Gone, Provider: "openai", Model: "gpt-b", Sources: []string{"pi-ai"}}}},
		{"gone from a source that was not asked", []seed.Quote{lf("gpt-a", rates("2", "", "6"))}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := seed.Compare(decisions(t, small), old, c.fresh)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got, cmpopts.IgnoreUnexported(seed.Change{}), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
			if n := got.Differences(); n != len(got) {
				t.Errorf("%d differences, want %d: no source has a date", n, len(got))
			}
		})
	}
}

func TestDiffOfTheCommittedQuotesIsEmpty(t *testing.T) {
	_, _, fresh := inputs(t) // an older version of a source among them
	got, err := seed.Diff(fresh)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range got {
		if c.Kind != seed.Older || !slices.Equal(c.Sources, []string{"genai-prices@47df840"}) {
			t.Errorf("%+v", c)
		}
	}
	if len(fresh) < 300 {
		t.Errorf("only %d quotes are committed", len(fresh))
	}
}

func TestPatchIsAProposalInTheFormOfTheDecisions(t *testing.T) {
	changes, err := seed.Compare(decisions(t, small), nil, []seed.Quote{
		{Source: "pi-ai", Provider: "openai", Model: "gpt-c", Rates: rates("1", "0.1", "2")},
		{Source: "pi-ai", Provider: "openai", Model: "gpt-b", Rates: rates("9", "", "2")},
	})
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Note    string
		Models  json.RawMessage
		Changes []seed.Change
	}
	if err := json.Unmarshal(seed.Patch(changes), &got); err != nil {
		t.Fatal(err)
	}
	d, err := seed.ParseDecisions([]byte(`{"models": ` + string(got.Models) + `}`))
	if err != nil {
		t.Fatalf("the models of the patch are not those of decisions.json: %v", err)
	}
	if want := []seed.Model{{Provider: "openai", ID: "gpt-c", Rows: []seed.Row{{Rates: rates("1", "0.1", "2")}}}}; !cmp.Equal(want, d.Models, cmpopts.IgnoreUnexported(seed.Model{}, seed.Row{})) {
		t.Errorf("models %+v, want %+v", d.Models, want)
	}
	if len(got.Changes) != 1 || got.Changes[0].Fresh != "9" || got.Note == "" {
		t.Errorf("got note %q and changes %+v, want a note and the change to 9", got.Note, got.Changes)
	}
}

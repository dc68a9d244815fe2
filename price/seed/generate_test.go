package seed_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/price/seed"
	"github.com/pertask/pertask/usage"
)

func inputs(t testing.TB) (*seed.Decisions, []seed.Source, []seed.Quote) {
	t.Helper()
	d, sources, quotes, err := seed.Inputs()
	if err != nil {
		t.Fatal(err)
	}
	return d, sources, quotes
}

func TestBookIsWhatTheInputsMake(t *testing.T) {
	d, sources, quotes := inputs(t)
	got, findings, err := seed.Generate(d, sources, quotes)
	if err != nil {
		for _, f := range findings {
			t.Log(f)
		}
		t.Fatal(err)
	}
	want, err := os.ReadFile("../book.json")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); diff != "" {
		t.Errorf("book.json is not what the inputs make (-file +made); run go generate ./price/seed:\n%s", diff)
	}
}

func TestBookAndInputsStaySmall(t *testing.T) {
	book, err := os.ReadFile("../book.json")
	if err != nil {
		t.Fatal(err)
	}
	if most := 150 << 10; len(book) > most {
		t.Errorf("the book has %d bytes, more than %d", len(book), most)
	}
	sum := 0
	for _, dir := range []string{".", "quotes"} {
		files, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if info, err := f.Info(); err == nil && strings.Contains(f.Name(), ".json") {
				sum += int(info.Size())
			}
		}
	}
	if most := 400 << 10; sum > most {
		t.Errorf("the inputs have %d bytes, more than %d", sum, most)
	}
}

// change returns the quotes with one figure changed.
func change(t *testing.T, quotes []seed.Quote, source, provider, model, tier string, class usage.Class, to string) []seed.Quote {
	t.Helper()
	for i, q := range quotes {
		if q.Source == source && q.Model == model && q.Provider == provider && q.Tier == tier && q.Above == 0 && q.Rates[class] != "" {
			rates := seed.Rates{}
			for c, v := range q.Rates {
				rates[c] = v
			}
			rates[class] = to
			quotes[i].Rates = rates
			return quotes
		}
	}
	t.Fatalf("%s has no quote of %s of %s, tier %q", source, class, model, tier)
	return nil
}

func TestChangedQuoteIsRefused(t *testing.T) {
	for _, c := range []struct {
		name, source, model, tier string
		class                     usage.Class
		to                        string
		want                      seed.Finding
	}{
		{"standard", "pi-ai 1.5.2", "gpt-5.4", "", usage.Input, "2.25",
			seed.Finding{Provider: "openai", Model: "gpt-5.4", Tier: "standard", Figure: "input", Book: "2.5", Quote: "2.25", Sources: []string{"pi-ai 1.5.2"}}},
		{"flex", "langfuse@6275144", "gpt-5.4", "flex", usage.CacheRead, "0.125",
			seed.Finding{Provider: "openai", Model: "gpt-5.4", Tier: "flex", Figure: "cache_read", Book: "0.13", Quote: "0.125", Sources: []string{"langfuse@6275144"}}},
		{"a rate where the book has none", "pi-ai 1.5.2", "claude-opus-5", "", usage.CacheCreation, "6",
			seed.Finding{Provider: "anthropic", Model: "claude-opus-5", Tier: "standard", Figure: "cache_creation_5m", Book: "6.25", Quote: "6", Sources: []string{"pi-ai 1.5.2"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, sources, quotes := inputs(t)
			book, findings, err := seed.Generate(d, sources, change(t, quotes, c.source, c.want.Provider, c.model, c.tier, c.class, c.to))
			if err == nil || book != nil {
				t.Fatal("the book was written although a source disagrees")
			}
			found := false
			for _, f := range findings {
				text := f.Text
				f.Text = ""
				if cmp.Equal(f, c.want) {
					found = true
					f.Text = text
					for _, part := range []string{c.want.Model, c.want.Figure, c.want.Book, c.want.Quote, c.source} {
						if !strings.Contains(f.String(), part) {
							t.Errorf("%q does not name %q", f, part)
						}
					}
				}
			}
			if !found {
				t.Errorf("findings %v do not have %+v", findings, c.want)
			}
		})
	}
}

package price_test

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/usage"
)

// now is the date of the embedded book.
var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func at(p string) time.Time {
	t, err := time.Parse(time.RFC3339, p)
	if err != nil {
		panic(err)
	}
	return t
}

// stored is the part of the book's JSON that the walk needs.
type stored struct {
	Models []struct {
		Provider string   `json:"provider"`
		ID       string   `json:"id"`
		Aliases  []string `json:"aliases"`
		Rows     []struct {
			ID          string            `json:"id"`
			Tier        string            `json:"tier"`
			Rates       map[string]string `json:"rates"`
			LongContext *struct {
				Rates map[string]string `json:"rates"`
			} `json:"long_context"`
			Source   []string `json:"source"`
			Verified string   `json:"verified"`
		} `json:"rows"`
	} `json:"models"`
}

func readStored(t *testing.T) ([]byte, stored) {
	t.Helper()
	data, err := os.ReadFile("book.json")
	if err != nil {
		t.Fatal(err)
	}
	var s stored
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	return data, s
}

func TestEmbeddedBookLoads(t *testing.T) {
	data, _ := readStored(t)
	b, err := price.Load(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := price.Embedded().Digest(), b.Digest(); got != want {
		t.Errorf("digest %s, want %s", got, want)
	}
	if got := price.Embedded().Digest(); !regexp.MustCompile(`^sha256:[0-9a-f]{64}$`).MatchString(got) {
		t.Errorf("digest %q", got)
	}
	if got, want := price.Embedded().AsOf(), "2026-11-22"; got != want {
		t.Errorf("as of %q, want %q", got, want)
	}
	if first := price.Embedded(); first != price.Embedded() {
		t.Error("the book was parsed twice")
	}
	if len(data) > 200_000 {
		t.Errorf("the book has %d bytes; it is meant to stay below 200000", len(data))
	}
}

// TestBookWalk looks at every figure: provenance, at most six significant digits (floats leave noise behind),
// cached input no dearer than input, and a standard price in force now for every model.
func TestBookWalk(t *testing.T) {
	_, s := readStored(t)
	p := price.Pricing{Book: price.Embedded(), At: now}
	if len(s.Models) < 60 {
		t.Fatalf("the book has %d models", len(s.Models))
	}
	for _, m := range s.Models {
		for _, r := range m.Rows {
			if len(r.Source) == 0 || r.Verified == "" {
				t.Errorf("%s has no provenance", r.ID)
			}
			if !strings.HasPrefix(r.ID, m.Provider+"/"+m.ID+"/"+r.Tier) {
				t.Errorf("row id %q does not name its provider, model and tier", r.ID)
			}
			checkFigures(t, r.ID, r.Rates)
			if r.LongContext != nil && r.LongContext.Rates != nil {
				checkFigures(t, r.ID+" long", r.LongContext.Rates)
				checkDearer(t, r.ID, r.Rates, r.LongContext.Rates)
			}
		}
		for _, name := range append([]string{m.ID}, m.Aliases...) {
			if _, err := p.List(m.Provider, name, ""); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if !slices.Contains(p.Book.Models(), name) {
				t.Errorf("Models() lacks %q", name)
			}
			if !slices.Contains(p.Book.Providers(name), m.Provider) {
				t.Errorf("Providers(%q) lacks %q", name, m.Provider)
			}
		}
	}
}

func checkFigures(t *testing.T, id string, rates map[string]string) {
	t.Helper()
	input := price.MustMoney(rates["input"])
	for class, text := range rates {
		digits := strings.TrimRight(strings.TrimLeft(strings.Replace(text, ".", "", 1), "0"), "0")
		if len(digits) == 0 || len(digits) > 6 {
			t.Errorf("%s: %s rate %q has %d significant digits, want 1 to 6", id, class, text, len(digits))
		}
		if m := price.MustMoney(text); class == "cache_read" && m.Cmp(input) > 0 {
			t.Errorf("%s: cached input %s costs more than input %s", id, m, input)
		}
	}
}

func checkDearer(t *testing.T, id string, short, long map[string]string) {
	t.Helper()
	for class := range short {
		if _, ok := long[class]; !ok {
			t.Errorf("%s: the long band has no rate for %s", id, class)
			continue
		}
		if price.MustMoney(long[class]).Cmp(price.MustMoney(short[class])) < 0 {
			t.Errorf("%s: %s is cheaper in the long band", id, class)
		}
	}
}

// TestListPricesOfRecordedTrials holds the figures that the recorded trials were published with: input, cached
// input, cache written for 5 minutes, output.
func TestListPricesOfRecordedTrials(t *testing.T) {
	for _, c := range []struct{ provider, model, input, read, write, output string }{
		{"openai", "gpt-5.4", "2.5", "0.25", "", "15"},
		{"openai", "gpt-5.4-mini", "0.75", "0.075", "", "4.5"},
		{"google", "gemini-3.1-pro", "2", "0.2", "", "12"},
		{"google", "gemini-3.1-pro-preview", "2", "0.2", "", "12"},
		{"google", "gemini-3-flash", "0.5", "0.05", "", "3"},
		{"google", "gemini-3-flash-preview", "0.5", "0.05", "", "3"},
		{"anthropic", "claude-opus-4.7", "5", "0.5", "6.25", "25"},
		{"anthropic", "claude-haiku-4.5", "1", "0.1", "1.25", "5"},
		{"moonshot", "kimi-k2.6", "0.95", "0.16", "", "4"},
		{"minimax", "minimax-m2.7", "0.3", "0.06", "0.375", "1.2"},
		{"openai", "GPT-5.2", "1.75", "0.175", "", "14"},
		{"openai", "GPT-5.4", "2.5", "0.25", "", "15"},
		{"openai", "GPT-5.5", "5", "0.5", "", "30"},
		{"anthropic", "claude-opus-4-6", "5", "0.5", "6.25", "25"},
		{"anthropic", "claude-opus-4-7", "5", "0.5", "6.25", "25"},
		{"anthropic", "claude-opus-4-8", "5", "0.5", "6.25", "25"},
		{"anthropic", "claude-sonnet-4-5", "3", "0.3", "3.75", "15"},
		{"anthropic", "claude-sonnet-4-6", "3", "0.3", "3.75", "15"},
		{"moonshot", "Kimi-K2.5", "0.6", "0.1", "", "3"},
		{"moonshot", "Kimi-K2.6", "0.95", "0.16", "", "4"},
	} {
		r, err := price.Pricing{Book: price.Embedded(), At: now}.List(c.provider, c.model, "")
		if err != nil {
			t.Errorf("%s: %v", c.model, err)
			continue
		}
		if c.write == "" {
			c.write = c.input // no rate for writing: the input rate
		}
		got := []string{r.Input.String(), r.CacheRead.String(), r.CacheCreation5m.String(), r.Output.String()}
		if diff := cmp.Diff([]string{c.input, c.read, c.write, c.output}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.model, diff)
		}
	}
}

func TestProviders(t *testing.T) {
	for _, c := range []struct {
		model string
		want  []string
	}{
		{"gpt-5.5", []string{"openai"}},
		{"gpt-5.5-2026-04-23", []string{"openai"}},
		{"gpt-5.5-20260423", []string{"openai"}},
		{"claude-haiku-4-5-20251001", []string{"anthropic"}},
		{"claude-opus-4.7", []string{"anthropic"}},
		{"gpt-5.5-pro", []string{"openai"}},
		{"gpt-5.5-proto", []string{}},
		{"gpt-5.5-2026-13-40", []string{}},            // not a date
		{"gpt-5.5-2026-04-23-2026-04-23", []string{}}, // two of them
		{"claude-opus-4.7-20260101", []string{}},      // an alias and a date
		{"kimi-k2.6-2026-01-01", []string{}},          // the provider has no dated snapshots
		{"gpt-5", []string{"openai"}},
		{"gpt", []string{}},
		{"", []string{}},
		{"-2026-04-23", []string{}},
	} {
		got := price.Embedded().Providers(c.model)
		if len(c.want) == 0 && len(got) != 0 || got == nil {
			t.Errorf("Providers(%q) = %q, want an empty list", c.model, got)
		}
		for _, want := range c.want { // clouds may sell it too
			if !slices.Contains(got, want) || !slices.IsSorted(got) {
				t.Errorf("Providers(%q) = %q, want %q among them, in order", c.model, got, want)
			}
		}
	}
	if !slices.IsSorted(price.Embedded().Models()) {
		t.Error("Models() is not sorted")
	}
}

// TestPromotionNote: a guarantee that has run out is said, and the price is still used.
func TestPromotionNote(t *testing.T) {
	for _, c := range []struct {
		at   string
		want bool
	}{{"2026-11-21T23:59:59Z", false}, {"2026-11-22T00:00:00Z", true}} {
		r, err := price.Pricing{Book: price.Embedded(), At: at(c.at)}.List("openai", "gpt-5.6-sol", "")
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(strings.Join(r.Notes, " "), "promotion may have ended"); got != c.want {
			t.Errorf("at %s: notes %q, want the promotion named: %v", c.at, r.Notes, c.want)
		}
		if got, want := r.Input.String(), "4"; got != want {
			t.Errorf("at %s: input %s, want %s", c.at, got, want)
		}
	}
}

// TestEmptyBook: nothing is priced by an empty book, and nothing panics.
func TestEmptyBook(t *testing.T) {
	for name, b := range map[string]*price.Book{"nil": nil, "zero": {}} {
		t.Run(name, func(t *testing.T) {
			if b.AsOf() != "" || b.Digest() != "" || len(b.Models()) != 0 || len(b.Providers("gpt-5.5")) != 0 {
				t.Error("an empty book knows something")
			}
			p := price.Pricing{Book: b, At: now, Discounts: []price.Discount{{Provider: "openai", Multiplier: factor(t, "0.5")}}}
			got := p.Call(usage.Call{Provider: "openai", ServedModel: "gpt-5.5", Coverage: usage.Complete, Tokens: usage.None()})
			checkPriced(t, got)
			if got.Cost.Status != price.Unknown {
				t.Errorf("status %s, want unknown", got.Cost.Status)
			}
			if _, err := p.List("openai", "gpt-5.5", ""); err == nil {
				t.Error("an empty book has a list price")
			}
		})
	}
}

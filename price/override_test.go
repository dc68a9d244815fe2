package price_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/usage"
)

// rates are rates of input and output.
func rates(input, output string) map[usage.Class]price.Money {
	return map[usage.Class]price.Money{usage.Input: price.MustMoney(input), usage.Output: price.MustMoney(output)}
}

func with(t testing.TB, b *price.Book, rows ...price.Override) *price.Book {
	t.Helper()
	out, err := b.With(rows)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestOverridePrices(t *testing.T) {
	own := price.Override{Provider: "dp", Model: "m", Aliases: []string{"mine"}, Rates: rates("1", "7"), Note: "deal of May",
		From: at("2026-05-01T02:00:00+02:00"), Until: at("2026-12-01T00:00:00Z")}
	added := price.Override{Provider: "d", Model: "new", Aliases: []string{"New"}, Rates: rates("10", "20"),
		LongContext: &price.OverrideBand{Threshold: 1000, Inclusive: true, Rates: rates("100", "200")}}
	elsewhere := price.Override{Provider: "self", Model: "llama", Tier: "FLEX", Region: "eu", Rates: rates("0.5", "0.5"), Refuse: []usage.Class{usage.CacheRead}}
	b := with(t, load(t, peaked), own, added, elsewhere)

	peak := at("2026-11-18T02:00:00Z")
	for _, c := range []struct {
		name     string
		at       time.Time
		provider string
		model    string
		tier     string
		region   string
		tokens   usage.Tokens
		want     string
		row      string
	}{
		{"before a row with windows", peak, "d", "m", "", "", tokens(1_000_000, 0, 0), "1", "config/d/m/standard/2026-05-01"},
		{"in a year that a calendar does not know", at("2026-11-20T02:00:00Z"), "dp", "m-2026-01-01", "", "", tokens(1_000_000, 0, 0), "1", "config/d/m/standard/2026-05-01"},
		{"by its new name", peak, "d", "mine", "default", "", tokens(0, 0, 1_000_000), "7", "config/d/m/standard/2026-05-01"},
		{"a rate that is not given is the input rate", peak, "d", "m", "", "", tokens(0, 1_000_000, 0), "1", "config/d/m/standard/2026-05-01"},
		{"the instant before", at("2026-04-30T23:59:59Z"), "d", "m", "", "", tokens(1_000_000, 0, 0), "2", "plain"},
		{"its first instant", at("2026-05-01T00:00:00Z"), "d", "m", "", "", tokens(1_000_000, 0, 0), "1", "config/d/m/standard/2026-05-01"},
		{"its last instant", at("2026-11-30T23:59:59Z"), "d", "m", "", "", tokens(1_000_000, 0, 0), "1", "config/d/m/standard/2026-05-01"},
		{"the instant after", at("2026-12-01T00:00:00Z"), "d", "m", "", "", tokens(1_000_000, 0, 0), "2", "plain"},
		{"other models stay", at("2026-11-18T23:00:00Z"), "d", "n", "", "", tokens(1_000_000, 0, 0), "8", "late"},
		{"a model that the book lacks", peak, "d", "New", "", "", tokens(999, 0, 0), "0.00999", "config/d/new/standard"},
		{"its band", peak, "d", "new", "", "", tokens(500, 500, 0), "0.1", "config/d/new/standard"},
		{"its snapshots are not known", peak, "d", "new-2026-01-01", "", "", tokens(1, 0, 0), "unknown", ""},
		{"another tier of it", peak, "d", "new", "flex", "", tokens(1, 0, 0), "unknown", ""},
		{"a provider that the book lacks", peak, "self", "llama", "flex", "eu", tokens(1_000_000, 0, 0), "0.5", "config/self/llama/flex/eu"},
		{"a class that it refuses", peak, "self", "llama", "flex", "eu", tokens(1_000_000, 1, 0), "unknown", "config/self/llama/flex/eu"},
		{"another region of it", peak, "self", "llama", "flex", "", tokens(1, 0, 0), "unknown", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := price.Pricing{Book: b, At: c.at}.Call(usage.Call{Provider: c.provider, ServedModel: c.model, ServedTier: c.tier,
				Coverage: usage.Complete, Tokens: c.tokens, Attributes: map[string]string{"region": c.region}})
			checkPriced(t, got)
			if got.Cost.Amount.String() != c.want || got.Row != c.row {
				t.Errorf("%s by row %q, want %s by %q (missing %q)", got.Cost.Amount, got.Row, c.want, c.row, got.Missing)
			}
			if config := strings.HasPrefix(c.row, "config/"); config != strings.Contains(strings.Join(got.Notes, "\n"), "price from the configuration") {
				t.Errorf("notes %q, want the configuration named: %v", got.Notes, config)
			}
		})
	}
	got := price.Pricing{Book: b, At: peak}.Call(million("m"))
	if want := []string{"price from the configuration (deal of May)"}; !slices.Equal(got.Notes, want) {
		t.Errorf("notes %q, want %q", got.Notes, want)
	}
	want := []string{"config/d/m/standard/2026-05-01", "config/d/new/standard", "config/self/llama/flex/eu"}
	if diff := cmp.Diff(want, b.Overridden()); diff != "" {
		t.Errorf("overridden (-want +got):\n%s", diff)
	}
}

// TestOverrideOfEmbedded: the user's row stands for its own tier; factors and other tiers go on as before.
func TestOverrideOfEmbedded(t *testing.T) {
	b := with(t, price.Embedded(), price.Override{Provider: "anthropic", Model: "claude-opus-4-6-20260101", Rates: rates("4", "20")},
		price.Override{Provider: "openai", Model: "gpt-5.5", Tier: "fast", Rates: rates("1", "1")})
	p := price.Pricing{Book: b, At: now}
	for _, c := range []struct {
		name, provider, model, tier string
		attributes                  map[string]string
		want                        string
	}{
		{"by another name", "anthropic", "claude-opus-4.6", "", nil, "4"},
		{"with a surcharge", "anthropic", "claude-opus-4-6", "", map[string]string{"inference_geo": "us"}, "4.4"},
		{"with a tier's factor", "anthropic", "claude-opus-4-6", "batch", nil, "2"},
		{"a tier by another name", "openai", "gpt-5.5", "priority", nil, "1"},
		{"a tier that was not given", "openai", "gpt-5.5", "flex", nil, "2.5"},
		{"the standard tier", "openai", "gpt-5.5", "", nil, "5"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := p.Call(usage.Call{Provider: c.provider, ServedModel: c.model, ServedTier: c.tier, Attributes: c.attributes,
				Coverage: usage.Complete, Tokens: tokens(100_000, 0, 0)})
			checkPriced(t, got)
			if want := price.Known(price.MustMoney(c.want).Times(100_000).PerMillion()); !got.Cost.Amount.Equal(want) {
				t.Errorf("%s, want %s", got.Cost.Amount, want)
			}
		})
	}
	if r, err := p.List("anthropic", "claude-opus-4-6", ""); err != nil || r.Input.String() != "4" || r.Verified != "" || r.Model != "claude-opus-4-6" {
		t.Errorf("list %+v, %v", r, err)
	}
	if got := (price.Pricing{Book: price.Embedded(), At: now}).Call(usage.Call{Provider: "anthropic", ServedModel: "claude-opus-4-6",
		Coverage: usage.Complete, Tokens: tokens(1_000_000, 0, 0)}); strings.HasPrefix(got.Row, "config/") {
		t.Errorf("the embedded book was changed: row %q", got.Row)
	}
}

func TestWithRefuses(t *testing.T) {
	row := price.Override{Provider: "d", Model: "m", Rates: rates("1", "1")}
	change := func(f func(*price.Override)) []price.Override {
		o := row
		o.Rates = rates("1", "1")
		f(&o)
		return []price.Override{o}
	}
	until := row
	until.Until = at("2026-07-01T00:00:00Z")
	for _, c := range []struct {
		name string
		rows []price.Override
		want string
	}{
		{"no provider", change(func(o *price.Override) { o.Provider = "" }), "the provider or the model is missing"},
		{"no model", change(func(o *price.Override) { o.Model = "" }), "the provider or the model is missing"},
		{"no rates", change(func(o *price.Override) { o.Rates = nil }), `price row 1 "d/m": rates: the rate of input is missing`},
		{"no output rate", change(func(o *price.Override) { delete(o.Rates, usage.Output) }), "the rate of output is missing"},
		{"negative rate", change(func(o *price.Override) { o.Rates[usage.Input] = price.MustMoney("-1") }), "negative"},
		{"unknown class", change(func(o *price.Override) { o.Rates["audio"] = price.MustMoney("1") }), `class "audio" is not known`},
		{"cache creation left open", change(func(o *price.Override) { o.Rates[usage.CacheCreation5m] = price.MustMoney("2") }), "cache_creation_30m is neither priced nor refused"},
		{"priced and refused", change(func(o *price.Override) {
			o.Rates[usage.CacheRead], o.Refuse = price.MustMoney("2"), []usage.Class{usage.CacheRead}
		}), "both priced and refused"},
		{"until before from", change(func(o *price.Override) { o.From, o.Until = now, now }), "is not after from"},
		{"empty alias", change(func(o *price.Override) { o.Aliases = []string{""} }), "an alias is empty"},
		{"alias taken", change(func(o *price.Override) { o.Aliases = []string{"n"} }), `the name "n" is taken by "d/n"`},
		{"threshold", change(func(o *price.Override) { o.LongContext = &price.OverrideBand{Rates: rates("1", "1")} }), "long_context: threshold 0"},
		{"band without rates", change(func(o *price.Override) { o.LongContext = &price.OverrideBand{Threshold: 1} }), "long_context"},
		{"band without output", change(func(o *price.Override) {
			o.LongContext = &price.OverrideBand{Threshold: 1, Rates: map[usage.Class]price.Money{usage.Input: {}}}
		}), "long_context: the rate of output is missing"},
		{"overlap", []price.Override{row, row}, `price row 2 "d/m": overlaps row "config/d/m/standard"`},
		{"overlap by another name of the provider", []price.Override{row, change(func(o *price.Override) { o.Provider, o.From = "dp", now })[0]}, "overlaps row"},
		{"overlap by a snapshot", []price.Override{row, change(func(o *price.Override) { o.Model = "m@20260101" })[0]}, "overlaps row"},
		{"overlap in time", []price.Override{until, change(func(o *price.Override) { o.From = at("2026-06-30T00:00:00Z") })[0]}, "overlaps row"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, err := load(t, peaked).With(c.rows)
			if err == nil || b != nil {
				t.Fatal("was taken")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %q, want %q in it", err, c.want)
			}
		})
	}
	next := change(func(o *price.Override) { o.From = until.Until })[0]
	if b := with(t, load(t, peaked), until, next); len(b.Overridden()) != 2 {
		t.Errorf("overridden %q, want two rows that touch", b.Overridden())
	}
	if _, err := with(t, load(t, peaked), row).With([]price.Override{row}); err == nil {
		t.Error("a row that overlaps one of an earlier call was taken")
	}
}

// TestDigestCoversOverrides: another row, rate or note is another digest; another order or way to write is not.
func TestDigestCoversOverrides(t *testing.T) {
	base := load(t, peaked)
	a := price.Override{Provider: "d", Model: "m", Rates: rates("1", "1"), From: at("2026-07-01T00:00:00Z")}
	b := price.Override{Provider: "d", Model: "new", Aliases: []string{"x", "y"}, Rates: rates("1", "1")}
	digest := with(t, base, a, b).Digest()
	same := a
	same.Provider, same.Model, same.Tier, same.Region, same.From = "dp", "m-2026-01-01", "auto", "global", at("2026-07-01T02:00:00+02:00")
	same.Rates = rates("1.0", "1.00")
	turned := b
	turned.Aliases = []string{"y", "x"}
	if got := with(t, base, turned, same).Digest(); got != digest || !strings.HasPrefix(digest, "sha256:") || len(digest) != len("sha256:")+64 {
		t.Errorf("digest %s of the same rows, want %s", got, digest)
	}
	seen := map[string]string{base.Digest(): "the book", digest: "the rows"}
	for name, f := range map[string]func(*price.Override){
		"rate":   func(o *price.Override) { o.Rates = rates("1", "1.1") },
		"tier":   func(o *price.Override) { o.Tier = "flex" },
		"region": func(o *price.Override) { o.Region = "eu" },
		"from":   func(o *price.Override) { o.From = o.From.Add(time.Second) },
		"until":  func(o *price.Override) { o.Until = now },
		"refuse": func(o *price.Override) { o.Refuse = []usage.Class{usage.CacheRead} },
		"band":   func(o *price.Override) { o.LongContext = &price.OverrideBand{Threshold: 1, Rates: rates("1", "1")} },
		"band >=": func(o *price.Override) {
			o.LongContext = &price.OverrideBand{Threshold: 1, Inclusive: true, Rates: rates("1", "1")}
		},
		"note":  func(o *price.Override) { o.Note = "x" },
		"alias": func(o *price.Override) { o.Aliases = []string{"z"} },
		"model": func(o *price.Override) { o.Model = "n" },
	} {
		changed := a
		f(&changed)
		got := with(t, base, changed, b).Digest()
		if other := seen[got]; other != "" {
			t.Errorf("%s has the digest of %s", name, other)
		}
		seen[got] = name
	}
	if got := with(t, base); got != base {
		t.Error("no rows made another book")
	}
	if base.Digest() != load(t, peaked).Digest() || len(base.Overridden()) != 0 {
		t.Error("the book was changed")
	}
}

// TestOverridesAlone: a book of nothing but the user's rows prices by them.
func TestOverridesAlone(t *testing.T) {
	for name, empty := range map[string]*price.Book{"nil": nil, "zero": {}} {
		if empty.Overridden() != nil && len(empty.Overridden()) != 0 {
			t.Errorf("%s: overridden %q", name, empty.Overridden())
		}
		b := with(t, empty, price.Override{Provider: "d", Model: "m", Rates: rates("3", "4")})
		got := price.Pricing{Book: b, At: now}.Call(million("m"))
		checkPriced(t, got)
		if got.Cost.Amount.String() != "3" {
			t.Errorf("%s: %s, want 3", name, got.Cost.Amount)
		}
	}
}

// TestOverridesAreCopied: what the caller does with its maps later does not reach the book.
func TestOverridesAreCopied(t *testing.T) {
	o := price.Override{Provider: "d", Model: "m", Rates: rates("3", "4"), LongContext: &price.OverrideBand{Threshold: 5, Rates: rates("6", "8")}}
	b := with(t, load(t, peaked), o)
	o.Rates[usage.Input], o.LongContext.Rates[usage.Input], o.LongContext.Threshold = price.Money{}, price.Money{}, 1<<40
	got := price.Pricing{Book: b, At: now}.Call(million("m"))
	if got.Cost.Amount.String() != "6" {
		t.Errorf("%s, want 6", got.Cost.Amount)
	}
}

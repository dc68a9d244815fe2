package price_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/usage"
)

// small is a correct book with one of everything; the tests below break it in one place each.
const small = `{
  "schema": 1, "currency": "USD", "rates_per": 1000000, "as_of": "2026-11-22",
  "sources": {"s": "a source"},
  "models": [
    {"provider": "p", "id": "m", "aliases": ["M"], "snapshots": "date", "geo": true, "rows": [
      {"id": "p/m/standard", "from": null, "until": "2026-07-01T00:00:00Z", "tier": "standard",
       "rates": {"input": "1", "output": "2"}, "source": ["s"], "verified": "2026-11-22"},
      {"id": "p/m/standard/2", "from": "2026-07-01T00:00:00Z", "until": null, "precision": "day", "tier": "standard", "region": "global",
       "rates": {"input": "3", "output": "4"}, "windows": null, "refuse": ["cache_read"],
       "long_context": {"threshold": 1000, "op": "gte", "counts": "input+cache_read+cache_write", "rates": {"input": "6", "output": "8"}},
       "source": ["s"], "verified": "2026-11-22"},
      {"id": "p/m/eu", "tier": "standard", "region": "eu", "rates": {"input": "5", "output": "6"}, "source": ["s"], "verified": "2026-11-22"}
    ]}
  ],
  "factors": [{"provider": "p", "when": "geo=us", "needs": "geo", "factor": "1.1", "applies_to": "tokens", "source": ["s"], "verified": "2026-11-22"}],
  "fees": [{"provider": "p", "unit": "search", "usd": "10", "per": 1000, "source": ["s"], "verified": "2026-11-22"}]
}`

func TestLoadReadsASmallBook(t *testing.T) {
	b, err := price.Load(strings.NewReader(small))
	if err != nil {
		t.Fatal(err)
	}
	call := usage.Call{Provider: "p", ServedModel: "m-2026-01-02", Coverage: usage.Complete, Tokens: usage.None()}
	call.Tokens.Input = usage.Known(999)
	for _, c := range []struct {
		name, at, region, want string
		input                  int64
	}{
		{"first interval", "2026-06-30T23:59:59Z", "", "0.000999", 999},
		{"half open", "2026-07-01T00:00:00Z", "", "0.002997", 999},
		{"gte is inclusive", "2026-07-01T00:00:00Z", "", "0.006", 1000},
		{"region", "2026-07-01T00:00:00Z", "eu", "0.005", 1000},
		{"region without a row", "2026-07-01T00:00:00Z", "mars", "unknown", 1000},
	} {
		t.Run(c.name, func(t *testing.T) {
			call.Tokens.Input = usage.Known(c.input)
			call.Attributes = map[string]string{"region": c.region}
			got := price.Pricing{Book: b, At: at(c.at)}.Call(call)
			checkPriced(t, got)
			if got, want := got.Cost.Amount.String(), c.want; got != want {
				t.Errorf("cost %s, want %s", got, want)
			}
		})
	}
}

func TestLoadRefuses(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"not JSON", small, "{", "reading price book"},
		{"something after it", small, small + "{}", "something follows"},
		{"other schema", `"schema": 1`, `"schema": 2`, "schema 2"},
		{"other currency", `"USD"`, `"EUR"`, `currency "EUR"`},
		{"other unit", `"rates_per": 1000000`, `"rates_per": 1000`, "rates_per 1000"},
		{"bad date of the book", `"as_of": "2026-11-22"`, `"as_of": "22.11.2026"`, `as_of "22.11.2026"`},
		{"unknown field of the book", `"sources"`, `"notes": 1, "sources"`, `unknown field "notes"`},
		{"unknown field of a model", `"geo": true`, `"geos": true`, `model 1 "m": json: unknown field "geos"`},
		{"unknown field of a row", `"region": "eu"`, `"zone": "eu"`, `model 1 "p/m": row 3 "p/m/eu": json: unknown field "zone"`},
		{"field given twice", `"region": "eu"`, `"region": "eu", "region": "us"`, `row 3 "p/m/eu": the field "region" is given twice`},
		{"field in upper case", `"region": "eu"`, `"Region": "eu"`, `row 3 "p/m/eu": unknown field "Region"`},
		{"field with a long s", `"region": "eu", "rates"`, "\"region\": \"eu\", \"rate\u017f\"", "row 3 \"p/m/eu\": unknown field \"rate\u017f\""},
		{"field with a kelvin", `"source": ["s"], "verified": "2026-11-22"}
    ]}`, "\"source\": [\"s\"], \"verified\": \"2026-11-22\", \"\u212a\": 1}]}", "unknown field \"\u212a\""},
		{"provider named twice by folding", `"as_of"`, "\"providers\": {\"k\": \"p\", \"\u212a\": \"p\"}, \"as_of\"", "is given twice"},
		{"field of the model given twice", `"geo": true`, `"geo": true, "geo": false`, `model 1 "m": the field "geo" is given twice`},
		{"field of the book given twice", `"currency": "USD"`, `"currency": "USD", "currency": "USD"`, `the field "currency" is given twice`},
		{"float rate", `"input": "3"`, `"input": 3.0`, `row 2 "p/m/standard/2": money must be a decimal string`},
		{"rate that is no number", `"input": "3"`, `"input": "three"`, `row 2 "p/m/standard/2": "three" is not an amount`},
		{"negative rate", `"input": "3"`, `"input": "-3"`, "negative"},
		{"unknown class", `"input": "3"`, `"audio": "9", "input": "3"`, `class "audio" is not known`},
		{"no input rate", `"input": "3", `, ``, `row 2 "p/m/standard/2": rates: the rate of input is missing`},
		{"no output rate in the band", `, "output": "8"`, ``, "long_context: the rate of output is missing"},
		{"cache creation left open", `"input": "3"`, `"cache_creation_5m": "4", "input": "3"`, "cache_creation_30m is neither priced nor refused"},
		{"priced and refused", `"refuse": ["cache_read"]`, `"refuse": ["output"]`, `refuse "output"`},
		{"priced and refused cache", `"input": "3"`, `"cache_read": "1", "input": "3"`, "both priced and refused"},
		{"priced in the band and refused", `"input": "6"`, `"cache_read": "1", "input": "6"`, "both priced and refused"},
		{"overlap", `"from": "2026-07-01T00:00:00Z"`, `"from": "2026-06-30T00:00:00Z"`, `row 2 "p/m/standard/2": overlaps row "p/m/standard"`},
		{"overlap without dates", `"from": "2026-07-01T00:00:00Z"`, `"from": null`, "overlaps row"},
		{"same row id", `"id": "p/m/eu"`, `"id": "p/m/standard"`, "taken by another row"},
		{"time not in UTC", `"from": "2026-07-01T00:00:00Z"`, `"from": "2026-07-01T00:00:00+02:00"`, `from "2026-07-01T00:00:00+02:00" is not a time`},
		{"until before from", `"until": null`, `"until": "2026-06-01T00:00:00Z"`, "is not after from"},
		{"bad guarantee", `"until": null`, `"until": null, "guaranteed_until": "soon"`, `guaranteed_until "soon"`},
		{"precision", `"precision": "day"`, `"precision": "roughly"`, `precision "roughly"`},
		{"upper-case tier", `"tier": "standard", "region": "eu"`, `"tier": "FLEX", "region": "eu"`, `tier "FLEX"`},
		{"no provenance", `"source": ["s"], "verified": "2026-11-22"}
    ]}`, `"verified": "2026-11-22"}
    ]}`, `row 3 "p/m/eu": source is missing`},
		{"source not described", `"sources": {"s": "a source"}`, `"sources": {}`, `source "s" is not described`},
		{"bad verified", `["s"], "verified": "2026-11-22"}
    ]}`, `["s"], "verified": "yesterday"}
    ]}`, `verified "yesterday"`},
		{"threshold", `"threshold": 1000`, `"threshold": 0`, "threshold 0"},
		{"op", `"op": "gte"`, `"op": "ge"`, `op "ge"`},
		{"counts", `"counts": "input+cache_read+cache_write"`, `"counts": "input"`, `counts "input"`},
		{"band with and without a price", `"op": "gte"`, `"unpriced": true, "op": "gte"`, "either rates or"},
		{"no rows", `"rows": [`, `"rows": [], "x": [`, "unknown field"},
		{"snapshots", `"snapshots": "date"`, `"snapshots": "any"`, `snapshots "any"`},
		{"alias taken", `"aliases": ["M"]`, `"aliases": ["m"]`, `the name "m" is taken`},
		{"empty alias", `"aliases": ["M"]`, `"aliases": [""]`, "an alias is empty"},
		{"no provider", `{"provider": "p", "id": "m"`, `{"provider": "", "id": "m"`, "provider is missing"},
		{"factor of zero", `"factor": "1.1"`, `"factor": "0"`, "factor 1: a factor of 0"},
		{"factor that is no number", `"factor": "1.1"`, `"factor": "x"`, "factor 1"},
		{"factor on fees", `"applies_to": "tokens"`, `"applies_to": "fees"`, `applies_to "fees"`},
		{"factor without a value", `"when": "geo=us"`, `"when": "geo="`, "attribute=value"},
		{"factor with an unknown trait", `"needs": "geo"`, `"needs": "moon"`, `needs "moon"`},
		{"factor for a model that is not there", `"needs": "geo"`, `"models": ["n"]`, `model "n" of provider "p" is not an id`},
		{"fee that does not divide", `"per": 1000,`, `"per": 3,`, "fee 1: per 3"},
		{"fee without a price", `"usd": "10", `, ``, "usd is missing"},
		{"fee without a unit", `"unit": "search"`, `"unit": ""`, "unit is missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			broken := strings.Replace(small, c.old, c.new, 1)
			if broken == small {
				t.Fatalf("%q is not in the book", c.old)
			}
			_, err := price.Load(strings.NewReader(broken))
			if err == nil {
				t.Fatal("was read")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %q, want %q in it", err, c.want)
			}
		})
	}
}

func TestLoadRefusesTwice(t *testing.T) {
	for _, field := range []string{"factors", "fees"} {
		_, rest, _ := strings.Cut(small, `"`+field+`": [`)
		entry := rest[:strings.Index(rest, "}]")+1]
		_, err := price.Load(strings.NewReader(strings.Replace(small, entry, entry+", "+entry, 1)))
		if err == nil || !strings.Contains(err.Error(), "given twice") {
			t.Errorf("%s: error %v, want the second one refused", field, err)
		}
	}
}

func TestLoadRefusesABigBook(t *testing.T) {
	_, err := price.Load(strings.NewReader(strings.Repeat(" ", 5<<20)))
	if err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("error %v, want the size refused", err)
	}
}

// FuzzLoad: no book panics, and whatever is accepted prices without contradiction.
func FuzzLoad(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte(peaked))
	f.Add([]byte(strings.Repeat("[", 20000)))
	if data, err := os.ReadFile("book.json"); err == nil {
		f.Add(data[:2000])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := price.Load(bytes.NewReader(data))
		if err != nil {
			return
		}
		call := usage.Call{Provider: "p", Coverage: usage.Complete, Tokens: usage.None()}
		call.Tokens.Input, call.Tokens.CacheCreation, call.Tokens.Output = usage.Known(700), usage.Known(500), usage.Known(3)
		for _, id := range b.Models() {
			if call.ServedModel = id; len(b.Providers(id)) == 0 {
				t.Errorf("no provider lists %q", id)
			}
			for _, call.Provider = range b.Providers(id) {
				checkPriced(t, price.Pricing{Book: b, At: now}.Call(call))
			}
		}
	})
}

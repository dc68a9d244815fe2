package rates_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/cmd/pertask/rates"
	"github.com/pertask/pertask/price"
)

// book is a small book with what the tests need: a tier with another name, a tier that is a factor, a change in the
// middle of a day, and a row that has always been.
func book(t *testing.T) *price.Book {
	t.Helper()
	const source = `"source":["me"],"verified":"2026-01-01"`
	b, err := price.Load(strings.NewReader(`{"schema":1,"currency":"USD","rates_per":1000000,"as_of":"2026-01-01","sources":{"me":"my own"},
	 "tiers":{"acme":{"fast":"priority"}},
	 "factors":[{"provider":"acme","when":"tier=batch","factor":"0.5","applies_to":"tokens",` + source + `}],
	 "models":[
	  {"provider":"acme","id":"m-1","rows":[
	   {"id":"a","tier":"standard","until":"2026-03-01T16:00:00Z","rates":{"input":"1","output":"2"},` + source + `},
	   {"id":"b","tier":"standard","from":"2026-03-01T16:00:00Z","rates":{"input":"3","output":"4"},` + source + `},
	   {"id":"c","tier":"priority","from":"2026-03-01T16:30:00Z","until":"2026-06-01T00:00:00Z","rates":{"input":"5","output":"6"},` + source + `}]},
	  {"provider":"other","id":"m-1","rows":[
	   {"id":"d","tier":"standard","from":"2026-01-01T00:00:00Z","rates":{"input":"7","output":"8"},` + source + `}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func at(t *testing.T, s string) time.Time {
	t.Helper()
	out, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestFind(t *testing.T) {
	noon := at(t, "2026-04-01T12:00:00Z")
	tests := []struct {
		name  string
		query rates.Query
		want  string // provider: rows in force | other rows
	}{
		{"all", rates.Query{Model: "m-1", At: noon}, "acme: b c|a other: d|"},
		{"a provider", rates.Query{Model: "m-1", Provider: "other", At: noon}, "other: d|"},
		{"a tier", rates.Query{Model: "m-1", Tier: "Priority", At: noon}, "acme: c|"},
		{"a tier by its other name", rates.Query{Model: "m-1", Tier: "FAST", At: noon}, "acme: c|"},
		{"a tier by its other name, when it has ended", rates.Query{Model: "m-1", Tier: "fast", At: at(t, "2026-12-01T00:00:00Z")}, "acme: |c"},
		{"a tier that is a factor", rates.Query{Model: "m-1", Tier: "batch", At: noon}, "acme: b|a"},
		{"what is called standard elsewhere", rates.Query{Model: "m-1", Tier: "on_demand", Provider: "other", At: noon}, "other: d|"},
		{"no such tier", rates.Query{Model: "m-1", Tier: "moonlight", At: noon}, ""},
		{"no such provider", rates.Query{Model: "m-1", Provider: "contoso", At: noon}, ""},
		{"no such model", rates.Query{Model: "m-2", At: noon}, ""},
	}
	for _, tt := range tests {
		var got []string
		for _, p := range rates.Find(book(t), tt.query) {
			var now, other []string
			for _, r := range p.Rows {
				if r.InForce {
					now = append(now, r.ID)
				} else {
					other = append(other, r.ID)
				}
			}
			slices.Sort(now)
			got = append(got, p.Provider+": "+strings.Join(now, " ")+"|"+strings.Join(other, " "))
		}
		if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// TestTiersOfTheRelease asks the book of this release by the names that providers use.
func TestTiersOfTheRelease(t *testing.T) {
	for asked, want := range map[string]string{"fast": "priority", "priority": "priority", "flex": "flex", "default": "standard"} {
		found := rates.Find(price.Embedded(), rates.Query{Model: "gpt-5.5", Provider: "openai", Tier: asked, At: at(t, "2026-11-10T00:00:00Z")})
		if len(found) != 1 || slices.ContainsFunc(found[0].Rows, func(r rates.Row) bool { return r.Tier != want }) {
			t.Errorf("%s: %+v, want rows of %s", asked, found, want)
		}
	}
}

func TestPrint(t *testing.T) {
	var b bytes.Buffer
	now := at(t, "2026-04-01T12:00:00Z")
	for _, p := range rates.Find(book(t), rates.Query{Model: "m-1", Provider: "acme", At: now}) {
		p.Print(&b, "m-1\u202e", now)
	}
	want := `m-1?, billed by acme, on 2026-04-01T12Z: $ per 1M tokens

  tier      context  input  output               from       until
  standard      any   3.00    4.00     2026-03-01T16Z
  priority      any   5.00    6.00  2026-03-01T16:30Z  2026-06-01

Earlier and later:

  tier      context  input  output  from           until
  standard      any   1.00    2.00     -  2026-03-01T16Z

- is no rate of its own: billed as input. ? is not known or not offered: a cost
  with such tokens is unknown.
A row from - holds since a day that is not known: all earlier dates are priced
  with it.
Tokens are multiplied: tier=batch x0.5.
Sources: me; verified 2026-01-01.
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestMissing(t *testing.T) {
	tests := []struct {
		name  string
		query rates.Query
		want  []string
		not   string
	}{
		{"tier", rates.Query{Model: "m-1", Tier: "moonlight"}, []string{`no tier "moonlight" of "m-1"; it has batch, priority, standard`}, "acme"},
		{"tier of a provider", rates.Query{Model: "m-1", Tier: "priority", Provider: "other"}, []string{`no tier "priority" of "m-1"; it has standard`}, "batch"},
		{"provider", rates.Query{Model: "m-1", Provider: "contoso"}, []string{`no price of "m-1" by "contoso"; it has it of acme, other`}, "tier"},
		{"model", rates.Query{Model: "m-2", Provider: "acme"}, []string{`no model "m-2"; did you mean m-1?`, "\n      - provider: \"acme\"\n        model: \"m-2\"\n"}, "\x1b"},
		{"what is not to be shown", rates.Query{Model: "x\x1b[2J\u202e\n- provider: \"y", Provider: "a#b: \u2028c"},
			[]string{`provider: "a#b: \u2028c"`, `model: "x\u001b[2J\u202e\u000a- provider: \"y"`}, "\x1b"},
	}
	for _, tt := range tests {
		got := rates.Missing(book(t), tt.query)
		for _, want := range tt.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %q in %q", tt.name, want, got)
			}
		}
		if strings.Contains(got, tt.not) || strings.ContainsAny(got, "\u202e\u2028") {
			t.Errorf("%s: %q", tt.name, got)
		}
	}
}

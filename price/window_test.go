package price_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/usage"
)

// peaked is a book in which two spans of hours on workdays cost 4 and all other hours 2, as DeepSeek's do.
const peaked = `{
  "schema": 1, "currency": "USD", "rates_per": 1000000, "as_of": "2026-11-22",
  "sources": {"s": "a source"},
  "calendars": {"holidays": {"years": [2026], "dates": ["2026-10-01", "2026-10-02"]}},
  "providers": {"dp": "d"},
  "models": [
    {"provider": "d", "id": "m", "snapshots": "date", "geo": true, "rows": [
      {"id": "plain", "tier": "standard", "rates": {"input": "2", "output": "2"}, "source": ["s"], "verified": "2026-11-22"},
      {"id": "peak", "from": "2026-08-16T16:00:00Z", "tier": "standard", "rates": {"input": "4", "output": "4"},
       "windows": [
         {"days": ["mon", "tue", "wed", "thu", "fri"], "from": "01:00", "until": "04:00", "except": "holidays"},
         {"days": ["mon", "tue", "wed", "thu", "fri"], "from": "06:00", "until": "10:00", "except": "holidays"}
       ], "source": ["s"], "verified": "2026-11-22"}
    ]},
    {"provider": "d", "id": "n", "geo": false, "rows": [
      {"id": "late", "tier": "standard", "rates": {"input": "8", "output": "8"},
       "windows": [{"from": "22:30", "until": "24:00", "except": ""}], "source": ["s"], "verified": "2026-11-22"}
    ]}
  ],
  "factors": [
    {"provider": "d", "when": "inference_profile", "needs": "geo", "factor": "1.1", "applies_to": "tokens", "source": ["s"], "verified": "2026-11-22"},
    {"provider": "d", "when": "inference_profile=global", "factor": "1", "applies_to": "tokens", "source": ["s"], "verified": "2026-11-22"}
  ],
  "fees": [{"provider": "d", "unit": "search", "usd": "1", "per": 1, "source": ["s"], "verified": "2026-11-22"}]
}`

func load(t testing.TB, text string) *price.Book {
	t.Helper()
	b, err := price.Load(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// million is a call to a model of provider d with a million tokens of input, so that the amount is the rate.
func million(model string) usage.Call {
	return usage.Call{Provider: "d", ServedModel: model, Coverage: usage.Complete, Tokens: tokens(1_000_000, 0, 0)}
}

func TestWindowBoundaries(t *testing.T) {
	b := load(t, peaked)
	for _, c := range []struct{ at, want string }{
		{"2026-11-18T00:59:59Z", "2"}, // Wednesday
		{"2026-11-18T01:00:00Z", "4"},
		{"2026-11-18T03:59:59Z", "4"},
		{"2026-11-18T04:00:00Z", "2"},
		{"2026-11-18T05:59:59Z", "2"},
		{"2026-11-18T06:00:00Z", "4"},
		{"2026-11-18T09:59:59Z", "4"},
		{"2026-11-18T10:00:00Z", "2"},
		{"2026-11-18T09:00:00+08:00", "4"}, // the same instants, told in China's time
		{"2026-11-18T12:00:00+08:00", "2"},
		{"2026-11-16T02:00:00Z", "4"}, // Monday
		{"2026-11-20T02:00:00Z", "4"}, // Friday
		{"2026-11-21T02:00:00Z", "2"}, // Saturday
		{"2026-11-22T02:00:00Z", "2"}, // Sunday
		{"2026-10-01T02:00:00Z", "2"}, // holidays
		{"2026-10-02T09:59:59Z", "2"},
		{"2026-09-30T02:00:00Z", "4"},
		{"2026-08-14T02:00:00Z", "2"}, // Friday before there were peak hours
		{"2026-08-17T02:00:00Z", "4"},
		{"2027-01-04T02:00:00Z", "unknown"}, // Monday of a year that the calendar does not know
		{"2027-01-04T05:00:00Z", "2"},       // outside of the hours it does not matter
		{"2027-01-03T02:00:00Z", "2"},       // nor on a Sunday
	} {
		got := price.Pricing{Book: b, At: at(c.at)}.Call(million("m"))
		checkPriced(t, got)
		if got.Cost.Amount.String() != c.want {
			t.Errorf("%s: %s, want %s", c.at, got.Cost.Amount, c.want)
		}
		if unknown := c.want == "unknown"; unknown != strings.Contains(got.Missing, `the calendar "holidays" does not know the year 2027`) {
			t.Errorf("%s: missing %q", c.at, got.Missing)
		}
	}
}

// TestWindowsAloneLeaveHoursUnknown: a row that holds in some hours says nothing about the others.
func TestWindowsAloneLeaveHoursUnknown(t *testing.T) {
	b := load(t, peaked)
	for at, want := range map[time.Time]string{
		at("2026-11-21T22:29:59Z"): "unknown",
		at("2026-11-21T22:30:00Z"): "8",
		at("2026-11-21T23:59:59Z"): "8",
		at("2026-11-22T00:00:00Z"): "unknown",
	} {
		got := price.Pricing{Book: b, At: at}.Call(million("n"))
		checkPriced(t, got)
		if got.Cost.Amount.String() != want {
			t.Errorf("%s: %s, want %s", at, got.Cost.Amount, want)
		}
	}
}

// TestDaylightSavingIsIrrelevant: the hours of a window are those of UTC, whatever zone the instant is told in.
func TestDaylightSavingIsIrrelevant(t *testing.T) {
	b := load(t, peaked)
	for _, zone := range []*time.Location{time.FixedZone("summer", 2*3600), time.FixedZone("winter", 3600), time.FixedZone("west", -9*3600)} {
		for minute := range 7 * 24 * 60 {
			at := time.Date(2026, 10, 19, 0, minute, 0, 0, time.UTC)
			utc, local := price.Pricing{Book: b, At: at}, price.Pricing{Book: b, At: at.In(zone)}
			u, _ := utc.List("d", "m", "")
			l, _ := local.List("d", "m", "")
			if u.Row != l.Row || u.Row == "" {
				t.Fatalf("%s: row %q, in zone %s row %q", at, u.Row, zone, l.Row)
			}
		}
	}
}

func TestLoadRefusesWindows(t *testing.T) {
	const days = `"days": ["mon", "tue", "wed", "thu", "fri"], "from": "01:00", "until": "04:00", "except": "holidays"`
	const plain = `{"id": "plain", "tier": "standard",`
	other := func(windows string) string {
		return `{"id": "other", "tier": "standard", "rates": {"input": "1", "output": "1"}, "windows": [` + windows + `], "source": ["s"], "verified": "2026-11-22"}, ` + plain
	}
	for _, c := range []struct{ name, old, new, want string }{
		{"unknown day", `"days": ["mon", "tue"`, `"days": ["monday", "tue"`, `row 2 "peak": windows: day "monday"`},
		{"day twice", `"days": ["mon", "tue"`, `"days": ["tue", "tue"`, `day "tue" is not known or given twice`},
		{"no days", `"days": ["mon", "tue", "wed", "thu", "fri"]`, `"days": []`, "on 0 days never holds"},
		{"no hours", `"from": "01:00", `, ``, `from "" is not a time of the day`},
		{"one digit", `"01:00"`, `"1:00"`, `from "1:00" is not a time of the day`},
		{"hour 25", `"04:00"`, `"25:00"`, `until "25:00" is not a time of the day`},
		{"past midnight", `"01:00", "until": "04:00"`, `"22:00", "until": "04:00"`, "a window past midnight is two windows"},
		{"empty span", `"01:00", "until": "04:00"`, `"04:00", "until": "04:00"`, "never holds"},
		{"no windows", `"windows": [{"from": "22:30", "until": "24:00", "except": ""}]`, `"windows": []`, "the list is empty"},
		{"unknown calendar", `"except": "holidays"`, `"except": "feasts"`, `except "feasts" is not under "calendars"`},
		{"unknown field", days, days + `, "zone": "CET"`, `unknown field "zone"`},
		{"windows that meet", plain, other(`{"days": ["fri", "sat"], "from": "03:59", "until": "05:00"}`), `"peak": overlaps row "other" in tier, region, time and windows`},
		{"windows that meet but for a calendar", plain, other(`{"from": "00:00", "until": "01:01", "except": "holidays"}`), "overlaps row"},
		{"two plain rows", plain, strings.Replace(other(""), `"windows": [], `, "", 1), `"plain": overlaps row "other"`},
		{"calendar without years", `"years": [2026]`, `"years": []`, `calendar "holidays": the name or the years are missing`},
		{"calendar as a list", `{"years": [2026], "dates": ["2026-10-01", "2026-10-02"]}`, `["2026-10-01"]`, "calendars"},
		{"date of another year", `"2026-10-02"]`, `"2027-10-02"]`, `date "2027-10-02" is not in one of the years [2026]`},
		{"date twice", `"2026-10-02"]`, `"2026-10-01"]`, `date "2026-10-01" is given twice`},
		{"no date", `"2026-10-02"]`, `"2.10.2026"]`, `date "2.10.2026" is not a date`},
		{"alias of an alias", `{"dp": "d"}`, `{"dp": "d", "dpp": "dp"}`, `providers: "dpp"`},
		{"alias of itself", `{"dp": "d"}`, `{"d": "d"}`, `providers: "d"`},
		{"empty alias", `{"dp": "d"}`, `{"": "d"}`, "providers"},
		{"alias of nothing", `{"dp": "d"}`, `{"dp": ""}`, "providers"},
		{"model under an alias", `{"provider": "d", "id": "n"`, `{"provider": "dp", "id": "n"`, `"dp" is another name of provider "d"`},
		{"factor under an alias", `{"provider": "d", "when": "inference_profile",`, `{"provider": "dp", "when": "inference_profile",`, `factor 1: "dp" is another name`},
		{"fee under an alias", `{"provider": "d", "unit"`, `{"provider": "dp", "unit"`, `fee 1: "dp" is another name`},
		{"tiers under an alias", `"models": [`, `"tiers": {"dp": {"x": "y"}}, "models": [`, `tiers: "dp" is another name`},
	} {
		t.Run(c.name, func(t *testing.T) {
			broken := strings.Replace(peaked, c.old, c.new, 1)
			if broken == peaked {
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
	for name, windows := range map[string]string{
		"other hours": `{"from": "04:00", "until": "06:00"}`,
		"other days":  `{"days": ["sat", "sun"], "from": "01:00", "until": "04:00"}`,
	} {
		if _, err := price.Load(strings.NewReader(strings.Replace(peaked, plain, other(windows), 1))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestProviderNames(t *testing.T) {
	b := load(t, peaked)
	for given, want := range map[string]string{"dp": "d", "d": "d", "DP": "DP", "x": "x", "": ""} {
		if got := b.Provider(given); got != want {
			t.Errorf("Provider(%q) = %q, want %q", given, got, want)
		}
	}
	p := price.Pricing{Book: b, At: now, Discounts: []price.Discount{{Provider: "dp", Multiplier: factor(t, "0.5")}}}
	call := million("m")
	call.Provider, call.Requests = "dp", map[string]int64{"search": 2}
	if got, want := p.Call(call).Cost, (price.Cost{Amount: usd("2"), Status: price.Exact, List: usd("4"), Billed: usd("2")}); !cmp.Equal(got, want) {
		t.Errorf("call: %+v, want %+v", got, want)
	}
	if got, want := p.Tokens("dp", "m", "", call.Tokens).Cost.Amount, usd("1"); !got.Equal(want) {
		t.Errorf("tokens: %s, want %s", got, want)
	}
	r, err := p.List("dp", "m", "")
	if err != nil || r.Provider != "d" {
		t.Errorf("list of provider %q, error %v; want d", r.Provider, err)
	}
	if got, want := b.Providers("m"), []string{"d"}; !cmp.Equal(got, want) {
		t.Errorf("providers %q, want %q", got, want)
	}
	var none *price.Book
	if got := none.Provider("xai"); got != "xai" {
		t.Errorf("an empty book calls xai %q", got)
	}
}

func TestSnapshotsOfModels(t *testing.T) {
	b := load(t, peaked)
	for id, want := range map[string]bool{
		"m": true, "m-2026-01-02": true, "m-20260102": true, "m@20260102": true,
		"m@2026-01-02": false, "m@20261302": false, "m@latest": false, "m@20260102@20260102": false, "@20260102": false,
		"n@20260102": false, // no snapshots
	} {
		if got := len(b.Providers(id)) == 1; got != want {
			t.Errorf("%q is listed: %v, want %v", id, got, want)
		}
	}
}

func TestGeographicProfiles(t *testing.T) {
	p := price.Pricing{Book: load(t, peaked), At: now}
	for _, c := range []struct{ model, profile, want string }{
		{"m", "us", "2.2"}, {"m", "eu", "2.2"}, {"m", "apac", "2.2"}, {"m", "global", "2"}, {"m", "", "2"},
		{"n", "us", "8"},
	} {
		t.Run(fmt.Sprintf("%s %s", c.model, c.profile), func(t *testing.T) {
			call := million(c.model)
			call.Attributes = map[string]string{"inference_profile": c.profile}
			p.At = at("2026-11-22T23:00:00Z")
			if got := p.Call(call).Cost.Amount.String(); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

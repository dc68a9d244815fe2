package price_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/usage"
)

func TestRows(t *testing.T) {
	b := with(t, load(t, peaked), price.Override{Provider: "d", Model: "m", Rates: rates("1", "1"), Note: "ours", Until: now,
		LongContext: &price.OverrideBand{Threshold: 9, Rates: rates("2", "2")}})
	want := []price.RowInfo{
		{ID: "config/d/m/standard", Tier: "standard", Region: "global", Until: now, Rates: rates("1", "1"), Note: "ours",
			LongContext: &price.Band{Threshold: 9, Rates: rates("2", "2")}},
		{ID: "peak", Tier: "standard", Region: "global", From: at("2026-08-16T16:00:00Z"), Rates: rates("4", "4"),
			Windows: []string{"mon,tue,wed,thu,fri 01:00-04:00 UTC except holidays", "mon,tue,wed,thu,fri 06:00-10:00 UTC except holidays"},
			Sources: []string{"s"}, Verified: "2026-11-22"},
		{ID: "plain", Tier: "standard", Region: "global", Rates: rates("2", "2"), Sources: []string{"s"}, Verified: "2026-11-22"},
	}
	got := b.Rows("dp", "m-2026-01-01")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	got[0].Rates[usage.Input], got[0].LongContext.Rates[usage.Input] = price.MustMoney("99"), price.MustMoney("99")
	got[1].Windows[0], got[1].Sources[0] = "never", "nobody"
	if diff := cmp.Diff(want, b.Rows("d", "m")); diff != "" {
		t.Errorf("rows after a change to the copies (-want +got):\n%s", diff)
	}
	if got := b.Rows("d", "n")[0].Windows; !cmp.Equal(got, []string{"22:30-24:00 UTC"}) {
		t.Errorf("windows %q", got)
	}
	small := load(t, small).Rows("p", "m")
	if r := small[1]; r.Precision != "day" || !cmp.Equal(r.Refused, []usage.Class{usage.CacheRead}) ||
		!cmp.Equal(r.LongContext, &price.Band{Threshold: 1000, Inclusive: true, Rates: rates("6", "8")}) {
		t.Errorf("row %+v", r)
	}
	if got := b.Rows("d", "x"); got != nil {
		t.Errorf("rows %v of a model that is not there", got)
	}
}

// TestRowsOfTheEmbeddedBook: whatever the book prices can be shown.
func TestRowsOfTheEmbeddedBook(t *testing.T) {
	b := price.Embedded()
	for _, model := range b.Models() {
		for _, provider := range b.Providers(model) {
			rows := b.Rows(provider, model)
			if len(rows) == 0 {
				t.Errorf("%s/%s has no rows", provider, model)
			}
			for _, r := range rows {
				if r.LongContext != nil && r.LongContext.Unpriced != (r.LongContext.Rates == nil) {
					t.Errorf("%s: band %+v", r.ID, r.LongContext)
				}
				for _, s := range r.Sources {
					if b.Sources()[s] == "" {
						t.Errorf("%s: source %q is not described", r.ID, s)
					}
				}
			}
		}
	}
}

func TestFactorsAndFees(t *testing.T) {
	b := load(t, peaked)
	when := func(fs []price.FactorInfo) string {
		var out []string
		for _, f := range fs {
			out = append(out, f.When+" x "+f.Factor.String()+" "+f.Needs+strings.Join(f.Models, "+"))
		}
		return strings.Join(out, "; ")
	}
	if got, want := when(b.Factors("dp", "m@20260101")), "inference_profile x 1.1 geo; inference_profile=global x 1 "; got != want {
		t.Errorf("factors %q, want %q", got, want)
	}
	if got, want := when(b.Factors("d", "n")), "inference_profile=global x 1 "; got != want { // n has no surcharge of a geography
		t.Errorf("factors %q, want %q", got, want)
	}
	if got := when(price.Embedded().Factors("anthropic", "claude-opus-4-6")); !strings.Contains(got, "speed=fast x 6 claude-opus-4-6") || strings.Contains(got, "claude-opus-5") {
		t.Errorf("factors %q, want those of the model only", got)
	}
	if got := b.Factors("d", "x"); got != nil {
		t.Errorf("factors %v of a model that is not there", got)
	}
	want := []price.FeeInfo{{Unit: "search", USD: price.MustMoney("1"), Per: 1, Sources: []string{"s"}, Verified: "2026-11-22"}}
	if diff := cmp.Diff(want, b.Fees("dp")); diff != "" {
		t.Errorf("fees (-want +got):\n%s", diff)
	}
	b.Fees("d")[0].Sources[0] = "nobody"
	b.Sources()["s"] = "nobody"
	if got := b.Fees("d")[0].Sources[0] + b.Sources()["s"]; got != "sa source" {
		t.Errorf("a change to a copy reached the book: %q", got)
	}
	fees := price.Embedded().Fees("anthropic")
	for i := 1; i < len(fees); i++ {
		if fees[i-1].Unit >= fees[i].Unit {
			t.Errorf("fees are not in order: %q, %q", fees[i-1].Unit, fees[i].Unit)
		}
	}
	var none *price.Book
	if none.Rows("d", "m") != nil || none.Factors("d", "m") != nil || none.Fees("d") != nil || none.Sources() != nil {
		t.Error("an empty book shows something")
	}
}

package forecast_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/review/forecast"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
	"github.com/pertask/pertask/verdict"
)

func item(model string, opened *int, fail error) forecast.Item {
	with := func(name string) arm.Arm {
		return arm.Arm{}.With(arm.Setting{Slot: arm.MainSlot, Key: arm.Model, Value: name})
	}
	now := func() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }
	o := &compare.Options{Pair: arm.Pair{Base: with("gpt-5.4"), Head: with(model)}, Policy: verdict.DefaultPolicy(), Looks: []int{5}, Now: now,
		Pricing: price.Pricing{Book: price.Embedded(), At: now()}, Suite: &suite.Suite{Name: "s", Digest: "sha256:1", Tasks: []suite.Task{{ID: "a", Prompt: "x"}, {ID: "b", Prompt: "x"}}}}
	return forecast.Item{Options: o, Journal: func(*compare.Options) (trial.Journal, error) { *opened++; return journal.NewMemory(), fail }}
}

func TestOver(t *testing.T) {
	usd := price.MustMoney
	none := price.Amount{}
	for _, tt := range []struct {
		name, model string
		limit       string
		most        price.Amount
		over        string
		opened      int
	}{
		{"far below", "gpt-5.4-mini", "1000", none, "", 0},
		{"above", "gpt-5.4-mini", "0.0001", none, "Measuring may cost up to", 1},
		{"the budget is less", "gpt-5.4-mini", "0.001", price.Known(usd("0.0005")), "", 0},
		{"a price is not known", "no-such-model", "1000", price.Known(usd("1")), "cannot be forecast", 1},
	} {
		opened := 0
		over, forecasts, err := forecast.Over(usd(tt.limit), tt.most, []forecast.Item{item(tt.model, &opened, nil)})
		if err != nil || len(forecasts) != 1 || opened != tt.opened {
			t.Errorf("%s: %d forecasts, %d journals, %v", tt.name, len(forecasts), opened, err)
		}
		if (over != nil) != (tt.over != "") || over != nil && (over.Code != "over-auto-run-below" || !strings.Contains(over.Text, tt.over)) {
			t.Errorf("%s: %+v, want %q", tt.name, over, tt.over)
		}
	}
	opened, fail := 0, errors.New("disk full")
	if over, _, err := forecast.Over(usd("0.0001"), none, []forecast.Item{item("gpt-5.4-mini", &opened, fail)}); !errors.Is(err, fail) || over != nil {
		t.Errorf("a journal that cannot be opened: %+v, %v", over, err)
	}
	if over, _, err := forecast.Over(usd("0"), none, nil); over != nil || err != nil {
		t.Errorf("nothing to measure: %+v, %v", over, err)
	}
}

func TestAtMost(t *testing.T) {
	low, high := price.Known(price.MustMoney("1")), price.Known(price.MustMoney("2"))
	if got := forecast.AtMost(&report.Forecast{USD: low, High: high}); !got.Equal(high) {
		t.Errorf("%v", got)
	}
	if got := forecast.AtMost(&report.Forecast{USD: low}); !got.Equal(low) {
		t.Errorf("%v", got)
	}
}

package prediction_test

import (
	"math"
	"testing"

	"github.com/pertask/pertask/ledger/prediction"
)

func TestCompare(t *testing.T) {
	inf := math.Inf(1)
	for _, tt := range []struct {
		name                string
		predicted, observed prediction.Ratio
		want                prediction.Relation
	}{
		{"the same", prediction.NewRatio(0.62, 0.48, 0.79), prediction.NewRatio(0.62, 0.48, 0.79), prediction.Inside},
		{"within", prediction.NewRatio(0.62, 0.48, 0.79), prediction.NewRatio(0.76, 0.5, 1.2), prediction.Inside},
		{"beyond, and both explain it", prediction.NewRatio(0.62, 0.48, 0.79), prediction.NewRatio(0.9, 0.65, 1.25), prediction.Overlaps},
		{"intervals overlap, and yet both do not explain it", prediction.NewRatio(0.62, 0.5, 0.77), prediction.NewRatio(0.92, 0.74, 1.15), prediction.OutsideDearer},
		{"far beyond", prediction.NewRatio(0.62, 0.48, 0.79), prediction.NewRatio(1.3, 1.1, 1.54), prediction.OutsideDearer},
		{"far below", prediction.NewRatio(0.9, 0.85, 0.95), prediction.NewRatio(0.5, 0.4, 0.625), prediction.OutsideCheaper},
		{"no upper end", prediction.NewRatio(2, 0.9, inf), prediction.NewRatio(5, 4, 6), prediction.Inside},
		{"below one without an upper end", prediction.NewRatio(2, 1.8, inf), prediction.NewRatio(0.5, 0.45, 0.55), prediction.OutsideCheaper},
		{"no lower end", prediction.NewRatio(0.5, 0, 0.6), prediction.NewRatio(2, 1.8, 2.2), prediction.OutsideDearer},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, got := prediction.Compare(tt.predicted, tt.observed)
			if got != tt.want {
				t.Errorf("%v, want %v; difference %v of %v to %v", got, tt.want, d.Estimate, d.Low, d.Upper())
			}
			if want := tt.observed.Estimate / tt.predicted.Estimate; math.Abs(d.Estimate-want) > 1e-12 || !d.Holds(d.Estimate) {
				t.Errorf("difference %v of %v to %v, want %v within", d.Estimate, d.Low, d.Upper(), want)
			}
		})
	}
}

// By hand: predicted 0.5 with a standard error of 0.1, observed 0.8 with 0.2. The difference has one of sqrt(0.05).
func TestCompareByHand(t *testing.T) {
	around := func(estimate, se float64) prediction.Ratio {
		return prediction.NewRatio(estimate, estimate*math.Exp(-1.959964*se), estimate*math.Exp(1.959964*se))
	}
	d, got := prediction.Compare(around(0.5, 0.1), around(0.8, 0.2))
	half := 1.959964 * 0.22360679775
	if want := 1.6 * math.Exp(-half); math.Abs(d.Low-want) > 1e-9 {
		t.Errorf("low end %v, want %v", d.Low, want)
	}
	if want := 1.6 * math.Exp(half); math.Abs(d.Upper()-want) > 1e-9 {
		t.Errorf("high end %v, want %v", d.Upper(), want)
	}
	if got != prediction.OutsideDearer {
		t.Errorf("%v, want %v: 1.6 of 1.03 to 2.48", got, prediction.OutsideDearer)
	}
	// Which limits count depends on the direction: an observation below a prediction is weighed by the prediction's lower
	// and its own upper limit at the high end.
	d, _ = prediction.Compare(prediction.NewRatio(1, 0.5, 1.1), prediction.NewRatio(1, 0.9, 4))
	if want := math.Exp(-math.Hypot(math.Log(1/0.9), math.Log(1.1))); math.Abs(d.Low-want) > 1e-12 {
		t.Errorf("low end %v, want %v", d.Low, want)
	}
	if want := math.Exp(math.Hypot(math.Log(4), math.Log(2))); math.Abs(d.Upper()-want) > 1e-12 {
		t.Errorf("high end %v, want %v", d.Upper(), want)
	}
}

func TestTelling(t *testing.T) {
	for _, tt := range []struct {
		name                string
		predicted, observed prediction.Ratio
		want                bool
	}{
		{"a factor of 2", prediction.NewRatio(0.9, 0.8, 1), prediction.NewRatio(1, 0.5001, 2), true},
		{"more than that", prediction.NewRatio(0.9, 0.8, 1), prediction.NewRatio(1, 0.49, 2), false},
		{"where more was predicted", prediction.NewRatio(0.3, 0.2, 0.4), prediction.NewRatio(1, 0.4, 3), true},
		{"wherever it lies", prediction.NewRatio(0.9, 0.8, 1), prediction.NewRatio(7, 4, 9), true},
		{"no end", prediction.NewRatio(0.3, 0.2, 0.4), prediction.NewRatio(1, 0.4, math.Inf(1)), false},
		{"no beginning", prediction.NewRatio(0.3, 0.2, 0.4), prediction.NewRatio(1, 0, 1), false},
	} {
		if got := prediction.Telling(tt.predicted, tt.observed); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

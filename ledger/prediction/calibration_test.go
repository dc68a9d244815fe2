package prediction_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/ledger/prediction"
	"github.com/pertask/pertask/ledger/predictiontest"
)

const shop = "github.com/acme/shop"

// record is a prediction with the observed ratios of its outcomes.
func record(pull int, predicted prediction.Ratio, observed ...prediction.Ratio) prediction.Record {
	r := prediction.Record{Prediction: predictiontest.Predicted(shop, pull, "a")}
	r.Prediction.Ratio = &predicted
	for i, x := range observed {
		o := predictiontest.Observed(r.Prediction, 28*(i+1))
		d, relation := prediction.Compare(predicted, x)
		o.Observed, o.Difference, o.Relation = &x, &d, relation
		r.Outcomes = append(r.Outcomes, o)
	}
	return r
}

// silent is a record whose last outcome says nothing.
func silent(pull int, reason string) prediction.Record {
	r := record(pull, prediction.NewRatio(0.62, 0.48, 0.79), prediction.NewRatio(0.7, 0.6, 0.8))
	o := r.Outcomes[0]
	o.Observed, o.Difference, o.Relation, o.Reason = nil, nil, prediction.CannotTell, reason
	r.Outcomes = append(r.Outcomes, o)
	return r
}

func TestCalibrate(t *testing.T) {
	p := prediction.NewRatio(0.62, 0.48, 0.79)
	inside, overlaps := prediction.NewRatio(0.7, 0.6, 0.82), prediction.NewRatio(0.9, 0.65, 1.25)
	dearer, cheaper := prediction.NewRatio(1.3, 1.1, 1.5), prediction.NewRatio(0.2, 0.15, 0.25)
	unmeasured := record(30, p)
	unmeasured.Prediction.Ratio = nil
	second := record(1, p, dearer)
	second.Prediction.Suite = "b"
	got := prediction.Calibrate([]prediction.Record{
		record(1, p, inside), second, record(2, p, dearer, inside), record(3, p, overlaps), record(4, p, dearer), record(5, p, cheaper),
		record(6, p), silent(7, prediction.TooEarly), silent(8, prediction.TooWide), silent(9, "too-few-before"), unmeasured,
	})
	want := prediction.Calibration{Told: 5, Silent: 2, Early: 2, Inside: 2, Overlapping: 1, Cheaper: 1, Dearer: 1, Agreeing: 3, Expected: got.Expected, Least: got.Least, Most: got.Most}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("calibration (-want +got):\n%s", diff)
	}
	if got.Expected <= 3 || got.Expected >= 4.75 || got.Least > 3 || got.Most != 5 {
		t.Errorf("%v expected inside, %d to %d; want fewer than 95 of 100", got.Expected, got.Least, got.Most)
	}
	if diff := cmp.Diff(prediction.Calibration{}, prediction.Calibrate(nil)); diff != "" {
		t.Errorf("of nothing (-want +got):\n%s", diff)
	}
}

// With equal precision 83 of 100 second estimates are within a first one's interval of 95 %, and all of 95 when the second
// has no uncertainty (Cumming and Maillardet 2006).
func TestExpected(t *testing.T) {
	p := prediction.NewRatio(0.5, 0.25, 1)
	for _, tt := range []struct {
		observed prediction.Ratio
		want     float64
	}{
		{prediction.NewRatio(0.6, 0.3, 1.2), 0.8342},
		{prediction.NewRatio(0.6, 0.6, 0.6), 0.95},
		{prediction.NewRatio(0.6, 0.1, 3.6), 0.5205},
	} {
		got := prediction.Calibrate([]prediction.Record{record(1, p, tt.observed)})
		if math.Abs(got.Expected-tt.want) > 5e-4 {
			t.Errorf("observed %v to %v: %v expected inside, want %v", tt.observed.Low, tt.observed.Upper(), got.Expected, tt.want)
		}
	}
	endless := prediction.Calibrate([]prediction.Record{record(1, prediction.NewRatio(0.5, 0.25, math.Inf(1)), p)})
	exact := prediction.Calibrate([]prediction.Record{record(1, prediction.NewRatio(0.5, 0.5, 0.5), p)})
	if endless.Expected != 0.95 || exact.Expected != 0 {
		t.Errorf("%v without an upper end and %v without any width, want 0.95 and 0", endless.Expected, exact.Expected)
	}
}

// Sets of right predictions have as many inside as is expected, and are between Least and Most.
func TestCalibrationIsCalibrated(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	const sets, each = 2000, 12
	within, agreeing, inside, expected := 0, 0, 0, 0.0
	around := func(truth, se float64) prediction.Ratio {
		x := truth + se*r.NormFloat64()
		return prediction.NewRatio(math.Exp(x), math.Exp(x-1.959964*se), math.Exp(x+1.959964*se))
	}
	for range sets {
		var records []prediction.Record
		for i := range each {
			truth := r.NormFloat64()
			records = append(records, record(i+1, around(truth, 0.05+0.2*r.Float64()), around(truth, 0.05+0.25*r.Float64())))
		}
		c := prediction.Calibrate(records)
		if c.Least <= c.Inside && c.Inside <= c.Most {
			within++
		}
		inside, agreeing, expected = inside+c.Inside, agreeing+c.Agreeing, expected+c.Expected
	}
	if got := float64(within) / sets; got < 0.94 {
		t.Errorf("%v of the sets are within the range that chance makes", got)
	}
	if got := float64(inside); math.Abs(got-expected) > 0.01*sets*each {
		t.Errorf("%v inside, %v expected", got, expected)
	}
	// Overlaps and Inside together: an estimate may be inside a wide prediction that both uncertainties do not reach.
	if got := float64(agreeing) / sets / each; math.Abs(got-0.95) > 0.012 {
		t.Errorf("%v agree, want 0.95", got)
	}
}

package prediction

import (
	"math"
)

// Compare sets observed against predicted: their ratio, with an interval in which both uncertainties are.
//
// It is MOVER, the method of variance estimates recovery, on logarithms (Zou and Donner 2008, Statistics in Medicine 27;
// Donner and Zou 2012, Statistical Methods in Medical Research 21): of two independent estimates o and p with the limits
// lo, uo and lp, up, the difference o-p has the limits
//
//	o - p - sqrt((o-lo)² + (up-p)²)   and   o - p + sqrt((uo-o)² + (p-lp)²).
//
// For intervals that are symmetrical it is the usual test of interaction (Altman and Bland 2003, BMJ 326). It needs no
// degrees of freedom and takes each side of an interval as it is, also one without an end.
func Compare(predicted, observed Ratio) (Ratio, Relation) {
	p, o := math.Log(predicted.Estimate), math.Log(observed.Estimate)
	low := o - p - math.Hypot(o-math.Log(observed.Low), math.Log(predicted.Upper())-p)
	high := o - p + math.Hypot(math.Log(observed.Upper())-o, p-math.Log(predicted.Low))
	d := NewRatio(math.Exp(o-p), math.Exp(low), math.Exp(high))
	switch {
	case predicted.Holds(observed.Estimate):
		return d, Inside
	case d.Holds(1):
		return d, Overlaps
	case o < p:
		return d, OutsideCheaper
	}
	return d, OutsideDearer
}

// Telling reports whether an observed interval is narrow enough to say something about a prediction: its half is, as a
// factor, at most 2, or the predicted change where that is more. It goes by the width alone and not by where the interval
// lies, so that leaving the others out of a Calibration favours nobody.
func Telling(predicted, observed Ratio) bool {
	half := observed.halfWidth()
	return half <= max(math.Ln2, math.Abs(math.Log(predicted.Estimate)))
}

// halfWidth is that of an interval's logarithm.
func (r Ratio) halfWidth() float64 { return math.Log(r.Upper()/r.Low) / 2 }

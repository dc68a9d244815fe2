package verdict

import "math"

// Decide applies a policy to the facts. What makes the numbers worthless comes first, then what they show about
// cost, then completion. It is a pure function and never panics; whatever is unknown leads to Inconclusive.
//
// Findings never repeats Reason. What would have withheld the verdict too comes before the warnings.
func Decide(p Policy, f Facts) Decision {
	withheld := withholding(p, f)
	notes := notes(p, f)
	if len(withheld) > 0 {
		return inconclusive(p, f, withheld, notes)
	}
	g := f.guard(p)
	switch f.crossing() {
	case below:
		return cheaper(p, f, g, notes)
	case above:
		if f.BaseLowerBound {
			return inconclusive(p, f, []Finding{lowerBoundWithholds("base", "a dearer head")}, notes)
		}
		if g == guardBad {
			notes = prepend(fewerCompleted(p, f), notes)
		}
		return Decision{Verdict: DontSwitch, Reason: dearerText(p, f), Findings: notes, Settled: true}
	}
	if g == guardBad {
		notes = prepend(fewerCompleted(p, f), notes)
	}
	if f.equivalent(p) && !f.BaseLowerBound && !f.HeadLowerBound {
		return Decision{Reason: noMaterialDifference(p, f), Findings: notes, Settled: true}
	}
	return inconclusive(p, f, []Finding{undecided(p, f)}, notes)
}

// cheaper decides when the head is shown to be cheaper than the threshold.
func cheaper(p Policy, f Facts, g guard, notes []Finding) Decision {
	switch {
	case f.HeadLowerBound:
		return inconclusive(p, f, []Finding{lowerBoundWithholds("head", "a cheaper head")}, notes)
	case g == guardBad && f.BaseLowerBound:
		return inconclusive(p, f, []Finding{lowerBoundWithholds("base", "the comparison of costs")}, prepend(fewerCompleted(p, f), notes))
	case g == guardBad:
		return Decision{Verdict: DontSwitch, Reason: cheaperButFewer(p, f), Findings: notes, Settled: true}
	case g == guardUnknown:
		return inconclusive(p, f, []Finding{completionUnknown()}, notes)
	case g == guardUnclear && p.PassGuardStrict:
		return inconclusive(p, f, []Finding{completionUnclear(p, true)}, notes)
	case g == guardUnclear:
		notes = prepend(completionUnclear(p, false), notes)
	}
	return Decision{Verdict: Switch, Reason: cheaperText(p, f), Findings: notes, Settled: true}
}

// inconclusive gives the first of the reasons and keeps the others as findings.
func inconclusive(p Policy, f Facts, reasons, notes []Finding) Decision {
	findings := append(append([]Finding(nil), reasons[1:]...), notes...)
	if f.SingleTrial && f.Tasks > 0 {
		findings = append(findings, moreTrials(f.Tasks))
	}
	return Decision{Verdict: Inconclusive, Reason: reasons[0], Findings: findings, Settled: settled(f, reasons)}
}

// settled reports whether one of the reasons that withhold a verdict stays however many trials there are.
func settled(f Facts, reasons []Finding) bool {
	for _, r := range reasons {
		switch r.Code {
		case codeBadPolicy, codeUnknownCost, codeMayBeHigher, codeTooFewTasks:
			return true
		}
	}
	return len(f.Withhold) > 0
}

// withholding lists, in order, everything that alone makes the verdict inconclusive whatever the numbers say.
func withholding(p Policy, f Facts) []Finding {
	var out []Finding
	if err := p.Validate(); err != nil {
		out = append(out, badPolicy(err))
	}
	if len(f.UnknownCost) > 0 {
		out = append(out, unknownCost(f.UnknownCost))
	}
	for _, x := range f.Withhold {
		x.Withhold = true
		out = append(out, x)
	}
	if f.tooManyVoids() {
		out = append(out, tooManyVoids(f))
	}
	if f.Tasks <= 0 || f.BaseTrials <= 0 || f.HeadTrials <= 0 {
		return append(out, nothingMeasured())
	}
	if f.BaseCompleted <= 0 && f.HeadCompleted <= 0 {
		out = append(out, nothingCompleted(f))
	} else if math.IsNaN(f.Ratio) || math.IsNaN(f.T) || math.IsNaN(f.P) || !(f.Alpha > 0 && f.Alpha < 1) {
		out = append(out, noStatement())
	}
	if f.population(p) {
		return append(out, beyondSuite(p, f)...)
	}
	if min(f.BaseTrials, f.HeadTrials)-f.Tasks < minReplicates {
		out = append(out, tooFewTrials(f.Tasks))
	}
	return out
}

// beyondSuite lists what forbids a verdict about tasks like these.
func beyondSuite(p Policy, f Facts) []Finding {
	var out []Finding
	if f.Tasks < minTasks {
		out = append(out, tooFewTasks(f.Tasks))
	}
	out = append(out, warnings(p, f)...)
	if !(f.TopShare > 0 && f.TopShare <= 1) {
		out = append(out, topShareUnknown())
	}
	for i := range out {
		out[i].Withhold = true
	}
	return out
}

// warnings lists what makes a statement beyond the suite fragile.
func warnings(p Policy, f Facts) []Finding {
	var out []Finding
	if f.BaseCompleted < minCompletions || f.HeadCompleted < minCompletions {
		out = append(out, fewPasses(f))
	}
	if f.TopShare > maxTopShare {
		out = append(out, oneTaskDominates(f))
	}
	if f.LeaveOneOutCrosses {
		out = append(out, oneTaskDecides(p, f))
	}
	return out
}

// notes lists what the reader must know beside the verdict. In population scope the warnings withhold the verdict, so
// they are not repeated here.
func notes(p Policy, f Facts) []Finding {
	var out []Finding
	if f.BaseLowerBound {
		out = append(out, lowerBound("base"))
	}
	if f.HeadLowerBound {
		out = append(out, lowerBound("head"))
	}
	if !f.population(p) && f.BaseTrials > 0 && f.HeadTrials > 0 {
		out = append(out, warnings(p, f)...)
	}
	return out
}

func prepend(x Finding, list []Finding) []Finding { return append([]Finding{x}, list...) }

// Package hints says when not to switch yet, for reasons that are computed from what was measured.
//
// It knows the conditions under which each of its findings holds and the measurement that it shows. It refuses to know
// the decision: none of its findings withholds a verdict, and none is shown where its measurement is missing. What
// package verdict, compare/conduct and compare/fit find is theirs.
package hints

import (
	"strings"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/content"
	"github.com/pertask/pertask/verdict"
)

// The codes of the findings. Stored reports depend on the literals.
const (
	CodeCache     = "cache-decides"         // without the cache the verdict would be another one
	CodePremium   = "premium-without-gain"  // a list price of three times as much or more, and no gain in completion is shown
	CodeMixed     = "mixed-tasks"           // the change pays for some kinds of tasks and not for others
	CodePromotion = "price-ends"            // a price that the numbers rest on is about to end
	CodeNew       = "model-is-new"          // the head's model came out days ago
	CodePayback   = "saves-less-than-check" // the check has cost more than the change would have saved meanwhile
)

// Facts is what the findings rest on beside the report. The zero value knows nothing.
type Facts struct {
	Book *price.Book // that priced the report; nil when there is none
	Cold *Cold       // nil when it is not known
}

// Cold is what the same trials say when what a cache served is priced as input that none did, in both arms.
type Cold struct {
	Verdict          verdict.Verdict
	Ratio, Low, High content.Number // head by base, cost per completed task, with the report's confidence
}

// Of returns the findings that hold for a report whose numbers are filled in, the weightiest first.
func Of(r *content.Report, facts Facts) []verdict.Finding {
	if r.Result != verdict.Measured {
		return nil
	}
	var out []verdict.Finding
	add := func(code, text string) {
		if text != "" {
			out = append(out, verdict.Finding{Code: code, Text: text})
		}
	}
	if !withheld(r) {
		add(CodeCache, cache(r, facts.Cold))
		add(CodePremium, premium(r))
		for _, text := range mixed(r) {
			add(CodeMixed, text)
		}
	}
	for _, text := range promotions(r, facts.Book) {
		add(CodePromotion, text)
	}
	add(CodeNew, newModel(r, facts.Book))
	add(CodePayback, payback(r))
	return out
}

// withheld reports whether something says that the numbers are no evidence for a verdict. Advice from them is none then.
func withheld(r *content.Report) bool {
	if r.Reason.Withhold {
		return true
	}
	for _, f := range r.Findings {
		if f.Withhold {
			return true
		}
	}
	return false
}

// quoted is a value in backquotes. One in it would end them.
func quoted(s string) string { return "`" + strings.ReplaceAll(s, "`", "'") + "`" }

// said is a verdict in the words of a report.
func said(v verdict.Verdict) string {
	switch v {
	case verdict.Switch:
		return "switch"
	case verdict.DontSwitch:
		return "don't switch"
	}
	return "inconclusive"
}

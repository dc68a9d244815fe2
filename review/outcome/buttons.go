package outcome

import (
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/review/gate"
	"github.com/pertask/pertask/review/state"
	"github.com/pertask/pertask/verdict"
)

// Buttons are those of a completed check run that shows results: what a person can ask for next. Their identifiers are those
// that package review/route answers, and must never change their meaning: old check runs keep their buttons.
func Buttons(suites []state.Suite) []github.CheckAction {
	var measure, more, accept bool
	for _, u := range suites {
		if u.Question == "" {
			continue // there is nothing to measure or to accept
		}
		measure = measure || u.Result == verdict.NotMeasured
		more = more || u.Result == verdict.Measured && u.Verdict == verdict.Inconclusive
		accept = accept || u.Result == verdict.NotMeasured || u.Conclusion == gate.Failure || u.Conclusion == gate.Required
	}
	var out []github.CheckAction
	for _, b := range []struct {
		shown bool
		github.CheckAction
	}{
		{measure, github.CheckAction{Label: "Measure", Description: "Measure this change now", Identifier: "pertask-run"}},
		{more, github.CheckAction{Label: "Run more", Description: "Take up the test by one more look", Identifier: "pertask-more"}},
		{accept, github.CheckAction{Label: "Accept", Description: "Let this change in whatever the verdict", Identifier: "pertask-accept"}},
	} {
		if b.shown {
			out = append(out, b.CheckAction)
		}
	}
	return out
}

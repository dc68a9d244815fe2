package row

import (
	"fmt"
	"math"

	"github.com/pertask/pertask/report/content"
	"github.com/pertask/pertask/report/figure"
)

// Split is price per token x tokens per trial x 1/completion, which multiply up to the ratio exactly.
type Split struct{ Price, Tokens, Completion float64 }

// SplitOf returns the split of the ratio; false when a token class or a cost is not known in both arms, when
// an arm completed nothing, or when the parts do not multiply up to the ratio that the report shows.
func SplitOf(r *content.Report) (Split, bool) {
	if r.Ratio == nil {
		return Split{}, false
	}
	s := Split{
		Price:      pricePerToken(r.Head) / pricePerToken(r.Base),
		Tokens:     float64(r.Head.TokensPerTrial.Total()) / float64(r.Base.TokensPerTrial.Total()),
		Completion: float64(r.Base.CompletionRate) / float64(r.Head.CompletionRate),
	}
	product, want := s.Price*s.Tokens*s.Completion, float64(r.Ratio.Estimate)
	ok := math.Abs(product-want) <= 1e-3*math.Abs(want) && want > 0 && !math.IsInf(want, 1) // false for NaN, too
	return s, ok
}

// pricePerToken is the mean cost of a trial over its mean number of tokens. The cost of a trial is the cost per
// completed task times the completion rate, both averaged task by task.
func pricePerToken(a content.Arm) float64 {
	return float64(a.CostPerTask.Amount) * float64(a.CompletionRate) / float64(a.TokensPerTrial.Total())
}

// Sentence writes the split for people, with its factors as bold writes them; total is the ratio and limit the most that is
// allowed of it.
func (s Split) Sentence(total content.Number, limit float64, bold func(string) string) string {
	return fmt.Sprintf("Multiplied out: %s price per token x %s tokens per trial x %s for completion = %s. "+
		"Price per token is what a token cost on average, cached ones included.",
		bold(figure.Significant(s.Price, 3)), bold(figure.Significant(s.Tokens, 3)), bold(figure.Significant(s.Completion, 3)), figure.Times(total, limit))
}

package compare

import (
	"context"

	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/trial"
)

// Settle reports on trials that were carried out elsewhere for these options, and that the bench's journal has: none is carried
// out here, and of the bench nothing else is used but NeedsSandbox. The test goes on as in Run, and what it says is kept.
func Settle(ctx context.Context, o Options, b Bench) (*report.Report, error) {
	c, answer, err := begin(ctx, o)
	if c == nil {
		return answer, err
	}
	have, err := claim(c.opts, b.Journal)
	if err != nil {
		return nil, err
	}
	if err := c.enterEvidence(have); err != nil {
		return nil, err
	}
	if err := c.inside(b); err != nil {
		return nil, err
	}
	if c.Next(); c.err == nil {
		if r := c.lost(); r != nil {
			return r, nil
		}
	}
	c.saveTest(ctx)
	r, err := c.Report()
	if err != nil {
		return nil, err
	}
	return c.finish(ctx, r), nil
}

// enterEvidence takes trials as the process took them that carried them out: also those that came to nothing stay what they are.
func (c *Comparison) enterEvidence(have trial.Evidence) error {
	for _, r := range have.Replaced {
		if err := c.attempted(r); err != nil {
			return err
		}
	}
	for _, stored := range []bool{true, false} { // which others are wanted depends on the stored ones
		for _, r := range have.Results {
			if (r.Trial.Origin == trial.Stored) != stored {
				continue
			}
			if err := c.Add(r); err != nil {
				return err
			}
		}
	}
	c.interrupted(have.Stray, have.Open)
	return nil
}

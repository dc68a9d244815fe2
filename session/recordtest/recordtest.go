// Package recordtest holds what tests of the readers of logs have in common.
//
// It knows what is true of every line that was read, whatever its bytes were. It refuses to know any agent's log.
package recordtest

import (
	"math"
	"testing"

	"github.com/pertask/pertask/session/record"
	"github.com/pertask/pertask/usage"
)

// Check holds what is true of every call that was read.
func Check(t *testing.T, c *record.Call) {
	t.Helper()
	if c.ID == 0 {
		t.Error("a call has no key")
	}
	if c.Time.IsZero() || c.Time.Year() < 2020 || c.Time.Year() > 2199 {
		t.Errorf("a call is of %v", c.Time)
	}
	check(t, c.Seen, c.Tokens)
	for _, p := range c.Parts {
		check(t, true, p.Tokens)
	}
	if c.Searches < 0 || c.Searches > record.MaxTokens {
		t.Errorf("a call has %d searches", c.Searches)
	}
	for _, s := range []string{c.Session, c.Version, c.Dir, c.Branch, c.Commit, c.Remote, c.Provider, c.Model, c.Tier} {
		if len(s) > record.MaxText {
			t.Errorf("a call has a text of %d bytes", len(s))
		}
	}
}

func check(t *testing.T, seen bool, tokens usage.Tokens) {
	t.Helper()
	if !seen {
		return
	}
	known := false
	for _, class := range usage.Classes() {
		n, is := tokens.Of(class).Value()
		if known = known || is; n > 2*record.MaxTokens || n > math.MaxInt64/64 {
			t.Errorf("a call has %d tokens of %s", n, class)
		}
	}
	if !known {
		t.Error("a call's usage was seen, and no class is known")
	}
	if out, is := tokens.Output.Value(); is {
		if r, _ := tokens.Reasoning.Value(); r > out {
			t.Errorf("%d of %d tokens of output are reasoning", r, out)
		}
	}
}

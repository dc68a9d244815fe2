package spendtest

import (
	"fmt"
	"time"

	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/usage"
)

// Noon is the hour of the first of the tests' entries.
var Noon = time.Date(2026, 10, 31, 12, 0, 0, 0, time.UTC)

// Entry returns the n-th of the tests' entries, as a store returns it: each is of another session, and every tenth of
// another hour.
func Entry(n int) spend.Entry {
	e := spend.Entry{
		Source: spend.SessionLog, Provenance: spend.Reported, Harness: "claude-code", Version: "2.1.0",
		Session: spend.SessionKey("claude-code", fmt.Sprint(n)), Hour: Noon.Add(time.Duration(n/10) * time.Hour), Calls: 3,
	}
	e.Last = e.Hour.Add(time.Duration(n%60) * time.Minute)
	e.Repository, e.Branch = "github.com/acme/shop", "fix-date"
	e.Provider, e.Model, e.Upto = "anthropic", "claude-sonnet-4-6", 31_999
	e.Tokens = usage.None()
	e.Tokens.Input, e.Tokens.CacheRead, e.Tokens.Output = usage.Known(int64(1000+n)), usage.Known(20_000), usage.Known(500)
	return e.Complete()
}

// More returns an entry with further calls of the same consumption.
func More(e spend.Entry, calls int64) spend.Entry {
	e.Calls += calls
	n, _ := e.Tokens.Output.Value()
	e.Tokens.Output = usage.Known(n + 100*calls)
	return e.Complete()
}

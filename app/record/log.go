package record

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pertask/pertask/verdict"
)

// The verbs of reviews among those of acts, for LogFilter.Only. No act has them.
const (
	VerbVerdict = "verdict" // a review of which a suite was measured, or accepted by a person
	VerbResult  = "result"  // another review that has ended
)

// Entry is a line of an installation's log: what a review came to, or an act; exactly one of both is set.
type Entry struct {
	Place  Place
	Review *Review // that has ended, without its reports
	Act    *Act
}

// Time is when the review ended, or the act was done.
func (e Entry) Time() time.Time { return e.Place.At }

// Verb is the act's, or VerbVerdict or VerbResult.
func (e Entry) Verb() string {
	if e.Act != nil {
		return e.Act.Verb
	}
	if e.Review != nil && e.Review.HasVerdict() {
		return VerbVerdict
	}
	return VerbResult
}

// HasVerdict reports whether a suite of the review was measured, or accepted by a person.
func (r Review) HasVerdict() bool {
	return slices.ContainsFunc(r.Suites, func(s Suite) bool { return slices.Contains(WithVerdict, s.Result) })
}

// WithVerdict are the results of suites that make a review one with a verdict.
var WithVerdict = []string{string(verdict.Measured), string(verdict.Accepted)}

// Place is where an entry stands in the log: by its time, and at one time reviews after acts, each by what names it. The zero
// Place is none.
type Place struct {
	At     time.Time
	Review string // its ID; "" for an act
	Act    int64  // its number, which later acts have a higher one of
}

// IsZero reports whether it is no place.
func (p Place) IsZero() bool { return p.At.IsZero() }

// Compare is negative for a place that is before another one in time, so after it in the log.
func (p Place) Compare(o Place) int {
	return cmp.Or(p.At.Compare(o.At), strings.Compare(p.Review, o.Review), cmp.Compare(p.Act, o.Act))
}

// String is the place as ParsePlace reads it.
func (p Place) String() string {
	what := strconv.FormatInt(p.Act, 10)
	if p.Review != "" {
		what = p.Review
	}
	return strconv.FormatInt(p.At.UnixMicro(), 10) + "." + what
}

// ParsePlace reads what String wrote. The error wraps ErrRecord.
func ParsePlace(s string) (Place, error) {
	at, what, _ := strings.Cut(s, ".")
	micros, err := strconv.ParseInt(at, 10, 64)
	p := Place{At: time.UnixMicro(micros).UTC()}
	id, noID := hex.DecodeString(what)
	n, noNumber := strconv.ParseInt(what, 10, 64)
	switch {
	case err != nil || p.At.IsZero():
	case noID == nil && len(id) == 16 && strings.ToLower(what) == what:
		p.Review = what
		return p, nil
	case noNumber == nil && n > 0:
		p.Act = n
		return p, nil
	}
	return Place{}, fmt.Errorf("%w: the place %.80q in the log; one is a time and what stands there", ErrRecord, s)
}

// LogFilter narrows what of a log is listed. Its zero value lists the newest 100 entries.
type LogFilter struct {
	Repo  int64    // 0 is all of the scope
	Pull  int      // 0 is all
	Who   string   // login of who did it, or asked for the review; "" is all
	Only  []string // verbs; none is all
	Since time.Time
	After Place // what comes after it in the list, for the next page
	Limit int   // as that of Filter
}

// Count is how many are listed at most.
func (f LogFilter) Count() int { return Filter{Limit: f.Limit}.Count() }

// Acts are the verbs of acts that are let through; all of them with true.
func (f LogFilter) Acts() (verbs []string, all bool) {
	if len(f.Only) == 0 {
		return nil, true
	}
	for _, v := range f.Only {
		if v != VerbVerdict && v != VerbResult {
			verbs = append(verbs, v)
		}
	}
	return verbs, false
}

// Reviews reports which reviews are let through.
func (f LogFilter) Reviews() (verdicts, others bool) {
	all := len(f.Only) == 0
	return all || slices.Contains(f.Only, VerbVerdict), all || slices.Contains(f.Only, VerbResult)
}

// Has reports whether the filter lets an entry through, but for Limit.
func (f LogFilter) Has(e Entry) bool {
	var repo Repo
	var pull int
	var who string
	if e.Act != nil {
		repo, pull, who = e.Act.Repo, e.Act.Pull, e.Act.Actor
	} else {
		repo, pull, who = e.Review.Repo, e.Review.Pull, e.Review.By
	}
	return (f.Repo == 0 || f.Repo == repo.ID) && (f.Pull == 0 || f.Pull == pull) && (f.Who == "" || strings.EqualFold(f.Who, who)) &&
		(len(f.Only) == 0 || slices.Contains(f.Only, e.Verb())) && !e.Time().Before(f.Since) && (f.After.IsZero() || e.Place.Compare(f.After) < 0)
}

// Log is what happened in an installation: verdicts beside what people did. Implementations are safe for concurrent use and pass
// the tests of package recordtest.
type Log interface {
	// Log lists entries, the newest first. What concerns a whole installation is seen by whoever sees any of its repositories; a
	// filter for a repository leaves it out.
	Log(context.Context, Scope, LogFilter) ([]Entry, error)
}

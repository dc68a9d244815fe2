package record

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of what is kept.
const (
	MaxText   = 64 << 10 // bytes of a text, such as a reason
	MaxReport = 16 << 20 // bytes of a report
	MaxSuites = 1000     // of a review
	usual     = 100      // that are listed without a Limit
	most      = 1000     // that are listed at once
)

// Errors that callers act upon.
var (
	// ErrRecord is wrapped by errors about what no implementation keeps.
	ErrRecord = errors.New("bad record")
	// ErrOther is a review whose ID is that of another repository's review. What there is stays.
	ErrOther = errors.New("the ID is that of another repository's review")
	// ErrLate is an attempt at a review that a later one has overtaken. What there is stays.
	ErrLate = errors.New("a later attempt has the review")
	// ErrGone is something of an installation that was removed. GitHub gives its number to no other one.
	ErrGone = errors.New("the installation was removed")
)

// Sees reports whether the scope has a repository. The repository 0, which stands for a whole installation, is seen by whoever
// sees any repository of that installation.
func (s Scope) Sees(r Repo) bool {
	if s.Installation <= 0 || s.Installation != r.Installation || len(s.Repos) == 0 {
		return false
	}
	return r.ID == 0 || slices.Contains(s.Repos, r.ID)
}

// Count is how many are listed at most.
func (f Filter) Count() int {
	if f.Limit <= 0 {
		return usual
	}
	return min(f.Limit, most)
}

// Has reports whether the filter lets a review through, without Before and Limit. A suite of the name that it asks for must be
// the one that has the model.
func (f Filter) Has(r Review) bool {
	suite := func(s Suite) bool {
		return (f.Suite == "" || s.Name == f.Suite) && (f.Model == "" || s.BaseModel == f.Model || s.HeadModel == f.Model)
	}
	return (f.Repo == 0 || f.Repo == r.Repo.ID) && (f.State == "" || f.State == r.State) && !r.Started.Before(f.Since) &&
		(f.Suite == "" && f.Model == "" || slices.ContainsFunc(r.Suites, suite))
}

// Checked returns the repository as it is kept, or an error that wraps ErrRecord.
func (r Repo) Checked() (Repo, error) {
	if r.Installation <= 0 || r.ID <= 0 {
		return Repo{}, fmt.Errorf("%w: the repository %d of the installation %d; both are numbers above 0", ErrRecord, r.ID, r.Installation)
	}
	var err error
	r.Name, err = text("name of a repository", r.Name)
	return r, err
}

// Checked returns the review as it is kept, or an error that wraps ErrRecord: times are in UTC to the microsecond, texts have no
// letters that a database does not keep, numbers that are not finite are not there, and nothing is shared with the caller.
func (r Review) Checked() (Review, error) {
	if id, err := hex.DecodeString(r.ID); err != nil || len(id) != 16 || strings.ToLower(r.ID) != r.ID {
		return Review{}, fmt.Errorf("%w: the ID %.40q of a review; one has 32 hexadecimal digits in lower case", ErrRecord, r.ID)
	}
	switch {
	case stamp(r.Started).IsZero():
		return Review{}, fmt.Errorf("%w: review %s has no start", ErrRecord, r.ID)
	case !slices.Contains([]State{Running, Ended, Superseded, Broken}, r.State):
		return Review{}, fmt.Errorf("%w: review %s has the state %.40q; there are running, ended, superseded and broken", ErrRecord, r.ID, r.State)
	case len(r.Suites) > MaxSuites:
		return Review{}, fmt.Errorf("%w: review %s has %d suites; at most %d are kept", ErrRecord, r.ID, len(r.Suites), MaxSuites)
	}
	var err error
	if r.Repo, err = r.Repo.Checked(); err != nil {
		return Review{}, err
	}
	for what, t := range map[string]*string{"head": &r.Head, "base": &r.Base, "kind": &r.Kind, "name of who asked": &r.By,
		"delivery": &r.Delivery, "title": &r.Title, "conclusion": &r.Conclusion} {
		if *t, err = text(what, *t); err != nil {
			return Review{}, err
		}
	}
	r.Started, r.Ended = stamp(r.Started), stamp(r.Ended)
	r.Suites = slices.Clone(r.Suites)
	for i, s := range r.Suites {
		if r.Suites[i], err = s.checked(); err != nil {
			return Review{}, err
		}
	}
	return r, nil
}

func (s Suite) checked() (Suite, error) {
	if len(s.Report) > MaxReport {
		return Suite{}, fmt.Errorf("%w: a report of %d bytes; at most %d are kept", ErrRecord, len(s.Report), MaxReport)
	}
	var err error
	for what, t := range map[string]*string{"name of a suite": &s.Name, "result": &s.Result, "verdict": &s.Verdict, "base's model": &s.BaseModel,
		"head's model": &s.HeadModel, "question": &s.Question, "evidence key": &s.Evidence} {
		if *t, err = text(what, *t); err != nil {
			return Suite{}, err
		}
	}
	for _, x := range []**float64{&s.Ratio, &s.Low, &s.High, &s.BaseRate, &s.HeadRate} {
		*x = finite(*x)
	}
	if s.Report = slices.Clone(s.Report); len(s.Report) == 0 {
		s.Report = nil
	}
	return s, nil
}

// Checked returns the act as it is kept, or an error that wraps ErrRecord. An act of the installation 0 is the App's own, which
// nobody's scope has.
func (a Act) Checked() (Act, error) {
	switch {
	case stamp(a.Time).IsZero():
		return Act{}, fmt.Errorf("%w: an act without a time", ErrRecord)
	case a.Verb == "":
		return Act{}, fmt.Errorf("%w: an act without a verb", ErrRecord)
	case a.Repo.Installation < 0 || a.Repo.ID < 0:
		return Act{}, fmt.Errorf("%w: an act in the repository %d of the installation %d", ErrRecord, a.Repo.ID, a.Repo.Installation)
	}
	a.Time = stamp(a.Time)
	var err error
	for what, t := range map[string]*string{"name of a repository": &a.Repo.Name, "head": &a.Head, "actor": &a.Actor, "verb": &a.Verb, "reason": &a.Reason} {
		if *t, err = text(what, *t); err != nil {
			return Act{}, err
		}
	}
	return a, nil
}

// text is a text as every database keeps it: PostgreSQL knows no letter 0 and nothing but UTF-8.
func text(what, s string) (string, error) {
	if len(s) > MaxText {
		return "", fmt.Errorf("%w: a %s of %d bytes; at most %d are kept", ErrRecord, what, len(s), MaxText)
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, string(utf8.RuneError)), "\x00", string(utf8.RuneError)), nil
}

// stamp is a time as it is kept; the zero time stays what it is.
func stamp(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return time.UnixMicro(t.UnixMicro()).UTC()
}

func finite(x *float64) *float64 {
	if x == nil || math.IsNaN(*x) || math.IsInf(*x, 0) {
		return nil
	}
	y := *x
	return &y
}

package state

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/review/command"
	"github.com/pertask/pertask/verdict"
)

// Lengths in bytes above which a text is cut. Keys are never cut: one that is too long is no key.
const (
	maxName   = 400 // of a suite: 100 characters
	maxTitle  = 300
	maxWhy    = 300
	maxKind   = 40
	maxLogin  = 100
	maxKey    = 200
	maxReason = 4 * command.MaxReason
)

// maxSuites is how many suites a configuration may have, so that a run or a comment is about no more.
const maxSuites = 20

// cleaned returns the state as it can be stored and be believed: times in UTC, texts in UTF-8 and short, and without
// what is malformed. The error names that.
func (s State) cleaned() (State, error) {
	var errs []error
	s.Runs = kept(s.Runs, "run", Run.cleaned, &errs)
	slices.SortStableFunc(s.Runs, func(a, b Run) int { return b.Time.Compare(a.Time) })
	s.Runs = s.Runs[:min(len(s.Runs), MaxRuns)]
	s.Acceptances = kept(s.Acceptances, "acceptance", Acceptance.cleaned, &errs)
	if s.Check != nil {
		if err := s.Check.check(); err != nil {
			errs, s.Check = append(errs, fmt.Errorf("check: %w", err)), nil
		}
	}
	if s.Last != nil {
		a, err := s.Last.cleaned()
		s.Last = &a
		if err != nil {
			errs, s.Last = append(errs, fmt.Errorf("last answer: %w", err)), nil
		}
	}
	return s, errors.Join(errs...)
}

// kept returns those that are well formed; the errors of the others are added to errs.
func kept[T any](all []T, what string, clean func(T) (T, error), errs *[]error) []T {
	var out []T
	for i, x := range all {
		x, err := clean(x)
		if err != nil {
			*errs = append(*errs, fmt.Errorf("%s %d: %w", what, i+1, err))
			continue
		}
		out = append(out, x)
	}
	return out
}

func (a Answer) cleaned() (Answer, error) {
	a.Command, a.By, a.Why, a.Time = short(a.Command, maxReason), short(a.By, maxLogin), short(a.Why, maxWhy), a.Time.UTC().Round(0)
	return a, errors.Join(checkTime(a.Time), id(a.CommentID))
}

func (r Run) cleaned() (Run, error) {
	r.Time, r.Posted = r.Time.UTC().Round(0), r.Posted.UTC().Round(0)
	if y := r.Posted.Year(); y < 1 || y > 9999 {
		r.Posted = time.Time{}
	}
	r.Kind, r.By, r.Title = short(r.Kind, maxKind), short(r.By, maxLogin), short(r.Title, maxTitle)
	err := errors.Join(checkTime(r.Time), checkHead(r.Head))
	if len(r.Suites) > maxSuites {
		err = errors.Join(err, fmt.Errorf("%d suites; at most %d are allowed", len(r.Suites), maxSuites))
	}
	r.Suites = slices.Clone(r.Suites)
	for i := range r.Suites {
		u := &r.Suites[i]
		u.Name = short(u.Name, maxName)
		err = errors.Join(err, u.check())
	}
	return r, err
}

var (
	results     = []verdict.Result{verdict.NothingChanged, verdict.Measured, verdict.NotMeasured, verdict.Accepted, verdict.BadInput}
	conclusions = []string{"success", "neutral", "failure", "action_required"}
)

// maxExit is the largest status in package verdict's table.
const maxExit = 2

func (u *Suite) check() error {
	for _, key := range []string{u.Question, u.Evidence, u.Digest, u.Book, u.Prices} {
		if err := checkKey(key); err != nil {
			return err
		}
	}
	if err := checkHead(u.At); err != nil {
		return err
	}
	switch {
	case u.Cap < 0:
		return fmt.Errorf("%d trials at most", u.Cap)
	case !slices.Contains(results, u.Result):
		return fmt.Errorf("the result %.40q; there is none of that name", u.Result)
	case u.Verdict < verdict.Inconclusive || u.Verdict > verdict.DontSwitch:
		return fmt.Errorf("the verdict %d; there is none of that number", int(u.Verdict))
	case u.Verdict != verdict.Inconclusive && u.Result != verdict.Measured:
		return fmt.Errorf("the verdict %v of a suite that is %s", u.Verdict, u.Result)
	case !slices.Contains(conclusions, u.Conclusion):
		return fmt.Errorf("the conclusion %.40q; allowed are %s", u.Conclusion, strings.Join(conclusions, ", "))
	case u.Exit < 0 || u.Exit > maxExit:
		return fmt.Errorf("the exit status %d; 0 to %d are allowed", u.Exit, maxExit)
	case u.Exit == 0 && (u.Conclusion == "failure" || u.Conclusion == "action_required"):
		return fmt.Errorf("the exit status 0 beside the conclusion %s", u.Conclusion)
	}
	if u.Ratio == nil {
		return nil
	}
	for _, n := range []figure.Number{u.Ratio.Estimate, u.Ratio.Low, u.Ratio.High} {
		if n < 0 {
			return fmt.Errorf("the ratio %v; 0 and more are allowed", float64(n))
		}
	}
	return nil
}

func (a Acceptance) cleaned() (Acceptance, error) {
	a.Time = a.Time.UTC().Round(0)
	a.Suite = short(a.Suite, maxName)
	err := errors.Join(checkTime(a.Time), checkHead(a.Head), id(a.CommentID), checkKey(a.Question), checkKey(a.Digest), checkKey(a.Book))
	switch {
	case a.By == "" || a.By != short(a.By, maxLogin):
		err = errors.Join(err, fmt.Errorf("the login %.40q", a.By))
	case a.Reason == "" || a.Reason != short(a.Reason, maxReason):
		err = errors.Join(err, errors.New("no reason, or one that is too long"))
	case a.Question == "":
		err = errors.Join(err, errors.New("it is about no question"))
	}
	if a.End != nil {
		e := *a.End
		e.Time, e.Why = e.Time.UTC().Round(0), short(e.Why, maxWhy)
		a.End = &e
		err = errors.Join(err, checkTime(e.Time), checkHead(e.Head))
	}
	return a, err
}

func (c *Check) check() error {
	if c.ID < 0 || c.Name == "" || c.Name != short(c.Name, maxName) || c.Head == "" {
		return errors.New("no name, head or id")
	}
	if !slices.Contains(conclusions, c.Left) {
		return fmt.Errorf("the conclusion %.40q; allowed are %s", c.Left, strings.Join(conclusions, ", "))
	}
	return checkHead(c.Head)
}

// short makes s valid UTF-8 without control characters, of at most so many bytes as JSON writes it.
func short(s string, most int) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		size := utf8.RuneLen(r)
		switch {
		case r < ' ' || r == 0x7f:
			r, size = ' ', 1
		case r == '"' || r == '\\':
			size = 2
		case r == '\u2028' || r == '\u2029': // JSON writes them as six letters
			r, size = ' ', 1
		}
		if n += size; n > most {
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}

// checkTime refuses times that JSON cannot write.
func checkTime(t time.Time) error {
	if y := t.Year(); t.IsZero() || y < 1 || y > 9999 {
		return errors.New("no time, or one beyond the calendar")
	}
	return nil
}

// checkHead wants an object id or nothing.
func checkHead(s string) error {
	if s != "" && (len(s) != 40 && len(s) != 64 || strings.Trim(s, "0123456789abcdef") != "") {
		return fmt.Errorf("the head %.80q is no object id", s)
	}
	return nil
}

// checkKey wants a key or digest of ours: printable ASCII without quotes, or nothing.
func checkKey(s string) error {
	if len(s) > maxKey || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' }) {
		return fmt.Errorf("the key %.80q; up to %d printable characters are allowed", s, maxKey)
	}
	return nil
}

// id wants the id of a comment, or 0 for none.
func id(n int64) error {
	if n < 0 {
		return fmt.Errorf("the comment %d", n)
	}
	return nil
}

package spend

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/usage"
)

// Limits of what an entry says. They are far above what an hour of a session consumes, and bound what a line from
// elsewhere can do: a million entries at the limits add up within an int64.
const (
	MaxCount = 1_000_000_000_000 // tokens of a class, calls, and units of a kind
	MaxPull  = 1 << 30
	MaxText  = 255 // bytes of a text
	MaxName  = 64  // bytes of the name of an attribute, a unit, a harness or a version, and of a label
	MaxTags  = 16  // labels, attributes, and kinds of units
	maxUSD   = 1_000_000_000
)

// ErrBad says that an entry does not hold what it must: errors of Check wrap it.
var ErrBad = errors.New("bad entry")

// Check returns an error that says why an entry cannot be kept, nil when it can. The error wraps ErrBad.
//
// An entry names the session or the part that it is of: two consumptions without a name could not be told apart, and one
// of them would be lost. Its hour and Last are in UTC, its labels are sorted, its ID is Identify of it, and its Revision
// is what its numbers come to.
func (e Entry) Check() error {
	for _, check := range []func(Entry) error{checkWhat, checkWhen, checkPlace, checkPrice, checkNumbers, checkMoney} {
		if err := check(e); err != nil {
			return fmt.Errorf("%w: %w", ErrBad, err)
		}
	}
	if id := Identify(e); e.ID != id {
		return fmt.Errorf("%w: id %.40q is not that of what it says, %q", ErrBad, e.ID, id)
	}
	if r := revision(e); e.Revision != r || r < 1 {
		return fmt.Errorf("%w: revision %d; its numbers come to %d, and 1 or more is an entry", ErrBad, e.Revision, r)
	}
	return nil
}

// Complete returns an entry with Schema, ID and Revision filled in, its times in UTC, and its labels sorted, each once.
// It changes nothing else, so that Check may still refuse the entry.
func (e Entry) Complete() Entry {
	e.Schema = Schema
	e.Hour, e.Last = e.Hour.UTC(), e.Last.UTC()
	if len(e.Labels) > 0 {
		e.Labels = slices.Compact(slices.Sorted(slices.Values(e.Labels)))
	}
	e.ID, e.Revision = Identify(e), revision(e)
	return e
}

// revision is how much is in an entry: it never falls as more is read of the same.
func revision(e Entry) int64 {
	if e.Source != Counters {
		return e.Calls + e.Unseen
	}
	return tokensIn(e)
}

// tokensIn is the sum of the tokens that are known.
func tokensIn(e Entry) (sum int64) {
	for _, c := range usage.Classes() {
		n, _ := e.Tokens.Of(c).Value()
		sum += n
	}
	return sum
}

func checkWhat(e Entry) error {
	switch {
	case e.Schema != Schema:
		return fmt.Errorf("schema %.40q; this version knows %q", e.Schema, Schema)
	case !slices.Contains([]Source{Meter, Check, SessionLog, Telemetry, Counters, Import}, e.Source):
		return fmt.Errorf("source %.40q; allowed are meter, check, session-log, otlp, otlp-metrics and import", e.Source)
	case !slices.Contains([]Provenance{Measured, Reported, Allocated}, e.Provenance):
		return fmt.Errorf("provenance %.40q; allowed are measured, reported and allocated", e.Provenance)
	case e.Provenance == Measured && !slices.Contains([]Source{Meter, Check, Import}, e.Source):
		return fmt.Errorf("source %q measures nothing; allowed are reported and allocated", e.Source)
	case e.Session != "" && !isKey(e.Session):
		return fmt.Errorf("session %.40q; it is 32 hexadecimal digits in lower case", e.Session)
	case e.Session == "" && e.Part == "":
		return errors.New("neither a session nor a part; without one, two entries cannot be told apart")
	}
	return cmp.Or(text("part", e.Part, MaxText), text("harness", e.Harness, MaxName), text("version", e.Version, MaxName))
}

// The years that an entry may be of.
const firstYear, lastYear = 2020, 2199

func checkWhen(e Entry) error {
	switch {
	case e.Hour.Location() != time.UTC || e.Last.Location() != time.UTC:
		return errors.New("hour and last must be in UTC")
	case !e.Hour.Equal(e.Hour.Truncate(time.Hour)):
		return fmt.Errorf("hour %s is not the beginning of one", e.Hour.Format(time.RFC3339Nano))
	case e.Hour.Year() < firstYear || e.Hour.Year() > lastYear:
		return fmt.Errorf("hour of the year %d; allowed are %d to %d", e.Hour.Year(), firstYear, lastYear)
	case e.Last.Before(e.Hour) || !e.Last.Before(e.Hour.Add(time.Hour)):
		return errors.New("last is not within the hour")
	}
	return nil
}

func checkPlace(e Entry) error {
	parts := strings.Split(e.Repository, "/")
	switch {
	case e.Repository != "" && (len(parts) < 3 || slices.Contains(parts, "") || strings.ToLower(e.Repository) != e.Repository):
		return fmt.Errorf(`repository %.80q; write "host/owner/name" in lower case`, e.Repository)
	case e.Commit != "" && len(e.Commit) != 40 && len(e.Commit) != 64 || strings.Trim(e.Commit, "0123456789abcdef") != "":
		return fmt.Errorf("commit %.80q is not an object id", e.Commit)
	case e.Pull < 0 || e.Pull > MaxPull:
		return fmt.Errorf("pull %d; allowed are 0, for none, to %d", e.Pull, MaxPull)
	case len(e.Labels) > MaxTags:
		return fmt.Errorf("%d labels; at most %d are allowed", len(e.Labels), MaxTags)
	}
	for i, l := range e.Labels {
		if err := text("label", l, MaxName); err != nil {
			return err
		}
		if l == "" || i > 0 && e.Labels[i-1] >= l {
			return errors.New("labels are not sorted, each once and none empty")
		}
	}
	return cmp.Or(text("repository", e.Repository, MaxText), text("branch", e.Branch, MaxText), text("author", e.Author, MaxText))
}

func checkPrice(e Entry) error {
	bound := func(n int64) bool { return n == 0 || slices.Contains(steps, n) }
	switch {
	case !bound(e.Above) || !bound(e.Upto) || e.Upto > 0 && e.Upto <= e.Above:
		return fmt.Errorf("above %d and upto %d; they are steps of this version, and upto is the larger one or 0", e.Above, e.Upto)
	case len(e.Attributes) > MaxTags:
		return fmt.Errorf("%d attributes; at most %d are allowed", len(e.Attributes), MaxTags)
	}
	for _, k := range slices.Sorted(maps.Keys(e.Attributes)) {
		if err := cmp.Or(name("attribute", k), text("attribute", e.Attributes[k], MaxText/2)); err != nil {
			return err
		}
	}
	return cmp.Or(text("provider", e.Provider, MaxText), text("model", e.Model, MaxText), text("tier", e.Tier, MaxName))
}

func checkNumbers(e Entry) error {
	switch {
	case e.Calls < 0 || e.Unseen < 0 || e.Calls > MaxCount || e.Unseen > MaxCount:
		return fmt.Errorf("calls %d and unseen %d; allowed are 0 to %d", e.Calls, e.Unseen, int64(MaxCount))
	case e.Source == Counters && e.Calls+e.Unseen > 0:
		return errors.New("calls of counters, which do not count them")
	case len(e.Requests) > MaxTags:
		return fmt.Errorf("%d kinds of requests; at most %d are allowed", len(e.Requests), MaxTags)
	}
	for _, c := range append(usage.Classes(), "reasoning") {
		n, _ := count(e.Tokens, c).Value()
		if n > MaxCount || n > 0 && e.Calls == 0 && e.Source != Counters {
			return fmt.Errorf("%d tokens of %s in %d calls; allowed are 0 to %d, and none without a call", n, c, e.Calls, int64(MaxCount))
		}
	}
	for _, k := range slices.Sorted(maps.Keys(e.Requests)) {
		if err := name("unit", k); err != nil {
			return err
		}
		if n := e.Requests[k]; n < 0 || n > MaxCount {
			return fmt.Errorf("%d requests of %q; allowed are 0 to %d", n, k, int64(MaxCount))
		}
	}
	return nil
}

func checkMoney(e Entry) error {
	m, known := e.ReportedUSD.Value()
	if known && (m.IsNegative() || m.Cmp(price.Decimal(maxUSD, 0)) > 0 || len(m.String()) > MaxName) {
		return fmt.Errorf("reported_usd %.40q; allowed are 0 to %d", m, maxUSD)
	}
	return nil
}

// count is Of for the classes and for reasoning.
func count(t usage.Tokens, c usage.Class) usage.Count {
	if c == "reasoning" {
		return t.Reasoning
	}
	return t.Of(c)
}

func name(field, s string) error {
	if s == "" {
		return fmt.Errorf("%s without a name", field)
	}
	return text(field, s, MaxName)
}

// text refuses what no source says of itself, and what would be more than text where it is shown.
func text(field, s string, most int) error {
	switch {
	case len(s) > most:
		return fmt.Errorf("%s of %d bytes; at most %d are allowed", field, len(s), most)
	case !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl):
		return fmt.Errorf("%s %.80q has control characters, or is not UTF-8", field, s)
	}
	return nil
}

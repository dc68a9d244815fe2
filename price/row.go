package price

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pertask/pertask/internal/exactjson"
	"github.com/pertask/pertask/price/hours"
	"github.com/pertask/pertask/usage"
)

// timed are the classes of cache creation whose time to live is told.
var timed = []usage.Class{usage.CacheCreation5m, usage.CacheCreation30m, usage.CacheCreation1h, usage.CacheCreation12h}

func (l *loader) row(raw json.RawMessage) (*row, error) {
	var j rowJSON
	if err := exactjson.Decode(raw, &j); err != nil {
		return nil, err
	}
	r := &row{refuse: map[usage.Class]bool{}, RowInfo: RowInfo{ID: j.ID, Tier: j.Tier, Region: cmp.Or(j.Region, global),
		Precision: j.Precision, Rates: j.Rates, Sources: j.Source, Verified: j.Verified}}
	switch {
	case j.ID == "" || l.rows[j.ID]:
		return nil, errors.New("the id is missing or taken by another row")
	case j.Tier == "" || j.Tier != strings.ToLower(j.Tier):
		return nil, fmt.Errorf("tier %q; write it in lower case, \"standard\" for the plain one", j.Tier)
	case j.Precision != "" && j.Precision != "day" && j.Precision != "second":
		return nil, fmt.Errorf("precision %q; allowed are \"day\" and \"second\"", j.Precision)
	}
	l.rows[j.ID] = true
	return r, cmp.Or(l.hours(r, j.Windows), r.times(j), r.check(j.Refuse, j.LongContext), l.provenance(j.provenance))
}

// check completes a row that has its times and rates, and refuses one that leaves a doubt.
func (r *row) check(refuse []usage.Class, long *bandJSON) error {
	if !r.Until.IsZero() && !r.From.Before(r.Until) {
		return fmt.Errorf("until %s is not after from", r.Until.Format(time.RFC3339))
	}
	return cmp.Or(r.refusals(refuse), r.checkRates("rates", r.Rates), r.longContext(long))
}

// times reads the row's instants, which are written in UTC with a Z.
func (r *row) times(j rowJSON) error {
	for _, f := range []struct {
		name string
		text *string
		into *time.Time
	}{{"from", j.From, &r.From}, {"until", j.Until, &r.Until}, {"guaranteed_until", j.GuaranteedUntil, &r.Guaranteed}} {
		if f.text == nil {
			continue
		}
		t, err := time.Parse("2006-01-02T15:04:05Z", *f.text)
		if err != nil {
			return fmt.Errorf("%s %q is not a time; write UTC as 2006-01-02T15:04:05Z, or null", f.name, *f.text)
		}
		*f.into = t
	}
	return nil
}

func (r *row) refusals(classes []usage.Class) error {
	for _, c := range classes {
		if !slices.Contains(usage.Classes(), c) || c == usage.Input || c == usage.Output {
			return fmt.Errorf("refuse %q; allowed are the classes of cached input", c)
		}
		if _, priced := r.Rates[c]; priced {
			return fmt.Errorf("%q is both priced and refused", c)
		}
		r.refuse[c] = true
	}
	r.Refused = slices.Clone(classes)
	return nil
}

// checkRates refuses rates that leave a doubt. Input and output must be given; a row that prices one class of
// cache creation must price or refuse the others, because writing to a cache can cost more than input does
// and the rule that a missing rate is the input rate would then price too low.
func (r *row) checkRates(field string, rates map[usage.Class]Money) error {
	for c, m := range rates {
		if !slices.Contains(usage.Classes(), c) {
			return fmt.Errorf("%s: class %q is not known; allowed are %v", field, c, usage.Classes())
		}
		if m.IsNegative() {
			return fmt.Errorf("%s: the rate of %s is negative", field, c)
		}
	}
	for _, c := range []usage.Class{usage.Input, usage.Output} {
		if _, ok := rates[c]; !ok {
			return fmt.Errorf("%s: the rate of %s is missing", field, c)
		}
	}
	priced := false
	for _, c := range timed {
		_, ok := rates[c]
		priced = priced || ok
	}
	for _, c := range timed {
		if _, ok := rates[c]; priced && !ok && !r.refuse[c] {
			return fmt.Errorf("%s: cache creation is priced, but %s is neither priced nor refused", field, c)
		}
	}
	return nil
}

// counts is what a threshold tests: the whole context of one request.
const counts = "input+cache_read+cache_write"

func (r *row) longContext(j *bandJSON) error {
	if j == nil {
		return nil
	}
	switch {
	case j.Threshold <= 0:
		return fmt.Errorf("long_context: threshold %d; write a number of tokens above 0", j.Threshold)
	case j.Op != "gt" && j.Op != "gte":
		return fmt.Errorf("long_context: op %q; allowed are \"gt\" and \"gte\"", j.Op)
	case j.Counts != counts:
		return fmt.Errorf("long_context: counts %q; allowed is %q", j.Counts, counts)
	case j.Unpriced != (len(j.Rates) == 0):
		return errors.New("long_context: give either rates or \"unpriced\": true")
	}
	r.LongContext = &Band{Threshold: j.Threshold, Inclusive: j.Op == "gte", Rates: j.Rates, Unpriced: j.Unpriced}
	if j.Unpriced {
		return nil
	}
	for c := range r.refuse {
		if _, priced := j.Rates[c]; priced {
			return fmt.Errorf("long_context: %q is both priced and refused", c)
		}
	}
	return r.checkRates("long_context", j.Rates)
}

// certainty says how well a rate is known. The zero value is not at all.
type certainty int

const (
	none    certainty = iota
	atLeast           // the rate is this or higher: the lowest of several
	notSaid           // the rate may be this or higher: the user's row does not say
	certain
)

// rate returns what a class of tokens costs per million in one of the row's bands.
//
// A class without a rate costs what input costs, unless the row refuses it. Cache creation whose time to live
// was not told costs what all known times to live cost if that is one figure; if they differ, the lowest is a
// lower bound, since nobody said which one was bought. A row of the configuration without a rate for a class of cache
// creation says nothing of it: most providers charge more than for input, so the rate of input is a lower bound.
func (r *row) rate(c usage.Class, rates map[usage.Class]Money) (Money, certainty) {
	if m, ok := rates[c]; ok {
		return m, certain
	}
	if r.refuse[c] {
		return Money{}, none
	}
	if c == usage.CacheCreation {
		if m, known := untold(rates); known != none {
			return m, known
		}
	}
	if r.override && (c == usage.CacheCreation || slices.Contains(timed, c)) {
		return rates[usage.Input], notSaid
	}
	return rates[usage.Input], certain
}

// untold returns the lowest rate of the classes whose time to live is told, and whether it is the only one.
func untold(rates map[usage.Class]Money) (lowest Money, known certainty) {
	for _, c := range timed {
		m, ok := rates[c]
		switch {
		case !ok:
		case known == none:
			lowest, known = m, certain
		case m.Cmp(lowest) != 0:
			known = atLeast
			if m.Cmp(lowest) < 0 {
				lowest = m
			}
		}
	}
	return lowest, known
}

// hours reads the row's windows.
func (l *loader) hours(r *row, list []hours.WindowJSON) error {
	if list != nil && len(list) == 0 {
		return errors.New("windows: the list is empty, so the row would never hold; leave it out for every hour")
	}
	for _, j := range list {
		w, err := hours.NewWindow(j, l.calendars)
		if err != nil {
			return fmt.Errorf("windows: %w", err)
		}
		r.windows, r.Windows = append(r.windows, w), append(r.Windows, w.String())
	}
	return nil
}

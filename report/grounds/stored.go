package grounds

import (
	"fmt"
	"time"

	"github.com/pertask/pertask/report/content"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/report/markup"
)

// Stored says of each arm which trials were kept from earlier, and whether fresh ones agree with them.
func Stored(r *content.Report, st markup.Style) []string {
	var out []string
	for _, a := range []struct {
		name   string
		stored *content.Stored
	}{{"base", r.Base.Stored}, {"head", r.Head.Stored}} {
		if a.stored != nil && a.stored.Trials > 0 {
			out = append(out, stored(a.name, a.stored, r.Time, st))
		}
	}
	return out
}

func stored(arm string, s *content.Stored, now time.Time, st markup.Style) string {
	if s.Dropped != "" {
		return fmt.Sprintf("%s%s not used: %s", figure.Plural(s.Trials, "stored "+arm+" trial"), age(s, now)+were(s.Trials), ended(st.Rich(s.Dropped)))
	}
	out := fmt.Sprintf("%s%s used again", figure.Plural(s.Trials, arm+" trial"), age(s, now)+were(s.Trials))
	switch {
	case s.Sentinels <= 0:
		return out + "; there were no fresh ones to compare them with."
	case !finite(s.DriftP):
		return fmt.Sprintf("%s; %s too few to compare them with.", out, figure.Plural(s.Sentinels, "fresh one")+were(s.Sentinels))
	case s.Sentinels == 1:
		return fmt.Sprintf("%s, 1 fresh one agrees with them (p %s).", out, figure.Probability(s.DriftP))
	}
	return fmt.Sprintf("%s, %s agree with them (p %s).", out, figure.Plural(s.Sentinels, "fresh one"), figure.Probability(s.DriftP))
}

func were(n int) string {
	if n == 1 {
		return " was"
	}
	return " were"
}

// age is how long ago the trials were carried out, in whole days; "" when it is not known.
func age(s *content.Stored, now time.Time) string {
	if s.Oldest.IsZero() || s.Newest.IsZero() || now.IsZero() || s.Newest.Before(s.Oldest) || now.Before(s.Newest) {
		return ""
	}
	day := func(t time.Time) int { return int(now.Sub(t) / (24 * time.Hour)) }
	oldest, newest := day(s.Oldest), day(s.Newest)
	switch {
	case oldest == 0:
		return " of the last 24 hours"
	case newest == 0:
		return fmt.Sprintf(" of up to %s ago", figure.Plural(oldest, "day"))
	case oldest == newest:
		return fmt.Sprintf(" of %s ago", figure.Plural(oldest, "day"))
	}
	return fmt.Sprintf(" of %d to %s ago", newest, figure.Plural(oldest, "day"))
}

// Package hours knows spans of hours on days of the week, and calendars of dates on which they do not count.
//
// It knows UTC, weekdays and which years a calendar is complete for. It refuses to know prices.
package hours

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Window is a span of hours on days of the week, in UTC.
type Window struct {
	days        [7]bool // by time.Weekday
	from, until int     // minutes of the day, half-open
	except      *Calendar
	text        string
}

// Calendar is a set of dates, such as public holidays, and the years for which the set is complete.
//
// The dates and the days of the week are those of UTC. That is exact for the windows it was made for: 01:00 to
// 10:00 UTC is 09:00 to 18:00 in China, on the same date.
type Calendar struct {
	name  string
	years []int
	dates map[string]bool // YYYY-MM-DD
}

// WindowJSON is the stored form of a Window. Published price books depend on its names.
type WindowJSON struct {
	Days   []string `json:"days"`   // "mon" to "sun"; absent: every day
	From   string   `json:"from"`   // HH:MM
	Until  string   `json:"until"`  // HH:MM, or 24:00
	Except string   `json:"except"` // a calendar whose dates are left out; absent: none
}

// CalendarJSON is the stored form of a Calendar.
type CalendarJSON struct {
	Years []int    `json:"years"` // for which the dates are complete
	Dates []string `json:"dates"`
}

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// NewCalendar reads a calendar. Without the years a date that is not listed could be a workday or not known yet.
func NewCalendar(name string, j CalendarJSON) (*Calendar, error) {
	c := &Calendar{name: name, years: j.Years, dates: map[string]bool{}}
	if name == "" || len(j.Years) == 0 {
		return nil, errors.New("the name or the years are missing; name the years for which the dates are complete")
	}
	for _, d := range j.Dates {
		t, err := time.Parse(time.DateOnly, d)
		switch {
		case err != nil:
			return nil, fmt.Errorf("date %q is not a date; write YYYY-MM-DD", d)
		case !slices.Contains(j.Years, t.Year()):
			return nil, fmt.Errorf("date %q is not in one of the years %v", d, j.Years)
		case c.dates[d]:
			return nil, fmt.Errorf("date %q is given twice", d)
		}
		c.dates[d] = true
	}
	return c, nil
}

// NewWindow reads a window. Its calendar is one of those given.
func NewWindow(j WindowJSON, calendars map[string]*Calendar) (w Window, err error) {
	w.text = fmt.Sprintf("%s-%s UTC", j.From, j.Until)
	if j.Days == nil {
		j.Days = weekdays
	} else {
		w.text = strings.Join(j.Days, ",") + " " + w.text
	}
	if j.Except != "" {
		w.text += " except " + j.Except
	}
	for _, d := range j.Days {
		i := slices.Index(weekdays, d)
		if i < 0 || w.days[i] {
			return w, fmt.Errorf("day %q is not known or given twice; allowed are mon, tue, wed, thu, fri, sat and sun", d)
		}
		w.days[i] = true
	}
	if w.from, err = minutes("from", j.From); err != nil {
		return w, err
	}
	if w.until, err = minutes("until", j.Until); err != nil {
		return w, err
	}
	if w.except = calendars[j.Except]; w.except == nil && j.Except != "" {
		return w, fmt.Errorf("except %q is not under \"calendars\"", j.Except)
	}
	if len(j.Days) == 0 || w.from >= w.until {
		return w, fmt.Errorf("from %q until %q on %d days never holds; a window past midnight is two windows", j.From, j.Until, len(j.Days))
	}
	return w, nil
}

// minutes reads a time of the day. 24:00 is the end of a day.
func minutes(field, s string) (int, error) {
	if s == "24:00" {
		return 24 * 60, nil
	}
	t, err := time.Parse("15:04", s)
	if err != nil || len(s) != len("15:04") {
		return 0, fmt.Errorf("%s %q is not a time of the day; write UTC as HH:MM", field, s)
	}
	return t.Hour()*60 + t.Minute(), nil
}

// String returns the window for people, such as "mon,tue 01:00-04:00 UTC".
func (w Window) String() string { return w.text }

// Holds reports whether an instant is in the window. Where a calendar is needed that does not know the year,
// nobody can say, and unknown says why: an unknown day is not a workday.
func (w Window) Holds(t time.Time) (in bool, unknown string) {
	t = t.UTC()
	now := t.Hour()*60 + t.Minute()
	switch c := w.except; {
	case !w.days[t.Weekday()] || now < w.from || now >= w.until:
		return false, ""
	case c == nil:
		return true, ""
	case !slices.Contains(c.years, t.Year()):
		return false, fmt.Sprintf("the calendar %q does not know the year %d", c.name, t.Year())
	default:
		return !c.dates[t.Format(time.DateOnly)], ""
	}
}

// Windows are the hours in which something holds; none: always.
type Windows []Window

// Hold reports whether an instant is in one of the windows, or why that is not known.
func (ws Windows) Hold(t time.Time) (in bool, unknown string) {
	for _, w := range ws {
		in, why := w.Holds(t)
		if in {
			return true, ""
		}
		if why != "" {
			unknown = why
		}
	}
	return len(ws) == 0, unknown
}

// Meet reports whether two sets of windows share an instant of a week, as Meets does. A set of none meets every one.
func (ws Windows) Meet(vs Windows) bool {
	for _, w := range ws {
		if slices.ContainsFunc(vs, w.Meets) {
			return true
		}
	}
	return len(ws) == 0 || len(vs) == 0
}

// Meets reports whether two windows share an instant of a week. Calendars are not looked at: whether two windows
// meet must not depend on the year.
func (w Window) Meets(v Window) bool {
	for d := range w.days {
		if w.days[d] && v.days[d] && w.from < v.until && v.from < w.until {
			return true
		}
	}
	return false
}

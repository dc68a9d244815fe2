package price

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// window is a span of hours on days of the week, in UTC, in which a row holds.
type window struct {
	days        [7]bool // by time.Weekday
	from, until int     // minutes of the day, half-open
	except      *calendar
	text        string // for people
}

// calendar is a set of dates, such as public holidays, and the years for which the set is complete.
//
// The dates and the days of the week are those of UTC. That is exact for the windows it was made for: 01:00 to
// 10:00 UTC is 09:00 to 18:00 in China, on the same date.
type calendar struct {
	name  string
	years []int
	dates map[string]bool // YYYY-MM-DD
}

type (
	windowJSON struct {
		Days   []string `json:"days"`   // "mon" to "sun"; absent: every day
		From   string   `json:"from"`   // HH:MM
		Until  string   `json:"until"`  // HH:MM, or 24:00
		Except string   `json:"except"` // a calendar whose dates are left out; absent: none
	}
	calendarJSON struct {
		Years []int    `json:"years"` // for which the dates are complete
		Dates []string `json:"dates"`
	}
)

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// calendar reads one calendar. Without the years a date that is not listed could be a workday or not known yet.
func (l *loader) calendar(id string, j calendarJSON) error {
	c := &calendar{name: id, years: j.Years, dates: map[string]bool{}}
	if id == "" || len(j.Years) == 0 {
		return errors.New("the name or the years are missing; name the years for which the dates are complete")
	}
	for _, d := range j.Dates {
		t, err := time.Parse(time.DateOnly, d)
		switch {
		case err != nil:
			return date("date", d)
		case !slices.Contains(j.Years, t.Year()):
			return fmt.Errorf("date %q is not in one of the years %v", d, j.Years)
		case c.dates[d]:
			return fmt.Errorf("date %q is given twice", d)
		}
		c.dates[d] = true
	}
	l.calendars[id] = c
	return nil
}

// hours reads the row's windows.
func (l *loader) hours(r *row, list []windowJSON) error {
	if list != nil && len(list) == 0 {
		return errors.New("windows: the list is empty, so the row would never hold; leave it out for every hour")
	}
	for _, j := range list {
		w, err := l.window(j)
		if err != nil {
			return fmt.Errorf("windows: %w", err)
		}
		r.windows, r.Windows = append(r.windows, w), append(r.Windows, w.text)
	}
	return nil
}

func (l *loader) window(j windowJSON) (w window, err error) {
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
	if w.except = l.calendars[j.Except]; w.except == nil && j.Except != "" {
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

// holds reports whether an instant is in the window. Where a calendar is needed that does not know the year,
// nobody can say, and unknown says why: an unknown day is not a workday.
func (w window) holds(t time.Time) (in bool, unknown string) {
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

// open reports whether one of the row's windows holds, which is so at every instant for a row without windows.
func (r *row) open(t time.Time) (in bool, unknown string) {
	for _, w := range r.windows {
		in, why := w.holds(t)
		if in {
			return true, ""
		}
		if why != "" {
			unknown = why
		}
	}
	return len(r.windows) == 0, unknown
}

// meets reports whether two windows share an instant of a week. Calendars are not looked at: whether two rows
// overlap must not depend on the year.
func (w window) meets(v window) bool {
	for d := range w.days {
		if w.days[d] && v.days[d] && w.from < v.until && v.from < w.until {
			return true
		}
	}
	return false
}

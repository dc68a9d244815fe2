package hours_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/price/hours"
)

func at(t *testing.T, s string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func window(t *testing.T, j hours.WindowJSON) hours.Window {
	t.Helper()
	c, err := hours.NewCalendar("holidays", hours.CalendarJSON{Years: []int{2026}, Dates: []string{"2026-10-01"}})
	if err != nil {
		t.Fatal(err)
	}
	w, err := hours.NewWindow(j, map[string]*hours.Calendar{"holidays": c})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestHolds(t *testing.T) {
	w := window(t, hours.WindowJSON{Days: []string{"wed", "thu"}, From: "01:00", Until: "04:00", Except: "holidays"})
	cases := []struct {
		at   string
		want bool
	}{
		{"2026-11-18T00:59:59Z", false}, {"2026-11-18T01:00:00Z", true}, {"2026-11-18T03:59:59.9Z", true}, {"2026-11-18T04:00:00Z", false},
		{"2026-11-20T02:00:00Z", false}, // a Friday
		{"2026-10-01T02:00:00Z", false}, // a holiday on a Thursday
		{"2026-11-18T10:00:00+08:00", true},
	}
	for _, c := range cases {
		if got, unknown := w.Holds(at(t, c.at)); got != c.want || unknown != "" {
			t.Errorf("%s: %t (%s), want %t", c.at, got, unknown, c.want)
		}
	}
	if _, unknown := w.Holds(at(t, "2027-11-18T02:00:00Z")); !strings.Contains(unknown, "2027") {
		t.Errorf("a year that the calendar does not know: %q", unknown)
	}
	if got := w.String(); got != "wed,thu 01:00-04:00 UTC except holidays" {
		t.Errorf("it is written %q", got)
	}
}

func TestMeets(t *testing.T) {
	w := window(t, hours.WindowJSON{Days: []string{"mon"}, From: "01:00", Until: "04:00"})
	for _, c := range []struct {
		with hours.WindowJSON
		want bool
	}{
		{hours.WindowJSON{From: "03:59", Until: "24:00"}, true},
		{hours.WindowJSON{From: "04:00", Until: "24:00"}, false},
		{hours.WindowJSON{Days: []string{"tue"}, From: "00:00", Until: "24:00"}, false},
	} {
		v := window(t, c.with)
		if w.Meets(v) != c.want || v.Meets(w) != c.want {
			t.Errorf("%s meets %s: %t, want %t", w, v, w.Meets(v), c.want)
		}
	}
}

func TestWhatNeverHoldsIsRefused(t *testing.T) {
	for _, j := range []hours.WindowJSON{
		{From: "4:00", Until: "05:00"}, {From: "04:00", Until: "25:00"}, {From: "05:00", Until: "04:00"}, {From: "04:00", Until: "04:00"},
		{Days: []string{}, From: "01:00", Until: "02:00"}, {Days: []string{"Mon"}, From: "01:00", Until: "02:00"},
		{Days: []string{"mon", "mon"}, From: "01:00", Until: "02:00"}, {From: "01:00", Until: "02:00", Except: "nobody"},
	} {
		if w, err := hours.NewWindow(j, nil); err == nil {
			t.Errorf("%+v was read as %s", j, w)
		}
	}
	for name, j := range map[string]hours.CalendarJSON{
		"": {Years: []int{2026}}, "no years": {}, "no date": {Years: []int{2026}, Dates: []string{"1.1.2026"}},
		"another year": {Years: []int{2026}, Dates: []string{"2027-01-01"}}, "twice": {Years: []int{2026}, Dates: []string{"2026-01-01", "2026-01-01"}},
	} {
		if _, err := hours.NewCalendar(name, j); err == nil {
			t.Errorf("calendar %q was read", name)
		}
	}
}

func TestWindowsHold(t *testing.T) {
	morning := window(t, hours.WindowJSON{From: "01:00", Until: "04:00", Except: "holidays"})
	noon := window(t, hours.WindowJSON{From: "03:00", Until: "10:00"})
	for _, c := range []struct {
		name    string
		set     hours.Windows
		at      string
		want    bool
		unknown bool
	}{
		{"none is always", nil, "2026-11-18T02:00:00Z", true, false},
		{"the first", hours.Windows{morning, noon}, "2026-11-18T02:00:00Z", true, false},
		{"the second", hours.Windows{morning, noon}, "2026-11-18T09:00:00Z", true, false},
		{"neither", hours.Windows{morning, noon}, "2026-11-18T11:00:00Z", false, false},
		{"nobody knows", hours.Windows{morning, noon}, "2027-11-18T02:00:00Z", false, true},
		{"the other is known", hours.Windows{morning, noon}, "2027-11-18T03:00:00Z", true, false},
		{"a holiday", hours.Windows{morning}, "2026-10-01T02:00:00Z", false, false},
	} {
		if in, unknown := c.set.Hold(at(t, c.at)); in != c.want || (unknown != "") != c.unknown {
			t.Errorf("%s: %t (%q), want %t, unknown %t", c.name, in, unknown, c.want, c.unknown)
		}
	}
}

func TestWindowsMeet(t *testing.T) {
	early, late := window(t, hours.WindowJSON{From: "01:00", Until: "04:00"}), window(t, hours.WindowJSON{From: "06:00", Until: "10:00"})
	across := window(t, hours.WindowJSON{From: "03:00", Until: "05:00"})
	for _, c := range []struct {
		name string
		a, b hours.Windows
		want bool
	}{
		{"both are always", nil, nil, true},
		{"one is always", hours.Windows{early}, nil, true},
		{"apart", hours.Windows{early}, hours.Windows{late}, false},
		{"the second meets", hours.Windows{late, early}, hours.Windows{across}, true},
		{"none of several", hours.Windows{late}, hours.Windows{across, early}, false},
	} {
		if c.a.Meet(c.b) != c.want || c.b.Meet(c.a) != c.want {
			t.Errorf("%s: %t and %t, want %t", c.name, c.a.Meet(c.b), c.b.Meet(c.a), c.want)
		}
	}
}

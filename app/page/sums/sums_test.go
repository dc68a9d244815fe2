package sums_test

import (
	"testing"
	"time"

	"github.com/pertask/pertask/app/page/sums"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/price"
)

func usd(s string) price.Amount { return price.Known(price.MustMoney(s)) }

// What is unknown is not zero, and what is known stays exact.
func TestTotal(t *testing.T) {
	var none price.Amount
	for name, c := range map[string]struct {
		spent []price.Amount
		want  string
		raw   string
	}{
		"nothing":        {nil, "$0", "0"},
		"known":          {[]price.Amount{usd("0.1"), usd("0.2")}, "$0.300", "0.3"},
		"a part of it":   {[]price.Amount{usd("0.1"), none}, "at least $0.100", "0.1"},
		"nothing of it":  {[]price.Amount{none, none}, "unknown", "0"},
		"free, in parts": {[]price.Amount{usd("0"), none}, "at least $0", "0"},
	} {
		var x sums.Total
		for i, s := range c.spent {
			x.Add(record.Review{Started: time.Unix(int64(100-i), 0), Spent: s})
		}
		if got := x.Cell(); got.Show != c.want || got.Raw.(price.Amount).String() != c.raw || x.Reviews != len(c.spent) || len(c.spent) > 0 && !x.Last.Equal(time.Unix(100, 0)) {
			t.Errorf("%s: %q, %v of %d until %v; want %q, %s", name, got.Show, got.Raw, x.Reviews, x.Last, c.want, c.raw)
		}
	}
}

func TestMonths(t *testing.T) {
	zone := time.FixedZone("", -5*3600)
	for at, want := range map[time.Time]string{time.Date(2026, 1, 31, 23, 0, 0, 0, zone): "2026-02-01 2025-03-01", time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC): "2026-12-01 2026-01-01",
		time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC): "2024-02-01 2023-03-01"} {
		if got := sums.Month(at).Format(time.DateOnly) + " " + sums.From(at).Format(time.DateOnly); got != want {
			t.Errorf("%v: %s, want %s", at, got, want)
		}
	}
}

// There are bars for all months where anything was spent in one, and none otherwise.
func TestBars(t *testing.T) {
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	if c := sums.Bars(from, map[string]*sums.Total{"2026-03": {}}); c != nil {
		t.Errorf("of no review: %+v", c)
	}
	c := sums.Bars(from, map[string]*sums.Total{"2026-03": {Reviews: 2, Unknown: 1, Known: price.MustMoney("1.5")}})
	if want := "Spend by month: December 2026 nothing; "; c == nil || len(c.Alt) < len(want) || c.Alt[:len(want)] != want || len(c.Wide.Marks) < sums.Months {
		t.Errorf("got %+v", c)
	}
}

func TestAside(t *testing.T) {
	all := []record.Booked{{Repo: 1, Spent: usd("1"), Reserved: usd("3"), Running: true, Count: 2}, {Repo: 1, Reserved: usd("5"), Count: 1}, {Repo: 1, Spent: usd("1"), Reserved: usd("9"), Count: 7},
		{Repo: 2, Reserved: usd("100"), Running: true, Count: 1}, {Repo: 3, Spent: usd("1"), Count: 1}, {Repo: 3, Count: 1}}
	by, whole := sums.Aside(all, func(repo int64) bool { return repo != 2 })
	if len(by) != 1 || !by[1].Equal(usd("9")) || !whole.Equal(usd("9")) {
		t.Errorf("%v, together %s; want 9 of the first alone", by, whole)
	}
}

package recordtest

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/price"
)

func dollars(s string) price.Amount {
	if s == "" {
		return price.Amount{}
	}
	return price.Known(price.MustMoney(s))
}

// running is a review that has just begun.
func running(repo record.Repo, n int, spent, reserved string) record.Review {
	return with(Review(repo, n), func(r *record.Review) {
		r.State, r.Ended, r.Suites, r.Spent, r.Reserved, r.Epoch = record.Running, time.Time{}, nil, dollars(spent), dollars(reserved), 1
	})
}

// before is a review that began in the month before.
func before(r record.Review) record.Review {
	r.Started = Noon.Add(-time.Hour)
	return r
}

// settles is what reviews count for: settled, set aside, of unknown cost, of another month, of a process that died.
func settles(t *testing.T, open func() Store) {
	second := record.Repo{Installation: Mine.Installation, ID: 72, Name: "acme/other"}
	s := open()
	unknown := with(Review(Mine, 3), func(r *record.Review) { r.Spent, r.Reserved = price.Amount{}, dollars("4") })
	save(t, s, with(Review(Mine, 1), func(r *record.Review) { r.Spent = dollars("1") }), running(Mine, 2, "0.5", "2"), unknown,
		with(Review(second, 1), func(r *record.Review) { r.Spent = dollars("8") }), before(running(Mine, 60, "100", "200")),
		with(Review(Other, 1), func(r *record.Review) { r.Spent = dollars("1000") }))
	own := running(Mine, 5, "0.25", "3")
	save(t, s, own)
	has(t, s, own)
	fresh, gone := time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	for _, c := range []struct {
		name          string
		repo, all     string
		stale         time.Time
		settled, free string
	}{
		{"no limit", "", "", fresh, "", ""},
		{"of the repository", "10", "", fresh, "4.25", "2.75"},
		{"of the installation", "", "20", fresh, "6.25", "4.75"},
		{"of both, the lesser", "10", "14", fresh, "0.25", "0"},
		{"nothing", "1", "", fresh, "0", "0"},
		{"the process is dead", "10", "", gone, "4.25", "4.25"},
	} {
		got, err := open().Reserve(t.Context(), own, record.Bounds{Repo: dollars(c.repo), Installation: dollars(c.all), Since: Noon, Stale: c.stale})
		want := record.Left{Settled: dollars(c.settled), Free: dollars(c.free)}
		if err != nil || !got.Settled.Equal(want.Settled) || !got.Free.Equal(want.Free) || got.Taken {
			t.Errorf("%s: got %+v, %v; want %+v", c.name, got, err, want)
		}
	}
	early := before(running(Mine, 61, "50", "")) // began in the month before: what it spent then is none of this one's
	save(t, s, early, with(own, func(r *record.Review) { r.Reserved = price.Amount{} }))
	got, err := s.Reserve(t.Context(), early, record.Bounds{Repo: dollars("10"), Since: Noon, Stale: fresh, Want: dollars("3")})
	if err != nil || got.Taken || !got.Settled.Equal(dollars("4.25")) || !got.Free.Equal(dollars("2.75")) {
		t.Errorf("of a review of the month before: %+v, %v; want 4.25 and 2.75, not taken", got, err)
	}
}

// reserved has reviews ask at once: what they get together is not above the limit.
func reserved(t *testing.T, open func() Store) {
	s := open()
	var all sync.WaitGroup
	var mu sync.Mutex
	taken := 0
	for n := range 12 {
		r := running(Mine, n, "0", "")
		save(t, s, r)
		mine := open()
		all.Go(func() {
			l, err := mine.Reserve(t.Context(), r, record.Bounds{Installation: dollars("10"), Since: Noon, Stale: time.Now().Add(-time.Hour), Want: dollars("3")})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			if l.Taken {
				taken++
			}
		})
	}
	all.Wait()
	if taken != 3 {
		t.Errorf("%d reviews have set 3 of 10 dollars aside; want 3", taken)
	}
}

// overtaken has an attempt write that is not the last one.
func overtaken(t *testing.T, open func() Store) {
	first, second := running(Mine, 1, "1", ""), with(running(Mine, 1, "2", ""), func(r *record.Review) { r.Epoch = 2 })
	save(t, open(), first, second)
	if err := open().SaveReview(t.Context(), first); !errors.Is(err, record.ErrLate) {
		t.Errorf("saving: got %v, want ErrLate", err)
	}
	for name, r := range map[string]record.Review{"overtaken": first, "not there": running(Mine, 9, "", ""),
		"of another repository": with(second, func(r *record.Review) { r.Repo.ID++ })} {
		if _, err := open().Reserve(t.Context(), r, record.Bounds{Want: dollars("1")}); !errors.Is(err, record.ErrLate) {
			t.Errorf("setting aside, %s: got %v, want ErrLate", name, err)
		}
	}
	has(t, open(), second)
}

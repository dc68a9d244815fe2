package measure_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/app/measure"
	"github.com/pertask/pertask/app/record"
)

func TestPublicOnly(t *testing.T) {
	for _, address := range []string{"http://127.0.0.1:1", "http://[::1]:1", "http://10.1.2.3", "http://169.254.169.254/latest", "http://192.168.0.1",
		"http://[::ffff:127.0.0.1]:1", "http://100.64.0.1", "http://0.0.0.0:1", "http://[fd00::1]", "http://[fe80::1]", "http://[2002:7f00:1::]", "http://[64:ff9b::7f00:1]"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = measure.PublicOnly().RoundTrip(r)
		if err == nil || !strings.Contains(err.Error(), "is no public address") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// A proxy would connect to whatever its own network reaches.
func TestPublicOnlyHasNoProxy(t *testing.T) {
	if measure.PublicOnly().Proxy != nil {
		t.Error("upstreams that repositories name are reached through a proxy")
	}
}

// An upstream in this machine's network is not reached, and the report says why nothing was measured.
func TestPrivateUpstreamsAreRefused(t *testing.T) {
	w := newWorld(t, "", mini)
	w.config.Provider = measure.PublicOnly()
	if err := w.measurer().Review(t.Context(), w.job(1)); err != nil {
		t.Fatal(err)
	}
	if r := w.kept(1); w.calls.Load() != 0 || r.Suites[0].Verdict == "dont-switch" {
		t.Errorf("%d calls, %+v", w.calls.Load(), r)
	}
}

// What a month's reviews may cost together is asked for before each, of the repository and of its whole installation.
func TestBudgets(t *testing.T) {
	for _, c := range []struct {
		name         string
		repo, all    string // limits; "" is none
		here, beside string // what was spent before
		measured     bool
	}{
		{"no limits", "", "", "100", "100", true},
		{"enough is left", "1000", "1000", "1", "1", true},
		{"the repository has spent it", "10", "", "10", "0", false},
		{"the installation has spent it", "1000", "10", "2", "8", false},
		{"others have spent it, who do not count here", "10", "", "0", "100", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, "", mini)
			for n, spent := range []string{c.here, c.beside} {
				j := w.job(100 + n)
				j.Repo.ID += int64(n)
				if err := w.reviews.SaveReview(t.Context(), record.Review{ID: j.ID, Repo: j.Repo, State: record.Ended, Started: time.Now(), Spent: usd(t, spent)}); err != nil {
					t.Fatal(err)
				}
			}
			w.config.Limits = func(context.Context, measure.Tenant) (l measure.Limits, err error) {
				if c.repo != "" {
					l.Repo = usd(t, c.repo)
				}
				if c.all != "" {
					l.Installation = usd(t, c.all)
				}
				return l, nil
			}
			if err := w.measurer().Review(t.Context(), w.job(1)); err != nil {
				t.Fatal(err)
			}
			if got := w.calls.Load() == 40; got != c.measured || !c.measured && w.calls.Load() != 0 {
				t.Errorf("%d calls, %s", w.calls.Load(), w.kept(1).Title)
			}
			if got := w.last(); got.Status != "completed" {
				t.Errorf("check run %+v", got)
			}
		})
	}
}

func TestBudgetsThatCannotBeReadAreSpent(t *testing.T) {
	w := newWorld(t, "", mini)
	w.config.Limits = func(context.Context, measure.Tenant) (measure.Limits, error) {
		return measure.Limits{}, errors.New("no database")
	}
	_ = w.measurer().Review(t.Context(), w.job(1)) // whether it is tried again is the review's to say
	if w.calls.Load() != 0 {
		t.Errorf("%d calls without a budget", w.calls.Load())
	}
}

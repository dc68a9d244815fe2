package record_test

import (
	"errors"
	"testing"
	"time"

	"github.com/pertask/pertask/app/record"
)

func TestScopeSees(t *testing.T) {
	repo := record.Repo{Installation: 7, ID: 71}
	for _, tt := range []struct {
		name  string
		scope record.Scope
		repo  record.Repo
		want  bool
	}{
		{"its repository", record.Scope{Installation: 7, Repos: []int64{70, 71}}, repo, true},
		{"the zero scope", record.Scope{}, repo, false},
		{"the zero scope and the zero repository", record.Scope{}, record.Repo{}, false},
		{"another repository", record.Scope{Installation: 7, Repos: []int64{70}}, repo, false},
		{"another installation", record.Scope{Installation: 8, Repos: []int64{71}}, repo, false},
		{"the whole installation", record.Scope{Installation: 7, Repos: []int64{70}}, record.Repo{Installation: 7}, true},
		{"the whole installation, by whoever sees none of it", record.Scope{Installation: 7}, record.Repo{Installation: 7}, false},
		{"no installation", record.Scope{Repos: []int64{71}}, record.Repo{ID: 71}, false},
	} {
		if got := tt.scope.Sees(tt.repo); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestFilterCount(t *testing.T) {
	for limit, want := range map[int]int{0: 100, -5: 100, 1: 1, 100: 100, 1000: 1000, 1001: 1000} {
		if got := (record.Filter{Limit: limit}).Count(); got != want {
			t.Errorf("limit %d: %d, want %d", limit, got, want)
		}
	}
}

// What is checked is the caller's no more, and checking again changes nothing.
func TestCheckedIsACopy(t *testing.T) {
	ratio := 2.0
	r := record.Review{ID: "0123456789abcdef0123456789abcdef", Repo: record.Repo{Installation: 7, ID: 71}, State: record.Ended, Started: time.Unix(1e9, 1999),
		Suites: []record.Suite{{Name: "a", Ratio: &ratio, Report: []byte("{}")}}}
	got, err := r.Checked()
	if err != nil {
		t.Fatal(err)
	}
	ratio, r.Suites[0].Name, r.Suites[0].Report[0] = 3, "b", '['
	if s := got.Suites[0]; *s.Ratio != 2 || s.Name != "a" || string(s.Report) != "{}" {
		t.Errorf("the checked review changed with the caller's: %+v", s)
	}
	if want := time.Unix(1e9, 1000).UTC(); got.Started != want {
		t.Errorf("started %v, want %v", got.Started, want)
	}
	if _, err := (record.Act{}).Checked(); !errors.Is(err, record.ErrRecord) {
		t.Errorf("error %v, want ErrRecord", err)
	}
}

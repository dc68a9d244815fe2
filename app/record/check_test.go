package record_test

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

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

func TestFilterHas(t *testing.T) {
	noon := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	r := record.Review{Repo: record.Repo{ID: 71}, State: record.Ended, Started: noon,
		Suites: []record.Suite{{Name: "a", BaseModel: "m1", HeadModel: "m2"}, {Name: "b", BaseModel: "m3"}}}
	for _, tt := range []struct {
		name string
		f    record.Filter
		want bool
	}{
		{"everything", record.Filter{}, true},
		{"its repository", record.Filter{Repo: 71}, true},
		{"another repository", record.Filter{Repo: 72}, false},
		{"its state", record.Filter{State: record.Ended}, true},
		{"another state", record.Filter{State: record.Running}, false},
		{"since it started", record.Filter{Since: noon}, true},
		{"since later", record.Filter{Since: noon.Add(1)}, false},
		{"a suite", record.Filter{Suite: "b"}, true},
		{"the base's model", record.Filter{Model: "m1"}, true},
		{"the head's model", record.Filter{Model: "m2"}, true},
		{"a suite's model", record.Filter{Suite: "b", Model: "m3"}, true},
		{"another suite's model", record.Filter{Suite: "b", Model: "m1"}, false},
		{"no such suite", record.Filter{Suite: "c"}, false},
		{"no such model", record.Filter{Model: "m"}, false},
	} {
		if got := tt.f.Has(r); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// FuzzChecked checks that what was checked once stays what it is, and is something that every database keeps.
func FuzzChecked(f *testing.F) {
	f.Add("a\x00b\xff", int64(1e9), 1999, 2.5)
	f.Add("\u2028", int64(-62135596800), 0, 0.0)
	f.Fuzz(func(t *testing.T, text string, second int64, nano int, ratio float64) {
		at := time.Unix(second%(1<<37), int64(nano)).In(time.FixedZone("east", 3600))
		r := record.Review{ID: "0123456789abcdef0123456789abcdef", Repo: record.Repo{Installation: 7, ID: 71, Name: text}, State: record.Ended, Started: at, Ended: at,
			Title: text, Suites: []record.Suite{{Name: text, Ratio: &ratio, Report: []byte(text)}}}
		once, err := r.Checked()
		if err != nil {
			return
		}
		twice, err := once.Checked()
		if diff := cmp.Diff(once, twice); diff != "" || err != nil {
			t.Errorf("checked again, %v (-once +twice):\n%s", err, diff)
		}
		if !utf8.ValidString(once.Title) || strings.Contains(once.Title, "\x00") || once.Started.Nanosecond()%1000 != 0 || once.Started.After(at) {
			t.Errorf("title %q, started %v", once.Title, once.Started)
		}
	})
}

// What is no place in a log is refused.
func TestParsePlace(t *testing.T) {
	id := strings.Repeat("0a", 16)
	for _, s := range []string{"1763631000000000." + id, "-5.7", "0.1"} {
		if p, err := record.ParsePlace(s); err != nil || p.String() != s || p.IsZero() {
			t.Errorf("%q is read as %+v, %v", s, p, err)
		}
	}
	for _, s := range []string{"", ".", "1", "1.", "1.0", "1.-1", "x.1", "." + id, "1." + strings.ToUpper(id), "1." + id + "00", "99999999999999999999.1", record.Place{}.String()} {
		if p, err := record.ParsePlace(s); !errors.Is(err, record.ErrRecord) || !p.IsZero() {
			t.Errorf("%q is read as %+v, %v", s, p, err)
		}
	}
}

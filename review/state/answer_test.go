package state_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/review/state"
	"github.com/pertask/pertask/verdict"
)

// ended is a result whose test came to its end.
func ended(name, question string) state.Suite {
	u := measured(name, question)
	u.Prices, u.Cap, u.Ended = key1, 8, true
	return u
}

func wants() state.Asked {
	return state.Asked{Suite: "tickets", Question: key1, Digest: key3, Book: key4, Prices: key1}
}

// hours returns a state with runs an hour apart, newest first.
func hours(suites ...state.Suite) state.State {
	var s state.State
	for i, u := range suites {
		s.Runs = append(s.Runs, run(noon.Add(-time.Duration(i)*time.Hour), u))
	}
	return s
}

func TestAnswers(t *testing.T) {
	with := func(change func(*state.Suite)) state.Suite {
		u := ended("tickets", key1)
		change(&u)
		return u
	}
	yes := ended("tickets", key1)
	accepted := with(func(u *state.Suite) { u.Result, u.Verdict = verdict.Accepted, verdict.Inconclusive })
	for _, tt := range []struct {
		name string
		s    state.State
		ask  func(*state.Asked)
		want string // the numbers of the runs
	}{
		{"nothing is known", state.State{}, nil, "[]"},
		{"the same", hours(yes), nil, "[0]"},
		{"said twice", hours(yes, yes), nil, "[0 1]"},
		{"another question in between", hours(yes, ended("tickets", key2), yes), nil, "[0 2]"},
		{"an acceptance in between", hours(accepted, yes), nil, "[1]"},
		{"only an acceptance", hours(accepted), nil, "[]"},
		{"not measured", hours(with(func(u *state.Suite) { u.Result, u.Verdict = verdict.NotMeasured, verdict.Inconclusive })), nil, "[]"},
		{"the older says another thing", hours(yes, with(func(u *state.Suite) { u.Verdict = verdict.Switch }), yes), nil, "[0]"},
		{"the older has other trials", hours(yes, with(func(u *state.Suite) { u.Evidence = key1 })), nil, "[0]"},
		{"the older was allowed less", hours(yes, with(func(u *state.Suite) { u.Cap = 4 })), nil, "[0]"},
		{"the newest is of another suite", hours(with(func(u *state.Suite) { u.Digest = key1 }), yes), nil, "[]"},
		{"the newest has another book", hours(with(func(u *state.Suite) { u.Book = key1 }), yes), nil, "[]"},
		{"the newest has other contracts", hours(with(func(u *state.Suite) { u.Prices = key2 }), yes), nil, "[]"},
		{"its prices are not known", hours(with(func(u *state.Suite) { u.Prices = "" })), func(q *state.Asked) { q.Prices = "" }, "[]"},
		{"what it was allowed is not known", hours(with(func(u *state.Suite) { u.Cap = 0 })), nil, "[]"},
		{"another name", hours(ended("other", key1)), nil, "[]"},
		{"no question", hours(ended("tickets", "")), func(q *state.Asked) { q.Question = "" }, "[]"},
	} {
		q := wants()
		if tt.ask != nil {
			tt.ask(&q)
		}
		got := []int{}
		for _, f := range tt.s.Answers(q) {
			got = append(got, int(noon.Sub(f.Run.Time)/time.Hour))
		}
		if fmt.Sprint(got) != tt.want {
			t.Errorf("%s: runs %v, want %s", tt.name, got, tt.want)
		}
	}
}

// TestKey says what a check run vouches for: everything that an answer is made of, but for texts of its own.
func TestKey(t *testing.T) {
	base := run(noon, ended("tickets", key1))
	for name, change := range map[string]func(*state.Run){
		"head":     func(r *state.Run) { r.Head = headB },
		"question": func(r *state.Run) { r.Suites[0].Question = key2 },
		"evidence": func(r *state.Run) { r.Suites[0].Evidence = key1 },
		"suite":    func(r *state.Run) { r.Suites[0].Digest = key1 },
		"book":     func(r *state.Run) { r.Suites[0].Book = key1 },
		"prices":   func(r *state.Run) { r.Suites[0].Prices = key2 },
		"cap":      func(r *state.Run) { r.Suites[0].Cap = 9 },
		"ended":    func(r *state.Run) { r.Suites[0].Ended = false },
		"at":       func(r *state.Run) { r.Suites[0].At = headB },
		"result":   func(r *state.Run) { r.Suites[0].Result = verdict.NotMeasured },
		"verdict":  func(r *state.Run) { r.Suites[0].Verdict = verdict.Switch },
		"conclusion": func(r *state.Run) {
			r.Suites[0].Conclusion, r.Suites[0].Exit = "success", 0
		},
		"ratio": func(r *state.Run) {
			r.Suites[0].Ratio = &state.Ratio{Estimate: 0.1, Low: 0.1, High: figure.Number(0.2)}
		},
		"more": func(r *state.Run) { r.Suites = append(r.Suites, ended("more", key2)) },
	} {
		other := run(noon, ended("tickets", key1))
		change(&other)
		if other.Key() == base.Key() || other.Key() == "" {
			t.Errorf("%s is no part of the key", name)
		}
	}
	other := run(noon.Add(time.Hour), ended("tickets", key1))
	other.Title, other.By = "another", "bob"
	if other.Key() != base.Key() || !strings.HasPrefix(base.Key(), state.KeyPrefix) || len(base.Key()) != len(state.KeyPrefix)+64 {
		t.Errorf("the key is %q, and %q at another time", base.Key(), other.Key())
	}
}

// A run that was kept and read again has the same key, or no check run would vouch for it.
func TestKeyIsStable(t *testing.T) {
	s := full()
	s.Runs[0].Suites[0].Name = strings.Repeat("n", 500) + "\n"
	data, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	back, err := state.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	for i := range s.Runs {
		if diff := cmp.Diff(s.Runs[i].Key(), back.Runs[i].Key()); diff != "" {
			t.Errorf("run %d (-written +read):\n%s", i, diff)
		}
	}
	q := state.Asked{Suite: s.Runs[0].Suites[0].Name, Question: key1, Digest: key3, Book: key4, Prices: key2}
	if len(back.Answers(q)) != 1 {
		t.Error("a long name is another suite once it was kept")
	}
}

func TestShownSince(t *testing.T) {
	s := hours(ended("tickets", key1), ended("tickets", key1), ended("open", key2)) // at noon, 11 and 10
	tickets, open := state.Asked{Question: key1}, state.Asked{Question: key2}
	for _, tt := range []struct {
		name     string
		asked    []state.Asked
		answered bool
		since    time.Time
	}{
		{"the first that was about it", []state.Asked{tickets}, true, noon.Add(-51 * time.Minute)},
		{"only an older one was", []state.Asked{open}, false, noon.Add(-111 * time.Minute)},
		{"the later of two", []state.Asked{open, tickets}, false, noon.Add(-51 * time.Minute)},
		{"none was", []state.Asked{{Question: key3}}, false, time.Time{}},
	} {
		if got := s.Answered(tt.asked); got != tt.answered {
			t.Errorf("%s: answered %v", tt.name, got)
		}
		if got := s.ShownSince(tt.asked); !got.Equal(tt.since) {
			t.Errorf("%s: since %v, want %v", tt.name, got, tt.since)
		}
	}
	if (state.State{}).Answered(nil) {
		t.Error("where nothing is kept nothing is answered")
	}
}

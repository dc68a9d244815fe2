package numbers_test

import (
	"testing"

	"github.com/pertask/pertask/compare/numbers"
	"github.com/pertask/pertask/compare/tally"
	"github.com/pertask/pertask/verdict"
)

func TestSettle(t *testing.T) {
	near := []*tally.Task{filled("a", []string{"1", "1.2", "0.8"}, []string{"1.1", "1.3", "0.9"}), filled("b", []string{"3", "3.3", "2"}, []string{"3.2", "3.5", "2.4"})}
	n, err := numbers.Count(near, false, verdict.DefaultPolicy(), numbers.Alpha)
	if err != nil {
		t.Fatal(err)
	}
	s := n.Settle(3, 20)
	if s == nil || s.Trials <= 3 || s.More != 4*(s.Trials-3) || !s.USD.IsKnown() || s.WithinCap != (s.Trials <= 20) {
		t.Fatalf("%+v", s)
	}
	if most := n.Settle(3, s.Trials); !most.WithinCap {
		t.Errorf("%d trials are not within a cap of as many", s.Trials)
	}
	if n.Settle(0, 20) != nil {
		t.Error("before the first look there is something to go by")
	}
	same := []*tally.Task{filled("a", []string{"1", "3"}, []string{"1", "3"})}
	if n, err = numbers.Count(same, false, verdict.DefaultPolicy(), numbers.Alpha); err != nil {
		t.Fatal(err)
	}
	if s := n.Settle(2, 20); s == nil || s.Trials != 0 || s.WithinCap || s.USD.IsKnown() {
		t.Errorf("a ratio of exactly 1: %+v, want more than anybody would carry out", s)
	}
	void := []*tally.Task{filled("a", []string{"1", "3"}, []string{"?", "3"})}
	if n, err = numbers.Count(void, false, verdict.DefaultPolicy(), numbers.Alpha); err != nil || n.Settle(2, 20) != nil {
		t.Errorf("with an unknown cost: %v, %+v", err, n.Settle(2, 20))
	}
}

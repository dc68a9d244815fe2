package tally_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/session/record"
	"github.com/pertask/pertask/session/tally"
	"github.com/pertask/pertask/usage"
)

var noon = time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)

func call(id uint64, at time.Time, input, output int64) *record.Call {
	t := usage.None()
	t.Input, t.Output = usage.Known(input), usage.Known(output)
	return &record.Call{ID: id, Response: id + 1000, Session: "s", Time: at, Provider: "anthropic", Model: "m", Seen: true, Tokens: t}
}

func changed(t *testing.T, a *tally.Tally) (out []spend.Entry) {
	t.Helper()
	for e, err := range a.Changed() {
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Check(); err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
	return out
}

func TestSet(t *testing.T) {
	var s tally.Set
	add := func(key uint64, month int) bool { return s.Add(noon.AddDate(0, month, 0), key) }
	for i := uint64(1); i <= 5000; i++ {
		if key := i * 0x9e3779b97f4a7c15; !add(key, int(i%3)) || add(key, int(i%2)) {
			t.Fatalf("the key %d was there, or was not", i)
		}
	}
	b, err := s.AppendBinary(nil)
	if err != nil || len(b) != 3*12+5000*8 {
		t.Fatalf("%d bytes, %v", len(b), err)
	}
	var again tally.Set
	if err := again.UnmarshalBinary(b); err != nil || again.Len() != 5000 {
		t.Fatalf("%d keys, %v", again.Len(), err)
	}
	if c, _ := again.AppendBinary(nil); string(c) != string(b) {
		t.Error("what was read is written in another way")
	}
	for i := uint64(1); i <= 5000; i++ {
		if !again.Has(i * 0x9e3779b97f4a7c15) {
			t.Fatalf("the key %d is gone", i)
		}
	}
	if again.Has(0) || again.Has(12345) {
		t.Error("there is a key that was not added")
	}
	again.Forget(noon.AddDate(0, 1, 0))
	if n := again.Len(); n != 5000-1666 {
		t.Errorf("%d keys are left without a month", n)
	}
	for _, cut := range []int{1, 11, 13, len(b) - 1} {
		if again.UnmarshalBinary(b[:cut]) == nil {
			t.Errorf("%d bytes are a set", cut)
		}
	}
	if again.UnmarshalBinary(append(b, b...)) == nil {
		t.Error("a set with its months twice is a set")
	}
}

// TestSnapshots: of several lines of one answer the last counts, in the entry of the first.
func TestSnapshots(t *testing.T) {
	var a tally.Tally
	var w tally.Window
	late := noon.Add(59*time.Minute + 59*time.Second)
	open := call(1, late, 10, 1)
	open.Open = true
	a.Add("h", &w, open)
	if got := changed(t, &a); len(got) != 0 {
		t.Fatalf("an open answer is in %+v", got)
	}
	a.Add("h", &w, call(1, late, 10, 50))
	a.Add("h", &w, call(1, late.Add(time.Minute), 10, 80))
	got := changed(t, &a)
	if len(got) != 1 || got[0].Calls != 1 || got[0].Tokens.Output != usage.Known(80) || !got[0].Hour.Equal(noon) || !got[0].Last.Before(noon.Add(time.Hour)) {
		t.Errorf("entries %+v", got)
	}
	unseen := call(1, late, 0, 0)
	unseen.Seen = false
	a.Add("h", &w, unseen)
	if got := changed(t, &a); got[0].Unseen != 0 || got[0].Tokens.Output != usage.Known(80) {
		t.Errorf("a line without usage takes it away: %+v", got)
	}
	if a.Calls != 1 {
		t.Errorf("%d calls", a.Calls)
	}
}

// TestWithoutUsageAtFirst: usage that comes later is in the place of a call that was not seen.
func TestWithoutUsageAtFirst(t *testing.T) {
	var a tally.Tally
	var w tally.Window
	first := call(1, noon, 0, 0)
	first.Seen = false
	a.Add("h", &w, first)
	before := changed(t, &a)
	a.Add("h", &w, call(1, noon.Add(time.Second), 10, 50))
	after := changed(t, &a)
	if len(before) != 1 || len(after) != 1 || before[0].Unseen != 1 || after[0].Unseen != 0 || after[0].Calls != 1 {
		t.Fatalf("%+v, then %+v", before, after)
	}
	if later := spend.Later(before[0], after[0]); later.Unseen != 0 {
		t.Error("the ledger prefers the call that was not seen")
	}
}

func TestSettles(t *testing.T) {
	a := tally.Tally{Now: noon.Add(time.Hour)}
	var w tally.Window
	for i := range 100 {
		c := call(uint64(i+1), noon.Add(time.Duration(i)*time.Minute), 1, 1)
		c.Open = true
		a.Add("h", &w, c)
	}
	if got := changed(t, &a); got[0].Calls == 0 || got[0].Calls > 90 {
		t.Errorf("of answers a minute apart %d are settled", got[0].Calls)
	}
	a.Flush(&w)
	var n int64
	for _, e := range changed(t, &a) {
		n += e.Calls
	}
	if n != 100 || !w.IsZero() {
		t.Errorf("%d calls are counted in the end", n)
	}
}

// TestResume: what is kept between scans says all that the next one needs.
func TestResume(t *testing.T) {
	a := tally.Tally{Now: noon}
	var w tally.Window
	open := call(2, noon, 5, 5)
	open.Open = true
	open.Parts = []record.Part{{Model: "adviser", Tokens: call(0, noon, 7, 7).Tokens}}
	a.Add("h", &w, call(1, noon, 10, 20))
	a.Add("h", &w, open)
	a.End(&w, true)
	sums, calls := a.Sums()
	text, err := json.Marshal(map[string]any{"sums": sums, "window": w})
	if err != nil {
		t.Fatal(err)
	}
	keys, _ := calls.AppendBinary(nil)

	var kept struct {
		Sums   tally.Sums
		Window tally.Window
	}
	var set tally.Set
	if err := json.Unmarshal(text, &kept); err != nil || set.UnmarshalBinary(keys) != nil {
		t.Fatal(err)
	}
	b := tally.Tally{Now: noon.Add(time.Hour)}
	b.Resume(kept.Sums, set)
	if got := changed(t, &b); len(got) != 0 {
		t.Errorf("nothing was added, and %+v has changed", got)
	}
	var other tally.Window
	b.Add("h", &other, call(1, noon, 10, 20)) // a copy in another file
	b.Add("h", &kept.Window, call(2, noon.Add(time.Second), 5, 500))
	got := changed(t, &b)
	if len(got) != 1 || got[0].Calls != 2 || got[0].Tokens.Output != usage.Known(520) || b.Skipped[record.Repeated] != 1 {
		t.Errorf("entries %+v, left out %v", got, b.Skipped)
	}
	if got[0].ID != changed(t, &a)[0].ID || got[0].Revision <= changed(t, &a)[0].Revision {
		t.Error("the entry that has grown has another ID, or no higher revision")
	}
}

func TestLeftOut(t *testing.T) {
	a := tally.Tally{Since: noon, Measured: func(r uint64) bool { return r == 1002 }}
	var w tally.Window
	a.Add("h", &w, call(1, noon.Add(-time.Second), 1, 1))
	a.Add("h", &w, call(2, noon, 1, 1))
	a.Add("h", &w, call(3, noon, 1, 1))
	a.Skip(record.Malformed, 3)
	a.Skip(record.None, 5)
	a.Skip(record.Hostile, 0)
	want := map[record.Reason]int64{record.Old: 1, record.Measured: 1, record.Malformed: 3}
	if diff := cmp.Diff(want, a.Skipped); diff != "" || a.Calls != 1 {
		t.Errorf("%d calls; left out (-want +got):\n%s", a.Calls, diff)
	}
	a.Keep(noon.Add(2 * time.Hour))
	if sums, _ := a.Sums(); len(changed(t, &a)) != 0 {
		t.Errorf("old entries are kept: %+v", sums)
	}
}

// TestWhatAnEntryMayNotSay: the ledger takes every entry, whatever a log has.
func TestWhatAnEntryMayNotSay(t *testing.T) {
	long := string(make([]byte, 5000))
	a := tally.Tally{Place: func(p record.Place, _ time.Time) tally.Place { return tally.Place{Branch: p.Branch} }}
	var w tally.Window
	for i, c := range []record.Call{{Model: long}, {Model: "a\nb"}, {Model: "\xff"}, {Model: "m", Version: long}, {Tier: long}, {Place: record.Place{Branch: long}}, {Attributes: "a\x00b\x00c\x00" + long + "\x00"}} {
		full := call(uint64(i+1), noon, 1, 1)
		full.Model, full.Version, full.Tier, full.Place, full.Attributes, full.Session = c.Model, c.Version, c.Tier, c.Place, c.Attributes, ""
		a.Add("h", &w, full)
	}
	var n int64
	for _, e := range changed(t, &a) {
		n += e.Calls
		if e.Part == "" {
			t.Error("calls without a session are of no part")
		}
	}
	if n != 7 {
		t.Errorf("%d calls are in entries, want seven", n)
	}
}

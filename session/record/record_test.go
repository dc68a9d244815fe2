package record_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/session/record"
	"github.com/pertask/pertask/usage"
)

// TestKeys: states depend on the numbers, so they never change.
func TestKeys(t *testing.T) {
	if got := record.Key("claude-code", "msg_01A", "req_1"); got != 0x7f8e82242331d108 {
		t.Errorf("a key is %#x: stored states have another one", got)
	}
	seen := map[uint64][]string{}
	for _, texts := range [][]string{{}, {""}, {"", ""}, {"a"}, {"a", ""}, {"", "a"}, {"ab"}, {"a", "b"}, {"b", "a"}, {"a\xffb"}, {"a\xff", "b"}} {
		key := record.Key(texts...)
		if other, ok := seen[key]; ok || key == 0 {
			t.Errorf("%q has the key %#x of %q", texts, key, other)
		}
		seen[key] = texts
	}
	if record.Key("a") != (record.Hash{}).Text([]byte("a")).Sum() {
		t.Error("a key that is worked out step by step is another one")
	}
	a, b := record.Hash{}.Number(1).Number(2), record.Hash{}.Number(2).Number(1)
	if a.Sum() == b.Sum() || a.Sum() == (record.Hash{}).Number(258).Sum() {
		t.Error("numbers do not tell keys apart")
	}
}

func TestNames(t *testing.T) {
	var n record.Names
	for range 2 { // what was asked before is answered in another way
		for value, want := range map[string]string{`"main"`: "main", `"a\tb"`: "a\tb", `null`: "", ``: "", `""`: ""} {
			if got, ok := n.Text([]byte(value)); !ok || got != want {
				t.Errorf("%s says %q, %v", value, got, ok)
			}
		}
		for _, value := range []string{`1`, `["main"]`, `"x`, "\"\xff\""} {
			if got, ok := n.Text([]byte(value)); ok {
				t.Errorf("%s says %q", value, got)
			}
		}
	}
	if got := n.Of([]byte(strings.Repeat("x", record.MaxText+1))); got != "" {
		t.Errorf("a text of %d bytes was kept", len(got))
	}
	for i := range 20_000 {
		name := strings.Repeat("x", i%50) + time.Unix(int64(i), 0).UTC().String()
		if got := n.Of([]byte(name)); got != name {
			t.Fatalf("%q became %q", name, got)
		}
	}
}

func TestTime(t *testing.T) {
	for value, want := range map[string]string{
		`"2026-11-03T10:00:01.234Z"`: "2026-11-03T10:00:01.234Z", `"2026-11-03T10:00:01Z"`: "2026-11-03T10:00:01Z",
		`"2026-11-30T23:59:59.999Z"`: "2026-11-30T23:59:59.999Z", `"2026-11-03T10:00:01.234567+02:00"`: "2026-11-03T08:00:01.234567Z",
		`"2028-02-29T00:00:00.000Z"`: "2028-02-29T00:00:00Z",
	} {
		got, ok := record.Time([]byte(value))
		if !ok || got.Format(time.RFC3339Nano) != want || got.Location() != time.UTC {
			t.Errorf("%s is %v, %v", value, got, ok)
		}
	}
	for _, value := range []string{``, `null`, `1762164001`, `"2026-02-30T10:00:01.000Z"`, `"2026-13-03T10:00:01.000Z"`, `"2026-11-03T24:00:01.000Z"`, `"2026-11-00T10:00:01.000Z"`,
		`"2026-11-03 10:00:01.000Z"`, `"1970-01-01T00:00:00.000Z"`, `"9999-01-01T00:00:00.000Z"`, `"2026-11-03T10:00:01.00xZ"`, `"2026-11-03T10:60:01.000Z"`} {
		if got, ok := record.Time([]byte(value)); ok {
			t.Errorf("%s is %v", value, got)
		}
	}
	if got, ok := record.Millis(1795456055767); !ok || got.Format(time.RFC3339Nano) != "2026-11-23T17:47:35.767Z" {
		t.Errorf("milliseconds are %v, %v", got, ok)
	}
	if _, ok := record.Millis(0); ok {
		t.Error("the beginning of 1970 has agents")
	}
}

func TestCounts(t *testing.T) {
	if c, ok := record.Count([]byte("null")); !ok || c.IsKnown() {
		t.Errorf("null is %v, %v", c, ok)
	}
	if c, ok := record.Count([]byte("0")); !ok || c != usage.Known(0) {
		t.Errorf("an explicit zero is %v, %v", c, ok)
	}
	for _, v := range []string{"-1", "1.5", "1000000001", `"1"`, "true"} {
		if c, ok := record.Count([]byte(v)); ok {
			t.Errorf("%s is %v", v, c)
		}
	}
	var unknown usage.Count
	for _, c := range []struct {
		whole, part, want usage.Count
		ok                bool
	}{
		{usage.Known(5), usage.Known(2), usage.Known(3), true}, {usage.Known(5), unknown, usage.Known(5), true},
		{usage.Known(5), usage.Known(6), unknown, false}, {unknown, usage.Known(0), unknown, true}, {unknown, usage.Known(1), unknown, false},
	} {
		if got, ok := record.Minus(c.whole, c.part); got != c.want || ok != c.ok {
			t.Errorf("%v without %v is %v, %v", c.whole, c.part, got, ok)
		}
	}
	if record.OrNone(unknown) != usage.Known(0) || record.OrNone(usage.Known(3)) != usage.Known(3) {
		t.Error("what is left out of a log is not none of it")
	}
}

func TestStateFills(t *testing.T) {
	var s record.State
	begun := time.Date(2026, 11, 3, 10, 0, 0, 0, time.UTC)
	s.Set(&record.Line{Call: record.Call{Session: "s", Model: "m", Tier: "t", Provider: "p", Version: "v", Place: record.Place{Dir: "/d", Branch: "b", Commit: "c", Remote: "r", Begun: begun}}})
	s.Set(&record.Line{Call: record.Call{Model: "m2"}})
	c := record.Call{Tier: "own"}
	s.Fill(&c)
	want := record.Call{Session: "s", Model: "m2", Tier: "own", Provider: "p", Version: "v", Place: record.Place{Dir: "/d", Branch: "b", Commit: "c", Remote: "r", Begun: begun}}
	if c.Session != want.Session || c.Model != want.Model || c.Tier != want.Tier || c.Provider != want.Provider || c.Version != want.Version || c.Place != want.Place {
		t.Errorf("filled in %+v, want %+v", c, want)
	}
	own := record.Call{Place: record.Place{Branch: "own"}}
	if s.Fill(&own); own.Branch != "own" || !own.Begun.IsZero() {
		t.Errorf("a branch of the call's own became one of the session's beginning: %+v", own.Place)
	}
}

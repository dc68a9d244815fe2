package state_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pertask/pertask/internal/golden"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/review/state"
	"github.com/pertask/pertask/verdict"
)

var (
	noon  = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	headA = strings.Repeat("a", 40)
	headB = strings.Repeat("b", 40)
	key1  = strings.Repeat("1", 64)
	key2  = strings.Repeat("2", 64)
	key3  = strings.Repeat("3", 64)
	key4  = strings.Repeat("4", 64)
)

// equal compares states as they are stored: no list is an empty list, and NaN is NaN.
func equal() cmp.Options {
	return cmp.Options{cmpopts.EquateEmpty(), cmpopts.EquateNaNs(),
		cmp.Comparer(func(a, b price.Amount) bool { return a.Equal(b) }),
		cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) }),
		cmp.Comparer(func(a, b figure.Number) bool {
			return a == b || math.IsNaN(float64(a)) && math.IsNaN(float64(b))
		})}
}

func measured(name, question string) state.Suite {
	return state.Suite{Name: name, Question: question, Evidence: key2, Digest: key3, Book: key4, Result: verdict.Measured,
		Verdict: verdict.DontSwitch, Conclusion: "failure", Exit: 1, Ratio: &state.Ratio{Estimate: 2.31, Low: 2.2, High: 2.42}}
}

func run(at time.Time, suites ...state.Suite) state.Run {
	return state.Run{Time: at, Head: headA, Kind: "pull_request", Suites: suites, Spent: price.Known(price.MustMoney("1.25")), Posted: at.Add(9 * time.Minute), Title: "Don't switch"}
}

func accepted(suite, question string, at time.Time) state.Acceptance {
	return state.Acceptance{By: "ada", Reason: "the contract wants it", Time: at, CommentID: 77, Head: headA, Suite: suite,
		Question: question, Digest: key3, Book: key4}
}

// full has one of each field.
func full() state.State {
	nothing := state.Suite{Result: verdict.NothingChanged, Conclusion: "success"}
	open := measured("open", key2)
	open.Verdict, open.Conclusion, open.Exit = verdict.Inconclusive, "neutral", 0
	open.Ratio = &state.Ratio{Estimate: 1.5, Low: figure.Number(math.NaN()), High: figure.Number(math.Inf(1))}
	second := run(noon.Add(time.Hour), measured("tickets", key1), open)
	second.Suites[0].Prices, second.Suites[0].Cap, second.Suites[0].Ended, second.Suites[0].At = key2, 8, true, headA
	second.Kind, second.By, second.Head, second.Spent = "command", "bob", headB, price.Amount{}
	over := accepted("tickets", key2, noon.Add(-time.Hour))
	over.CommentID, over.End = 76, &state.End{Time: noon, Head: headA, Why: "the suite has changed since"}
	return state.State{
		Runs:        []state.Run{second, run(noon, nothing)},
		Acceptances: []state.Acceptance{accepted("tickets", key1, noon.Add(2*time.Hour)), accepted("open", key2, noon.Add(2*time.Hour)), over},
		Check:       &state.Check{ID: 9, Name: "pertask", Head: headB, Left: "action_required"},
		Last:        &state.Answer{Command: "/pertask run --trials 8", By: "eve", CommentID: 78, Time: noon.Add(3 * time.Hour), Refused: true, Why: "eve has no write access"},
	}
}

// TestStoredForm pins the form that stands in comments. A change of the golden file other than a new key breaks every
// comment that is out there: add, and leave what is there.
func TestStoredForm(t *testing.T) {
	data, err := full().Encode()
	if err != nil {
		t.Fatal(err)
	}
	var any any
	if err := json.Unmarshal(data, &any); err != nil {
		t.Fatal(err)
	}
	pretty, err := json.MarshalIndent(json.RawMessage(data), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "testdata/state.json", string(pretty)+"\n")
	if strings.ContainsAny(string(data), "\n\r") {
		t.Error("the stored form has several lines")
	}
	got, err := state.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, full(), equal()); diff != "" {
		t.Errorf("got-want:\n%s", diff)
	}
}

func TestDecodeReadsWhatIsNewer(t *testing.T) {
	data, err := full().Encode()
	if err != nil {
		t.Fatal(err)
	}
	newer := strings.NewReplacer(`{"v":1,`, `{"new":[1],"v":1,`, `"kind":`, `"new":{},"kind":`, `"check":{`, `"check":{"new":1,`).Replace(string(data))
	got, err := state.Decode([]byte(newer))
	if diff := cmp.Diff(got, full(), equal()); err != nil || diff != "" {
		t.Errorf("%v, got-want:\n%s", err, diff)
	}
}

func TestDecodeTakesNothingForZero(t *testing.T) {
	got, err := state.Decode([]byte(`{"v":1,"runs":[{"time":"2026-11-23T12:00:00Z","suites":[{"result":"measured","conclusion":"neutral","ratio":{"estimate":2}}]}]}`))
	if err != nil || len(got.Runs) != 1 {
		t.Fatalf("got %+v, %v, want a run", got, err)
	}
	r := got.Runs[0].Suites[0].Ratio
	if r.Estimate != 2 || !math.IsNaN(float64(r.Low)) || !math.IsNaN(float64(r.High)) || got.Runs[0].Spent.IsKnown() {
		t.Errorf("got %+v and %v, want no statement about the interval and what was spent", *r, got.Runs[0].Spent)
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, tt := range []struct{ name, data, want string }{
		{"no JSON", "<html>", "invalid character"},
		{"a list", "[]", "cannot unmarshal"},
		{"null", "null", "its version is 0"},
		{"no version", `{"runs":[]}`, "its version is 0; this pertask reads 1"},
		{"a later version", `{"v":2,"runs":[{"time":"2026-11-23T12:00:00Z"}]}`, "its version is 2"},
		{"two of them", `{"v":1} {"v":1}`, "invalid character"},
		{"too long", `{"v":1,"x":"` + strings.Repeat("x", 12<<10) + `"}`, "bytes, 12288 are allowed"},
		{"deep", strings.Repeat("[", 12<<10), "exceeded max depth"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := state.Decode([]byte(tt.data))
			if err == nil || !strings.HasPrefix(err.Error(), "reading the state: ") || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if diff := cmp.Diff(got, state.State{}, equal()); diff != "" {
				t.Errorf("got-want:\n%s", diff)
			}
		})
	}
	if got, err := state.Decode(nil); err != nil || len(got.Runs) != 0 {
		t.Errorf("no data: got %+v, %v, want the zero value", got, err)
	}
}

// TestDecodeLeavesOut shows that a bad part does not take the others with it.
func TestDecodeLeavesOut(t *testing.T) {
	type change struct{ old, new string }
	for _, tt := range []struct {
		name string
		change
		want                   string
		runs, acceptances      int
		noCheck, noLast, clean bool
	}{
		{name: "nothing wrong", runs: 2, acceptances: 3, clean: true},
		{"a run without a time", change{`"time":"2026-11-23T12:00:00Z","posted":"2026-11-23T12:09:00Z","head":"` + headA + `","kind"`, `"head":"` + headA + `","kind"`}, "run 2: no time", 1, 3, false, false, false},
		{"a verdict of another word", change{`"verdict":"dont-switch"`, `"verdict":"maybe"`}, `run 1: verdict "maybe"`, 1, 3, false, false, false},
		{"a result of another word", change{`"result":"nothing-changed"`, `"result":"skipped"`}, `run 2: the result "skipped"`, 1, 3, false, false, false},
		{"a verdict without trials", change{`"result":"measured","verdict":"dont-switch"`, `"result":"not-measured","verdict":"dont-switch"`}, "run 1: the verdict dont-switch of a suite that is not-measured", 1, 3, false, false, false},
		{"a conclusion of another word", change{`"conclusion":"failure"`, `"conclusion":"skipped"`}, "run 1: the conclusion", 1, 3, false, false, false},
		{"an exit status", change{`"exit":1`, `"exit":-1`}, "run 1: the exit status -1", 1, 3, false, false, false},
		{"a failure that passes", change{`"exit":1`, `"old":1`}, "run 1: the exit status 0 beside the conclusion failure", 1, 3, false, false, false},
		{"a ratio below 0", change{`"estimate":2.31`, `"estimate":-1`}, "run 1: the ratio -1", 1, 3, false, false, false},
		{"a ratio that is none", change{`"estimate":2.31`, `"estimate":"x"`}, "run 1: ", 1, 3, false, false, false},
		{"an amount that is none", change{`"spent":"1.25"`, `"spent":"cheap"`}, "run 2: ", 1, 3, false, false, false},
		{"a branch for a head", change{`"head":"` + headB + `","kind"`, `"head":"main","kind"`}, `run 1: the head "main"`, 1, 3, false, false, false},
		{"a question that is markup", change{`"question":"` + key1 + `","evidence"`, `"question":"<b>x y</b>","evidence"`}, "run 1: the key", 1, 3, false, false, false},
		{"nobody accepted", change{`"by":"ada"`, `"by":""`}, "acceptance 1: the login", 2, 1, false, false, false},
		{"no reason", change{`"reason":"the contract wants it"`, `"reason":""`}, "acceptance 1: no reason", 2, 1, false, false, false},
		{"no such comment", change{`"comment":77`, `"comment":-1`}, "acceptance 1: the comment -1", 2, 1, false, false, false},
		{"no question", change{`"question":"` + key1 + `","digest":"` + key3 + `","book":"` + key4 + `"}`, `"question":""}`}, "acceptance 1: it is about no question", 2, 2, false, false, false},
		{"suites of another kind", change{`"suites":[{"name":"tickets","question":"` + key1 + `","digest"`, `"suites":[7,{"name":"tickets","question":"` + key1 + `","digest"`}, "comment 1: ", 2, 1, false, false, false},
		{"a check that would open a gate", change{`"left":"action_required"`, `"left":"skipped"`}, "check: the conclusion", 2, 3, true, false, false},
		{"a check of no commit", change{`"name":"pertask","head":"` + headB, `"name":"pertask","head":"`}, "check: no name, head or id", 2, 3, true, false, false},
		{"an answer to nothing", change{`"comment":78`, `"comment":-1`}, "last answer: the comment -1", 2, 3, false, true, false},
		{"an answer that is none", change{`"last":{`, `"last":[1],"old":{`}, "last answer: ", 2, 3, false, true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			data, err := full().Encode()
			if err != nil {
				t.Fatal(err)
			}
			text := strings.Replace(string(data), tt.old, tt.new, 1)
			if !tt.clean && text == string(data) {
				t.Fatalf("nothing is changed in %s", data)
			}
			got, err := state.Decode([]byte(text))
			if tt.clean != (err == nil) || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if len(got.Runs) != tt.runs || len(got.Acceptances) != tt.acceptances || (got.Check == nil) != tt.noCheck || (got.Last == nil) != tt.noLast {
				t.Errorf("got %d runs, %d acceptances, check %v, answer %v", len(got.Runs), len(got.Acceptances), got.Check, got.Last)
			}
		})
	}
}

func TestEncodeCutsTexts(t *testing.T) {
	long := strings.Repeat("ü\n\x1b\"\\\u2028", 2000)
	s := full()
	s.Runs[0].Title, s.Runs[0].By, s.Runs[0].Kind, s.Runs[0].Suites[0].Name = long, long, long, long
	s.Last.Command, s.Last.Why, s.Last.By = long, long, "\xff\xfe"
	s.Acceptances[2].End.Why = long
	data, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := state.Decode(data)
	if err != nil || len(got.Runs) != 2 || len(got.Acceptances) != 3 || got.Last == nil {
		t.Fatalf("got %+v, %v, want all of it", got, err)
	}
	for _, text := range []string{got.Runs[0].Title, got.Runs[0].By, got.Runs[0].Kind, got.Runs[0].Suites[0].Name, got.Last.Command, got.Last.Why, got.Acceptances[2].End.Why} {
		if !strings.HasPrefix(text, "ü  ") || len(text) > 1200 || strings.ContainsAny(text, "\n\x1b\u2028") {
			t.Errorf("got %q, want its beginning without control characters", text)
		}
	}
	if full().Runs[0].Title == s.Runs[0].Title || s.Runs[0].Title != long {
		t.Error("Encode has changed its receiver")
	}
}

func TestAdd(t *testing.T) {
	var s state.State
	for i := range 13 {
		s = s.Add(run(noon.Add(time.Duration(i)*time.Minute), measured("tickets", key1)))
	}
	if len(s.Runs) != state.MaxRuns || !s.Runs[0].Time.Equal(noon.Add(12*time.Minute)) || !s.Runs[9].Time.Equal(noon.Add(3*time.Minute)) {
		t.Errorf("got %d runs from %v to %v, want the newest %d", len(s.Runs), s.Runs[0].Time, s.Runs[len(s.Runs)-1].Time, state.MaxRuns)
	}
	before := s
	late := run(noon.Add(5*time.Minute+time.Second), measured("late", key1))
	s = s.Add(late)
	if s.Runs[7].Suites[0].Name != "late" || s.Runs[0].Suites[0].Name != "tickets" {
		t.Error("a run that began earlier and ended later is not in its place")
	}
	if len(before.Runs) != state.MaxRuns || before.Runs[7].Suites[0].Name == "late" {
		t.Error("Add has changed its receiver")
	}
	again := late
	again.Title = "again"
	if s = s.Add(again); len(s.Runs) != state.MaxRuns || s.Runs[7].Title != "again" {
		t.Errorf("a run that is added again is %+v", s.Runs[7])
	}
	if s = s.Add(run(noon)); len(s.Runs) != state.MaxRuns || s.Runs[9].Time.Equal(noon) {
		t.Error("a run older than all of them is kept")
	}
}

func TestFind(t *testing.T) {
	other := measured("tickets", key1)
	other.Conclusion, other.Verdict, other.Exit = "success", verdict.Switch, 0
	waits := measured("tickets", key1)
	waits.Result, waits.Verdict = verdict.NotMeasured, verdict.Inconclusive
	taken := waits
	taken.Result = verdict.Accepted
	s := state.State{}.Add(run(noon, measured("tickets", key1), measured("open", key2))).
		Add(run(noon.Add(time.Minute), other)).Add(run(noon.Add(2*time.Minute), waits)).Add(run(noon.Add(3*time.Minute), taken))
	for _, tt := range []struct {
		question, conclusion string
		at                   time.Time
		want                 bool
	}{
		{key1, "success", noon.Add(time.Minute), true}, // neither what was not measured nor what was accepted
		{key2, "failure", noon, true},
		{key3, "", time.Time{}, false},
		{"", "", time.Time{}, false},
	} {
		r, u, ok := s.Find(tt.question)
		if ok != tt.want || u.Conclusion != tt.conclusion || !r.Time.Equal(tt.at) {
			t.Errorf("%.8q: got %v at %v, %v", tt.question, u.Conclusion, r.Time, ok)
		}
	}
	nothing := state.State{}.Add(run(noon, measured("tickets", "")))
	if _, _, ok := nothing.Find(""); ok {
		t.Error("no question has an answer")
	}
}

func TestEncodeRefusesTooMuch(t *testing.T) {
	var s state.State
	for i := range 20 {
		a := accepted(strings.Repeat("s", i+1), key1, noon)
		a.CommentID, a.Reason = int64(i+1), strings.Repeat("r", 700)
		s.Acceptances = append(s.Acceptances, a)
	}
	if data, err := s.Encode(); !errors.Is(err, state.ErrTooMuch) || data != nil {
		t.Errorf("got %d bytes, %v, want ErrTooMuch", len(data), err)
	}
}

func TestStanding(t *testing.T) {
	passed := measured("open", key2)
	passed.Verdict, passed.Conclusion, passed.Exit = verdict.Switch, "success", 0
	other := run(noon.Add(time.Hour), passed)
	other.Head = headB
	s := state.State{}.Add(run(noon.Add(-time.Hour), passed)).Add(run(noon, measured("tickets", key1), passed)).Add(other)
	for _, tt := range []struct {
		head string
		at   time.Time
		exit int
		want bool
	}{
		{headA, noon, 1, true}, // the newest of this head, and its worst suite
		{headB, noon.Add(time.Hour), 0, true},
		{strings.Repeat("c", 40), time.Time{}, 0, false},
		{"", time.Time{}, 0, false},
	} {
		r, exit, ok := s.Standing(tt.head)
		if ok != tt.want || exit != tt.exit || !r.Time.Equal(tt.at) {
			t.Errorf("%.7s: got %v, %d, %v", tt.head, r.Time, exit, ok)
		}
	}
	nameless := run(noon, passed)
	nameless.Head = ""
	if _, _, ok := (state.State{}).Add(nameless).Add(run(noon)).Standing(""); ok {
		t.Error("a head that is not known stands for another")
	}
}

package state_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/review/state"
	"github.com/pertask/pertask/verdict"
)

// words are texts of people, of up to n characters.
func words(r *rand.Rand, n int) string {
	var b strings.Builder
	b.WriteString("w")
	alphabet := []rune("abc xyz\"\\<>&'é漢𝛌👩\u2028\u200d")
	for range r.IntN(n) {
		b.WriteRune(alphabet[r.IntN(len(alphabet))])
	}
	return b.String()
}

func hexKey(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = "0123456789abcdef"[r.IntN(16)]
	}
	return string(b)
}

func randomSuite(r *rand.Rand, name string) state.Suite {
	u := state.Suite{Name: name, Question: hexKey(r, 64), Evidence: hexKey(r, 64), Digest: hexKey(r, 64), Book: hexKey(r, 64),
		Result: verdict.Measured, Verdict: verdict.Verdict(r.IntN(3)), Conclusion: "neutral"}
	if r.IntN(4) > 0 {
		u.Ratio = &state.Ratio{Estimate: figure.Number(r.ExpFloat64()), Low: 0, High: figure.Number(r.ExpFloat64())}
	}
	return u
}

func randomRun(r *rand.Rand, at time.Time) state.Run {
	out := state.Run{Time: at, Head: hexKey(r, 40), Kind: "command", By: words(r, 39), Title: words(r, 200)}
	for i := range 1 + r.IntN(1+r.IntN(20)) {
		out.Suites = append(out.Suites, randomSuite(r, fmt.Sprint(i, words(r, 90))))
	}
	if r.IntN(3) > 0 {
		out.Spent = price.Known(price.Decimal(r.Int64N(1e9), 7))
	}
	return out
}

// step is one thing that can happen on a pull request.
func step(t *testing.T, r *rand.Rand, s state.State, n int) state.State {
	at := noon.Add(time.Duration(n) * time.Minute)
	switch r.IntN(8) {
	case 0, 1:
		var as []state.Acceptance
		reason := strings.Join(strings.Fields(strings.ReplaceAll(words(r, 299), "\u2028", "-")), " ")
		for _, q := range s.Shown() {
			as = append(as, state.Acceptance{By: "ada", Reason: reason, Time: at, CommentID: int64(n + 1), Head: s.Runs[0].Head,
				Suite: q.Suite, Question: q.Question, Digest: q.Digest, Book: q.Book})
		}
		next, err := s.Accept(as...)
		switch {
		case errors.Is(err, state.ErrTooMuch):
			return s
		case err != nil:
			t.Fatal(err)
		}
		return next
	case 2:
		s, _ = s.Expire(s.Shown(), hexKey(r, 40), at)
	case 3:
		s, _ = s.Void(state.Acceptance{CommentID: int64(r.IntN(n + 1))}, words(r, 400), hexKey(r, 40), at)
	case 4:
		s.Check = &state.Check{ID: r.Int64N(1e12) + 1, Name: "pertask", Head: hexKey(r, 40), Left: "neutral"}
		s.Last = &state.Answer{Command: words(r, 2000), By: words(r, 60), CommentID: int64(n + 1), Time: at, Why: words(r, 500)}
	default:
		s = s.Add(randomRun(r, at))
	}
	return s
}

// open are the acceptances that have not ended.
func open(s state.State) []state.Acceptance {
	var out []state.Acceptance
	for _, a := range s.Acceptances {
		if a.End == nil {
			out = append(out, a)
		}
	}
	return out
}

// TestEncodeKeepsWhatCounts goes through random lives of pull requests. After each step the stored form is short enough,
// is read without an error, and has every acceptance that has not ended.
func TestEncodeKeepsWhatCounts(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 2026))
	full, dropped, kept := 0, 0, 0
	for life := range 3 {
		var s state.State
		for n := range 40 {
			s = step(t, r, s, n)
			data, err := s.Encode()
			if err != nil {
				t.Fatalf("life %d, step %d: %v", life, n, err)
			}
			if len(data) > state.MaxBytes {
				t.Fatalf("life %d, step %d: %d bytes, at most %d are allowed", life, n, len(data), state.MaxBytes)
			}
			got, err := state.Decode(data)
			if err != nil {
				t.Fatalf("life %d, step %d: %v", life, n, err)
			}
			if diff := cmp.Diff(shortNames(open(got)), shortNames(open(s)), equal()); diff != "" {
				t.Fatalf("life %d, step %d: got-want:\n%s", life, n, diff)
			}
			full, kept = max(full, len(data)), max(kept, len(open(s)))
			if len(got.Runs) < len(s.Runs) {
				dropped++
			}
			again, err := got.Encode()
			if err != nil || string(again) != string(data) {
				t.Fatalf("life %d, step %d: what was read is written otherwise:\n%s\n%s", life, n, again, data)
			}
			if r.IntN(2) == 0 {
				s = got // the next process
			}
		}
	}
	if full < state.MaxBytes*9/10 || dropped == 0 || kept < 5 {
		t.Errorf("the lives were too quiet: at most %d bytes, %d times a run was dropped, at most %d acceptances", full, dropped, kept)
	}
}

// shortNames writes names as they are stored.
func shortNames(as []state.Acceptance) []state.Acceptance {
	for i := range as {
		as[i].Suite = strings.ReplaceAll(as[i].Suite, "\u2028", " ")
	}
	return as
}

func FuzzDecode(f *testing.F) {
	data, err := full().Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"v":1,"runs":[{"time":"2026-11-23T12:00:00Z","suites":[{"result":"measured","conclusion":"success","ratio":{"high":"Inf"}}]}]}`))
	f.Add([]byte(`{"v":1,"accepted":[{"by":"ada","suites":[null,{"end":null}]}],"check":{},"last":{}}`))
	f.Add([]byte(`{"v":1,"runs":[null],"accepted":[null]}`))
	f.Add([]byte(`{"v":3}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := state.Decode(data)
		if len(s.Runs) > state.MaxRuns {
			t.Errorf("got %d runs", len(s.Runs))
		}
		for _, a := range s.Acceptances {
			if ok, _ := a.Proven(7, state.Proof{}); ok {
				t.Errorf("%+v is proven by nothing", a)
			}
		}
		s.History()
		again, eerr := s.Encode()
		if err != nil {
			return // a part was left out
		}
		if eerr != nil { // the form can be a little longer as we write it
			if !errors.Is(eerr, state.ErrTooMuch) {
				t.Fatal(eerr)
			}
			return
		}
		if len(again) > state.MaxBytes {
			t.Errorf("%d bytes", len(again))
		}
		got, err := state.Decode(again)
		if err != nil {
			t.Fatalf("%s is written as %s: %v", data, again, err)
		}
		if diff := cmp.Diff(open(got), open(s), equal()); diff != "" {
			t.Errorf("got-want:\n%s", diff)
		}
	})
}

package gemini_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/session/gemini"
	"github.com/pertask/pertask/session/record"
	"github.com/pertask/pertask/session/recordtest"
	"github.com/pertask/pertask/usage"
)

// Lines that Gemini CLI 0.61 wrote, but for names and numbers.
const (
	head    = `{"sessionId":"575e614a","projectHash":"e5d2","startTime":"2026-11-23T17:46:12.172Z","lastUpdated":"2026-11-23T17:46:12.172Z","kind":"main"}`
	message = `{"id":"9cc18da2","timestamp":"2026-11-23T17:46:13.414Z","type":"gemini","content":"","thoughts":[],"tokens":{"input":3018,"output":100,"cached":2011,"thoughts":13,"tool":7,"total":3138},"model":"gemini-3.8-flash"}`
)

func readAll(t *testing.T, lines ...string) (calls []record.Call, left []record.Reason) {
	t.Helper()
	var n record.Names
	var s record.State
	for _, text := range lines {
		var l record.Line
		if why := gemini.Read([]byte(text), &n, &l); why != record.None {
			left = append(left, why)
			continue
		}
		if call, _ := gemini.Fold(&s, &l); call {
			recordtest.Check(t, &l.Call)
			calls = append(calls, l.Call)
		}
	}
	return calls, left
}

func want() record.Call {
	tokens := usage.None()
	tokens.Input, tokens.CacheRead = usage.Known(3018-2011+7), usage.Known(2011)
	tokens.Output, tokens.Reasoning = usage.Known(113), usage.Known(13)
	return record.Call{ID: record.Key("gemini", "9cc18da2"), Session: "575e614a", Provider: "google", Model: "gemini-3.8-flash", Seen: true, Tokens: tokens}
}

func TestRead(t *testing.T) {
	calls, left := readAll(t, head,
		`{"$set":{"messages":[`+message+`],"lastUpdated":"2026-11-23T17:46:13.414Z"}}`,
		`{"id":"u1","timestamp":"2026-11-23T17:46:12.281Z","type":"user","content":[{"text":"\"type\":\"gemini\""}]}`,
		message, `{"$rewindTo":"9cc18da2"}`, `{"id":"i1","timestamp":"2026-11-23T17:46:12.281Z","type":"info","content":"x"}`)
	if len(calls) != 1 || len(left) > 0 {
		t.Fatalf("calls %+v, left out for %q", calls, left)
	}
	got := calls[0]
	if got.Time.Format("15:04:05.000") != "17:46:13.414" {
		t.Errorf("the call is of %v", got.Time)
	}
	got.Time = want().Time
	if diff := cmp.Diff(want(), got); diff != "" {
		t.Errorf("the call differs (-want +got):\n%s", diff)
	}
}

// TestWithoutTokens: the message is written again when they are known.
func TestWithoutTokens(t *testing.T) {
	calls, _ := readAll(t, head, strings.Replace(message, `"tokens":{"input":3018,"output":100,"cached":2011,"thoughts":13,"tool":7,"total":3138}`, `"tokens":null`, 1))
	if len(calls) != 1 || calls[0].Seen || !calls[0].Open || calls[0].ID != want().ID {
		t.Errorf("calls %+v", calls)
	}
}

func TestBadLines(t *testing.T) {
	for change, why := range map[string]record.Reason{
		`"cached":2011|"cached":4000`: record.Hostile, `"input":3018|"input":-1`: record.Hostile, `"input":3018|"input":1.5`: record.Hostile,
		`"output":100|"output":100,"output":5`: record.Hostile, `"input":3018,"output":100,|`: record.Hostile, `"id":"9cc18da2"|"id":7`: record.Hostile,
		`2026-11-23|1026-11-23`: record.Undated, `"}|"`: record.Malformed, `"type":"gemini"|"type":"gemini","type":"gemini"`: record.Hostile,
	} {
		from, to, _ := strings.Cut(change, "|")
		calls, left := readAll(t, head, strings.Replace(message, from, to, 1))
		if len(calls) > 0 || !cmp.Equal(left, []record.Reason{why}) {
			t.Errorf("%s: calls %+v, left out for %q, want %s", change, calls, left, why)
		}
	}
}

func TestDocument(t *testing.T) {
	text := `{"sessionId":"575e614a","projectHash":"e5d2","messages":[{"id":"u","type":"user","content":"x"},` + message + `,{"id":"bad","type":"gemini","timestamp":"2026-11-23T17:46:13.414Z","tokens":{"input":-1}}]}`
	var n record.Names
	var s record.State
	var calls []record.Call
	var left []record.Reason
	why := gemini.Document([]byte(text), &n, func(l record.Line, why record.Reason) {
		if why != record.None {
			left = append(left, why)
		} else if call, _ := gemini.Fold(&s, &l); call {
			l.Call.Time = want().Time
			calls = append(calls, l.Call)
		}
	})
	if diff := cmp.Diff([]record.Call{want()}, calls); diff != "" || why != record.None || !cmp.Equal(left, []record.Reason{record.Hostile}) {
		t.Errorf("%s, left out for %q; calls differ (-want +got):\n%s", why, left, diff)
	}
	for text, want := range map[string]record.Reason{`{"sessionId":"x","messages":[{]}`: record.Malformed, `[]`: record.Malformed, `{"sessionId":5}`: record.Hostile, `{}`: record.None, `{"messages":{}}`: record.Malformed} {
		if why := gemini.Document([]byte(text), &n, func(record.Line, record.Reason) {}); why != want {
			t.Errorf("%s: %q, want %q", text, why, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(head + "\n" + message))
	f.Add([]byte(`{"sessionId":"s","messages":[` + message + `]}`))
	f.Add([]byte(strings.ReplaceAll(message, "2011", "9999")))
	f.Fuzz(func(t *testing.T, text []byte) {
		lines := strings.Split(string(text), "\n")
		a, why := readAll(t, lines...)
		b, again := readAll(t, lines...)
		if !cmp.Equal(a, b) || !cmp.Equal(why, again) {
			t.Errorf("%q was read in two ways", text)
		}
		var n record.Names
		gemini.Document(text, &n, func(l record.Line, why record.Reason) {
			if why == record.None && l.Kind == record.Single {
				recordtest.Check(t, &l.Call)
			}
		})
	})
}

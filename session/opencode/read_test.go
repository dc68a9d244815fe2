package opencode_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/session/opencode"
	"github.com/pertask/pertask/session/record"
	"github.com/pertask/pertask/session/recordtest"
	"github.com/pertask/pertask/usage"
)

// message is one that opencode 1.18.33 wrote, but for names and numbers.
const message = `{"parentID":"msg_1","role":"assistant","mode":"build","agent":"build","path":{"cwd":"/src/shop","root":"/src/shop"},"cost":0.0071211,"tokens":{"total":3584,"input":1014,"output":110,"reasoning":16,"cache":{"write":422,"read":2022}},"modelID":"claude-sonnet-4-6","providerID":"anthropic","time":{"created":1795456038612,"completed":1795456055767},"finish":"tool-calls"}`

func read(t *testing.T, text string) (record.Line, record.Reason) {
	t.Helper()
	var n record.Names
	var l record.Line
	why := opencode.Read([]byte(text), "ses_1", &n, &l)
	if why == record.None && l.Kind == record.Single {
		recordtest.Check(t, &l.Call)
		if call, _ := opencode.Fold(&record.State{}, &l); !call {
			t.Error("a call is none behind the lines before it")
		}
	}
	return l, why
}

func TestRead(t *testing.T) {
	l, why := read(t, message)
	tokens := usage.None()
	tokens.Input, tokens.CacheRead, tokens.CacheCreation = usage.Known(1014), usage.Known(2022), usage.Known(422)
	tokens.Output, tokens.Reasoning = usage.Known(126), usage.Known(16)
	want := record.Call{ID: l.ID, Session: "ses_1", Time: l.Time, Place: record.Place{Dir: "/src/shop"}, Provider: "anthropic", Model: "claude-sonnet-4-6", Seen: true, Tokens: tokens}
	if diff := cmp.Diff(want, l.Call); diff != "" || why != record.None || l.Time.Format("15:04:05.000") != "17:47:35.767" {
		t.Errorf("%s, at %v; the call differs (-want +got):\n%s", why, l.Time, diff)
	}
	if l, _ := read(t, strings.Replace(message, `"role"`, `"sessionID":"ses_own","role"`, 1)); l.Session != "ses_own" {
		t.Errorf("the session is %q", l.Session)
	}
}

// TestCopies: a fork has the message under another id and of another session, and it is the same call.
func TestCopies(t *testing.T) {
	a, _ := read(t, message)
	b, _ := read(t, strings.Replace(strings.Replace(message, "msg_1", "msg_9", 1), `"input":1014,"output":110`, `"output":110,"input":1014`, 1))
	if a.ID != b.ID {
		t.Error("the copy of a message is another call")
	}
	for _, change := range []string{"055767|055768", "038612|038613", `"input":1014|"input":1015`, `"output":110|"output":111`, `"read":2022|"read":2023`, "sonnet-4-6|sonnet-5"} {
		from, to, _ := strings.Cut(change, "|")
		if c, _ := read(t, strings.Replace(message, from, to, 1)); c.ID == a.ID {
			t.Errorf("%s: another call is the same", change)
		}
	}
}

func TestWhatIsNoCall(t *testing.T) {
	zeros := `{"total":0,"input":0,"output":0,"reasoning":0,"cache":{"read":0,"write":0}}`
	tokens := `{"total":3584,"input":1014,"output":110,"reasoning":16,"cache":{"write":422,"read":2022}}`
	for _, c := range []struct {
		name, from, to string
		kind           record.Kind
		seen           bool
		why            record.Reason
	}{
		{"of a person", `"role":"assistant"`, `"role":"user"`, record.Nothing, false, record.None},
		{"not ended", `,"completed":1795456055767`, ``, record.Nothing, false, record.None},
		{"zeros of a provider that tells nothing", tokens, zeros, record.Single, false, record.None},
		{"refused", tokens + `,`, zeros + `,"error":{"name":"APIError","data":{}},`, record.Nothing, false, record.Unbilled},
		{"broken off", tokens + `,`, zeros + `,"error":{"name":"MessageAbortedError","data":{}},`, record.Single, false, record.None},
		{"broken off with tokens", `"cost"`, `"error":{"name":"MessageAbortedError"},"cost"`, record.Single, true, record.None},
		{"negative", `"input":1014`, `"input":-1014`, record.Nothing, false, record.Hostile},
		{"a fraction", `"output":110`, `"output":110.5`, record.Nothing, false, record.Hostile},
		{"twice", `"tokens":`, `"tokens":` + zeros + `,"tokens":`, record.Nothing, false, record.Hostile},
		{"a number for text", `1795456055767`, `"1795456055767"`, record.Nothing, false, record.Undated},
		{"of the year 1970", `1795456055767`, `17`, record.Nothing, false, record.Undated},
		{"cut", `"}`, ``, record.Nothing, false, record.Malformed},
	} {
		if !strings.Contains(message, c.from) {
			t.Fatalf("%s: nothing to replace", c.name)
		}
		l, why := read(t, strings.Replace(message, c.from, c.to, 1))
		kind := l.Kind
		if why != record.None {
			kind = record.Nothing
		}
		if kind != c.kind || why != c.why || l.Kind == record.Single && l.Seen != c.seen {
			t.Errorf("%s: kind %d, seen %v, left out for %q", c.name, l.Kind, l.Seen, why)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(message))
	f.Add([]byte(strings.ReplaceAll(message, "1014", "-1")))
	f.Fuzz(func(t *testing.T, text []byte) {
		l, why := read(t, string(text))
		if again, reason := read(t, string(text)); !cmp.Equal(l, again) || why != reason {
			t.Errorf("%q was read in two ways", text)
		}
	})
}

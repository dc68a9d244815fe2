package codex_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/session/codex"
	"github.com/pertask/pertask/session/record"
	"github.com/pertask/pertask/session/recordtest"
	"github.com/pertask/pertask/usage"
)

// Lines that Codex 0.169 wrote, but for names and numbers.
const (
	head   = `{"timestamp":"2026-11-23T17:42:45.595Z","ordinal":0,"type":"session_meta","payload":{"account_scoped":true,"session_id":"t-one","id":"t-one","timestamp":"2026-11-23T17:42:45.469Z","cwd":"/src/shop","originator":"codex_exec","cli_version":"0.169.0","source":"exec","model_provider":"openai","base_instructions":{"text":"You are \"id\":\"x\"."},"git":{"commit_hash":"c756e15eb69c6a72dce835b54907ff94934a0342","branch":"fix-date","repository_url":"git@github.com:Acme/Shop.git"}}}`
	turn   = `{"timestamp":"2026-11-23T17:42:45.627Z","ordinal":5,"type":"turn_context","payload":{"turn_id":"u","cwd":"/src/shop","model":"gpt-5.5","summary":"none"}}`
	called = `{"timestamp":"2026-11-23T17:42:52.182Z","ordinal":10,"type":"token_usage_record","payload":{"thread_id":"t-one","turn_id":"u","response_id":"resp_1","usage":{"input_tokens":3335,"cached_input_tokens":2011,"cache_write_input_tokens":317,"output_tokens":113,"reasoning_output_tokens":13,"total_tokens":3448},"thread_token_usage":{"input_tokens":3335,"cached_input_tokens":2011,"cache_write_input_tokens":317,"output_tokens":113,"reasoning_output_tokens":13,"total_tokens":3448}}}`
	count  = `{"timestamp":"2026-11-23T17:42:52.227Z","ordinal":13,"type":"event_msg","payload":{"type":"token_count","info":{"total_token_usage":{"input_tokens":3335,"cached_input_tokens":2011,"cache_write_input_tokens":317,"output_tokens":113,"reasoning_output_tokens":13,"total_tokens":3448},"last_token_usage":{"input_tokens":3335,"cached_input_tokens":2011,"cache_write_input_tokens":317,"output_tokens":113,"reasoning_output_tokens":13,"total_tokens":3448},"model_context_window":258400},"rate_limits":{"primary":null}}}`
)

// readAll reads lines as a log has them, and returns the calls.
func readAll(t *testing.T, lines ...string) (calls []record.Call, left []record.Reason) {
	t.Helper()
	var n record.Names
	var s record.State
	for _, text := range lines {
		var l record.Line
		why := codex.Read([]byte(text), &n, &l)
		if why == record.None && l.Kind != record.Nothing {
			var call bool
			if call, why = codex.Fold(&s, &l); call {
				recordtest.Check(t, &l.Call)
				calls = append(calls, l.Call)
			}
		}
		if why != record.None {
			left = append(left, why)
		}
	}
	return calls, left
}

func TestACall(t *testing.T) {
	tokens := usage.None()
	tokens.Input, tokens.CacheRead, tokens.CacheCreation = usage.Known(1007), usage.Known(2011), usage.Known(317)
	tokens.Output, tokens.Reasoning = usage.Known(113), usage.Known(13)
	want := record.Call{Session: "t-one", Version: "0.169.0", Provider: "openai", Model: "gpt-5.5", Seen: true, Tokens: tokens,
		Place: record.Place{Dir: "/src/shop", Branch: "fix-date", Commit: "c756e15eb69c6a72dce835b54907ff94934a0342", Remote: "git@github.com:Acme/Shop.git",
			Begun: time.Date(2026, 11, 23, 17, 42, 45, 595e6, time.UTC)}}
	for name, lines := range map[string][]string{"named": {head, turn, called}, "named and counted": {head, turn, called, count, count}, "counted": {head, turn, count}, "counted and named": {head, turn, count, called}} {
		calls, _ := readAll(t, lines...)
		if len(calls) != 1 {
			t.Errorf("%s: %d calls", name, len(calls))
			continue
		}
		got := calls[0]
		got.ID, got.Response, got.Time = 0, 0, time.Time{}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: the call differs (-want +got):\n%s", name, diff)
		}
	}
	calls, _ := readAll(t, head, turn, called)
	if calls[0].ID != record.Key("codex", "resp_1") || calls[0].Response != record.Key("resp_1") {
		t.Error("the call is not told apart by the provider's id")
	}
}

func TestLinesThatSayNothing(t *testing.T) {
	for name, text := range map[string]string{
		"of a message":             `{"timestamp":"2026-11-23T17:42:52.227Z","type":"response_item","payload":{"type":"message","content":"{\"type\":\"token_count\"}"}}`,
		"another event":            `{"timestamp":"2026-11-23T17:42:52.227Z","type":"event_msg","payload":{"type":"agent_message","info":{"total_token_usage":{"input_tokens":5}}}}`,
		"no counters":              `{"timestamp":"2026-11-23T17:42:52.227Z","type":"event_msg","payload":{"type":"token_count","info":null}}`,
		"a payload that is a text": `{"timestamp":"2026-11-23T17:42:52.227Z","type":"event_msg","payload":"token_count"}`,
		"an old form":              `{"id":"x","timestamp":"2025-05-01T00:00:00Z","instructions":null}`,
	} {
		if calls, left := readAll(t, text); len(calls)+len(left) > 0 {
			t.Errorf("%s: calls %+v, left out for %q", name, calls, left)
		}
	}
}

func TestOrderOfMembers(t *testing.T) {
	turned := `{"payload":{"info":` + strings.TrimSuffix(strings.SplitN(count, `"info":`, 2)[1], "}}") + `,"type":"token_count"},"type":"event_msg","timestamp":"2026-11-23T17:42:52.227Z"}`
	want, _ := readAll(t, head, turn, count)
	got, left := readAll(t, head, turn, turned)
	if diff := cmp.Diff(want, got); diff != "" || len(left) > 0 {
		t.Errorf("left out for %q; the call differs (-want +got):\n%s", left, diff)
	}
}

func TestEveryCut(t *testing.T) {
	for _, line := range []string{called, count} {
		for i := range line {
			if calls, _ := readAll(t, head, turn, line[:i]); len(calls) > 0 {
				t.Fatalf("the first %d bytes tell of a call: %+v", i, calls)
			}
		}
	}
}

// TestAnyCutOfALog: whatever was read before, in however many scans, the calls are the same.
func TestCountersAddUp(t *testing.T) {
	at := func(line string, input string) string { return strings.ReplaceAll(line, "3335", input) }
	total := func(sum, last string) string {
		line := at(count, "LAST")
		line = strings.Replace(line, "LAST", sum, 1)
		return strings.Replace(line, "LAST", last, 1)
	}
	calls, left := readAll(t, head, turn, total("3335", "3335"), total("3335", "3335"), total("7335", "4000"), total("2400", "2400"), total("5000", "2600"))
	sum := usage.None()
	for _, c := range calls {
		sum = sum.Plus(c.Tokens)
	}
	if n, _ := sum.Context().Value(); len(calls) != 4 || n != 3335+4000+2400+2600 || !cmp.Equal(left, []record.Reason{record.Repeated}) {
		t.Errorf("%d calls with %d tokens of input, left out for %q", len(calls), n, left)
	}
}

func FuzzRead(f *testing.F) {
	for _, line := range []string{head, turn, called, count} {
		f.Add([]byte(line))
	}
	f.Add([]byte(strings.Join([]string{head, turn, count, called, count, count}, "\n")))
	f.Add([]byte(head + "\n" + strings.ReplaceAll(count, "3335", "-1") + "\n" + strings.ReplaceAll(called, "2011", "9999")))
	f.Add([]byte(`{"timestamp":"2026-11-23T17:42:52.227Z","type":"compacted","payload":{"compaction_response_id":"resp_1"}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		lines := strings.Split(string(text), "\n")
		a, why := readAll(t, lines...)
		b, again := readAll(t, lines...)
		if !cmp.Equal(a, b) || !cmp.Equal(why, again) {
			t.Errorf("%q was read in two ways", text)
		}
	})
}

package claudecode_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/session/claudecode"
	"github.com/pertask/pertask/session/record"
	"github.com/pertask/pertask/session/recordtest"
	"github.com/pertask/pertask/usage"
)

// line is one that Claude Code 2.1.330 wrote, but for names and numbers.
const line = `{"parentUuid":"7e897280-c02c","isSidechain":false,"message":{"content":[{"id":"toolu_1","input":{"file_path":"out.txt","content":"{\"usage\":{\"input_tokens\":9}}"},"name":"Write","type":"tool_use"}],"id":"msg_01A","model":"claude-sonnet-4-6","role":"assistant","stop_reason":"tool_use","stop_sequence":null,"type":"message","usage":{"input_tokens":1007,"cache_creation_input_tokens":386,"cache_read_input_tokens":2011,"output_tokens":113,"output_tokens_details":{"thinking_tokens":13},"server_tool_use":{"web_search_requests":0,"web_fetch_requests":0},"service_tier":"standard","cache_creation":{"ephemeral_1h_input_tokens":69,"ephemeral_5m_input_tokens":317},"inference_geo":"","iterations":[],"speed":"standard","fallback_credit":null},"stop_details":null},"toolInputStreamMs":16,"apiBlockIndex":0,"requestRef":"036c7422","requestedModel":"claude-sonnet-4-6","promptCacheRequested":"5m","requestId":"req_1","type":"assistant","uuid":"691a6bf9","timestamp":"2026-11-23T17:42:17.374Z","effort":"high","madeBy":"model","userType":"external","entrypoint":"sdk-cli","cwd":"/src/shop","sessionId":"8fce8955","version":"2.1.330","gitBranch":"fix-date"}`

func read(t *testing.T, text string) (record.Line, record.Reason) {
	t.Helper()
	var n record.Names
	var l record.Line
	why := claudecode.Read([]byte(text), &n, &l)
	if why == record.None && l.Kind == record.Single {
		recordtest.Check(t, &l.Call)
	}
	return l, why
}

func TestRead(t *testing.T) {
	l, why := read(t, line)
	if l.Kind != record.Single || why != record.None {
		t.Fatalf("the line is of the kind %d (%s)", l.Kind, why)
	}
	tokens := usage.None()
	tokens.Input, tokens.CacheRead, tokens.CacheCreation5m, tokens.CacheCreation1h = usage.Known(1007), usage.Known(2011), usage.Known(317), usage.Known(69)
	tokens.Output, tokens.Reasoning = usage.Known(113), usage.Known(13)
	want := record.Call{ID: record.Key("claude-code", "msg_01A", "req_1"), Response: record.Key("msg_01A"), Session: "8fce8955", Version: "2.1.330",
		Time: l.Time, Place: record.Place{Dir: "/src/shop", Branch: "fix-date"}, Provider: "anthropic", Model: "claude-sonnet-4-6", Tier: "standard",
		Attributes: "speed\x00standard\x00", Seen: true, Tokens: tokens}
	if diff := cmp.Diff(want, l.Call); diff != "" || l.Time.Format("15:04:05.000") != "17:42:17.374" {
		t.Errorf("at %v; the call differs (-want +got):\n%s", l.Time, diff)
	}
}

// TestLinesThatTellOfNoCall are left at once, and none of them is an error.
func TestLinesThatTellOfNoCall(t *testing.T) {
	for name, text := range map[string]string{
		"of a person":        `{"type":"user","message":{"role":"user","content":"hi"},"toolUseResult":{"usage":{"input_tokens":1}}}`,
		"a message first":    `{"message":{"role":"user","usage":{"input_tokens":1}},"type":"assistant"}`,
		"an attachment":      `{"attachment":{"type":"assistant","message":{"usage":{}}},"type":"attachment"}`,
		"a sum":              `{"type":"cost-state","modelUsage":{"m":{"inputTokens":2021}}}`,
		"progress":           `{"type":"progress","data":{"message":{"type":"assistant","message":{"usage":{"input_tokens":1}}}}}`,
		"no message":         `{"type":"assistant","timestamp":"2026-11-23T17:42:17.374Z"}`,
		"a text for message": `{"type":"assistant","message":"text","timestamp":"2026-11-23T17:42:17.374Z"}`,
		"an empty object":    `{}`,
	} {
		if l, why := read(t, text); l.Kind != record.Nothing || why != record.None {
			t.Errorf("%s: the line is of the kind %d (%s)", name, l.Kind, why)
		}
	}
}

// TestEveryCut: a line that is cut anywhere tells of no call.
func TestEveryCut(t *testing.T) {
	for i := range line {
		if l, why := read(t, line[:i]); l.Kind != record.Nothing && why == record.None {
			t.Fatalf("the first %d bytes tell of a call: %+v", i, l.Call)
		}
	}
}

// TestOrderOfMembers: what is read does not depend on it.
func TestOrderOfMembers(t *testing.T) {
	want, _ := read(t, line)
	head, tail, _ := strings.Cut(strings.Trim(line, "{}"), `,"toolInputStreamMs"`)
	turned := `{"toolInputStreamMs"` + tail + "," + head + "}"
	got, why := read(t, turned)
	if diff := cmp.Diff(want, got); diff != "" || why != record.None {
		t.Errorf("%s: the call differs (-want +got):\n%s", why, diff)
	}
}

func TestKeys(t *testing.T) {
	key := func(change ...string) uint64 {
		l, why := read(t, strings.NewReplacer(change...).Replace(line))
		if why != record.None || l.Kind != record.Single {
			t.Fatalf("%q: %s", change, why)
		}
		return l.ID
	}
	same := key()
	for _, change := range [][]string{{"8fce8955", "another"}, {"17:42:17", "18:42:17"}, {`"output_tokens":113`, `"output_tokens":200`}, {"fix-date", "main"}, {"691a6bf9", "0"}} {
		if key(change...) != same {
			t.Errorf("%q makes another call of it", change)
		}
	}
	for _, change := range [][]string{{"msg_01A", "msg_01B"}, {"req_1", "req_2"}, {`"id":"msg_01A",`, ""}} {
		if key(change...) == same {
			t.Errorf("%q makes the same call of it", change)
		}
	}
	// Without the provider's id a call is told apart by what the line says.
	if bare := `"id":"msg_01A",`; key(bare, "", "8fce8955", "another") == key(bare, "") {
		t.Error("calls without ids, of two sessions, are one")
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(line))
	for _, change := range [][]string{{`"iterations":[]`, `"iterations":[{"type":"compaction","input_tokens":5,"output_tokens":1}]`}, {`:1007`, `:-1`}, {`:386`, `:5`}, {`"usage":{`, `"usage":{"images":3,`},
		{`"timestamp"`, `"forkedFrom":{"sessionId":"s"},"timestamp"`}, {"\"usage\":{", "\"usage\":[{"}, {"msg_01A", "\xff"}} {
		f.Add([]byte(strings.NewReplacer(change...).Replace(line)))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		l, why := read(t, string(text))
		if again, reason := read(t, string(text)); !cmp.Equal(l, again) || why != reason {
			t.Errorf("%q was read in two ways", text)
		}
	})
}

// BenchmarkRead reads one line that tells of a call.
func BenchmarkRead(b *testing.B) {
	var n record.Names
	text := []byte(line)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		var l record.Line
		if why := claudecode.Read(text, &n, &l); why != record.None || l.Kind != record.Single {
			b.Fatal(why)
		}
	}
}

package telemetry_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	logs "go.opentelemetry.io/proto/slim/otlp/collector/logs/v1"
	metrics "go.opentelemetry.io/proto/slim/otlp/collector/metrics/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/pertask/pertask/internal/golden"
	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/telemetry"
)

func recorded(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// read reads a request of the signal that its name ends with.
func read(name string, body []byte, e telemetry.Encoding) (telemetry.Result, error) {
	if strings.Contains(name, "metrics") {
		return telemetry.Metrics(body, e)
	}
	return telemetry.Logs(body, e)
}

// TestRecorded reads what real agents sent for two calls each. What the scripted provider served them is the truth: input
// 1007 and 1014, cache read 2011 and 2022, output 113 and 126 (and what it wrote to the cache) of the first two calls, and
// of Codex's, the third and fourth that it answered, 1021 and 1028, 2033 and 2044, 139 and 152.
func TestRecorded(t *testing.T) {
	for _, name := range []string{"claude-logs.json", "claude-metrics.json", "codex-logs.json", "codex-metrics.json", "gemini-logs.json", "gemini-metrics.json"} {
		t.Run(name, func(t *testing.T) {
			r, err := read(name, recorded(t, name), telemetry.JSON)
			if err != nil {
				t.Fatal(err)
			}
			if r.Skipped != 0 {
				t.Errorf("%d records were skipped: %s", r.Skipped, r.Why)
			}
			for _, e := range r.Entries {
				if err := e.Check(); err != nil {
					t.Errorf("an entry that the ledger would refuse: %v", err)
				}
			}
			got, err := json.MarshalIndent(r, "", " ")
			if err != nil {
				t.Fatal(err)
			}
			golden.Check(t, filepath.Join("testdata", strings.TrimSuffix(name, ".json")+".golden"), string(got)+"\n")
		})
	}
}

// TestTotals holds the events of an agent against its counters: they are about the same calls.
func TestTotals(t *testing.T) {
	for _, agent := range []string{"claude", "gemini"} {
		t.Run(agent, func(t *testing.T) {
			var sums []string
			for _, signal := range []string{"logs", "metrics"} {
				r, err := read(signal, recorded(t, agent+"-"+signal+".json"), telemetry.JSON)
				if err != nil {
					t.Fatal(err)
				}
				var in, cached, written, out int64
				for _, e := range r.Entries {
					n, _ := e.Tokens.Input.Value()
					c, _ := e.Tokens.CacheRead.Value()
					w, _ := e.Tokens.Written().Value()
					o, _ := e.Tokens.Output.Value()
					in, cached, written, out = in+n, cached+c, written+w, out+o
				}
				sums = append(sums, fmt.Sprint(in, cached, written, out))
				if e := r.Entries[0]; e.Session == "" || e.Repository != "github.com/acme/shop" || e.Branch != "fix-date" {
					t.Errorf("%s: session %q, repository %q, branch %q", signal, e.Session, e.Repository, e.Branch)
				}
			}
			if sums[0] != sums[1] {
				t.Errorf("events say %s, counters say %s", sums[0], sums[1])
			}
		})
	}
}

// TestProtobuf reads the same requests in the other encoding.
func TestProtobuf(t *testing.T) {
	for _, name := range []string{"claude-logs.json", "claude-metrics.json", "codex-logs.json", "gemini-logs.json", "gemini-metrics.json"} {
		var m proto.Message = &logs.ExportLogsServiceRequest{}
		if strings.Contains(name, "metrics") {
			m = &metrics.ExportMetricsServiceRequest{}
		}
		text := recorded(t, name)
		if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(text, m); err != nil {
			t.Fatal(err)
		}
		wire, err := proto.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		got, err := read(name, wire, telemetry.Protobuf)
		if err != nil {
			t.Fatal(err)
		}
		want, err := read(name, text, telemetry.JSON)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(asJSON(t, want), asJSON(t, got)); d != "" {
			t.Errorf("%s: JSON (-) and protobuf (+) differ:\n%s", name, d)
		}
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestNothingElse holds that nothing of what people and agents wrote comes out.
func TestNothingElse(t *testing.T) {
	for _, name := range []string{"claude-logs.json", "codex-logs.json", "gemini-logs.json"} {
		text := strings.ReplaceAll(string(recorded(t, name)), `"scrubbed"`, `"a secret word"`)
		if !strings.Contains(text, "a secret word") {
			t.Fatalf("%s has no word of anybody", name)
		}
		r, err := read(name, []byte(text), telemetry.JSON)
		if err != nil {
			t.Fatal(err)
		}
		if s := asJSON(t, r); strings.Contains(s, "secret") {
			t.Errorf("%s: it came through: %s", name, s)
		}
	}
}

// one is a request with one record of an agent.
func one(attributes string) []byte {
	return []byte(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"1795455615131000000","attributes":[` + attributes + `]}]}]}]}`)
}

func text(k, v string) string       { return fmt.Sprintf(`{"key":%q,"value":{"stringValue":%q}}`, k, v) }
func number(k string, n any) string { return fmt.Sprintf(`{"key":%q,"value":{"intValue":"%v"}}`, k, n) }

func codex(more ...string) []byte {
	return one(strings.Join(append([]string{text("event.name", "codex.sse_event"), text("event.kind", "response.completed"), text("conversation.id", "c1"), text("model", "gpt-5.5")}, more...), ","))
}

func TestSkipped(t *testing.T) {
	ok := []string{text("input_token_count", "100"), text("output_token_count", "7")}
	for _, test := range []struct {
		name string
		body []byte
		why  string
	}{
		{"less than its parts", codex(text("input_token_count", "100"), text("output_token_count", "7"), text("cached_token_count", "101")), "codex: input_token_count is less than its parts"},
		{"negative", codex(number("input_token_count", -1), ok[1]), "codex: input_token_count is no number of tokens"},
		{"words", codex(text("input_token_count", "many"), ok[1]), "codex: input_token_count is no number of tokens"},
		{"a fraction", codex(`{"key":"input_token_count","value":{"doubleValue":1.5}}`, ok[1]), "codex: input_token_count is no number of tokens"},
		{"absurd", codex(number("input_token_count", "9223372036854775807"), ok[1]), "codex: input_token_count is no number of tokens"},
		{"no output", codex(ok[0]), "codex: output_token_count is missing"},
		{"no model", codex(ok[0], ok[1], text("model", "")), "codex: a call without a model"},
		{"no session", codex(ok[0], ok[1], text("conversation.id", "")), "codex: a call without a session"},
		{"a clock that was not set", codex(ok[0], ok[1], text("event.timestamp", "1970-01-01T00:00:09Z")), "a time in the year 1970"},
		{"writes that do not add up", one(strings.Join([]string{text("event.name", "api_request"), text("session.id", "s"), text("model", "m"), number("input_tokens", 1), number("output_tokens", 1),
			number("cache_read_tokens", 0), number("cache_creation_tokens", 5), number("cache_creation_5m_tokens", 1), number("cache_creation_1h_tokens", 1)}, ",")), "claude-code: writes to the cache do not add up"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, err := telemetry.Logs(test.body, telemetry.JSON)
			if err != nil {
				t.Fatal(err)
			}
			if r.Skipped != 1 || len(r.Entries) != 0 || r.Why != test.why {
				t.Errorf("skipped %d, entries %d, why %q; want one skipped because %q", r.Skipped, len(r.Entries), r.Why, test.why)
			}
		})
	}
	r, err := telemetry.Logs(codex(ok...), telemetry.JSON)
	if err != nil || len(r.Entries) != 1 || r.Skipped != 0 {
		t.Fatalf("a good record: %+v, %v", r, err)
	}
	if got := r.Entries[0].Tokens.Output.String(); got != "7" {
		t.Errorf("output %s, want 7", got)
	}
}

// TestAgain holds that what is sent again, alone or within another request, is the same entry, and that another call is not.
func TestAgain(t *testing.T) {
	a := codex(text("input_token_count", "100"), text("output_token_count", "7"), text("event.timestamp", "2026-11-23T17:40:18.730Z"))
	b := codex(text("input_token_count", "100"), text("output_token_count", "7"), text("event.timestamp", "2026-11-23T17:40:18.731Z"))
	ids := func(body []byte) []string {
		r, err := telemetry.Logs(body, telemetry.JSON)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, e := range r.Entries {
			ids = append(ids, e.ID)
		}
		return ids
	}
	if x, y := ids(a), ids(a); !cmp.Equal(x, y) || len(x) != 1 {
		t.Errorf("the same event is %v and %v", x, y)
	}
	if x, y := ids(a), ids(b); cmp.Equal(x, y) {
		t.Errorf("two events are both %v", x)
	}
}

// growing is a request with one point of a counter.
func growing(temporality, n int, start, last string) []byte {
	return fmt.Appendf(nil, `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"gemini_cli.token.usage","sum":{"aggregationTemporality":%d,"isMonotonic":true,"dataPoints":[
		{"attributes":[%s,%s,%s],"startTimeUnixNano":"%s","timeUnixNano":"%s","asInt":"%d"}]}}]}]}]}`,
		temporality, text("session.id", "s"), text("model", "gemini-3.8-flash"), text("type", "input"), start, last, n)
}

// TestGrowing holds that a total replaces the one before, and that of differences each counts.
func TestGrowing(t *testing.T) {
	at := func(temporality, n int, start, last string) spend.Entry {
		t.Helper()
		r, err := telemetry.Metrics(growing(temporality, n, start, last), telemetry.JSON)
		if err != nil || len(r.Entries) != 1 {
			t.Fatalf("%+v, %v", r, err)
		}
		return r.Entries[0]
	}
	const t0, t1, t2 = "1795455615000000000", "1795455625000000000", "1795455635000000000"
	a, b := at(2, 100, t0, t1), at(2, 250, t0, t2)
	if a.ID != b.ID || a.Revision >= b.Revision {
		t.Errorf("totals %s/%d and %s/%d; want one entry that grows", a.ID, a.Revision, b.ID, b.Revision)
	}
	a, b = at(1, 100, t0, t1), at(1, 150, t1, t2)
	if a.ID == b.ID {
		t.Errorf("differences are both %s; want two entries", a.ID)
	}
}

func TestNoRequest(t *testing.T) {
	for _, body := range []string{"", "{", "[]", `{"resourceLogs":7}`, "secret"} {
		_, err := telemetry.Logs([]byte(body), telemetry.JSON)
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v; want an error without its content", body, err)
		}
	}
}

func FuzzLogs(f *testing.F) {
	f.Add(codex(text("input_token_count", "100"), text("output_token_count", "7")), true)
	f.Add([]byte{10, 2, 18, 0}, false)
	f.Fuzz(func(t *testing.T, body []byte, text bool) { sound(t, "logs", body, text) })
}

func FuzzMetrics(f *testing.F) {
	f.Add(growing(2, 100, "1795455615000000000", "1795455625000000000"), true)
	f.Fuzz(func(t *testing.T, body []byte, text bool) { sound(t, "metrics", body, text) })
}

// sound holds that whatever was sent becomes entries that the ledger takes, or none.
func sound(t *testing.T, signal string, body []byte, text bool) {
	e := telemetry.Protobuf
	if text {
		e = telemetry.JSON
	}
	r, err := read(signal, body, e)
	if err != nil {
		return
	}
	for _, x := range r.Entries {
		if err := x.Check(); err != nil {
			t.Errorf("an entry that the ledger refuses: %v", err)
		}
	}
}

// TestHeavy refuses requests that would take a hundred times their size in memory, before they are decoded.
func TestHeavy(t *testing.T) {
	field := func(num byte, inner []byte) []byte {
		out := []byte{num<<3 | 2}
		for n := len(inner); ; n >>= 7 {
			if n < 1<<7 {
				return append(append(out, byte(n)), inner...)
			}
			out = append(out, byte(n)|1<<7)
		}
	}
	many := func(num byte) []byte { return bytes.Repeat(field(num, nil), 300_000) }
	for name, test := range map[string]struct {
		signal string
		body   []byte
		e      telemetry.Encoding
	}{
		"empty records":            {"logs", field(1, field(2, many(2))), telemetry.Protobuf},
		"attributes of one record": {"logs", field(1, field(2, field(2, many(6)))), telemetry.Protobuf},
		"a list in a body":         {"logs", field(1, field(2, field(2, field(5, field(5, many(1)))))), telemetry.Protobuf},
		"resources":                {"logs", many(1), telemetry.Protobuf},
		"points":                   {"metrics", field(1, field(2, field(2, field(7, many(1))))), telemetry.Protobuf},
		"attributes of a resource": {"metrics", field(1, field(1, many(1))), telemetry.Protobuf},
		"empty records as text":    {"logs", []byte(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[` + strings.Repeat("{},", 300_000) + `{}]}]}]}`), telemetry.JSON},
	} {
		if _, err := read(test.signal, test.body, test.e); !errors.Is(err, telemetry.ErrHeavy) {
			t.Errorf("%s: %v", name, err)
		}
	}
	long := field(1, field(2, field(2, field(6, field(1, bytes.Repeat([]byte("a"), 1<<20))))))
	if _, err := telemetry.Logs(long, telemetry.Protobuf); err != nil {
		t.Errorf("a long text: %v", err)
	}
}

// TestPlaceThatDoesNotFit keeps what was consumed, without the part of its place that the ledger does not take.
func TestPlaceThatDoesNotFit(t *testing.T) {
	tokens := []string{text("input_token_count", "100"), text("output_token_count", "7"), text("vcs.repository.url.full", "https://github.com/acme/shop")}
	for _, bad := range []string{text("vcs.ref.head.revision", "abc1234"), text("team", strings.Repeat("x", 300)), text("vcs.ref.head.name", strings.Repeat("x", 900)),
		text("vcs.ref.head.name", "a\nb"), text("vcs.change.id", "99999999999999999999"), text("vcs.change.id", "12; drop")} {
		r, err := telemetry.Logs(codex(append(tokens, bad)...), telemetry.JSON)
		if err != nil || r.Skipped != 0 || len(r.Entries) != 1 || r.Entries[0].Repository != "github.com/acme/shop" {
			t.Errorf("%.60s: %d entries, %d skipped: %s, %v", bad, len(r.Entries), r.Skipped, r.Why, err)
		}
	}
}

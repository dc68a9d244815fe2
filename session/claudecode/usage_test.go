package claudecode_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/meter/anthropic"
	"github.com/pertask/pertask/session/record"
	"github.com/pertask/pertask/usage"
)

// TestAsTheMeterReads: of an answer in a log the same is read as of one on the wire, from all recorded answers.
func TestAsTheMeterReads(t *testing.T) {
	names, err := filepath.Glob("../../meter/anthropic/testdata/messages/*.json")
	if err != nil || len(names) < 5 {
		t.Fatalf("%d answers, %v", len(names), err)
	}
	compared := 0
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var body bytes.Buffer
		if json.Compact(&body, text) != nil {
			continue
		}
		want := anthropic.Read(body.Bytes(), anthropic.TTL{FiveMinutes: true})
		if want.Coverage != usage.Complete && want.Coverage != usage.Partial {
			continue
		}
		var m map[string]json.RawMessage
		if err := json.Unmarshal(body.Bytes(), &m); err != nil {
			t.Fatal(err)
		}
		m["role"] = json.RawMessage(answersRole)
		message, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		l, why := read(t, fmt.Sprintf(`{"type":"assistant","timestamp":"2026-11-03T10:00:00.000Z","promptCacheRequested":"5m","message":%s}`, message))
		if why != record.None || l.Kind != record.Single {
			t.Errorf("%s: left out for %q", name, why)
			continue
		}
		if diff := cmp.Diff(want.Tokens, l.Tokens); diff != "" {
			t.Errorf("%s: tokens differ (-meter +log):\n%s", name, diff)
		}
		var parts []record.Part
		for _, p := range want.Parts {
			parts = append(parts, record.Part{Model: p.Model, Tokens: p.Tokens})
		}
		if diff := cmp.Diff(parts, l.Parts); diff != "" {
			t.Errorf("%s: parts differ (-meter +log):\n%s", name, diff)
		}
		if l.Searches != want.Requests["web_search"] || l.Tier != want.ServedTier {
			t.Errorf("%s: %d searches at the tier %q, and the meter has %d at %q", name, l.Searches, l.Tier, want.Requests["web_search"], want.ServedTier)
		}
		compared++
	}
	if compared < 5 {
		t.Errorf("%d answers were compared", compared)
	}
}

const answersRole = `"assistant"`

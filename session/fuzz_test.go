//go:build unix

package session_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/session"
)

// FuzzScan has any bytes as a log of each agent: a scan ends without an error, makes entries that the ledger takes, and
// a second one finds nothing new.
func FuzzScan(f *testing.F) {
	f.Add([]byte(answer("1", 5) + answer("1", 7) + `{"type":"assistant"` + "\n" + answer("2", -1)))
	f.Add([]byte(`{"sessionId":"s"}` + "\n" + `{"id":"m","type":"gemini","timestamp":"2026-11-03T10:00:00.000Z","model":"g","tokens":{"input":5,"output":1}}` + "\n"))
	f.Add([]byte(`{"timestamp":"2026-11-03T10:00:00.000Z","type":"event_msg","payload":{"type":"token_count","info":{"total_token_usage":{"input_tokens":5,"output_tokens":1}}}}` + "\n"))
	f.Add([]byte(`{"role":"assistant","tokens":{"input":5,"output":1},"time":{"created":1793700000000,"completed":1793700000900},"modelID":"m","providerID":"p"}`))
	if db, err := os.ReadFile("testdata/opencode/opencode.db"); err == nil {
		f.Add(db)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		dir := t.TempDir()
		o := session.Options{Now: scanned, State: filepath.Join(dir, "state")}
		for harness, name := range map[string]string{"claude-code": "projects/a/s.jsonl", "codex": "sessions/rollout-2026-11-03T10-00-00-t.jsonl",
			"gemini": "tmp/p/chats/session-1.jsonl", "opencode": "storage/message/ses_1/msg_1.json"} {
			put(t, dir, harness+"/"+name, string(text))
			o.Homes = append(o.Homes, session.Home{Harness: harness, Dir: filepath.Join(dir, harness)})
		}
		put(t, dir, "gemini/tmp/p/chats/session-2.json", string(text))
		put(t, dir, "database/opencode.db", string(text))
		o.Homes = append(o.Homes, session.Home{Harness: "opencode", Dir: filepath.Join(dir, "database")})
		o.Add = func(_ context.Context, entries ...spend.Entry) error {
			for _, e := range entries {
				if err := e.Check(); err != nil {
					t.Error(err)
				}
			}
			return nil
		}
		if problems := must(t, o).Problems; len(problems) > 1 {
			t.Errorf("problems beside that of the database: %q", problems)
		}
		if r := must(t, o); r.Entries > 0 || r.Calls > 0 {
			t.Errorf("a second scan has %d calls", r.Calls)
		}
	})
}

func must(t *testing.T, o session.Options) session.Result {
	t.Helper()
	r, err := session.Scan(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

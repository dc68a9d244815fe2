package metering_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/cmd/pertask/desk"
	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/ledger/spendtest"
)

// TestLedger meters two calls in a job of a pull request, and finds them in the ledger with the names of their answers.
func TestLedger(t *testing.T) {
	s := newShop(t)
	dir := filepath.Join(t.TempDir(), "ledger")
	env := map[string]string{"OPENAI_API_KEY": realKey, "PERTASK_LEDGER": dir, "GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "acme/shop", "GITHUB_REF": "refs/pull/12/merge", "GITHUB_HEAD_REF": "fix-date"}
	const call = `curl -sS -H "Authorization: Bearer $OPENAI_API_KEY" -d '{"model":"gpt-5.5"}' "$OPENAI_BASE_URL/chat/completions"; `
	_, stderr, code := s.start(t, env, s.config(t, ""), call+call)
	if code != 0 || strings.Contains(stderr, "ledger") {
		t.Fatalf("status %d: %s", code, stderr)
	}
	d, err := desk.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	entries := spendtest.All(t, d.Entries(t.Context(), spend.Query{}))
	var calls, output int64
	for _, e := range entries {
		n, _ := e.Tokens.Output.Value()
		calls, output = calls+e.Calls, output+n
		if e.Source != spend.Meter || e.Provenance != spend.Measured || e.Repository != "github.com/acme/shop" || e.Pull != 12 || e.Branch != "fix-date" || e.Model != "gpt-5.5" {
			t.Errorf("entry %+v", e)
		}
	}
	if calls != 2 || output != 1600 {
		t.Errorf("%d calls with %d tokens of output; want 2 with 1600", calls, output)
	}
	if a, err := d.Answers(time.Now().AddDate(0, -1, 0)); err != nil || a.Len() != 2 {
		t.Errorf("%d answers, %v; want 2", a.Len(), err)
	}
	env["PERTASK_LEDGER"] = "off"
	if _, _, code := s.start(t, env, s.config(t, ""), call); code != 0 {
		t.Errorf("without a ledger: status %d", code)
	}
	if n := len(spendtest.All(t, d.Entries(t.Context(), spend.Query{}))); n != len(entries) {
		t.Errorf("off kept %d entries more", n-len(entries))
	}
	// A folder that cannot be opened is a failure to whoever asked for it, and a warning to everybody else.
	delete(env, "PERTASK_LEDGER")
	env["XDG_DATA_HOME"] = "/dev/null"
	if _, stderr, code := s.start(t, env, s.config(t, ""), "true"); code != 0 || !strings.Contains(stderr, "the ledger is not kept") {
		t.Errorf("status %d: %s", code, stderr)
	}
	if _, _, code := s.start(t, env, s.config(t, ""), "true", "--ledger", "/dev/null/x"); code == 0 {
		t.Error("a folder that was asked for and cannot be opened is no failure")
	}
}

// TestAnswersAreKeptAtOnce has a command that looks, right after its call, for what a scan of its log would leave out.
func TestAnswersAreKeptAtOnce(t *testing.T) {
	s := newShop(t)
	dir := filepath.Join(t.TempDir(), "ledger")
	env := map[string]string{"OPENAI_API_KEY": realKey, "PERTASK_LEDGER": dir, "LEDGER": dir}
	const script = `curl -sS -H "Authorization: Bearer $OPENAI_API_KEY" -d '{"model":"gpt-5.5"}' "$OPENAI_BASE_URL/chat/completions" >/dev/null; cat "$LEDGER"/answers/*.txt`
	stdout, stderr, code := s.start(t, env, s.config(t, ""), script)
	if code != 0 || strings.TrimSpace(stdout) != "r1" {
		t.Errorf("status %d, the command saw %q: %s", code, stdout, stderr)
	}
}

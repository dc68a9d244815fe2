package spending_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/internal/golden"
)

// another is a machine of somebody else who works on the same repositories, without logs of their own.
func (m *machine) another() *machine {
	m.t.Helper()
	o := &machine{t: m.t, hub: m.hub, home: m.t.TempDir(), base: m.base, calls: 100_000, number: m.number, env: map[string]string{}}
	for k, v := range m.env {
		o.env[k] = v
	}
	o.env["HOME"], o.env["PERTASK_LEDGER"] = o.home, filepath.Join(m.t.TempDir(), "ledger")
	return o
}

func TestScan(t *testing.T) {
	m := newMachine(t)
	m.work("shop", "fix", now.AddDate(0, 0, -3), 3, "claude-opus-5")
	m.put(".claude/projects/-shop/torn.jsonl", `{"type":"assistant","message":{"usage":{`+"\n")
	if out := m.fine("scan"); !strings.HasPrefix(out, "3 new calls in 2 of 2 session logs (4 lines)") {
		t.Errorf("%q", out)
	}
	if out := m.fine("scan"); !strings.HasPrefix(out, "0 new calls in 0 of 2 session logs") {
		t.Errorf("again: %q", out)
	}
	if out := m.fine("--no-scan"); !strings.Contains(out, "$0.135") {
		t.Errorf("%s", out)
	}
}

// TestExportAndImport takes a ledger to another machine, twice and in both forms: it tells the same there.
func TestExportAndImport(t *testing.T) {
	m := newMachine(t)
	m.fill()
	want := m.fine()
	dir := t.TempDir()
	lines, table := filepath.Join(dir, "entries.jsonl"), filepath.Join(dir, "entries.csv")
	for _, file := range []string{lines, table} {
		if out := m.fine("export", file); !strings.Contains(out, "entries written.") {
			t.Errorf("%q", out)
		}
		o := m.another()
		for range 2 {
			if out := o.fine("import", file); !strings.Contains(out, "entries read") {
				t.Errorf("%q", out)
			}
		}
		if got := o.fine(); got != want {
			t.Errorf("%s (-there +here):\n%s", file, cmp.Diff(want, got))
		}
	}
	text, err := os.ReadFile(lines)
	if err != nil {
		t.Fatal(err)
	}
	if out := m.fine("export"); out != string(text) || strings.Contains(out, m.home) {
		t.Error("the standard output has something else than the file, or a path of this machine")
	}
	if out := m.fine("export", "--repo", "acme/other"); out != "" {
		t.Errorf("entries of another repository: %q", out)
	}
	m.put("bad.jsonl", "{}\nx\n"+string(text))
	o := m.another()
	stdout, stderr, code := o.run("import", filepath.Join(m.home, "bad.jsonl"))
	if code != 0 || !strings.Contains(stderr, "2 lines that are no entries are left out") || !strings.Contains(stdout, "entries read") {
		t.Errorf("status %d: %q, %q", code, stdout, stderr)
	}
}

// TestPush has two machines add their entries to the branch of a repository: each reads both, and nothing goes out unasked.
func TestPush(t *testing.T) {
	m := newMachine(t)
	writer := githubtest.WorkflowActor()
	writer.Permissions["contents"] = "write"
	m.hub.AddToken("ghs_writer", writer)
	m.env["GH_TOKEN"] = "ghs_writer"
	m.repo("acme", "secret")
	m.work("shop", "fix", now.AddDate(0, 0, -3), 3, "claude-opus-5")
	m.work("secret", "plan", now.AddDate(0, 0, -3), 3, "claude-opus-5")
	m.pull("acme/shop", "fix", now.AddDate(0, 0, -3).Add(time.Hour), now.AddDate(0, 0, -2))
	stdout, stderr, code := m.run("push", "--repo", "acme/shop")
	if code != 2 || !strings.Contains(stderr, "--yes") || !strings.Contains(stdout, "fix") || strings.Contains(stdout, "plan") {
		t.Errorf("without a yes: status %d: %q, %q", code, stdout, stderr)
	}
	if log := m.hub.Log("acme/shop", "pertask/ledger"); len(log) != 0 {
		t.Fatalf("%d commits without a yes", len(log))
	}
	golden.Check(t, "testdata/push.txt", m.fine("push", "--repo", "acme/shop", "--yes"))
	if out := m.fine("push", "--repo", "acme/shop", "--yes"); out != "Nothing of github.com/acme/shop is new on this machine.\n" {
		t.Errorf("again: %q", out)
	}
	o := m.another()
	o.put("shop/.git/HEAD", "ref: refs/heads/fix\n")
	o.put("shop/.git/config", "[remote \"origin\"]\n\turl = https://github.com/acme/shop\n")
	o.work("shop", "fix", now.AddDate(0, 0, -3), 5, "claude-opus-5")
	o.fine("push", "--repo", "acme/shop", "--yes")
	if n := len(m.hub.Log("acme/shop", "pertask/ledger")); n != 2 {
		t.Errorf("%d commits on the branch; want 2", n)
	}
	for name, x := range map[string]*machine{"one": m, "another": o} {
		alone, both := x.fine("--by", "pull", "--repo", "acme/shop"), x.fine("--by", "pull", "--repo", "acme/shop", "--branch", "pertask/ledger")
		if alone == both || !strings.Contains(both, "Median $0.360") {
			t.Errorf("%s:\n%s", name, both)
		}
	}
	if out := m.fine("--repo", "acme/shop", "--branch", "pertask/nothing"); !strings.Contains(out, "Median $0.135") {
		t.Errorf("a branch that is not there:\n%s", out)
	}
	delete(m.env, "GH_TOKEN")
	if _, stderr, code := m.run("push", "--repo", "acme/shop", "--yes"); code != 2 || !strings.Contains(stderr, "GH_TOKEN") {
		t.Errorf("without a token: status %d: %s", code, stderr)
	}
}

func TestWeekly(t *testing.T) {
	m := newMachine(t)
	m.fill()
	golden.Check(t, "testdata/weekly.md", m.fine("weekly"))
	if out := m.fine("weekly", "--week", "2026-W47"); out != m.fine("weekly") {
		t.Errorf("the last whole week is another one:\n%s", out)
	}
	if out := m.fine("weekly", "--week", "2020-W53"); !strings.Contains(out, "Spend of week 53 of 2020") {
		t.Errorf("%s", out)
	}
	if out := m.fine("weekly", "--format", "slack"); !json.Valid([]byte(out)) {
		t.Errorf("%s", out)
	}
}

// TestWebhook posts once, to nothing but the address, and never prints it.
func TestWebhook(t *testing.T) {
	m := newMachine(t)
	m.fill()
	var bodies []string
	status := http.StatusOK
	chat := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost || r.URL.Path != "/services/T0/SECRET" || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
			t.Errorf("%s %s, %v", r.Method, r.URL, err)
		}
		bodies = append(bodies, string(body))
		if status == http.StatusFound {
			w.Header().Set("Location", "/elsewhere")
		}
		w.WriteHeader(status)
	}))
	defer chat.Close()
	m.env["HOOK"] = chat.URL + "/services/T0/SECRET"
	if out := m.fine("weekly", "--slack-webhook-env", "HOOK", "--print"); len(bodies) != 0 || !json.Valid([]byte(out)) {
		t.Errorf("%d posts: %s", len(bodies), out)
	}
	if out := m.fine("weekly", "--slack-webhook-env", "HOOK"); out != "Posted to the address in $HOOK.\n" || len(bodies) != 1 || !strings.Contains(bodies[0], `"blocks"`) {
		t.Errorf("%d posts: %q", len(bodies), out)
	}
	for _, status = range []int{http.StatusForbidden, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusFound} {
		before := len(bodies)
		stdout, stderr, code := m.run("weekly", "--slack-webhook-env", "HOOK")
		if code != 2 || len(bodies) != before+1 || !strings.Contains(stderr, http.StatusText(status)) || strings.Contains(stdout+stderr, "SECRET") {
			t.Errorf("status %d, %d posts: %q, %q", code, len(bodies)-before, stdout, stderr)
		}
	}
	chat.Close()
	for _, address := range []string{m.env["HOOK"], "http://hooks.example/SECRET", "ftp://127.0.0.1/SECRET", "https:///SECRET", "://SECRET", "http://localhost.evil.example/SECRET"} {
		m.env["HOOK"] = address
		if stdout, stderr, code := m.run("weekly", "--slack-webhook-env", "HOOK"); code != 2 || strings.Contains(stdout+stderr, "SECRET") || !strings.Contains(stderr, "$HOOK") {
			t.Errorf("%s: status %d: %q, %q", address, code, stdout, stderr)
		}
	}
}

package agentstest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/session"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/process"
	"github.com/pertask/pertask/usage"
)

// ccusageElse says why ccusage counts a case of session/testdata/traps in another way. docs/spend.md has the same.
var ccusageElse = map[string]string{
	"claude-code-bad-lines":  "it takes lines that contradict themselves as they are",
	"claude-code-iterations": "it reads the counts at the top alone",
	"codex-bad-lines":        "it takes lines that contradict themselves as they are",
	"codex-compaction":       "it reads the counters, which leave the call out",
	"codex-records-copied":   "it reads the counters, of which there are none",
	"codex-totals-alone":     "it leaves out what follows a counter that begins again",
}

// ccusage returns the totals that it finds in a home; false where it is not installed and need not be.
func ccusage(t *testing.T, agent, home string, env []string) (totals map[string]int64, ok bool) {
	t.Helper()
	if _, err := exec.LookPath("ccusage"); err != nil {
		if slices.Contains(strings.Split(os.Getenv("PERTASK_NEED_AGENTS"), ","), "ccusage") {
			t.Fatal("ccusage is not installed, and PERTASK_NEED_AGENTS lists it; scripts/agents.sh installs it")
		}
		return nil, false
	}
	end, err := process.Program{Argv: []string{"ccusage", agent, "session", "--json", "--offline"}, Dir: home, Env: env, Keep: 1 << 20, Limit: time.Minute}.Run(t.Context(), time.Now)
	if err != nil || end.Status != 0 {
		t.Fatalf("ccusage: %v, %+v", err, end)
	}
	var said struct {
		Totals struct{ InputTokens, OutputTokens, CacheCreationTokens, CacheReadTokens, TotalTokens int64 }
	}
	if err := json.Unmarshal(end.Output, &said); err != nil {
		t.Fatalf("ccusage: %v\n%s", err, end.Output)
	}
	return map[string]int64{"input": said.Totals.InputTokens, "output": said.Totals.OutputTokens, "cache_creation": said.Totals.CacheCreationTokens,
		"cache_read": said.Totals.CacheReadTokens, "total": said.Totals.TotalTokens}, true
}

// inWordsOfCcusage are the totals of entries, in the words of ccusage.
func inWordsOfCcusage(entries []spend.Entry) map[string]int64 {
	sum := usage.None()
	for _, e := range entries {
		if e.Calls > 0 {
			sum = sum.Plus(e.Tokens)
		}
	}
	value := func(c usage.Count) int64 { n, _ := c.Value(); return n }
	return map[string]int64{"input": value(sum.Input), "output": value(sum.Output), "cache_creation": value(sum.Written()),
		"cache_read": value(sum.CacheRead), "total": value(sum.Total())}
}

// TestTrapsAsCcusageCounts has ccusage count the cases of Claude Code and Codex: somebody else's reading of the same logs.
func TestTrapsAsCcusageCounts(t *testing.T) {
	names, err := filepath.Glob("../../session/testdata/traps/*.txtar")
	if err != nil || len(names) < 30 {
		t.Fatalf("%d cases, %v", len(names), err)
	}
	for _, file := range names {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		agent := "claude"
		if strings.HasPrefix(name, "codex-") {
			agent = "codex"
		} else if !strings.HasPrefix(name, "claude-code-") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			home := t.TempDir()
			unpack(t, file, home)
			env := []string{"HOME=" + home}
			for _, v := range trial.Inherited() {
				if value := os.Getenv(v); value != "" {
					env = append(env, v+"="+value)
				}
			}
			var entries []spend.Entry
			_, err := session.Scan(t.Context(), session.Options{Homes: session.Homes(func(string) string { return "" }, home), Now: time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC),
				Add: func(_ context.Context, more ...spend.Entry) error { entries = append(entries, more...); return nil }})
			if err != nil {
				t.Fatal(err)
			}
			theirs, ok := ccusage(t, agent, home, env)
			if !ok {
				t.Skip("ccusage is not installed; scripts/agents.sh installs it")
			}
			diff := cmp.Diff(inWordsOfCcusage(entries), theirs)
			if why := ccusageElse[name]; (diff != "") != (why != "") {
				t.Errorf("ccusage differs, because %q (-ours +ccusage's):\n%s", why, diff)
			}
		})
	}
}

// unpack writes the files of a case as they are in the end.
func unpack(t *testing.T, file, home string) {
	t.Helper()
	a, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range a.Files {
		name, step := f.Name, 0
		if n, _ := fmt.Sscanf(name, "%d/", &step); n == 1 {
			_, name, _ = strings.Cut(name, "/")
		}
		bare, gone := strings.CutSuffix(name, "-")
		bare, more := strings.CutSuffix(bare, "+")
		full := filepath.Join(home, "."+filepath.FromSlash(bare))
		data := []byte(strings.ReplaceAll(strings.ReplaceAll(string(f.Data), "<CUT>\n", ""), "<NUL>", "\x00"))
		if more {
			was, err := os.ReadFile(full)
			if err != nil {
				t.Fatal(err)
			}
			data = append(was, data...)
		}
		if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
			t.Fatal(err)
		}
		if gone {
			err = os.Remove(full)
		} else {
			err = os.WriteFile(full, data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

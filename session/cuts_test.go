//go:build unix

package session_test

import (
	"context"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/session"
)

// logsOf are the logs of a case as they are in the end, by name.
func logsOf(t *testing.T, name string) map[string]string {
	t.Helper()
	a, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	logs := map[string]string{}
	for _, f := range a.Files {
		step, file := stepOf(f.Name)
		switch bare, more := strings.CutSuffix(file, "+"); {
		case strings.HasSuffix(file, "-"):
		case more:
			logs[bare] += string(f.Data)
		case step > 1 && logs[file] != "": // it takes the place of another
		default:
			logs[file] = strings.ReplaceAll(string(f.Data), "<CUT>\n", "")
		}
	}
	return logs
}

// TestAnyCuts scans logs that grow by any number of bytes between scans: the ledger has in the end what a single scan makes.
func TestAnyCuts(t *testing.T) {
	names, err := filepath.Glob("testdata/traps/c*.txtar")
	if err != nil || len(names) < 20 {
		t.Fatalf("%d cases, %v", len(names), err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			for seed := range uint64(2) {
				cuts(t, logsOf(t, name), seed)
			}
		})
	}
	t.Run("made", func(t *testing.T) {
		dir := t.TempDir()
		claudeLog(t, dir, 400)
		text, err := os.ReadFile(filepath.Join(dir, "projects", "-src-shop", "00000000.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		for seed := range uint64(5) {
			cuts(t, map[string]string{"claude/projects/made/made.jsonl": string(text)}, seed)
		}
	})
}

func cuts(t *testing.T, logs map[string]string, seed uint64) {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 1))
	dir := t.TempDir()
	options := session.Options{Now: scanned, State: filepath.Join(dir, "state"),
		Homes: []session.Home{{Harness: "claude-code", Dir: filepath.Join(dir, "claude")}, {Harness: "codex", Dir: filepath.Join(dir, "codex")}}}
	var ledger, whole spend.Set
	into := func(s *spend.Set) func(context.Context, ...spend.Entry) error {
		return func(_ context.Context, entries ...spend.Entry) error {
			for _, e := range entries {
				s.Add(e)
			}
			return nil
		}
	}
	options.Add = into(&ledger)
	at := map[string]int{}
	put(t, dir, "claude/x", "")
	put(t, dir, "codex/x", "")
	for left := true; left; {
		left = false
		for _, name := range slices.Sorted(maps.Keys(logs)) {
			if text := logs[name]; at[name] < len(text) || at[name] == 0 {
				at[name] = min(len(text), at[name]+rng.IntN(2+len(text)/2))
				put(t, dir, name, text[:at[name]])
				left = left || at[name] < len(text)
			}
		}
		if r, err := session.Scan(t.Context(), options); err != nil || len(r.Problems) > 0 {
			t.Fatalf("%v, %q", err, r.Problems)
		}
	}
	options.State, options.Add = "", into(&whole)
	if _, err := session.Scan(t.Context(), options); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(total(whole.Sorted()), total(ledger.Sorted())); diff != "" {
		t.Fatalf("seed %d: the sums differ (-one scan +many):\n%s", seed, diff)
	}
}

// total is what entries add up to. Which of two logs has a call that is in both goes by which was read first.
func total(entries []spend.Entry) map[string]int64 {
	sum := map[string]int64{}
	for _, e := range entries {
		sum["calls"] += e.Calls
		sum["unseen"] += e.Unseen
		for _, c := range []struct {
			name string
			n    func() (int64, bool)
		}{{"input", e.Tokens.Input.Value}, {"read", e.Tokens.CacheRead.Value}, {"output", e.Tokens.Output.Value}} {
			n, _ := c.n()
			sum[c.name] += n
		}
	}
	return sum
}

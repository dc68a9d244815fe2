package repricing_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pertask/pertask/cmd/pertask/change"
	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/cmd/pertask/commandtest"
	"github.com/pertask/pertask/cmd/pertask/demo"
	"github.com/pertask/pertask/cmd/pertask/repricing"
	"github.com/pertask/pertask/internal/need"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/verdict"
)

func TestMain(m *testing.M) { commandtest.Main(m, demo.Agent()) }

// pertask runs a command as the program does.
func pertask(env map[string]string, args ...string) (stdout, stderr string, code int) {
	a := commandtest.App(env)
	a.Keys = func(ups []meter.Upstream) (meter.Keys, error) { return meter.LoadKeys(a.Getenv, os.ReadFile, ups) }
	return commandtest.Run(a, command.Program{Commands: []command.Command{repricing.Command(), change.Compare(), demo.Command(), demo.Agent()}}, args...)
}

// TestReprice prices a measured change of a repository again: the same dollars, a contract's, and those of another book.
func TestReprice(t *testing.T) {
	need.Program(t, "git")
	dir, calls := commandtest.Change(t, "report", commandtest.Mini)
	out := filepath.Join(t.TempDir(), "out")
	if _, stderr, code := pertask(map[string]string{"OPENAI_API_KEY": "sk-x"}, "compare", "--repo", dir, "--base", "main", "--head", "head", "--out", out); code != 0 {
		t.Fatal(stderr)
	}
	before, file := calls.Load(), filepath.Join(out, "report.json")
	old := commandtest.Report(t, out)

	again := filepath.Join(t.TempDir(), "again")
	stdout, stderr, code := pertask(nil, "reprice", file, "--out", again)
	if code != 0 || !strings.Contains(stdout, "Priced again, nothing was rerun") {
		t.Fatalf("exit %d, %s\n%s", code, stderr, stdout)
	}
	same := commandtest.Report(t, again)
	if same.Verdict != old.Verdict || same.Ratio.Estimate != old.Ratio.Estimate || !same.Base.Cost.Amount.Equal(old.Base.Cost.Amount) || !same.SpentUSD.Equal(old.SpentUSD) {
		t.Errorf("with the same prices: %v at %v, base %v; want %v at %v, %v", same.Verdict, same.Ratio.Estimate, same.Base.Cost.Amount, old.Verdict, old.Ratio.Estimate, old.Base.Cost.Amount)
	}

	cheap := filepath.Join(t.TempDir(), "cheap")
	if _, stderr, code = pertask(nil, "reprice", filepath.Join(again, "report.json"), "--discount", "openai/gpt-5.4-mini=0.01", "--out", cheap); code != 0 {
		t.Fatal(stderr)
	}
	// A report that was priced again can be priced again, with the contract that it has now or without.
	if r := commandtest.Report(t, cheap); r.Verdict != verdict.Switch || len(r.PriceBook.Contracts) != 1 || r.Head.Cost.Billed.Equal(r.Head.Cost.List) {
		t.Errorf("with a contract: %v, contracts %v, list %v, billed %v", r.Verdict, r.PriceBook.Contracts, r.Head.Cost.List, r.Head.Cost.Billed)
	}
	if stdout, _, _ = pertask(nil, "reprice", filepath.Join(cheap, "report.json"), "--format", "md"); !strings.Contains(stdout, "Switch") || strings.Contains(stdout, "Don't switch") {
		t.Errorf("the contract was forgotten:\n%s", stdout)
	}
	if stdout, _, _ = pertask(nil, "reprice", filepath.Join(cheap, "report.json"), "--discount", "none", "--format", "md"); !strings.Contains(stdout, "Don't switch") {
		t.Errorf("the contract was not removed:\n%s", stdout)
	}

	book := filepath.Join(t.TempDir(), "book.json")
	text := `{"schema":1,"currency":"USD","rates_per":1000000,"as_of":"2026-01-01","sources":{"me":"my own"},"models":[
	 {"provider":"openai","id":"gpt-5.4","rows":[{"id":"a","tier":"standard","rates":{"input":"100","output":"100"},"source":["me"],"verified":"2026-01-01"}]},
	 {"provider":"openai","id":"gpt-5.4-mini","rows":[{"id":"b","tier":"standard","rates":{"input":"1","output":"1"},"source":["me"],"verified":"2026-01-01"}]}]}`
	if err := os.WriteFile(book, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if stdout, stderr, code = pertask(nil, "reprice", file, "--book", book, "--at", "2026-11-10", "--format", "md"); code != 0 || strings.Contains(stdout, "Don't switch") || !strings.Contains(stdout, "The two books differ") {
		t.Errorf("with another book: exit %d %s\n%s", code, stderr, stdout)
	}
	settings := filepath.Join(t.TempDir(), "pertask.yml")
	text = "version: 1\nprices:\n  rows:\n    - {provider: openai, model: gpt-5.4, rates: {input: \"5000\", output: \"5000\"}}\n"
	if err := os.WriteFile(settings, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	dear := filepath.Join(t.TempDir(), "dear")
	if _, stderr, code = pertask(nil, "reprice", file, "--config", settings, "--out", dear); code != 0 {
		t.Fatal(stderr)
	}
	if r := commandtest.Report(t, dear); r.Verdict != verdict.Switch || len(r.PriceBook.Overrides) != 1 {
		t.Errorf("with a row of the configuration: %v, overrides %q", r.Verdict, r.PriceBook.Overrides)
	}
	if _, stderr, code = pertask(nil, "reprice", filepath.Join(dear, "report.json")); code != command.ExitUsage || !strings.Contains(stderr, "--config") {
		t.Errorf("rows that are not given again: exit %d, %s", code, stderr)
	}
	if calls.Load() != before {
		t.Errorf("%d calls were made to price again", calls.Load()-before)
	}
}

func TestRepriceBadInput(t *testing.T) {
	need.Program(t, "git")
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	out := filepath.Join(dir, "demo")
	if _, stderr, code := pertask(nil, "demo", "--out", out); code != 0 {
		t.Fatal(stderr)
	}
	good := filepath.Join(out, "report.json")
	cases := map[string][]string{
		"no report":         {"reprice"},
		"reading a report":  {"reprice", filepath.Join(dir, "none.json")},
		"not.json":          {"reprice", file("not.json", "{")},
		"not an instant":    {"reprice", good, "--at", "tomorrow"},
		"provider=multipli": {"reprice", good, "--discount", "openai"},
		"has no provider":   {"reprice", good, "--discount", "contoso=0.5"},
		"above 0":           {"reprice", good, "--discount", "openai=0"},
		"price book":        {"reprice", good, "--book", file("book.json", "{}")},
		"--format":          {"reprice", good, "--format", "pdf"},
		"the journal has":   {"reprice", good, "--journal", file("empty.jsonl", "")},
		"reading the journ": {"reprice", good, "--journal", filepath.Join(dir, "none.jsonl")},
	}
	for want, args := range cases {
		if want == "no report" {
			want = "arguments where 1"
		}
		if _, stderr, code := pertask(nil, args...); code != command.ExitUsage || !strings.Contains(stderr, want) {
			t.Errorf("%q: exit %d, %q; want 2 and %q", args[1:], code, stderr, want)
		}
	}
	if _, stderr, code := pertask(nil, "reprice", good); code != 0 {
		t.Errorf("the demo's report: %s", stderr)
	}
}

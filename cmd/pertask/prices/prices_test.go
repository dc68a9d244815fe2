package prices_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/cmd/pertask/commandtest"
	"github.com/pertask/pertask/cmd/pertask/prices"
	"github.com/pertask/pertask/cmd/pertask/rates"
	"github.com/pertask/pertask/price"
)

// pertask runs the command and returns what it printed and its exit status.
func pertask(args ...string) (stdout, stderr string, code int) {
	return commandtest.Run(commandtest.App(nil), command.Program{Commands: []command.Command{prices.Command()}}, args...)
}

// recordedCosts reads the cases and what they cost.
func recordedCosts(t *testing.T) (input []byte, want []string) {
	t.Helper()
	var in bytes.Buffer
	for _, name := range []string{"cases.jsonl", "own.jsonl"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "..", "testdata", "prices", name))
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(bytes.NewReader(text))
		for lines.Scan() {
			var r struct {
				Case struct {
					ID string `json:"id"`
				} `json:"case"`
				Want struct {
					Cost   price.Amount `json:"cost_usd"`
					Status string       `json:"status"`
				} `json:"want"`
			}
			var whole struct {
				Case json.RawMessage `json:"case"`
			}
			if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(lines.Bytes(), &whole); err != nil {
				t.Fatal(err)
			}
			in.Write(append(whole.Case, '\n'))
			want = append(want, r.Case.ID+" "+r.Want.Cost.String()+" "+r.Want.Status)
		}
	}
	return in.Bytes(), want
}

func TestPricesCost(t *testing.T) {
	input, want := recordedCosts(t)
	file := filepath.Join(t.TempDir(), "cases.jsonl")
	if err := os.WriteFile(file, input, 0o600); err != nil {
		t.Fatal(err)
	}
	stdout, stderr, code := pertask("prices", "cost", file)
	if code != 0 || stderr != "" {
		t.Fatalf("exit %d, %s", code, stderr)
	}
	var got []string
	for _, line := range strings.Split(strings.TrimSpace(stdout), "\n") {
		var r struct {
			ID     string       `json:"id"`
			Cost   price.Amount `json:"cost_usd"`
			Status string       `json:"status"`
			Lines  *[]any       `json:"lines"`
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil || r.Lines == nil {
			t.Errorf("%s: %v", line, err)
		}
		got = append(got, r.ID+" "+r.Cost.String()+" "+r.Status)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("costs differ (-want +got):\n%s", diff)
	}
}

// withStdin gives a test a standard input.
func withStdin(t *testing.T, text string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "in")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	before := os.Stdin
	os.Stdin = f
	t.Cleanup(func() { os.Stdin = before; f.Close() })
}

// TestPricesCostReportsBadLines prices the good lines around them.
func TestPricesCostReportsBadLines(t *testing.T) {
	const good = `{"id":"%","provider":"openai","api":"responses","model":"gpt-5.5","timestamp":"2026-11-10","usage":{"input_tokens":1000,"output_tokens":100}}`
	withStdin(t, "\ufeff"+strings.ReplaceAll(good, "%", "<a>")+"\r\n\n{bad\n"+strings.ReplaceAll(good, "%", "b")+"\n[]")
	stdout, stderr, code := pertask("prices", "cost")
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	if code != command.ExitUsage || len(lines) != 2 || !strings.HasPrefix(lines[0], `{"id":"<a>","cost_usd":"0.008","status":"exact"`) || !strings.HasPrefix(lines[1], `{"id":"b"`) {
		t.Errorf("exit %d\n%s", code, stdout)
	}
	want := "stdin:3: a case is a JSON object: "
	if !strings.HasPrefix(stderr, want) || !strings.Contains(stderr, "\nstdin:5: a case is a JSON object, not a array\n") {
		t.Errorf("messages are %q", stderr)
	}
}

// TestPricesCostIsSafeToShow keeps what a case says from turning the terminal around.
func TestPricesCostIsSafeToShow(t *testing.T) {
	withStdin(t, `{"id":"a\u202e`+"\u202e\u009b"+`","provider":"openai","api":"responses","model":"m`+"\u2066"+`","timestamp":"2026-11-10","usage":{"input_tokens":1,"output_tokens":1}}
{"id":"b","multipliers":{"contract":"`+"\u202e\u009b"+`"}}`)
	stdout, stderr, code := pertask("prices", "cost")
	if code != command.ExitUsage || !strings.Contains(stdout, `"id":"a\u202e\u202e\u009b"`) || !strings.Contains(stderr, `stdin:2: "multipliers.contract" "??" is not a decimal`) {
		t.Errorf("exit %d, %q, %q", code, stdout, stderr)
	}
	if strings.ContainsAny(stdout+stderr, "\u202e\u009b\u2066") {
		t.Errorf("%q, %q", stdout, stderr)
	}
}

func TestPricesShow(t *testing.T) {
	tests := []struct {
		args string
		want []string // in this order
	}{
		{"gpt-5.4 --provider openai --at 2026-11-10", []string{"gpt-5.4, billed by openai, on 2026-11-10", "tier", "context", "input", "read", "output", "standard  <= 272K", "2.50", "0.25", "15.00",
			"standard   > 272K", "5.00", "22.50", "flex", "0.13", "Tokens are multiplied:", "data_residency x1.1", "web_search $10.00 per 1,000", "Sources: ", "verified 2026-", "Price book of 2026-"}},
		{"--provider anthropic claude-opus-4-6-20260205 --at 2026-03-01T12:00:00Z", []string{"write 5m", "write 1h", "<= 200K", "6.25", "> 200K", "12.50", "2026-03-13", "Earlier and later:", "any", "Not known in some row: write 12h"}},
		{"gpt-5.6-sol --provider openai --tier STANDARD --at 2026-11-30", []string{"4.00", "Earlier and later", "5.00", "was guaranteed until 2026-11-22: the promotion may", "have ended."}},
	}
	for _, tt := range tests {
		stdout, stderr, code := pertask(append([]string{"prices", "show"}, strings.Fields(tt.args)...)...)
		if code != 0 || stderr != "" {
			t.Errorf("%s: exit %d, %s", tt.args, code, stderr)
		}
		rest := stdout
		for _, w := range tt.want {
			_, after, found := strings.Cut(rest, w)
			if !found {
				t.Errorf("%s: no %q in its place:\n%s", tt.args, w, stdout)
				break
			}
			rest = after
		}
		for _, line := range strings.Split(stdout, "\n") {
			if len(line) > 80 {
				t.Errorf("%s: a line of %d characters: %s", tt.args, len(line), line)
			}
		}
	}
}

func TestPricesShowForMachines(t *testing.T) {
	stdout, _, code := pertask("prices", "show", "gpt-5.5", "--provider", "openai", "--tier", "flex", "--json", "--at", "2026-11-10")
	var got struct {
		At        string         `json:"at"`
		Providers []rates.Prices `json:"providers"`
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != 0 || len(got.Providers) != 1 || len(got.Providers[0].Rows) != 1 {
		t.Fatalf("exit %d, %v\n%s", code, err, stdout)
	}
	row := got.Providers[0].Rows[0]
	if input := row.Rates["input"]; input.String() != "2.5" || !row.InForce || row.Long == nil || row.Long.Threshold != 272000 || got.At != "2026-11-10T00:00:00Z" {
		t.Errorf("row is %+v at %s", row, got.At)
	}
}

func TestPricesShowNeverGuesses(t *testing.T) {
	for args, want := range map[string]string{
		"gpt-5.6-solo":              `no model "gpt-5.6-solo"; did you mean gpt-5.6-sol`,
		"zzz":                       `model: "zzz"`,
		"gpt-5.5 --provider x-ai":   "it has it of",
		"gpt-5.5 --tier moonlight":  `no tier "moonlight" of "gpt-5.5"; it has batch, flex, priority, standard`,
		"gpt-9 --provider contoso":  `provider: "contoso"`,
		"claude-opus-4-6-preview-x": "did you mean claude-opus-4",
	} {
		stdout, stderr, code := pertask(append([]string{"prices", "show"}, strings.Fields(args)...)...)
		if code != command.ExitVerdict || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit %d, %q, %q", args, code, stdout, stderr)
		}
	}
	for _, args := range [][]string{{"prices", "show"}, {"prices", "show", "a", "b"}, {"prices", "show", "gpt-5.5", "--at", "soon"}, {"prices", "cost", "a", "b"},
		{"prices", "cost", "no-such-file"}, {"prices"}, {"prices", "sell"}, {"prices", "cost", "--x"}} {
		if stdout, stderr, code := pertask(args...); code != command.ExitUsage || stdout != "" || stderr == "" {
			t.Errorf("%v: exit %d, %q, %q", args, code, stdout, stderr)
		}
	}
}

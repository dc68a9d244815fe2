package output_test

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/cmd/pertask/output"
	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
)

// example is a report, and its JSON.
func example(t *testing.T) (*report.Report, string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "report", "testdata", "dont-switch.json"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := report.ParseJSON(data)
	if err != nil {
		t.Fatal(err)
	}
	if data, err = report.JSON(r); err != nil {
		t.Fatal(err)
	}
	return r, string(data)
}

func TestShow(t *testing.T) {
	r, data := example(t)
	for format, want := range map[string]string{"term": "Don't switch.", "md": "**Don't switch.**", "json": data} {
		if err := output.CheckFormat(format); err != nil {
			t.Errorf("%s: %v", format, err)
		}
		var out bytes.Buffer
		if err := output.Show(command.App{Stdout: &out}, r, format); err != nil || !strings.Contains(out.String(), want) || strings.Contains(out.String(), "\x1b") {
			t.Errorf("%s: %v, no %q in\n%s", format, err, want, out.String())
		}
	}
	for _, format := range []string{"", "pdf", "JSON"} {
		var out bytes.Buffer
		if err := output.Show(command.App{Stdout: &out}, r, format); err == nil || out.Len() > 0 {
			t.Errorf("%q: %v, %q", format, err, out.String())
		}
		if err := output.CheckFormat(format); err == nil || !strings.HasSuffix(err.Error(), "; allowed are term, md or json") {
			t.Errorf("%q: %v", format, err)
		}
	}
}

// A file is no terminal: what goes there has no colours and is not rewritten.
func TestShowIntoAFile(t *testing.T) {
	r, _ := example(t)
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	a := command.App{Stdout: f, Stderr: f, Getenv: func(string) string { return "" }}
	if err := output.Show(a, r, "term"); err != nil {
		t.Fatal(err)
	}
	output.Progress(a)(compare.Progress{Done: 1, Total: 1})
	text, err := os.ReadFile(f.Name())
	if err != nil || !bytes.Contains(text, []byte("Don't switch.")) || !bytes.HasSuffix(text, []byte("\n1 of 1 trials, cost unknown\n")) || bytes.ContainsAny(text, "\x1b\r") {
		t.Errorf("%v, %q", err, text)
	}
	for line := range strings.Lines(string(text)) {
		if len([]rune(line)) > 81 {
			t.Errorf("a line has %d characters: %s", len([]rune(line)), line)
		}
	}
}

// broken is a standard output that somebody has closed.
type broken struct{}

var errClosed = errors.New("closed")

func (broken) Write([]byte) (int, error) { return 0, errClosed }

func TestShowTellsOfABrokenOutput(t *testing.T) {
	r, _ := example(t)
	for _, format := range []string{"md", "json"} {
		if err := output.Show(command.App{Stdout: broken{}}, r, format); !errors.Is(err, errClosed) {
			t.Errorf("%s: %v", format, err)
		}
	}
}

func TestWrite(t *testing.T) {
	r, data := example(t)
	dir := filepath.Join(t.TempDir(), "new", "folder")
	for range 2 { // an earlier report is replaced
		if err := output.Write(dir, r); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(filepath.Join(dir, "report.json"))
	if err != nil || string(got) != data {
		t.Errorf("report.json: %v, %s", err, cmp.Diff(data, string(got)))
	}
	if got, err = os.ReadFile(filepath.Join(dir, "report.md")); err != nil || !strings.Contains(string(got), "**Don't switch.**") {
		t.Errorf("report.md: %v, %s", err, got)
	}
	if got, err = os.ReadFile(filepath.Join(dir, "report.html")); err != nil || !strings.Contains(string(got), "Don&#39;t switch</h1>") {
		t.Errorf("report.html: %v, %.200s", err, got)
	}
	file := filepath.Join(dir, "report.md")
	if err := output.Write(file, r); err == nil || !strings.HasPrefix(err.Error(), "making the folder of the report: ") {
		t.Errorf("into a file: %v", err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "taken", "report.md"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := output.Write(filepath.Join(dir, "taken"), r); err == nil || !strings.HasPrefix(err.Error(), "writing the report: ") {
		t.Errorf("over a folder: %v", err)
	}
}

func TestProgress(t *testing.T) {
	spent := func(s string) price.Amount {
		m, err := price.ParseMoney(s)
		if err != nil {
			t.Fatal(err)
		}
		return price.Known(m)
	}
	steps := []compare.Progress{
		{Done: 0, Total: 40, Spent: spent("0"), Look: 1, Looks: 2, Chance: math.NaN()},
		{Done: 3, Total: 40, Spent: spent("0.011"), Look: 1, Looks: 2, Chance: math.NaN()}, // within the same tenth
		{Done: 20, Total: 40, Spent: spent("1.234"), Look: 1, Looks: 2, Chance: math.NaN()},
		{Done: 24, Total: 40, Spent: spent("2"), Look: 2, Looks: 2, Chance: 0.625},
		{Done: 36, Total: 40, Look: 2, Looks: 2}, // a chance of none is not said
		{Done: 40, Total: 40, Spent: spent("3"), Looks: 1, Chance: 1},
		{Done: 0, Total: 0},
	}
	want := `0 of 40 trials, $0.00, look 1 of 2
20 of 40 trials, $1.23, look 1 of 2
24 of 40 trials, $2.00, look 2 of 2, chance of a verdict 62 %
36 of 40 trials, cost unknown, look 2 of 2
40 of 40 trials, $3.00, chance of a verdict 100 %
0 of 0 trials, cost unknown
`
	var out bytes.Buffer
	show := output.Progress(command.App{Stderr: &out})
	for _, p := range steps {
		show(p)
	}
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

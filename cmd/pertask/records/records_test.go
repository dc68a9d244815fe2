package records_test

import (
	"archive/zip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/pertask/pertask/cmd/pertask/records"
	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/internal/golden"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/verdict"
)

// enter makes a folder with the fixtures of all formats, the inspect_ai ones packed, and works in it, so that no
// path of the machine gets into a report.
func enter(t *testing.T) (testdata string) {
	t.Helper()
	testdata, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../../recorded/testdata")); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	for _, arm := range []string{"base", "head"} {
		pack(t, "inspect/"+arm, arm+".eval")
	}
	return testdata
}

// pack makes an .eval archive of a folder, with every second member in Zstandard, as newer versions write it.
func pack(t *testing.T, dir, name string) {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z := zip.NewWriter(f)
	z.RegisterCompressor(93, zstd.ZipCompressor())
	n := 0
	err = fs.WalkDir(os.DirFS(dir), ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		n++
		w, err := z.CreateHeader(&zip.FileHeader{Name: p, Method: []uint16{zip.Deflate, 93}[n%2]})
		if err != nil {
			return err
		}
		in, err := os.Open(filepath.Join(dir, p))
		if err != nil {
			return err
		}
		defer in.Close()
		_, err = io.Copy(w, in)
		return err
	})
	if err = errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
}

func options() compare.Options {
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	return compare.Options{Policy: verdict.DefaultPolicy(), Pricing: price.Pricing{Book: price.Embedded(), At: at},
		Now: func() time.Time { return at }}
}

func two(dir string) records.Request {
	return records.Request{BaseFrom: dir + "/base", HeadFrom: dir + "/head", Format: records.Auto}
}

// TestReports holds the report of every format against a file.
func TestReports(t *testing.T) {
	bench := two("terminal-bench")
	bench.Selection = compare.Selection{Reprice: true, AssumeUncached: true}
	foo := records.Request{Paths: []string{"promptfoo"}, Format: records.Auto, Selection: compare.Selection{Base: "gpt-5.4", Head: "openai:chat:gpt-5.4-mini"}}
	packed := records.Request{BaseFrom: "base.eval", HeadFrom: "head.eval", Format: records.Auto}
	repriced := packed
	repriced.Selection.Reprice = true
	tests := map[string]records.Request{
		"harbor": two("harbor"), "terminal-bench": bench, "inspect": packed, "inspect-repriced": repriced, "promptfoo": foo,
		"swe-agent": two("swe-agent"), "mini-swe-agent": two("mini-swe-agent"), "openhands": two("openhands"),
	}
	testdata := enter(t)
	for name, req := range tests {
		t.Run(name, func(t *testing.T) {
			r, err := req.Report(options())
			if err != nil {
				t.Fatal(err)
			}
			golden.Check(t, filepath.ToSlash(testdata)+"/"+name+".md", report.Markdown([]*report.Report{r}, report.MarkdownOptions{}))
			if r.Base.Trials == 0 || r.Head.Trials == 0 {
				t.Errorf("%d and %d trials", r.Base.Trials, r.Head.Trials)
			}
		})
	}
}

// TestFormatsAgree: the fixtures hold the same trials, so that the formats which tell the cost come to one ratio.
func TestFormatsAgree(t *testing.T) {
	enter(t)
	want := report.Number(0)
	requests := map[string]records.Request{
		"inspect":   {BaseFrom: "base.eval", HeadFrom: "head.eval", Format: records.Auto},
		"promptfoo": {Paths: []string{"promptfoo"}, Format: "promptfoo", Selection: compare.Selection{Base: "gpt-5.4", Head: "gpt-5.4-mini"}},
	}
	for _, dir := range []string{"swe-agent", "mini-swe-agent", "openhands"} {
		requests[dir] = two(dir)
	}
	for dir, req := range requests {
		r, err := req.Report(options())
		if err != nil {
			t.Fatal(err)
		}
		if r.Ratio == nil {
			t.Fatalf("%s: no ratio", dir)
		}
		if want == 0 {
			want = r.Ratio.Estimate
		}
		if r.Ratio.Estimate != want || len(r.LeftOut) != 0 {
			t.Errorf("%s: ratio %v with %v left out, want %v", dir, r.Ratio.Estimate, r.LeftOut, want)
		}
	}
}

func TestRefuses(t *testing.T) {
	enter(t)
	if err := os.Mkdir("empty", 0o755); err != nil {
		t.Fatal(err)
	}
	one := func(path, base, head string) records.Request {
		return records.Request{Paths: []string{path}, Format: records.Auto, Selection: compare.Selection{Base: base, Head: head}}
	}
	wrong := two("harbor")
	wrong.Format = "harbour"
	forced := two("harbor")
	forced.Format = "openhands"
	for _, tt := range []struct {
		name  string
		req   records.Request
		want  string
		usage bool
	}{
		{"nothing", records.Request{Format: records.Auto}, "name a file or folder", true},
		{"one arm", records.Request{BaseFrom: "harbor/base", Format: records.Auto}, "--base-from and --head-from go together", true},
		{"both ways", records.Request{Paths: []string{"harbor"}, BaseFrom: "a", HeadFrom: "b", Format: records.Auto}, "either files and folders", true},
		{"unknown format", wrong, `--input "harbour": it is one of auto, csv, harbor`, true},
		{"another format", forced, "harbor/base: there is no trial in it", false},
		{"no file", one("nowhere", "a", "b"), "reading recorded trials: stat nowhere", false},
		{"empty folder", one("empty", "a", "b"), "empty: there are no recorded trials of a known format in it", false},
		{"unknown model", one("promptfoo/results.json", "gpt-5.4", "gpt-9"), `promptfoo/results.json: no trial has model "gpt-9"; there are ["openai:chat:gpt-5.4" "openai:chat:gpt-5.4-mini"]`, false},
		{"which model", one("promptfoo/results.json", "", ""), "promptfoo/results.json: the records have the trials of 2 models or agents", false},
		{"one model twice", one("harbor", "gpt-5.4", "gpt-5.4"), "two different models", false},
		{"unknown dataset", func() records.Request {
			r := two("harbor")
			r.Selection.Dataset = "x"
			return r
		}(), `harbor/base: no trial has dataset "x"`, false},
	} {
		_, err := tt.req.Report(options())
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want it to begin with %q", tt.name, err, tt.want)
		}
		if u := (records.UsageError{}); errors.As(err, &u) != tt.usage {
			t.Errorf("%s: usage error %v, want %v", tt.name, !tt.usage, tt.usage)
		}
	}
}

func TestTheSameModelFromTwoRuns(t *testing.T) {
	enter(t)
	r, err := records.Request{BaseFrom: "openhands/base/run-1", HeadFrom: "openhands/base/run-2", Format: "openhands"}.Report(options())
	if err != nil {
		t.Fatal(err)
	}
	if r.Base.Trials != 3 || r.Head.Trials != 3 {
		t.Errorf("%d and %d trials, want 3 and 3", r.Base.Trials, r.Head.Trials)
	}
}

func TestTheCommandLineNamesAModelThatRecordsDoNot(t *testing.T) {
	enter(t)
	for _, arm := range []string{"base", "head"} {
		if err := os.Remove("terminal-bench/" + arm + "/run_metadata.json"); err != nil {
			t.Fatal(err)
		}
	}
	req := two("terminal-bench")
	req.Selection = compare.Selection{Reprice: true, AssumeUncached: true}
	if _, err := req.Report(options()); err == nil || !strings.Contains(err.Error(), "the records do not name the model; name it with --base") {
		t.Errorf("error %v", err)
	}
	req.Selection.Base, req.Selection.Head = "gpt-5.4", "gpt-5.4-mini"
	r, err := req.Report(options())
	if err != nil {
		t.Fatal(err)
	}
	if !r.Base.Cost.Amount.IsKnown() {
		t.Error("the base's cost is unknown, though the model was named")
	}
}

func TestCSVForEachArm(t *testing.T) {
	enter(t)
	const header = "dataset,model,task,trial,passed,input_tokens,cached_input_tokens,cache_write_tokens,output_tokens,cost_usd,duration_s\n"
	for name, rows := range map[string]string{"a.csv": "d,a,t,0,1,,,,,1,\nd,a,t,1,1,,,,,2,\n", "b.csv": "d,b,t,0,1,,,,,1,\nd,b,t,1,1,,,,,2,\n"} {
		if err := os.WriteFile(name, []byte(header+rows), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	r, err := records.Request{BaseFrom: "a.csv", HeadFrom: "b.csv", Format: records.Auto}.Report(options())
	if err != nil {
		t.Fatal(err)
	}
	if r.Base.Trials != 2 || r.Head.Trials != 2 {
		t.Errorf("%d and %d trials, want 2 and 2", r.Base.Trials, r.Head.Trials)
	}
}

// TestDocs: the example of docs/analyze.md is from the report that the test holds, and every format has its row.
func TestDocs(t *testing.T) {
	doc, err := os.ReadFile("../../../docs/analyze.md")
	if err != nil {
		t.Fatal(err)
	}
	sample, err := os.ReadFile("testdata/harbor.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(doc), "<!-- harbor.md -->\n")
	example, _, ok := strings.Cut(example, "<!-- end -->")
	if !ok || len(example) < 500 {
		t.Fatal("there is no example in docs/analyze.md")
	}
	lines := strings.Split(string(sample), "\n")
	for _, line := range strings.Split(strings.TrimSpace(example), "\n") {
		if !hasLine(lines, line) {
			t.Errorf("docs/analyze.md shows a line that the report does not have:\n%s", line)
		}
	}
	for _, name := range strings.Split(records.Formats(), ", ") {
		if name != records.Auto && !strings.Contains(string(doc), "| `"+name+"` |") {
			t.Errorf("docs/analyze.md has no row for %s", name)
		}
	}
}

func hasLine(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

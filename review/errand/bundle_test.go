package errand_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/review/errand"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
	"github.com/pertask/pertask/usage"
	"github.com/pertask/pertask/verdict"
)

const evidence = "sha256:1111111111111111111111111111111111111111111111111111111111111111"

var (
	began = until.Add(-time.Hour)
	su    = &suite.Suite{Name: "tickets", Tasks: []suite.Task{{ID: "a", Harness: "prompt"}}}
)

func answer() errand.Answer {
	return errand.Answer{Request: request(), Version: "test", Evidence: evidence, Journal: "trials.jsonl", Ended: true, Result: verdict.Measured}
}

// result is a trial of ours with a call.
func result(side trial.Side, index int) trial.Result {
	s := trial.Slot{Arm: side, Task: "a", Index: index}
	t := trial.Trial{Schema: trial.Schema, ID: s.ID(), Slot: s, EvidenceKey: evidence, Origin: trial.Fresh, Outcome: trial.Completed, Harness: "prompt", Start: began}
	tokens := usage.None()
	tokens.Input, tokens.Output = usage.Known(1_000_000), usage.Known(0)
	return trial.Result{Trial: t, Calls: []usage.Call{{Schema: usage.CallSchema, ID: "c-" + s.ID(), Trial: s.ID(), State: usage.Ended, Time: began, Upstream: "openai", Provider: "openai",
		RequestedModel: "gpt-5.4", ServedModel: "gpt-5.4", Coverage: usage.Complete, Tokens: tokens}}}
}

// lines are a journal's file.
func lines(t *testing.T, results ...trial.Result) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, r := range results {
		for _, c := range r.Calls {
			line, err := json.Marshal(map[string]any{"call": c})
			if err != nil {
				t.Fatal(err)
			}
			b.Write(append(line, '\n'))
		}
		line, err := json.Marshal(map[string]any{"trial": r.Trial})
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(line, '\n'))
	}
	return b.Bytes()
}

// packed is an artifact.
func packed(t *testing.T, files map[string][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, data := range files {
		f, err := w.Create(name)
		if err == nil {
			_, err = f.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// good are the files of an answer that counts.
func good(t *testing.T) map[string][]byte {
	t.Helper()
	return map[string][]byte{errand.File: answer().JSON(), "trials.jsonl": lines(t, result(trial.Base, 0), result(trial.Head, 0)), "report.html": []byte("<p>")}
}

func TestOpen(t *testing.T) {
	b, err := errand.Open(packed(t, good(t)), request())
	if err != nil || len(b.Trials.Results) != 2 || b.Result != verdict.Measured {
		t.Fatalf("%+v, %v", b, err)
	}
	if err := b.Check(evidence, su); err != nil {
		t.Error(err)
	}
	later := request() // of an attempt that goes on after others have spent
	later.Budget = price.Known(price.MustMoney("0.5"))
	if _, err := errand.Open(packed(t, good(t)), later); err != nil {
		t.Errorf("another attempt does not know its answer: %v", err)
	}
	for name, r := range map[string]errand.Answer{
		"nothing was measured": {Request: request(), Ended: true, Result: verdict.NotMeasured, Code: "not-ready", Reason: "no key\x00\u202e", Next: []string{"set it"}},
		"it has begun":         {Request: request(), Evidence: evidence, Journal: "trials.jsonl"},
	} {
		b, err := errand.Open(packed(t, map[string][]byte{errand.File: r.JSON(), "trials.jsonl": lines(t)}), request())
		if err != nil || b.Ended != r.Ended || strings.Contains(b.Reason, "\x00") {
			t.Errorf("%s: %+v, %v", name, b, err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	change := func(f func(map[string]any)) func(map[string][]byte) {
		return func(files map[string][]byte) {
			var m map[string]any
			if err := json.Unmarshal(files[errand.File], &m); err != nil {
				t.Fatal(err)
			}
			f(m)
			files[errand.File], _ = json.Marshal(m)
		}
	}
	of := func(key string, value any) func(map[string][]byte) {
		return change(func(m map[string]any) { m["request"].(map[string]any)[key] = value })
	}
	for name, f := range map[string]func(map[string][]byte){
		"no answer":                    func(m map[string][]byte) { delete(m, errand.File) },
		"no trials":                    func(m map[string][]byte) { delete(m, "trials.jsonl") },
		"no JSON":                      func(m map[string][]byte) { m[errand.File] = []byte("{") },
		"something behind it":          func(m map[string][]byte) { m[errand.File] = append(m[errand.File], '{') },
		"a huge answer":                func(m map[string][]byte) { m[errand.File] = bytes.Repeat([]byte(" "), 1<<20) },
		"an unknown field":             change(func(m map[string]any) { m["verdict"] = "switch" }),
		"another schema":               change(func(m map[string]any) { m["schema"] = "pertask.answer/2" }),
		"a path for the journal":       change(func(m map[string]any) { m["journal"] = "../trials.jsonl" }),
		"another file for the journal": change(func(m map[string]any) { m["journal"] = "report.html" }),
		"no evidence":                  change(func(m map[string]any) { delete(m, "evidence") }),
		"evidence that is none":        change(func(m map[string]any) { m["evidence"] = "x" }),
		"a code that is none":          change(func(m map[string]any) { m["code"] = "<script>" }),
		"a result of a review":         change(func(m map[string]any) { m["result"] = "accepted" }),
		"measured without trials":      change(func(m map[string]any) { delete(m, "evidence"); delete(m, "journal") }),
		"an end without a result":      change(func(m map[string]any) { delete(m, "result") }),
		"a version that is none":       change(func(m map[string]any) { m["harness"] = map[string]string{"codex": "1; rm -rf"} }),
		"a harness that is none":       change(func(m map[string]any) { m["harness"] = map[string]string{"../x": "1"} }),
		"much to do next":              change(func(m map[string]any) { m["next"] = strings.Split(strings.Repeat("x,", 20), ",") }),
		"another head":                 of("head", strings.Repeat("e", 40)),
		"another base":                 of("base", strings.Repeat("e", 40)),
		"another review":               of("review", "x-1"),
		"another pull request":         of("pull", 8),
		"another suite":                of("suite", "easy"),
		"another question":             of("question", "sha256:"+strings.Repeat("9", 64)),
		"other looks":                  of("looks", []int{1}),
		"a journal that is none":       func(m map[string][]byte) { m["trials.jsonl"] = []byte("hello\nworld\n") },
	} {
		files := good(t)
		f(files)
		if b, err := errand.Open(packed(t, files), request()); err == nil {
			t.Errorf("%s: %+v", name, b.Answer)
		}
	}
	for name, data := range map[string][]byte{"nothing": nil, "no archive": []byte("hello"), "many files": many(t), "a file twice": twice(t), "a link": link(t), "a bomb": bomb(t)} {
		if b, err := errand.Open(data, request()); err == nil {
			t.Errorf("%s: %+v", name, b.Answer)
		}
	}
}

func many(t *testing.T) []byte {
	files := good(t)
	for i := range 200 {
		files[fmt.Sprint("x", i)] = nil
	}
	return packed(t, files)
}

// twice has a second answer, which a reader that takes the last one would take.
func twice(t *testing.T) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for range 2 {
		for name, data := range good(t) {
			f, _ := w.Create(name)
			_, _ = f.Write(data)
		}
	}
	_ = w.Close()
	return b.Bytes()
}

func link(t *testing.T) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, data := range good(t) {
		h := &zip.FileHeader{Name: name}
		if name == "trials.jsonl" {
			h.SetMode(fs.ModeSymlink | 0o777)
		}
		f, _ := w.CreateHeader(h)
		_, _ = f.Write(data)
	}
	_ = w.Close()
	return b.Bytes()
}

// bomb is an answer of a gigabyte in a megabyte, whose header says that it is small.
func bomb(t *testing.T) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.Create(errand.File)
	if err != nil {
		t.Fatal(err)
	}
	block := bytes.Repeat([]byte(" "), 1<<20)
	for range 64 {
		if _, err := f.Write(block); err != nil {
			t.Fatal(err)
		}
	}
	_ = w.Close()
	return b.Bytes()
}

func TestCheckRefuses(t *testing.T) {
	huge, below := usage.None(), -1.0
	huge.Output = usage.Known(1 << 50)
	for name, change := range map[string]func(*trial.Result){
		"other evidence":     func(r *trial.Result) { r.Trial.EvidenceKey = "sha256:2" },
		"another task":       func(r *trial.Result) { r.Trial.Task = "z"; r.Trial.ID = r.Trial.Slot.ID() },
		"another arm":        func(r *trial.Result) { r.Trial.Arm = "middle"; r.Trial.ID = r.Trial.Slot.ID() },
		"another place":      func(r *trial.Result) { r.Trial.ID = "head/a/7" },
		"beyond the plan":    func(r *trial.Result) { r.Trial.Index = 5; r.Trial.ID = r.Trial.Slot.ID() },
		"recorded elsewhere": func(r *trial.Result) { r.Trial.Origin = trial.Recorded },
		"a stored head":      func(r *trial.Result) { r.Trial.Origin = trial.Stored },
		"no outcome":         func(r *trial.Result) { r.Trial.Outcome = "great" },
		"another harness":    func(r *trial.Result) { r.Trial.Harness = "codex" },
		"a long text":        func(r *trial.Result) { r.Trial.Detail = strings.Repeat("x", 1<<16) },
		"a time below 0":     func(r *trial.Result) { r.Trial.Seconds = &below },
		"many tokens":        func(r *trial.Result) { r.Calls[0].Tokens = huge },
		"many tokens in a part": func(r *trial.Result) {
			r.Calls[0].Parts = []usage.Part{{Kind: "compaction", Tokens: huge}}
		},
		"a cost below 0":      func(r *trial.Result) { r.Calls[0].ReportedUSD = "-5" },
		"a cost that is none": func(r *trial.Result) { r.Calls[0].ReportedUSD = "free" },
		"requests below 0":    func(r *trial.Result) { r.Calls[0].Requests = map[string]int64{"web_search": -1} },
	} {
		bad := result(trial.Head, 0)
		change(&bad)
		b := errand.Bundle{Answer: answer(), Trials: trial.Evidence{Results: []trial.Result{result(trial.Base, 0), bad}}}
		if err := b.Check(evidence, su); err == nil {
			t.Errorf("%s counts", name)
		}
	}
	b := errand.Bundle{Answer: answer()}
	if err := b.Check("sha256:2", su); err == nil {
		t.Error("an answer about other evidence counts")
	}
	stray := result(trial.Head, 0).Calls[0]
	stray.Tokens = huge
	if err := (errand.Bundle{Answer: answer(), Trials: trial.Evidence{Stray: []usage.Call{stray}}}).Check(evidence, su); err == nil {
		t.Error("a stray call with many tokens counts")
	}
}

func TestSpent(t *testing.T) {
	pricing := price.Pricing{Book: price.Embedded(), At: began}
	one := pricing.Call(result(trial.Base, 0).Calls[0]).Cost.Amount
	usd, known := one.Value()
	if !known || usd.Cmp(price.Money{}) <= 0 {
		t.Fatalf("a call costs %v", one)
	}
	earlier, stored, open, unknown, cut := result(trial.Base, 1), result(trial.Base, 2), result(trial.Head, 1).Calls[0], result(trial.Head, 2), result(trial.Head, 3).Calls[0]
	earlier.Calls[0].Time = began.Add(-time.Hour)
	stored.Trial.Origin = trial.Stored
	open.State = usage.Admitted
	unknown.Calls[0].Coverage, unknown.Calls[0].Tokens = usage.Missing, usage.Tokens{}
	cut.Coverage, cut.Tokens = usage.Missing, usage.Tokens{}
	for _, tt := range []struct {
		name    string
		e       trial.Evidence
		want    price.Amount
		atLeast bool
	}{
		{"nothing", trial.Evidence{}, price.Known(price.Money{}), false},
		{"two trials", trial.Evidence{Results: []trial.Result{result(trial.Base, 0), result(trial.Head, 0)}}, one.Plus(one), false},
		{"one was brought along", trial.Evidence{Results: []trial.Result{result(trial.Base, 0), earlier}}, one, false},
		{"one was stored", trial.Evidence{Results: []trial.Result{result(trial.Base, 0), stored}}, one, false},
		{"a call of a trial that was carried out again", trial.Evidence{Stray: result(trial.Base, 0).Calls}, one, false},
		{"a call that nobody saw the end of", trial.Evidence{Results: []trial.Result{result(trial.Base, 0)}, Open: []usage.Call{open}}, one, true},
		{"a call that was cut short", trial.Evidence{Results: []trial.Result{result(trial.Base, 0)}, Stray: []usage.Call{cut}}, one, true},
		{"a trial of unknown cost", trial.Evidence{Results: []trial.Result{result(trial.Base, 0), unknown}}, price.Amount{}, false},
	} {
		got, atLeast := errand.Bundle{Trials: tt.e}.Spent(pricing, began.Add(-time.Minute))
		if !got.Equal(tt.want) || atLeast != tt.atLeast {
			t.Errorf("%s: %v, at least %t; want %v, %t", tt.name, got, atLeast, tt.want, tt.atLeast)
		}
	}
}

// What is in the journal stays, and nothing is there twice.
func TestImport(t *testing.T) {
	j := journal.NewMemory()
	mine := result(trial.Base, 0)
	mine.Calls[0].ID = "mine"
	void := result(trial.Head, 0)
	void.Trial.Outcome, void.Calls = trial.Void, nil
	for _, r := range []trial.Result{mine, void} {
		for _, c := range r.Calls {
			if err := j.AppendCall(c); err != nil {
				t.Fatal(err)
			}
		}
		if err := j.AppendTrial(r.Trial); err != nil {
			t.Fatal(err)
		}
	}
	b := errand.Bundle{Answer: answer(), Trials: trial.Evidence{Results: []trial.Result{result(trial.Base, 0), result(trial.Head, 0), result(trial.Head, 1)}}}
	for range 2 {
		if err := b.Import(j); err != nil {
			t.Fatal(err)
		}
	}
	have, err := j.Load()
	if err != nil {
		t.Fatal(err)
	}
	if len(have.Results) != 3 || len(have.Stray) != 0 || len(have.Open) != 0 {
		t.Fatalf("%+v", have)
	}
	for _, r := range have.Results {
		want := "c-" + r.Trial.ID
		if r.Trial.Arm == trial.Base {
			want = "mine"
		}
		if len(r.Calls) != 1 || r.Calls[0].ID != want || r.Trial.Outcome != trial.Completed {
			t.Errorf("%s: %+v", r.Trial.ID, r)
		}
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(answer().JSON(), []byte(`{"trial":{}}`))
	f.Add([]byte("{}"), []byte("\n"))
	f.Fuzz(func(t *testing.T, text, trials []byte) {
		b, err := errand.Open(packed(t, map[string][]byte{errand.File: text, "trials.jsonl": trials}), request())
		if err != nil {
			return
		}
		_ = b.Check(evidence, su)
		_, _ = b.Spent(price.Pricing{Book: price.Embedded(), At: began}, began)
		b.Request.Budget = request().Budget
		if b.Request.String() != request().String() {
			t.Errorf("it answers %s", b.Request)
		}
	})
}

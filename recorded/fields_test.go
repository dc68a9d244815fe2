package recorded_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/recorded"
	"github.com/pertask/pertask/recorded/excerpt"
	"github.com/pertask/pertask/usage"
)

// value reads a JSON text; one of "" is not there at all.
func value(t *testing.T, text string) excerpt.Value {
	t.Helper()
	if text != "" {
		text = `"v": ` + text
	}
	v, err := excerpt.Read(strings.NewReader("{"+text+"}"), excerpt.Keys("v"))
	if err != nil {
		t.Fatal(err)
	}
	return v.Get("v")
}

// seconds writes what may be unknown.
func seconds(s *float64) string {
	if s == nil {
		return "unknown"
	}
	return fmt.Sprint(*s)
}

func flag(b *bool) string {
	if b == nil {
		return "unknown"
	}
	return fmt.Sprint(*b)
}

func number(x float64, ok bool) string {
	if !ok {
		return "unknown"
	}
	return fmt.Sprint(x)
}

// fields reads a value by the name of a method.
var fields = map[string]func(*recorded.Fields, excerpt.Value) string{
	"Count":           func(f *recorded.Fields, v excerpt.Value) string { return f.Count(v).String() },
	"Positive":        func(f *recorded.Fields, v excerpt.Value) string { return f.Positive(v).String() },
	"Dollars":         func(f *recorded.Fields, v excerpt.Value) string { return f.Dollars(v).String() },
	"PositiveDollars": func(f *recorded.Fields, v excerpt.Value) string { return f.PositiveDollars(v).String() },
	"Text":            func(f *recorded.Fields, v excerpt.Value) string { return f.Text(v) },
	"Name":            func(f *recorded.Fields, v excerpt.Value) string { return f.Name(v) },
	"Flag":            func(f *recorded.Fields, v excerpt.Value) string { return flag(f.Flag(v)) },
	"Real":            func(f *recorded.Fields, v excerpt.Value) string { return number(f.Real(v)) },
	"Seconds":         func(f *recorded.Fields, v excerpt.Value) string { return seconds(f.Seconds(v)) },
	"Milliseconds":    func(f *recorded.Fields, v excerpt.Value) string { return seconds(f.Milliseconds(v)) },
}

// TestFieldsReadOrSayWhere holds for each kind of field what it takes, what it takes for unknown, and what it calls a
// mistake. What is a mistake is never a value as well.
func TestFieldsReadOrSayWhere(t *testing.T) {
	const huge = "99999999999999999999"
	for _, tt := range []struct{ method, in, want, mistake string }{
		{"Count", "7", "7", ""}, {"Count", "0", "0", ""}, {"Count", "9223372036854775807", "9223372036854775807", ""},
		{"Count", "null", "unknown", ""}, {"Count", "", "unknown", ""},
		{"Count", "-1", "unknown", "this is -1"}, {"Count", "1.0", "unknown", "this is 1.0"}, {"Count", "1e3", "unknown", "this is 1e3"},
		{"Count", huge, "unknown", "this is " + huge}, {"Count", `"7"`, "unknown", `this is "7"`}, {"Count", "true", "unknown", "this is true or false"},
		{"Count", "[]", "unknown", "this is a list"}, {"Count", "{}", "unknown", "this is an object"}, {"Count", "NaN", "unknown", `this is "NaN"`},
		{"Count", "1" + strings.Repeat("0", 300), "unknown", "this is 1" + strings.Repeat("0", 39) + ";"},
		{"Positive", "0", "unknown", ""}, {"Positive", "1", "1", ""}, {"Positive", "-0", "unknown", ""}, {"Positive", "-1", "unknown", "this is -1"}, {"Positive", "null", "unknown", ""},
		{"Dollars", "0", "0", ""}, {"Dollars", "0.10", "0.1", ""}, {"Dollars", "1E-7", "0.0000001", ""}, {"Dollars", "", "unknown", ""}, {"Dollars", "null", "unknown", ""},
		{"Dollars", "-0.01", "unknown", "this is -0.01"}, {"Dollars", "1e16", "unknown", "this is 1e16"}, {"Dollars", "1e-41", "unknown", "this is 1e-41"},
		{"Dollars", "Infinity", "unknown", `this is "Infinity"`}, {"Dollars", `"1"`, "unknown", `this is "1"`}, {"Dollars", "0." + strings.Repeat("3", 80), "unknown", "this is 0.33"},
		{"PositiveDollars", "0", "unknown", ""}, {"PositiveDollars", "0e9", "unknown", ""}, {"PositiveDollars", "-0.0", "unknown", ""}, {"PositiveDollars", "0.5", "0.5", ""},
		{"PositiveDollars", "-1", "unknown", "this is -1"}, {"PositiveDollars", "null", "unknown", ""},
		{"Text", `"a\nb"`, "a\nb", ""}, {"Text", `""`, "", ""}, {"Text", "null", "", ""}, {"Text", "4", "", "this is a number"},
		{"Name", `"a"`, "a", ""}, {"Name", "17", "17", ""}, {"Name", "1.5", "1.5", ""}, {"Name", `""`, "", "this is empty"}, {"Name", "null", "", "this is missing"},
		{"Name", "", "", "this is missing"}, {"Name", "false", "", "this is true or false"}, {"Name", strings.Repeat("1", 41), "", "this is a number"},
		{"Flag", "true", "true", ""}, {"Flag", "false", "false", ""}, {"Flag", "null", "unknown", ""}, {"Flag", "", "unknown", ""}, {"Flag", "0", "unknown", "this is a number"}, {"Flag", `"true"`, "unknown", `this is "true"`},
		{"Real", "-2.5e1", "-25", ""}, {"Real", "null", "unknown", ""}, {"Real", "1e999", "unknown", "this is 1e999"}, {"Real", "1e-999", "0", ""}, {"Real", "NaN", "unknown", `this is "NaN"`},
		{"Seconds", "0", "0", ""}, {"Seconds", "1e9", "1e+09", ""}, {"Seconds", "1.1e9", "unknown", "this is 1.1e9"}, {"Seconds", "-0.1", "unknown", "this is -0.1"}, {"Seconds", "null", "unknown", ""},
		{"Milliseconds", "1500", "1.5", ""}, {"Milliseconds", "1e12", "1e+09", ""}, {"Milliseconds", "1.1e12", "unknown", "this is 1.1e12"}, {"Milliseconds", "-1", "unknown", "this is -1"}, {"Milliseconds", "", "unknown", ""},
	} {
		f := recorded.Fields{Path: "log.json"}
		got := fields[tt.method](&f, value(t, tt.in))
		if got != tt.want {
			t.Errorf("%s of %.50s: got %q, want %q", tt.method, tt.in, got, tt.want)
		}
		switch err := f.Err(); {
		case tt.mistake == "" && err != nil:
			t.Errorf("%s of %.50s: %v", tt.method, tt.in, err)
		case tt.mistake != "" && (err == nil || !strings.HasPrefix(err.Error(), "log.json: $.v: "+tt.mistake) || !strings.Contains(err.Error(), "; ")):
			t.Errorf("%s of %.50s: error %v, want one with %q and what is allowed", tt.method, tt.in, err, tt.mistake)
		}
	}
}

func TestFieldsCollectSomeMistakes(t *testing.T) {
	f := recorded.Fields{Path: "f"}
	for i := range 50 {
		if f.Full() != (i >= 20) {
			t.Errorf("full after %d mistakes: %v", i, f.Full())
		}
		f.Count(value(t, "-1"))
	}
	if got := strings.Count(f.Err().Error(), "\n") + 1; got != 20 {
		t.Errorf("%d mistakes, want 20", got)
	}
	if err := (&recorded.Fields{}).Err(); err != nil {
		t.Errorf("no mistake: %v", err)
	}
}

func TestCompletion(t *testing.T) {
	k, no := usage.Known, usage.Count{}
	for _, tt := range []struct {
		name, in                                     string
		input, read, written, out, reasoning, prompt usage.Count
	}{
		{"chat", `{"prompt_tokens": 100, "completion_tokens": 9, "prompt_tokens_details": {"cached_tokens": 60}, "completion_tokens_details": {"reasoning_tokens": 4}}`, k(40), k(60), no, k(9), k(4), k(100)},
		{"responses", `{"input_tokens": 100, "output_tokens": 9, "input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}`, k(100), k(0), no, k(9), k(0), k(100)},
		{"LiteLLM of Anthropic", `{"prompt_tokens": 100, "completion_tokens": 9, "cache_creation_input_tokens": 30, "cache_read_input_tokens": 60}`, k(10), k(60), k(30), k(9), no, k(100)},
		{"writes in the details", `{"prompt_tokens": 100, "completion_tokens": 9, "prompt_tokens_details": {"cached_tokens": 60, "cache_creation_tokens": 5}}`, k(35), k(60), k(5), k(9), no, k(100)},
		{"writes by another name", `{"input_tokens": 100, "output_tokens": 9, "input_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 5}}`, k(35), k(60), k(5), k(9), no, k(100)},
		{"null details", `{"prompt_tokens": 100, "completion_tokens": 9, "prompt_tokens_details": null}`, no, no, no, k(9), no, k(100)},
		{"null falls through", `{"prompt_tokens": null, "input_tokens": 7, "completion_tokens": 1, "cache_read_input_tokens": 2}`, k(5), k(2), no, k(1), no, k(7)},
		{"parts are more than the whole", `{"prompt_tokens": 10, "completion_tokens": 9, "prompt_tokens_details": {"cached_tokens": 60}}`, no, k(60), no, k(9), no, k(10)},
		{"parts that no counter holds", `{"prompt_tokens": 10, "cache_read_input_tokens": 9223372036854775807, "cache_creation_input_tokens": 9223372036854775807}`, no, k(math.MaxInt64), k(math.MaxInt64), no, no, k(10)},
		{"nothing", `{}`, no, no, no, no, no, no},
	} {
		v, err := excerpt.Read(strings.NewReader(tt.in), recorded.CompletionShape())
		if err != nil {
			t.Fatal(err)
		}
		f := recorded.Fields{Path: "f"}
		got, prompt := f.Completion(v)
		if got.Input != tt.input || got.CacheRead != tt.read || got.CacheCreation != tt.written || got.Output != tt.out || got.Reasoning != tt.reasoning || prompt != tt.prompt || f.Err() != nil {
			t.Errorf("%s: %+v of %v (%v)", tt.name, got, prompt, f.Err())
		}
	}
}

func TestPassed(t *testing.T) {
	for _, tt := range []struct {
		from, score float64
		want        bool
	}{{0, 1, true}, {0, 0.999, false}, {0.5, 0.5, true}, {0.5, 0.4, false}, {-1, -0.5, true}, {0, math.NaN(), false}, {0, math.Inf(1), true}} {
		if got := (recorded.Options{ScoreFrom: tt.from}).Passed(tt.score); got == nil || *got != tt.want {
			t.Errorf("%v from %v: got %v, want %v", tt.score, tt.from, flag(got), tt.want)
		}
	}
}

func TestErrorsHaveTheirPlace(t *testing.T) {
	for want, err := range map[string]*recorded.Error{
		"f: what is wrong; what is allowed": {Path: "f", Problem: "what is wrong", Allowed: "what is allowed"},
		"f:3:4: what is wrong":              {Path: "f", Line: 3, Column: 4, Problem: "what is wrong"},
		"f: $.a[1]: what is wrong":          {Path: "f", At: "$.a[1]", Line: 3, Problem: "what is wrong"},
	} {
		if err.Error() != want {
			t.Errorf("got %q, want %q", err, want)
		}
	}
	if got, want := recorded.NotFound("t.csv", "model", "x", []string{"a", "b"}).Error(), `t.csv:1:1: no row has model "x"; there are a, b`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	_, err := excerpt.Read(strings.NewReader("{\n\"a\" 1}"), nil)
	if got, want := recorded.Syntax("f.json", err).Error(), "f.json:2:5: "; !strings.HasPrefix(got, want) {
		t.Errorf("got %q, want it to begin with %q", got, want)
	}
	own := &recorded.Error{Path: "f", Problem: "p"}
	if recorded.Syntax("g", own) != error(own) || recorded.Syntax("g", nil) != nil {
		t.Error("an error with a place got another one, or none became one")
	}
	if got, want := recorded.Syntax("g", fmt.Errorf("no disk")).Error(), "reading g: no disk"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCSVForms(t *testing.T) {
	const row = "d,m,t,0,1,10,,,5,0.5,2\n"
	var reversed []string
	for _, c := range recorded.Columns() {
		reversed = append([]string{c}, reversed...)
	}
	want, err := read(header + row)
	if err != nil {
		t.Fatal(err)
	}
	for name, in := range map[string]string{
		"byte order mark": "\ufeff" + header + row, "lines as on Windows": strings.ReplaceAll(header+row, "\n", "\r\n"), "no last line end": header + strings.TrimSpace(row),
		"white space": header + " d , m ,t, 0,1 ,10, ,,5,0.5,2\n", "quotes": header + strings.ReplaceAll(`"`+strings.TrimSpace(row)+`"`, ",", `","`) + "\n",
		"columns in another order": strings.Join(reversed, ",") + "\n2,0.5,5,,,10,1,0,t,m,d\n",
	} {
		got, err := read(in)
		if err != nil || len(got) != 1 {
			t.Errorf("%s: %d rows, %v", name, len(got), err)
			continue
		}
		a, b := want[0].Call("x"), got[0].Call("x")
		if diff := cmp.Diff(a.Tokens.Total().String()+a.ReportedUSD+a.RequestedModel, b.Tokens.Total().String()+b.ReportedUSD+b.RequestedModel); diff != "" || seconds(got[0].Seconds) != "2" || flag(got[0].Passed) != "true" {
			t.Errorf("%s: %+v", name, got[0])
		}
	}
}

// TestCSVTruncated holds that a cut file has no row that the whole one does not have, but for the one that the cut is
// in: a comma-separated file does not say where it ends.
func TestCSVTruncated(t *testing.T) {
	const whole = header + "d,m,t,0,1,10,,,5,0.5,2\nd,m,t,1,0,,,,,,\n"
	for n := range len(whole) {
		rows, err := read(whole[:n])
		last := strings.Count(whole[:n], "\n")
		for _, r := range rows {
			if r.Line <= last && (r.Line != 2 || r.Cost.String() != "0.5") && r.Line != 3 {
				t.Errorf("cut at %d: %+v", n, r)
			}
		}
		if err == nil && n < len(header)-1 {
			t.Errorf("cut at %d: no error without a whole header", n)
		}
		if err != nil && !strings.HasPrefix(err.Error(), "t.csv:") {
			t.Errorf("cut at %d: a mistake without its place: %v", n, err)
		}
	}
}

package report_test

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/verdict"
)

// compile reads a schema; strict makes it refuse every field that it does not name.
func compile(t *testing.T, strict bool) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(report.SchemaJSON()))
	if err != nil {
		t.Fatal(err)
	}
	if strict {
		closeObjects(doc)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("report.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("report.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func closeObjects(doc any) {
	switch x := doc.(type) {
	case map[string]any:
		if _, ok := x["properties"].(map[string]any); ok && x["type"] == "object" {
			x["additionalProperties"] = false
		}
		for _, v := range x {
			closeObjects(v)
		}
	case []any:
		for _, v := range x {
			closeObjects(v)
		}
	}
}

func instance(t *testing.T, r *report.Report) any {
	t.Helper()
	b, err := report.JSON(r)
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestSchema holds that the published schema accepts what JSON writes, and that it names every field of it.
func TestSchema(t *testing.T) {
	open, closed := compile(t, false), compile(t, true)
	reports := []*report.Report{{Result: verdict.Measured}}
	for _, name := range fixtures(t) {
		reports = append(reports, load(t, name)...)
	}
	for _, r := range reports {
		v := instance(t, r)
		if err := open.Validate(v); err != nil {
			t.Errorf("suite %q: %v", r.Suite, err)
		}
		if err := closed.Validate(v); err != nil {
			t.Errorf("suite %q, every field named: %v", r.Suite, err)
		}
	}
}

// sameNumbers compares no statement with no statement as equal.
var sameNumbers = cmp.Options{
	cmp.Comparer(func(a, b report.Number) bool { return same(float64(a), float64(b)) }),
	cmp.Comparer(func(a, b report.Quotient) bool { return same(float64(a), float64(b)) }),
}

func same(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }

func TestSchemaRefuses(t *testing.T) {
	s := compile(t, false)
	for name, change := range map[string]func(map[string]any){
		"another version":     func(m map[string]any) { m["schema"] = "pertask.report/2" },
		"an unknown verdict":  func(m map[string]any) { m["verdict"] = "maybe" },
		"money as a number":   func(m map[string]any) { m["spent_usd"] = 1.5 },
		"a list that is null": func(m map[string]any) { m["changes"] = nil },
		"a missing field":     func(m map[string]any) { delete(m, "head") },
		"a ratio as text":     func(m map[string]any) { m["ratio"].(map[string]any)["low"] = "1.5" },
		"negative trials":     func(m map[string]any) { m["head"].(map[string]any)["trials"] = json.Number("-1") },
	} {
		v := instance(t, one(t, "switch")).(map[string]any)
		change(v)
		if err := s.Validate(v); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

// TestSchemaRefusesDocuments holds that the schema knows bad documents that somebody wrote by hand.
func TestSchemaRefusesDocuments(t *testing.T) {
	s := compile(t, false)
	good, err := report.JSON(one(t, "switch"))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string][2]string{
		"no list":                  {`"left_out": [`, `"left_out_": [`},
		"a result of another word": {`"result": "measured"`, `"result": "done"`},
		"a verdict in capitals":    {`"verdict": "switch"`, `"verdict": "SWITCH"`},
		"a status of another word": {`"status": "exact"`, `"status": "estimated"`},
		"a scope of another word":  {`"scope": "suite"`, `"scope": "global"`},
		"money with a sign":        {`"spent_usd": "`, `"spent_usd": "$`},
		"money with an exponent":   {`"spent_usd": "9`, `"spent_usd": "1e`},
		"trials as text":           {`"trials": 60`, `"trials": "60"`},
		"half a trial":             {`"trials": 60`, `"trials": 60.5`},
		"fewer than no voids":      {`"voids": 0`, `"voids": -1`},
		"certainty":                {`"confidence": 0.95`, `"confidence": 1`},
		"a confidence in percent":  {`"confidence": 0.95`, `"confidence": 95`},
		"a block that is a word":   {`"blocks": false`, `"blocks": "no"`},
		"a mode of another word":   {`"mode": "`, `"mode": "x`},
		"a number as NaN":          {`"estimate": 0.`, `"estimate": "NaN", "x": 0.`},
		"tokens as text":           {`"cache_read": `, `"cache_read": "1", "x": `},
	} {
		if !strings.Contains(string(good), c[0]) {
			t.Errorf("%s: the fixture has no %s", name, c[0])
			continue
		}
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(strings.Replace(string(good), c[0], c[1], 1)))
		if err != nil {
			t.Errorf("%s: not JSON: %v", name, err)
			continue
		}
		if err := s.Validate(v); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	for _, doc := range []string{`{}`, `[]`, `null`, `"x"`, `1`, `{"schema":"pertask.report/1"}`, `{"schema":"pertask.report/1","result":"measured","verdict":"switch"}`} {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(doc))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(v); err == nil {
			t.Errorf("%s was accepted", doc)
		}
	}
}

func TestParseJSONRefuses(t *testing.T) {
	good, err := report.JSON(one(t, "switch"))
	if err != nil {
		t.Fatal(err)
	}
	replace := func(old, with string) string {
		if !strings.Contains(string(good), old) {
			t.Fatalf("the fixture has no %s", old)
		}
		return strings.Replace(string(good), old, with, 1)
	}
	for _, c := range []struct{ name, in, want string }{
		{"nothing", "", "reading a report: unexpected end of JSON input"},
		{"a list", "[]", "reading a report: json: cannot unmarshal array"},
		{"no schema", "{}", `schema ""; allowed is "pertask.report/1"`},
		{"a later version", replace("pertask.report/1", "pertask.report/2"), `schema "pertask.report/2"; allowed is "pertask.report/1"`},
		{"another result", replace(`"result": "measured"`, `"result": "fine"`), `result "fine"; allowed are`},
		{"another verdict", replace(`"verdict": "switch"`, `"verdict": "fine"`), `verdict "fine"; allowed are`},
		{"a tail", string(good) + "{}", "after top-level value"},
		{"a negative count", replace(`"cache_creation_5m": 0`, `"cache_creation_5m": -5`), "negative"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := report.ParseJSON([]byte(c.in))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, %v; want an error with %q", r, err, c.want)
			}
		})
	}
}

// TestParseJSONIgnoresNewFields holds the promise of the schema: later writers may add fields.
func TestParseJSONIgnoresNewFields(t *testing.T) {
	want := one(t, "switch")
	b, err := report.JSON(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := report.ParseJSON(bytes.Replace(b, []byte("{"), []byte(`{"added_later": [1],`), 1))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, sameNumbers); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestJSONSpecialNumbers(t *testing.T) {
	r := one(t, "switch")
	r.Ratio = &report.Ratio{Estimate: report.Number(math.Inf(1)), Low: 0.48953122461511667, High: report.Number(math.Inf(1)), Confidence: 0.95, Scope: verdict.SuiteScope}
	r.Completion = &report.Difference{Estimate: report.Number(math.NaN()), Low: report.Number(math.Inf(-1)), High: 0, Confidence: 0.95}
	r.Head.CostPerTask.Amount = report.Quotient(math.Inf(1))
	r.Base.CostPerTask.Amount = report.Quotient(math.NaN())
	b, err := report.JSON(r)
	if err != nil {
		t.Fatal(err)
	}
	got, err := report.ParseJSON(b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r, got, sameNumbers); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestJSONSetsSchema holds that a report without one gets it, and that the caller's value is left alone.
func TestJSONSetsSchema(t *testing.T) {
	r := &report.Report{Result: verdict.NotMeasured}
	b, err := report.JSON(r)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasSuffix(b, []byte("}\n")) || !bytes.Contains(b, []byte("\n  \"schema\": \"pertask.report/1\",\n")) {
		t.Errorf("not indented, not ended or without schema:\n%s", b)
	}
	if diff := cmp.Diff(&report.Report{Result: verdict.NotMeasured}, r); diff != "" {
		t.Errorf("the report was changed (-want +got):\n%s", diff)
	}
	r.Policy.MaxCostRatio = math.NaN()
	if _, err := report.JSON(r); err == nil {
		t.Error("a policy without a number was written")
	}
}

// FuzzParseJSON holds that whatever parses can be rendered in every form, within its limits.
func FuzzParseJSON(f *testing.F) {
	for _, s := range []string{"{}", `{"schema":"pertask.report/1","result":"measured","base":{"trials":1},"tasks":[{"id":"a"}]}`,
		`{"schema":"pertask.report/1","result":"measured","ratio":{"estimate":"Inf","low":null,"high":-1e308},"population":{"estimate":1,"leave_one_out":{"task":"@a"}},"head":{"trials":-1,"completed":5,"model":"x"}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := report.ParseJSON(b)
		if err != nil {
			return
		}
		rs := []*report.Report{r}
		md := report.Markdown(rs, report.MarkdownOptions{})
		if len(md) > report.DefaultMaxBytes {
			t.Errorf("%d bytes", len(md))
		}
		for _, p := range problems(md) {
			t.Errorf("%s in:\n%s", p, md)
		}
		if c := report.Check(rs); len(c.Title) > 80 {
			t.Errorf("title %q", c.Title)
		}
		var term strings.Builder
		if err := report.Terminal(&term, r, report.TerminalOptions{Color: true}); err != nil {
			t.Error(err)
		}
		again, err := report.JSON(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := report.ParseJSON(again); err != nil {
			t.Errorf("what was written cannot be read: %v", err)
		}
	})
}

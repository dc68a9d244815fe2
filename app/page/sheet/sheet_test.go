package sheet_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/app/page/sheet"
	"github.com/pertask/pertask/price"
)

func ptr(f float64) *float64 { return &f }

var noon = time.Date(2026, 1, 31, 12, 0, 0, 5e8, time.FixedZone("", 3600))

// TestCells holds what a page, CSV and JSON make of every kind of cell.
func TestCells(t *testing.T) {
	for name, c := range map[string]struct {
		cell            sheet.Cell
		show, csv, json string
	}{
		"text":             {sheet.Text("a b"), "a b", "a b", `"a b"`},
		"nothing":          {sheet.Text(""), "", "", `""`},
		"formula":          {sheet.Text("=A1"), "=A1", "'=A1", `"=A1"`},
		"invisible":        {sheet.Text("a\u202eb"), "a\ufffdb", "a\u202eb", "\"a\u202eb\""},
		"code":             {sheet.Code("gpt-5.5"), "gpt-5.5", "gpt-5.5", `"gpt-5.5"`},
		"no code":          {sheet.Code(""), "", "", `""`},
		"object id":        {sheet.Short("0123456789abcdef"), "0123456", "0123456789abcdef", `"0123456789abcdef"`},
		"short object id":  {sheet.Short("0123"), "0123", "0123", `"0123"`},
		"number":           {sheet.ID(-7), "-7", "-7", "-7"},
		"count":            {sheet.Whole(1234567), "1,234,567", "1234567", "1234567"},
		"time":             {sheet.When(noon), "2026-01-31 11:00", "2026-01-31T11:00:00.5Z", `"2026-01-31T11:00:00.5Z"`},
		"no time":          {sheet.When(time.Time{}), "", "", "null"},
		"money":            {sheet.Money(price.Known(price.MustMoney("0.57234"))), "$0.572", "0.57234", `"0.57234"`},
		"unknown money":    {sheet.Money(price.Amount{}), "unknown", "", "null"},
		"share":            {sheet.Share(ptr(0.875)), "87.5 %", "0.875", "0.875"},
		"no share":         {sheet.Share(nil), "", "", "null"},
		"negative":         {sheet.Number(ptr(-0.5), "-50 %"), "-50 %", "-0.5", "-0.5"},
		"infinite":         {sheet.Number(ptr(math.Inf(1)), "without limits"), "without limits", "Inf", `"Inf"`},
		"below everything": {sheet.Number(ptr(math.Inf(-1)), "x"), "x", "-Inf", `"-Inf"`},
		"no statement":     {sheet.Number(ptr(math.NaN()), "x"), "x", "", "null"},
		"small":            {sheet.Number(ptr(1e-7), "x"), "x", "0.0000001", "1e-7"},
		"no number":        {sheet.Number(nil, "x"), "", "", "null"},
		"yes":              {sheet.Cell{Raw: true}, "", "true", "true"},
		"nil":              {sheet.Cell{}, "", "", "null"},
	} {
		t.Run(name, func(t *testing.T) {
			s := &sheet.Sheet{Name: "x", Columns: []sheet.Column{{Key: "k", Title: "K"}, {Title: "Do"}}, Rows: [][]sheet.Cell{{c.cell, {Do: "a form", Raw: struct{}{}}}}}
			if got := s.Shown().Rows[0][0].Show; got != c.show {
				t.Errorf("shown %q, want %q", got, c.show)
			}
			var b bytes.Buffer
			if err := s.CSV(&b); err != nil {
				t.Fatal(err)
			}
			lines, err := csv.NewReader(&b).ReadAll()
			if len(lines) == 1 { // a line of nothing
				lines = append(lines, []string{""})
			}
			if diff := cmp.Diff([][]string{{"k"}, {c.csv}}, lines); diff != "" || err != nil {
				t.Errorf("CSV (-want +got):\n%s%v", diff, err)
			}
			b.Reset()
			if err := s.JSON(&b); err != nil {
				t.Fatal(err)
			}
			var j struct {
				Rows []map[string]json.RawMessage
			}
			if err := json.Unmarshal(b.Bytes(), &j); err != nil || len(j.Rows[0]) != 1 || strings.TrimSpace(string(j.Rows[0]["k"])) != c.json {
				t.Errorf("JSON %s, want %s: %v", j.Rows[0]["k"], c.json, err)
			}
		})
	}
}

// TestGolden holds what the exports are like as a whole.
func TestGolden(t *testing.T) {
	s := &sheet.Sheet{Name: "keys", Columns: []sheet.Column{{Key: "name", Title: "Name"}, {Key: "n", Num: true}, {Key: "m", Title: "M", Num: true}},
		Rows: [][]sheet.Cell{{sheet.Text("a,b"), sheet.Whole(1), sheet.Whole(2)}, {sheet.Text("<c>"), sheet.Whole(3), sheet.Whole(4)}}}
	var b bytes.Buffer
	if err := s.CSV(&b); err != nil || b.String() != "name,n,m\n\"a,b\",1,2\n<c>,3,4\n" {
		t.Errorf("CSV: %q %v", b.String(), err)
	}
	b.Reset()
	want := "{\n \"export\": \"keys\",\n \"rows\": [\n  {\"name\":\"a,b\",\"n\":1,\"m\":2},\n  {\"name\":\"\\u003cc\\u003e\",\"n\":3,\"m\":4}\n ],\n \"next\": null\n}\n"
	if err := s.JSON(&b); err != nil || b.String() != want {
		t.Errorf("JSON:\n%s%v", b.String(), err)
	}
	shown := s.Shown()
	if len(shown.Columns) != 2 || len(shown.Rows[0]) != 2 || shown.Rows[0][1].Class != "num" {
		t.Errorf("shown: %+v", shown)
	}
	b.Reset()
	if err := (&sheet.Sheet{Name: "x"}).JSON(&b); err != nil || !strings.Contains(b.String(), `"rows": []`) || !strings.Contains(b.String(), `"next": null`) {
		t.Errorf("nothing as JSON: %s%v", b.String(), err)
	}
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

// TestErrors holds that a value which has no form is an error, and that a writer's is told of.
func TestErrors(t *testing.T) {
	odd := &sheet.Sheet{Columns: []sheet.Column{{Key: "k"}}, Rows: [][]sheet.Cell{{{Raw: make(chan int)}}}}
	var b bytes.Buffer
	if err := odd.CSV(&b); err == nil || !strings.Contains(err.Error(), "chan int") {
		t.Errorf("CSV: %v", err)
	}
	if err := odd.JSON(&b); err == nil || !strings.Contains(err.Error(), "exporting k") {
		t.Errorf("JSON: %v", err)
	}
	fine := &sheet.Sheet{Columns: []sheet.Column{{Key: "k"}}, Rows: [][]sheet.Cell{{sheet.Text("x")}}}
	if fine.CSV(full{}) == nil || fine.JSON(full{}) == nil {
		t.Error("a disk without room is no error")
	}
}

// FuzzText holds that no text is a formula in CSV, that both exports give it back, and that it is one line on a page.
func FuzzText(f *testing.F) {
	for _, s := range []string{"=1", "'", "''=1", "\r\n", "-", "a\"b", "\uff1d1", "\x00", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := &sheet.Sheet{Columns: []sheet.Column{{Key: "k", Title: "K"}, {Key: "l"}}, Rows: [][]sheet.Cell{{sheet.Text(text), sheet.Whole(1)}}}
		if show := s.Shown().Rows[0][0].Show; strings.ContainsAny(show, "\r\n\t\x00") {
			t.Errorf("shown as %q", show)
		}
		var b bytes.Buffer
		if err := s.CSV(&b); err != nil {
			t.Fatal(err)
		}
		lines, err := csv.NewReader(&b).ReadAll()
		if err != nil || len(lines) != 2 {
			t.Fatalf("%d lines: %v", len(lines), err)
		}
		got := lines[1][0]
		if got != "" && strings.ContainsAny(got[:1], "=+-@\t\r\n") {
			t.Errorf("%q is exported as %q", text, got)
		}
		if back := strings.TrimPrefix(got, "'"); back != strings.ReplaceAll(text, "\r\n", "\n") {
			t.Errorf("%q comes back as %q", text, back)
		}
		b.Reset()
		var j struct{ Rows []struct{ K string } }
		if err := s.JSON(&b); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b.Bytes(), &j); err != nil || j.Rows[0].K != strings.ToValidUTF8(text, "\ufffd") && j.Rows[0].K != strings.Map(func(r rune) rune { return r }, text) {
			t.Errorf("%q comes back as %q: %v", text, j.Rows[0].K, err)
		}
	})
}

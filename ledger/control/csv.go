package control

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// table is a kind of CSV by its columns.
type table struct {
	form  string
	needs []string                                                  // columns that tell it from others
	line  func(cell func(column string) string) (Line, bool, error) // false for a row without an amount
	notes []string
}

// tables are what is read, the most particular first. OpenAI's and Anthropic's are the columns that their consoles export.
var tables = []table{
	{form: "OpenAI's cost export", needs: []string{"start_time", "end_time", "amount_value", "amount_currency"}, line: openAIRow},
	{form: "Anthropic's cost export", needs: []string{"usage_date_utc", "cost_usd", "token_type"}, line: anthropicRow, notes: []string{priorityNote}},
	{form: "a table of provider, date and usd", needs: []string{"provider", "date", "usd"}, line: plainRow},
}

// readCSV reads a table whose first row names its columns.
func readCSV(name string, body []byte) (Export, error) {
	in := csv.NewReader(bytes.NewReader(body))
	in.FieldsPerRecord = -1 // checked with a message of ours
	head, err := in.Read()
	if err == io.EOF {
		return Export{}, fmt.Errorf("%s: the file is empty; %w", name, ErrForm)
	}
	if err != nil {
		return Export{}, fmt.Errorf("%s: not a table: %w", name, err)
	}
	column := map[string]int{}
	for i, h := range head {
		h = strings.ToLower(strings.TrimSpace(h))
		if _, twice := column[h]; twice && h != "" {
			return Export{}, fmt.Errorf("%s:1: the column %.60q is there twice", name, h)
		}
		column[h] = i
	}
	i := slices.IndexFunc(tables, func(t table) bool {
		return !slices.ContainsFunc(t.needs, func(c string) bool { _, ok := column[c]; return !ok })
	})
	if i < 0 {
		return Export{}, fmt.Errorf("%s:1: %w", name, ErrForm)
	}
	x := Export{Form: tables[i].form, Notes: slices.Clone(tables[i].notes)}
	return x, x.rows(name, in, len(head), column, tables[i])
}

// rows reads all rows below the first.
func (x *Export) rows(name string, in *csv.Reader, columns int, column map[string]int, t table) error {
	for len(x.Lines) <= MaxLines {
		row, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: not a table: %w", name, err)
		}
		at, _ := in.FieldPos(0)
		if len(row) != columns {
			return fmt.Errorf("%s:%d: %d cells; the first row has %d", name, at, len(row), columns)
		}
		l, ok, err := t.line(func(c string) string {
			if i, there := column[c]; there {
				return strings.TrimSpace(row[i])
			}
			return ""
		})
		if err == nil && ok {
			err = span(l.From, l.To)
		}
		if err != nil {
			return fmt.Errorf("%s:%d: %w", name, at, err)
		}
		if ok {
			x.Lines = append(x.Lines, l)
		}
	}
	return nil
}

// openAIRow reads a day of OpenAI's export. A day without any cost has a row without an amount.
func openAIRow(cell func(string) string) (Line, bool, error) {
	if cell("amount_value") == "" && cell("amount_currency") == "" {
		return Line{}, false, nil
	}
	if !strings.EqualFold(cell("amount_currency"), "usd") {
		return Line{}, false, fmt.Errorf("amount_currency %.20q; amounts in usd are read", cell("amount_currency"))
	}
	from, err := seconds(cell("start_time"))
	to, err2 := seconds(cell("end_time"))
	usd, err3 := dollars(cell("amount_value"))
	return Line{Provider: "openai", From: from, To: to, What: clip(cell("line_item")), USD: usd}, true, errors.Join(err, err2, err3)
}

func seconds(s string) (time.Time, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("%.40q is no time in seconds", s)
	}
	return time.Unix(n, 0).UTC(), nil
}

// anthropicRow reads a day, model and kind of tokens of Anthropic's export, whose amounts are in dollars.
func anthropicRow(cell func(string) string) (Line, bool, error) {
	from, err := time.Parse(time.DateOnly, cell("usage_date_utc"))
	if err != nil {
		return Line{}, false, fmt.Errorf("usage_date_utc %.40q; a date such as 2026-10-31 is needed", cell("usage_date_utc"))
	}
	usd, err := dollars(cell("cost_usd"))
	what := strings.TrimSpace(cell("model") + " " + cell("token_type"))
	return Line{Provider: "anthropic", From: from, To: from.AddDate(0, 0, 1), What: clip(what), USD: usd}, true, err
}

// plainRow reads a day of a table that somebody has written.
func plainRow(cell func(string) string) (Line, bool, error) {
	from, err := time.Parse(time.DateOnly, cell("date"))
	if err != nil {
		return Line{}, false, fmt.Errorf("date %.40q; a date such as 2026-10-31 is needed", cell("date"))
	}
	if cell("provider") == "" {
		return Line{}, false, errors.New("the provider is missing; write it as the price book does, such as openai")
	}
	usd, err := dollars(cell("usd"))
	return Line{Provider: clip(cell("provider")), From: from, To: from.AddDate(0, 0, 1), What: clip(cell("what")), USD: usd}, true, err
}

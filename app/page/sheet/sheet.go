// Package sheet is a table that people look at and programs read: rounded on a page, with every digit as CSV and JSON.
//
// It knows cells, what each format makes of one, and what a spreadsheet would take for a formula. It refuses to know what a table is
// about and who may see it. All of it is safe for concurrent use, but for a Sheet that changes.
package sheet

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/report/markup"
)

// Sheet is a table. Its zero value has nothing in it.
type Sheet struct {
	Name    string // of its exports' files
	Caption string
	Export  string // path of its exports without what comes after the point; "" for none
	Query   string // of its exports
	Columns []Column
	Rows    [][]Cell
	Empty   string // what is said instead of a table without rows
	Cards   bool   // on a phone each row is a card rather than a line that has to be scrolled
	// More returns the rows that exports have after Rows, some at a time, and none at the end; nil is none. What an export has of a
	// portion is written before the next one is asked for.
	More func() ([][]Cell, error)
}

// Column is one of a sheet. Other programs depend on Key: it must not change.
type Column struct {
	Key   string // "" leaves it to the page
	Title string // "" leaves it to the exports
	Num   bool
}

// Cell is what stands in a row: Show on the page, Raw in the exports.
type Cell struct {
	Show  string
	More  string // goes on after Show, without its class
	Note  string // in small below
	Raw   any    // string, bool, int, int64, *float64, price.Amount, time.Time or nil for nothing to say
	Href  string
	Class string
	Code  bool
	Do    any    // a form, which is the page's
	Time  string // for machines, of a time
	Title string // of its column, which Shown fills in
}

// maxShown is how many characters of a text a page shows.
const maxShown = 300

// Show makes a text of others one line in which nothing is hidden.
func Show(s string) string { return markup.Clean(s, maxShown) }

// Text is words of others.
func Text(s string) Cell { return Cell{Show: Show(s), Raw: s} }

// Code is a value of others; nothing for "".
func Code(s string) Cell {
	if s == "" {
		return Cell{Raw: ""}
	}
	return Cell{Show: markup.Value(s), Raw: s, Code: true}
}

// Short is an object id of which the page shows the beginning.
func Short(id string) Cell {
	c := Code(id)
	if len(id) > 7 {
		c.Show = markup.Value(id[:7])
	}
	return c
}

// ID is a number that names something.
func ID(n int64) Cell { return Cell{Show: strconv.FormatInt(n, 10), Raw: n} }

// Whole is a count.
func Whole(n int) Cell { return Cell{Show: figure.Whole(n), Raw: n} }

// When is a time to the minute, in UTC; nothing for zero.
func When(t time.Time) Cell {
	if t.IsZero() {
		return Cell{Raw: t}
	}
	t = t.UTC()
	return Cell{Show: t.Format("2006-01-02 15:04"), Raw: t, Time: t.Format(time.RFC3339)}
}

// Money is an amount; unknown is empty in exports and never 0.
func Money(a price.Amount) Cell { return Cell{Show: figure.Amount(a), Raw: a} }

// Share is one of 0 to 1 as percent; nothing for nil.
func Share(f *float64) Cell {
	if f == nil {
		return Cell{Raw: f}
	}
	return Cell{Show: figure.Percent(figure.Number(*f)), Raw: f}
}

// Number is a number as somebody else has rounded it; nothing for nil.
func Number(f *float64, shown string) Cell {
	if f == nil {
		return Cell{Raw: f}
	}
	return Cell{Show: shown, Raw: f}
}

// To is the cell with a link.
func (c Cell) To(href string) Cell {
	if c.Href = href; c.Show == "" && href != "" {
		c.Show = "(empty)"
	}
	return c
}

// plain is a raw value as a CSV cell. What a program could take for a formula has an apostrophe before it, and so has what begins
// with one, so that taking away one apostrophe gives back every text.
func plain(raw any) (string, error) {
	switch x := raw.(type) {
	case nil:
		return "", nil
	case string:
		if x != "" && strings.ContainsRune("=+-@'\t\r\n\uff1d\uff0b\uff0d\uff20", []rune(x)[0]) {
			return "'" + x, nil
		}
		return x, nil
	case bool:
		return strconv.FormatBool(x), nil
	case int:
		return strconv.Itoa(x), nil
	case int64:
		return strconv.FormatInt(x, 10), nil
	case *float64:
		if x == nil || math.IsNaN(*x) {
			return "", nil
		}
		if math.IsInf(*x, 0) {
			return strings.TrimPrefix(strconv.FormatFloat(*x, 'g', -1, 64), "+"), nil
		}
		return strconv.FormatFloat(*x, 'f', -1, 64), nil
	case price.Amount:
		if m, known := x.Value(); known {
			return m.String(), nil
		}
		return "", nil
	case time.Time:
		if x.IsZero() {
			return "", nil
		}
		return x.UTC().Format(time.RFC3339Nano), nil
	}
	return "", fmt.Errorf("exporting a value of type %T: only texts, numbers, amounts and times can be", raw)
}

// portions calls do with Rows and with each portion of More.
func (l *Sheet) portions(do func([][]Cell) error) error {
	if err := do(l.Rows); err != nil || l.More == nil {
		return err
	}
	for {
		rows, err := l.More()
		if err != nil || len(rows) == 0 {
			return err
		}
		if err := do(rows); err != nil {
			return err
		}
	}
}

// CSV writes the sheet as RFC 4180 has it, but with line feeds (encoding/csv loses carriage returns of a text otherwise), and with
// the keys in its first line. What is not known is empty.
func (l *Sheet) CSV(w io.Writer) error {
	c := csv.NewWriter(w)
	var line []string
	for _, col := range l.Columns {
		if col.Key != "" {
			line = append(line, col.Key)
		}
	}
	if err := c.Write(line); err != nil {
		return err
	}
	return l.portions(func(rows [][]Cell) error {
		for _, row := range rows {
			line = line[:0]
			for i, x := range row {
				if l.Columns[i].Key == "" {
					continue
				}
				s, err := plain(x.Raw)
				if err != nil {
					return err
				}
				line = append(line, s)
			}
			if err := c.Write(line); err != nil {
				return err
			}
		}
		c.Flush()
		return c.Error()
	})
}

// value is a raw value for JSON. What is not known is null.
func value(raw any) any {
	switch x := raw.(type) {
	case *float64:
		if x == nil {
			return nil
		}
		return figure.Number(*x)
	case time.Time:
		if x.IsZero() {
			return nil
		}
		return x.UTC()
	}
	return raw
}

// JSON writes the sheet as an object: its name, and its rows in the order of the page, each on a line, with the keys in the order of
// the columns. It has "next" for programs that know exports which ended before all was said; there is none any more.
func (l *Sheet) JSON(w io.Writer) error {
	name, err := json.Marshal(l.Name)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "{\n \"export\": %s,\n \"rows\": [", name); err != nil {
		return err
	}
	before := "\n  "
	err = l.portions(func(rows [][]Cell) error {
		var out bytes.Buffer
		for _, row := range rows {
			text, err := l.object(row)
			if err != nil {
				return err
			}
			out.WriteString(before)
			out.Write(text)
			before = ",\n  "
		}
		_, err := w.Write(out.Bytes())
		return err
	})
	if err == nil {
		end := "\n ]"
		if before == "\n  " {
			end = "]"
		}
		_, err = io.WriteString(w, end+",\n \"next\": null\n}\n")
	}
	return err
}

// object is a row. A map would lose the order of its keys.
func (l *Sheet) object(row []Cell) (json.RawMessage, error) {
	b := []byte{'{'}
	for i, x := range row {
		if l.Columns[i].Key == "" {
			continue
		}
		v, err := json.Marshal(value(x.Raw))
		if err != nil {
			return nil, fmt.Errorf("exporting %s: %w", l.Columns[i].Key, err)
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(append(strconv.AppendQuote(b, l.Columns[i].Key), ':'), v...)
	}
	return append(b, '}'), nil
}

// Shown returns the columns and rows of the page: those with a title.
func (l *Sheet) Shown() Shown {
	var s Shown
	for _, c := range l.Columns {
		if c.Title != "" {
			s.Columns = append(s.Columns, c)
		}
	}
	for _, row := range l.Rows {
		var r []Cell
		for i, x := range row {
			if l.Columns[i].Title != "" {
				x.Title = l.Columns[i].Title
				if l.Columns[i].Num {
					x.Class = strings.TrimSpace(x.Class + " num")
				}
				r = append(r, x)
			}
		}
		s.Rows = append(s.Rows, r)
	}
	return s
}

// Shown is what a page has of a sheet.
type Shown struct {
	Columns []Column
	Rows    [][]Cell
}

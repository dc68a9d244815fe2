// Package recorded reads trials that others carried out and published, so that they can be analysed like our
// own.
//
// It knows what a trial of any runner comes to, a Row, and the columns of our own CSV form; what the files of a
// runner look like is known by the package of that Format below it. It refuses to know statistics, prices and
// which arm a model is: a row names its model, and the caller picks two. Unknown is never zero: an empty field is
// unknown, and so is a zero that a runner writes where it knows nothing.
package recorded

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/usage"
)

// Columns are the columns of the CSV form, in any order. All must be there; others are refused, since a
// column that is not understood may change the meaning of the rest.
func Columns() []string {
	return []string{"dataset", "model", "task", "trial", "passed", "input_tokens", "cached_input_tokens",
		"cache_write_tokens", "output_tokens", "cost_usd", "duration_s"}
}

// ReadCSV reads rows from r and hands each to keep. The path is for messages only. Mistakes do not end the
// reading: up to 20 are collected and returned together, each an *Error. An error of keep does.
func ReadCSV(r io.Reader, path string, keep func(Row) error) error {
	cr := csv.NewReader(r)
	cr.ReuseRecord = true
	cr.FieldsPerRecord = -1
	p := &parser{path: path, csv: cr, seen: map[string]int{}}
	if err := p.header(); err != nil {
		return err
	}
	for len(p.problems) < maxProblems {
		record, err := cr.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			p.problems = append(p.problems, p.syntax(err))
			break
		}
		if row, ok := p.row(record); ok {
			if err := keep(row); err != nil {
				return err
			}
		}
	}
	return errors.Join(p.problems...)
}

type parser struct {
	path     string
	csv      *csv.Reader
	at       map[string]int // column name -> index
	seen     map[string]int // identity of a trial -> line
	problems []error
	record   []string
	bad      bool // the current row has a problem
}

func (p *parser) syntax(err error) error {
	var pe *csv.ParseError
	if errors.As(err, &pe) {
		return mistake(p.path, pe.Line, pe.Column, pe.Err.Error(), "the file must be CSV as RFC 4180 says")
	}
	return fmt.Errorf("reading %s: %w", p.path, err)
}

func (p *parser) header() error {
	record, err := p.csv.Read()
	if err == io.EOF {
		return mistake(p.path, 1, 1, "the file is empty", "the first line must name the columns "+strings.Join(Columns(), ", "))
	}
	if err != nil {
		return p.syntax(err)
	}
	p.at = map[string]int{}
	for i, name := range record {
		name = strings.TrimSpace(strings.TrimPrefix(name, "\ufeff"))
		_, col := p.csv.FieldPos(i)
		if !slices.Contains(Columns(), name) {
			return mistake(p.path, 1, col, fmt.Sprintf("unknown column %q", name), "columns are "+strings.Join(Columns(), ", "))
		}
		if _, twice := p.at[name]; twice {
			return mistake(p.path, 1, col, fmt.Sprintf("column %q is there twice", name), "each column once")
		}
		p.at[name] = i
	}
	for _, name := range Columns() {
		if _, ok := p.at[name]; !ok {
			_, col := p.csv.FieldPos(len(record) - 1)
			return mistake(p.path, 1, col+len(record[len(record)-1]), fmt.Sprintf("column %q is missing", name),
				"columns are "+strings.Join(Columns(), ", ")+"; leave a field empty where it is unknown")
		}
	}
	return nil
}

func (p *parser) fail(column, problem, allowed string) {
	line, col := p.csv.FieldPos(min(p.at[column], len(p.record)-1))
	p.problems = append(p.problems, mistake(p.path, line, col, problem, allowed))
	p.bad = true
}

func (p *parser) row(record []string) (Row, bool) {
	p.record, p.bad = record, false
	line, _ := p.csv.FieldPos(0)
	if len(record) != len(p.at) {
		p.problems = append(p.problems, mistake(p.path, line, 1,
			fmt.Sprintf("%d fields, but the header names %d columns", len(record), len(p.at)), ""))
		return Row{}, false
	}
	row := Row{
		Dataset: p.name("dataset"), Model: p.name("model"), Task: p.name("task"), Line: line,
		Trial: p.trial(), Passed: p.passed(), Cost: p.cost(), Seconds: p.seconds(),
	}
	row.Tokens.Input = p.count("input_tokens")
	row.Tokens.CacheRead = p.count("cached_input_tokens")
	row.Tokens.CacheCreation = p.count("cache_write_tokens")
	row.Tokens.Output = p.count("output_tokens")
	for _, c := range []usage.Class{usage.CacheCreation5m, usage.CacheCreation30m, usage.CacheCreation1h, usage.CacheCreation12h} {
		row.Tokens.Set(c, usage.Known(0)) // the columns do not split writes by time to live
	}
	if !p.bad {
		p.once(row)
	}
	return row, !p.bad
}

// once refuses a second row of the same trial: it would count a cost twice.
func (p *parser) once(row Row) {
	id := strings.Join([]string{row.Dataset, row.Model, row.Task, strconv.Itoa(row.Trial)}, "\x00")
	if first, twice := p.seen[id]; twice {
		p.fail("trial", fmt.Sprintf("trial %d of task %q with model %q is also on line %d", row.Trial, row.Task, row.Model, first),
			"number the trials of a task from 0")
		return
	}
	p.seen[id] = row.Line
}

func (p *parser) field(column string) string { return strings.TrimSpace(p.record[p.at[column]]) }

func (p *parser) name(column string) string {
	s := p.field(column)
	if s == "" {
		p.fail(column, column+" is empty", "every row names its "+column)
	}
	return strings.Clone(s)
}

func (p *parser) trial() int {
	n, err := strconv.Atoi(p.field("trial"))
	if err != nil || n < 0 {
		p.fail("trial", fmt.Sprintf("trial %q", p.field("trial")), "a whole number of 0 or more")
	}
	return n
}

func (p *parser) passed() *bool {
	var passed bool
	switch s := p.field("passed"); s {
	case "":
		return nil
	case "1":
		passed = true
	case "0":
	default:
		p.fail("passed", fmt.Sprintf("passed is %q", s), "1, 0, or empty when unknown")
	}
	return &passed
}

func (p *parser) count(column string) usage.Count {
	s := p.field(column)
	if s == "" {
		return usage.Count{}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	switch {
	case err != nil:
		p.fail(column, fmt.Sprintf("%s is %q", column, s), "a whole number of 0 or more, or empty when unknown")
	case n < 0:
		p.fail(column, fmt.Sprintf("%s is negative (%d)", column, n), "a whole number of 0 or more, or empty when unknown")
	}
	return usage.Known(n)
}

func (p *parser) cost() price.Amount {
	s := p.field("cost_usd")
	if s == "" {
		return price.Amount{}
	}
	m, err := price.ParseMoney(s)
	if err != nil || m.IsNegative() {
		p.fail("cost_usd", fmt.Sprintf("cost_usd is %q", s), "dollars as a decimal number of 0 or more such as 0.4941, or empty when unknown")
	}
	return price.Known(m)
}

func (p *parser) seconds() *float64 {
	s := p.field("duration_s")
	if s == "" {
		return nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || !(f >= 0) || f > 1e9 {
		p.fail("duration_s", fmt.Sprintf("duration_s is %q", s), "seconds of 0 or more, or empty when unknown")
	}
	return &f
}

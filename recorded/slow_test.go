package recorded_test

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/recorded"
	"github.com/pertask/pertask/usage"
)

func slowMistake(path string, line, col int, problem, allowed string) *recorded.Error {
	return &recorded.Error{Path: path, Line: line, Column: col, Problem: problem, Allowed: allowed}
}

// slowReadCSV is ReadCSV by slowParser.
func slowReadCSV(r io.Reader, path string, keep func(recorded.Row) error) error {
	cr := csv.NewReader(r)
	cr.ReuseRecord = true
	cr.FieldsPerRecord = -1
	p := &slowParser{path: path, csv: cr, seen: map[string]int{}}
	if err := p.header(); err != nil {
		return err
	}
	for len(p.problems) < 20 {
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

// slowParser reads rows with package csv and the plainest means, field by field: what ReadCSV is held against.
type slowParser struct {
	path     string
	csv      *csv.Reader
	at       map[string]int // column name -> index
	seen     map[string]int // identity of a trial -> line
	problems []error
	record   []string
	bad      bool // the current row has a problem
}

func (p *slowParser) syntax(err error) error {
	var pe *csv.ParseError
	if errors.As(err, &pe) {
		return slowMistake(p.path, pe.Line, pe.Column, pe.Err.Error(), "the file must be CSV as RFC 4180 says")
	}
	return fmt.Errorf("reading %s: %w", p.path, err)
}

func (p *slowParser) header() error {
	record, err := p.csv.Read()
	if err == io.EOF {
		return slowMistake(p.path, 1, 1, "the file is empty", "the first line must name the columns "+strings.Join(recorded.Columns(), ", "))
	}
	if err != nil {
		return p.syntax(err)
	}
	p.at = map[string]int{}
	for i, name := range record {
		name = strings.TrimSpace(strings.TrimPrefix(name, "\ufeff"))
		_, col := p.csv.FieldPos(i)
		if !slices.Contains(recorded.Columns(), name) {
			return slowMistake(p.path, 1, col, fmt.Sprintf("unknown column %q", name), "columns are "+strings.Join(recorded.Columns(), ", "))
		}
		if _, twice := p.at[name]; twice {
			return slowMistake(p.path, 1, col, fmt.Sprintf("column %q is there twice", name), "each column once")
		}
		p.at[name] = i
	}
	for _, name := range recorded.Columns() {
		if _, ok := p.at[name]; !ok {
			_, col := p.csv.FieldPos(len(record) - 1)
			return slowMistake(p.path, 1, col+len(record[len(record)-1]), fmt.Sprintf("column %q is missing", name),
				"columns are "+strings.Join(recorded.Columns(), ", ")+"; leave a field empty where it is unknown")
		}
	}
	return nil
}

func (p *slowParser) fail(column, problem, allowed string) {
	line, col := p.csv.FieldPos(min(p.at[column], len(p.record)-1))
	p.problems = append(p.problems, slowMistake(p.path, line, col, problem, allowed))
	p.bad = true
}

func (p *slowParser) row(record []string) (recorded.Row, bool) {
	p.record, p.bad = record, false
	line, _ := p.csv.FieldPos(0)
	if len(record) != len(p.at) {
		p.problems = append(p.problems, slowMistake(p.path, line, 1,
			fmt.Sprintf("%d fields, but the header names %d columns", len(record), len(p.at)), ""))
		return recorded.Row{}, false
	}
	row := recorded.Row{
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
func (p *slowParser) once(row recorded.Row) {
	id := strings.Join([]string{row.Dataset, row.Model, row.Task, strconv.Itoa(row.Trial)}, "\x00")
	if first, twice := p.seen[id]; twice {
		p.fail("trial", fmt.Sprintf("trial %d of task %q with model %q is also on line %d", row.Trial, row.Task, row.Model, first),
			"number the trials of a task from 0")
		return
	}
	p.seen[id] = row.Line
}

func (p *slowParser) field(column string) string { return strings.TrimSpace(p.record[p.at[column]]) }

func (p *slowParser) name(column string) string {
	s := p.field(column)
	if s == "" {
		p.fail(column, column+" is empty", "every row names its "+column)
	}
	return strings.Clone(s)
}

func (p *slowParser) trial() int {
	n, err := strconv.Atoi(p.field("trial"))
	if err != nil || n < 0 {
		p.fail("trial", fmt.Sprintf("trial %q", p.field("trial")), "a whole number of 0 or more")
	}
	return n
}

func (p *slowParser) passed() *bool {
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

func (p *slowParser) count(column string) usage.Count {
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

func (p *slowParser) cost() price.Amount {
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

func (p *slowParser) seconds() *float64 {
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

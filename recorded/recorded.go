// Package recorded reads trials that others carried out and published, so that they can be analysed like our
// own.
//
// It knows what a trial of any runner comes to, a Row, and the columns of our own CSV form; what the files of a
// runner look like is known by the package of that Format below it. It refuses to know statistics, prices and
// which arm a model is: a row names its model, and the caller picks two. Unknown is never zero: an empty field is
// unknown, and so is a zero that a runner writes where it knows nothing.
package recorded

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/usage"
)

// Columns are the columns of the CSV form, in any order. All must be there; others are refused, since a
// column that is not understood may change the meaning of the rest.
func Columns() []string {
	return slices.Clone(columnNames[:])
}

// The columns, in the order of their names.
const (
	colDataset = iota
	colModel
	colTask
	colTrial
	colPassed
	colInput
	colCacheRead
	colCacheWrite
	colOutput
	colCost
	colSeconds
	columns
)

var columnNames = [columns]string{"dataset", "model", "task", "trial", "passed", "input_tokens", "cached_input_tokens",
	"cache_write_tokens", "output_tokens", "cost_usd", "duration_s"}

// ReadCSV reads rows from r and hands each to keep. The path is for messages only. Mistakes do not end the
// reading: up to 20 are collected and returned together, each an *Error. An error of keep does.
func ReadCSV(r io.Reader, path string, keep func(Row) error) error {
	return ReadGroups(r, path, func(_, _, _ string) func(*Row) error {
		return func(row *Row) error { return keep(row.clone()) }
	})
}

// clone is a row that shares nothing with r.
func (r Row) clone() Row {
	if r.Passed != nil {
		passed := *r.Passed
		r.Passed = &passed
	}
	if r.Seconds != nil {
		seconds := *r.Seconds
		r.Seconds = &seconds
	}
	return r
}

// ReadGroups is ReadCSV for many rows of few tasks. At the first row of each dataset, model and task it asks open who
// takes those; nil for nobody. The row is overwritten by the next one. Rows are handed out one after the other, in
// the order of the text.
func ReadGroups(r io.Reader, path string, open func(dataset, model, task string) func(*Row) error) error {
	p := &parser{path: path, scanner: newScanner(r), seen: newSeen()}
	if err := p.header(); err != nil {
		return err
	}
	t := &taker{path: path, open: open, lines: p.lines}
	Written(&t.row.Tokens, usage.Count{}) // the columns do not split writes by time to live
	if err := newReading(p).run(t); err != nil {
		return err
	}
	return errors.Join(t.problems...)
}

// parser reads the records of a part of the text.
type parser struct {
	*scanner
	path     string
	index    [columns]int // of each column
	seen     *seen
	turns    map[string]*turn // by the bytes that name them in a line
	turn     *turn            // of the row before
	problems []error          // of the current record
	to       *record          // that is read into
}

// record is what a row says.
type record struct {
	group                                *group
	trial                                int
	line                                 int // of the part of the text
	at                                   place
	told, completed                      bool // the outcome is told, and what it is
	timed                                bool // the duration is told
	input, cacheRead, cacheWrite, output usage.Count
	cost                                 price.Amount
	duration                             float64
}

// place is where the number of a trial is, in the part of the text.
type place struct{ line, column int }

func (p *parser) syntax(err error) error {
	var pe *csv.ParseError
	if errors.As(err, &pe) {
		return mistake(p.path, pe.Line, pe.Column, pe.Err.Error(), "the file must be CSV as RFC 4180 says")
	}
	return fmt.Errorf("reading %s: %w", p.path, err)
}

func (p *parser) header() error {
	err := p.next()
	if err == io.EOF {
		return mistake(p.path, 1, 1, "the file is empty", "the first line must name the columns "+strings.Join(Columns(), ", "))
	}
	if err != nil {
		return p.syntax(err)
	}
	found := map[string]int{}
	for i := range min(p.number, len(p.spans)) { // one of more than there are columns is unknown, or there twice
		name := strings.TrimSpace(strings.TrimPrefix(string(p.at(i)), "\ufeff"))
		_, col := p.place(i)
		if !slices.Contains(Columns(), name) {
			return mistake(p.path, 1, col, fmt.Sprintf("unknown column %q", name), "columns are "+strings.Join(Columns(), ", "))
		}
		if _, twice := found[name]; twice {
			return mistake(p.path, 1, col, fmt.Sprintf("column %q is there twice", name), "each column once")
		}
		found[name] = i
	}
	for c, name := range columnNames {
		i, ok := found[name]
		if !ok {
			last := p.number - 1
			_, col := p.place(last)
			return mistake(p.path, 1, col+len(p.at(last)), fmt.Sprintf("column %q is missing", name),
				"columns are "+strings.Join(Columns(), ", ")+"; leave a field empty where it is unknown")
		}
		p.index[c] = i
	}
	return nil
}

func (p *parser) fail(column int, problem, allowed string) {
	line, col := p.place(min(p.index[column], p.number-1))
	p.problems = append(p.problems, mistake(p.path, line, col, problem, allowed))
}

// read reads the record, and reports whether there is no mistake in it.
func (p *parser) read() bool {
	p.problems = nil
	if p.number != columns {
		line, _ := p.place(0)
		p.problems = append(p.problems, mistake(p.path, line, 1,
			fmt.Sprintf("%d fields, but the header names %d columns", p.number, columns), ""))
		return false
	}
	to := p.to
	to.group, to.line = p.find(), p.lines
	if p.slow {
		to.line, _ = p.place(0)
	}
	to.at.line, to.at.column = p.place(p.index[colTrial])
	to.trial = p.trial()
	p.passed()
	to.cost = p.cost()
	p.seconds()
	to.input, to.cacheRead, to.cacheWrite, to.output = p.count(colInput), p.count(colCacheRead), p.count(colCacheWrite), p.count(colOutput)
	return len(p.problems) == 0
}

// find finds what the row belongs to; nil where that is not told.
func (p *parser) find() *group {
	if p.met {
		p.turn = p.turn.next
	} else {
		raw := p.key()
		if raw == nil {
			p.begin()
			return p.named()
		}
		t := p.turns[string(raw)]
		if t == nil {
			if t = p.newTurn(raw); t == nil {
				return nil
			}
		}
		if p.turn != nil {
			p.turn.next = t
		}
		p.turn = t
	}
	p.expected, p.fields = "", 0
	if next := p.turn.next; next != nil && p.index[colDataset] == 0 { // trials often come in turns
		p.expected, p.fields = next.expected, 3
	}
	return p.turn.group
}

// begin forgets the row before.
func (p *parser) begin() { p.turn, p.expected, p.fields = nil, "", 0 }

// named is the group that the fields name; nil where one is empty.
func (p *parser) named() *group {
	names := [3]string{p.name(colDataset), p.name(colModel), p.name(colTask)}
	if len(p.problems) > 0 {
		return nil
	}
	return p.seen.group(names)
}

func (p *parser) newTurn(raw []byte) *turn {
	g := p.named()
	if g == nil {
		return nil
	}
	t := &turn{group: g, expected: string(raw) + ","}
	p.turns[t.expected[:len(raw)]] = t
	return t
}

// key is the bytes of the line that name the group, where they stand together in the usual order; nil elsewhere.
func (p *parser) key() []byte {
	if p.slow || p.index[colModel] != p.index[colDataset]+1 || p.index[colTask] != p.index[colModel]+1 {
		return nil
	}
	return p.line[p.spans[p.index[colDataset]].start:p.spans[p.index[colTask]].end]
}

func (p *parser) field(column int) []byte {
	s := p.at(p.index[column])
	if n := len(s); n > 0 && plain(s[0]) && plain(s[n-1]) {
		return s
	}
	return bytes.TrimSpace(s)
}

// plain reports whether a byte is surely no part of a space.
func plain(c byte) bool { return c > ' ' && c < 0x80 }

func (p *parser) name(column int) string {
	s := p.field(column)
	if len(s) == 0 {
		p.fail(column, columnNames[column]+" is empty", "every row names its "+columnNames[column])
	}
	return string(s)
}

// tens are powers of ten that a float64 holds exactly.
var tens = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9}

// span is where the column's field is.
func (p *parser) span(column int) *span { return &p.spans[p.index[column]] }

func (p *parser) trial() int {
	if at := p.span(colTrial); at.whole() && at.number <= math.MaxInt32 {
		return int(at.number)
	}
	s := p.field(colTrial)
	n, err := strconv.Atoi(string(s))
	if err != nil || n < 0 {
		p.fail(colTrial, fmt.Sprintf("trial %q", s), "a whole number of 0 or more")
	}
	return n
}

func (p *parser) passed() {
	p.to.told = true
	if at := p.span(colPassed); at.whole() && at.number <= 1 && at.end-at.start == 1 {
		p.to.completed = at.number == 1
		return
	}
	s := p.field(colPassed)
	p.to.told, p.to.completed = len(s) > 0, string(s) == "1"
	if p.to.told && !p.to.completed && string(s) != "0" {
		p.fail(colPassed, fmt.Sprintf("passed is %q", s), "1, 0, or empty when unknown")
	}
}

func (p *parser) count(column int) usage.Count {
	if at := p.span(column); at.whole() {
		return usage.Known(at.number)
	}
	s := p.field(column)
	if len(s) == 0 {
		return usage.Count{}
	}
	n, err := strconv.ParseInt(string(s), 10, 64)
	switch {
	case err != nil:
		p.fail(column, fmt.Sprintf("%s is %q", columnNames[column], s), "a whole number of 0 or more, or empty when unknown")
	case n < 0:
		p.fail(column, fmt.Sprintf("%s is negative (%d)", columnNames[column], n), "a whole number of 0 or more, or empty when unknown")
	}
	return usage.Known(n)
}

func (p *parser) cost() price.Amount {
	if at := p.span(colCost); at.places >= 0 && (p.line[at.start] != '0' || at.end-at.start == 1 || p.line[at.start+1] == '.') {
		return price.Known(price.Decimal(at.number, at.places)) // no superfluous zero, as in ParseMoney
	}
	s := p.field(colCost)
	if len(s) == 0 {
		return price.Amount{}
	}
	m, err := price.ParseMoney(string(s))
	if err != nil || m.IsNegative() {
		p.fail(colCost, fmt.Sprintf("cost_usd is %q", s), "dollars as a decimal number of 0 or more such as 0.4941, or empty when unknown")
	}
	return price.Known(m)
}

func (p *parser) seconds() {
	p.to.timed = true
	if at := p.span(colSeconds); at.places >= 0 && at.places < len(tens) && at.number <= maxSeconds {
		// Both are float64s without a rounding, so that their quotient is rounded once, as the nearest float64 is.
		p.to.duration = float64(at.number) / tens[at.places]
		return
	}
	s := p.field(colSeconds)
	if p.to.timed = len(s) > 0; !p.to.timed {
		return
	}
	f, err := strconv.ParseFloat(string(s), 64)
	if err != nil || !(f >= 0) || f > 1e9 {
		p.fail(colSeconds, fmt.Sprintf("duration_s is %q", s), "seconds of 0 or more, or empty when unknown")
	}
	p.to.duration = f
}

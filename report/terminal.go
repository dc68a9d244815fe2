package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/pertask/pertask/report/bars"
	"github.com/pertask/pertask/report/columns"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/report/grounds"
	"github.com/pertask/pertask/report/markup"
	"github.com/pertask/pertask/report/row"
	"github.com/pertask/pertask/verdict"
)

// TerminalOptions says what the terminal can do. The caller decides about colour, NO_COLOR included.
type TerminalOptions struct {
	Width int  // in columns; 0 means 80, less than 40 means 40
	Color bool // whether to write ANSI colours
}

// maxCell is the width of the first column of a table that explains a verdict.
const maxCell = 30

// maxTerminalTasks is how many tasks a terminal shows; the report has them all.
const maxTerminalTasks = 10

// Terminal writes a report for a person at a terminal. Strings of the report cannot move the cursor, set
// colours or end a line. It reports the first error of w.
func Terminal(w io.Writer, r *Report, o TerminalOptions) error {
	if o.Width == 0 {
		o.Width = 80
	}
	t := terminal{Writer: bufio.NewWriter(w), width: max(o.Width, 40), color: o.Color}
	t.answer(r)
	t.comparison(r)
	t.why(r)
	var changes []string
	for _, c := range r.Changes {
		changes = append(changes, changeLine(c, markup.Plain))
	}
	t.section("What changed", changes...)
	var left []string
	for _, c := range r.NotApplied {
		left = append(left, changeLine(c, markup.Plain))
	}
	t.section("Changed, not applied", left...)
	if title, text, all := flips(r, markup.Plain); title != "" {
		t.section(title, append([]string{sentence(text)}, all...)...)
	}
	t.section("Beyond the suite", beyond(r, markup.Plain)...)
	t.segments(r)
	t.section("Stored trials", grounds.Stored(r, markup.Plain)...)
	var found []string
	for _, f := range r.Findings {
		found = append(found, statement(r, f, markup.Plain))
	}
	t.section("Findings", found...)
	t.tasks(r)
	if plan := grounds.Plan(r); plan != "" {
		t.section("Looks", plan)
		t.table(grounds.History(r))
	}
	if r.Result != verdict.NothingChanged && r.Result != verdict.BadInput {
		t.section("Assumptions", assume(r, markup.Plain)...)
	}
	var next []string
	for _, s := range r.NextSteps {
		next = append(next, markup.Sentence(s))
	}
	t.section("Next", next...)
	if r.Result != verdict.NothingChanged {
		t.section("", strings.Join(footerParts(r, markup.Plain), " | "))
	}
	return t.Flush()
}

// terminal keeps the first error of its writer, as bufio.Writer does; Flush returns it.
type terminal struct {
	*bufio.Writer
	width int
	color bool
}

const (
	bold   = "1"
	green  = "1;32"
	red    = "1;31"
	yellow = "1;33"
)

func (t *terminal) paint(code, s string) string {
	if !t.color {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// answer writes the verdict in colour, its sentence and its reason.
func (t *terminal) answer(r *Report) {
	lines := columns.Wrap(headline(r, markup.Plain), t.width)
	word := label(r) + "."
	if rest, ok := strings.CutPrefix(lines[0], word); ok {
		lines[0] = t.paint(hue(r), word) + rest
	}
	fmt.Fprintln(t, strings.Join(lines, "\n"))
	t.section("", reason(r, markup.Plain))
	for _, s := range more(r, markup.Plain) {
		t.section("", s)
	}
	t.section("", missingPrices(r, markup.Plain)...)
	if !r.HasTrials() {
		t.section("", forecast(r.Forecast, markup.Plain))
	}
}

func hue(r *Report) string {
	switch {
	case r.Result == verdict.BadInput:
		return red
	case r.Result == verdict.NothingChanged, r.Result == verdict.Accepted:
		return green
	case r.Result == verdict.Measured && r.Verdict == verdict.Switch:
		return green
	case r.Result == verdict.Measured && r.Verdict == verdict.DontSwitch:
		return red
	}
	return yellow
}

// section writes paragraphs under a title, or without one; nothing when there are none.
func (t *terminal) section(title string, paragraphs ...string) {
	paragraphs = compact(paragraphs...)
	if len(paragraphs) == 0 {
		return
	}
	fmt.Fprintln(t)
	indent := ""
	if title != "" {
		fmt.Fprintln(t, t.paint(bold, title))
		indent = "  "
	}
	for _, p := range paragraphs {
		for i, l := range columns.Wrap(p, t.width-2*len(indent)) {
			if i > 0 {
				l = indent + l
			}
			fmt.Fprintln(t, indent+l)
		}
	}
}

// why writes the parts of the change as bars, or the factors of what is known.
func (t *terminal) why(r *Report) {
	all := grounds.Bars(r)
	if len(all) == 0 {
		t.section("", splitSentence(r, markup.Plain))
		return
	}
	t.section(whyTitle, sentence(whyText))
	fmt.Fprintln(t)
	for _, l := range bars.Draw(all, bars.ASCII) {
		fmt.Fprintln(t, "  "+l)
	}
}

// sentence begins with a capital.
func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func (t *terminal) segments(r *Report) {
	if len(r.Segments) == 0 {
		return
	}
	t.section("Kinds of task apart", grounds.Mixed(r, markup.Plain), grounds.Corrected(r))
	t.table(grounds.Segments(r, markup.Plain))
}

// table writes the first rows of a table under what was written before.
func (t *terminal) table(x grounds.Table) {
	if len(x.Rows) == 0 {
		return
	}
	rows := [][]string{x.Head}
	shown := x.First(maxTerminalTasks)
	for _, cells := range shown.Rows {
		rows = append(rows, append([]string{columns.Cut(cells[0], maxCell)}, cells[1:]...))
	}
	fmt.Fprintln(t)
	for _, l := range columns.Align(rows) {
		fmt.Fprintln(t, "  "+l)
	}
	if shown.Left > 0 {
		t.section("", fmt.Sprintf("The report has %s more.", figure.Whole(shown.Left)))
	}
}

func (t *terminal) comparison(r *Report) {
	rs := row.Comparison(r)
	if len(rs) == 0 {
		return
	}
	base, head := names(r, markup.Plain)
	table := [][]string{{"", "base", "head", "change"}}
	remarks := []string{"misleads when"}
	longest := len(remarks[0])
	for _, w := range rs {
		lines := terminalRows(w)
		table = append(table, lines...)
		remarks = append(append(remarks, w.Misleads), make([]string, len(lines)-1)...)
		longest = max(longest, len(w.Misleads))
	}
	if columns.Spare(table, t.width-2) >= longest {
		for i := range table {
			table[i] = append(table[i], remarks[i])
		}
	}
	fmt.Fprintf(t, "\n  base  %s\n  head  %s\n\n", base, head)
	for i, l := range columns.Align(table) {
		if i == 0 || strings.HasPrefix(l, "cost per completed task") {
			l = t.paint(bold, l)
		}
		fmt.Fprintln(t, "  "+l)
	}
}

// terminalRows splits the parts of a figure over lines of their own, so that the table stays narrow.
func terminalRows(w row.Row) [][]string {
	if w.Parts == "" {
		return [][]string{{w.Label, w.Base, w.Head, w.Change}}
	}
	baseTotal, base := terminalParts(w.Base)
	headTotal, head := terminalParts(w.Head)
	changes := strings.Split(w.Change, " / ")
	out := [][]string{{w.Label, baseTotal, headTotal, ""}}
	if len(changes) == 1 {
		out[0][3] = w.Change
	}
	for i, p := range strings.Split(w.Parts, " / ") {
		line := []string{"  " + p, at(base, i), at(head, i), ""}
		if len(changes) > 1 {
			line[3] = at(changes, i)
		}
		if line[1]+line[2] != "" {
			out = append(out, line)
		}
	}
	return out
}

// terminalParts splits "679k (107k / 561k / 11.3k)" or "$2.00 / $0.20 / $12.00".
func terminalParts(s string) (total string, parts []string) {
	total, rest, found := strings.Cut(s, " (")
	switch {
	case found:
		return total, strings.Split(strings.TrimSuffix(rest, ")"), " / ")
	case strings.Contains(s, " / "):
		return "", strings.Split(s, " / ")
	}
	return s, nil
}

func at(s []string, i int) string {
	if i >= len(s) {
		return ""
	}
	return s[i]
}

func (t *terminal) tasks(r *Report) {
	if len(r.Tasks) == 0 || !r.HasTrials() {
		return
	}
	shown := r.Tasks
	if len(shown) > maxTerminalTasks {
		shown = make([]Task, 0, maxTerminalTasks)
		for _, i := range row.Movers(r.Tasks)[:maxTerminalTasks] {
			shown = append(shown, r.Tasks[i])
		}
	}
	ids, table := []string{"task"}, [][]string{{"completed", "cost per trial", "change"}}
	for _, task := range shown {
		l := row.OfTask(task)
		ids, table = append(ids, l.ID), append(table, []string{l.Completed, l.Cost, l.Change})
	}
	room := max(columns.Spare(table, t.width-2), 11)
	for i, id := range ids {
		table[i] = append([]string{columns.Cut(markup.Value(id), room)}, table[i]...)
	}
	fmt.Fprintf(t, "\n%s\n", t.paint(bold, "Per task, base -> head"))
	for _, l := range columns.Align(table) {
		fmt.Fprintln(t, "  "+l)
	}
	if left := len(r.Tasks) - len(shown); left > 0 {
		t.section("", fmt.Sprintf("These are the %s whose cost changed most; the report has the other %s.", tasks(len(shown)), figure.Whole(left)))
	}
}

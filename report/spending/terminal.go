package spending

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/pertask/pertask/report/bars"
	"github.com/pertask/pertask/report/columns"
	"github.com/pertask/pertask/report/markup"
)

// TerminalOptions say what a terminal can do.
type TerminalOptions struct {
	Width int  // in columns; 0 means 80, less than 40 means 40
	Color bool // whether to write in bold
}

// maxCell is the width of the first column of a table.
const maxCell = 40

// Terminal writes a report for a person at a terminal. Strings of the report cannot move the cursor, set colours or end a line. It
// reports the first error of w.
func Terminal(w io.Writer, r Report, o TerminalOptions) error {
	if o.Width == 0 {
		o.Width = 80
	}
	t := terminal{Writer: bufio.NewWriter(w), width: max(o.Width, 40), color: o.Color}
	lead := ""
	st := markup.Plain
	st.Bold = func(s string) string {
		if lead == "" {
			lead = s // of the answer, which is put together first
		}
		return s
	}
	s := sheetOf(r, st)
	for i, l := range columns.Wrap(s.answer, t.width) {
		if rest, ok := strings.CutPrefix(l, lead); ok && i == 0 {
			l = t.bold(lead) + rest
		}
		fmt.Fprintln(t, l)
	}
	for _, n := range s.notes {
		fmt.Fprintln(t)
		t.paragraphs("", n)
	}
	for _, p := range s.parts {
		t.part(p)
	}
	fmt.Fprintln(t)
	t.paragraphs("", strings.Join(s.footer, " | "))
	return t.Flush()
}

// terminal keeps the first error of its writer, as bufio.Writer does; Flush returns it.
type terminal struct {
	*bufio.Writer
	width int
	color bool
}

func (t *terminal) bold(s string) string {
	if !t.color {
		return s
	}
	return "\x1b[1m" + s + "\x1b[0m"
}

// paragraphs writes each within the width, its further lines further to the right.
func (t *terminal) paragraphs(indent string, all ...string) {
	for _, p := range all {
		for _, l := range columns.Wrap(p, t.width-len(indent)) {
			fmt.Fprintln(t, indent+l)
		}
	}
}

func (t *terminal) part(p part) {
	fmt.Fprintf(t, "\n%s\n", t.bold(p.title))
	t.paragraphs("  ", p.text...)
	if len(p.text) > 0 && len(p.table.rows)+len(p.bars) > 0 {
		fmt.Fprintln(t)
	}
	if len(p.table.rows) > 0 {
		t.table(p.table)
	}
	var all []bars.Bar
	for _, b := range p.bars {
		all = append(all, bars.Bar{Label: b.label, Figure: b.figure, Size: b.size})
	}
	for _, l := range bars.Draw(all, bars.ASCII) {
		fmt.Fprintln(t, "  "+l)
	}
	if p.more != "" {
		t.paragraphs("  ", p.more)
	}
}

// spare are the columns that a narrow terminal does without, the first one first. The answer, or another format, has what they say.
var spare = []string{"95 %", "lines", "of it measured", "mean", "tokens"}

// leastLast is the width below which a last column is not wrapped.
const leastLast = 20

// table writes rows in columns, without some where there is no room. A last column of words goes on in further lines.
func (t *terminal) table(g grid) {
	for _, name := range spare {
		if columns.Spare(append([][]string{g.head}, g.rows...), t.width-2) >= -2 { // no further column is to come
			break
		}
		g = g.drop(name)
	}
	rows := [][]string{}
	if strings.Join(g.head, "") != "" {
		rows = append(rows, g.head)
	}
	for _, cells := range g.rows {
		rows = append(rows, append([]string{columns.Cut(cells[0], maxCell)}, cells[1:]...))
	}
	var others [][]string
	for _, cells := range rows {
		others = append(others, cells[:len(cells)-1])
	}
	if room := columns.Spare(others, t.width-2); room >= leastLast {
		rows = wrap(rows, room)
	}
	for _, l := range columns.Align(rows) {
		fmt.Fprintln(t, "  "+columns.Cut(l, t.width-2))
	}
}

// wrap breaks the last cells of rows into lines of a width.
func wrap(rows [][]string, width int) [][]string {
	var out [][]string
	for _, cells := range rows {
		last := len(cells) - 1
		for i, l := range columns.Wrap(cells[last], width) {
			row := make([]string, len(cells))
			if i == 0 {
				copy(row, cells)
			}
			row[last] = l
			out = append(out, row)
		}
	}
	return out
}

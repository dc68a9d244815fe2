package spending

import (
	"github.com/pertask/pertask/report/markup"
)

// sheet is a report in pieces that every format lays out in its own way. All of its strings are in one style and safe in it.
type sheet struct {
	answer string
	notes  []string // below the answer
	parts  []part
	footer []string
}

// part is what stands under one title.
type part struct {
	title string
	text  []string
	table grid
	bars  []bar
	more  string // below the table
}

// grid is a table. The first column names the rows.
type grid struct {
	head []string
	rows [][]string
}

// bar is a line of a distribution.
type bar struct {
	label, figure string
	size          float64 // by the longest, 0 to 1
	n             int
}

func (p part) empty() bool { return len(p.text)+len(p.table.rows)+len(p.bars) == 0 }

// sheetOf puts a report together, in the order in which it is read.
func sheetOf(r Report, st markup.Style) sheet {
	s := sheet{answer: Answer(r, st), notes: notes(r, st), footer: footer(r)}
	for _, p := range []part{
		table(r, st), distribution(r), outliers(r, st), unattributed(r), branches(r, st), provenance(r), leftOut(r, st), missing(r, st), controls(r, st), without(r, st), skipped(r, st),
	} {
		if !p.empty() {
			s.parts = append(s.parts, p)
		}
	}
	return s
}

// notes are what a reader must know beside the answer.
func notes(r Report, st markup.Style) []string {
	var out []string
	if s := basis(r); s != "" {
		out = append(out, s)
	}
	for _, n := range r.Notes {
		out = append(out, st.Rich(n))
	}
	return out
}

package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"strings"
	"text/template"

	"github.com/pertask/pertask/stats/series/histories"
)

//go:embed page.md
var text string

// page renders the results.
func (r results) page() ([]byte, error) {
	t, err := template.New("page").Parse(text)
	if err != nil {
		return nil, fmt.Errorf("reading the page: %w", err)
	}
	var out bytes.Buffer
	if err := t.Execute(&out, r); err != nil {
		return nil, fmt.Errorf("filling the page: %w", err)
	}
	return out.Bytes(), nil
}

// table writes a table of Markdown.
func table(head []string, rows [][]string) string {
	var b strings.Builder
	line := func(cells []string) { fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | ")) }
	line(head)
	rule := make([]string, len(head))
	for i := range rule {
		rule[i] = "---"
	}
	line(rule)
	for _, r := range rows {
		line(r)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// rest is the name of a world without its sizes and its effect.
func rest(w histories.World) string {
	w.Effect = 1
	if _, after, ok := strings.Cut(w.Name(), ", "); ok {
		return after
	}
	return "normal"
}

func sizes(w histories.World) string { return fmt.Sprintf("%d+%d", w.Before, w.After) }

// cross is a table with a row for each kind of world and a column for each pair of sizes, in the order they come.
func cross(counts []histories.Count, show func(histories.Count) string) string {
	head, column := []string{"amounts before + after"}, map[string]int{}
	for _, c := range counts {
		if s := sizes(c.World); column[s] == 0 {
			column[s] = len(head)
			head = append(head, s)
		}
	}
	var rows [][]string
	at := map[string]int{}
	for _, c := range counts {
		name := rest(c.World)
		i, ok := at[name]
		if !ok {
			i = len(rows)
			at[name] = i
			row := make([]string, len(head))
			row[0] = name
			rows = append(rows, row)
		}
		rows[i][column[sizes(c.World)]] = show(c)
	}
	return table(head, rows)
}

// pairs are the worlds without an effect, and the coverage of each together with that of the same world with one.
func (r results) pairs() []histories.Count {
	var out []histories.Count
	for i := 0; i+1 < len(r.Grid); i += 2 {
		c := r.Grid[i]
		c.Held += r.Grid[i+1].Held
		c.Told += r.Grid[i+1].Told
		out = append(out, c)
	}
	return out
}

// CoverageTable shows how often intervals hold the truth, with an effect or without.
func (r results) CoverageTable() string {
	return cross(r.pairs(), func(c histories.Count) string { return share(c.Coverage()) })
}

// ClaimsTable shows how often an effect is claimed where there is none.
func (r results) ClaimsTable() string {
	return cross(r.pairs(), func(c histories.Count) string { return share(c.Claimed()) })
}

// FactorTable shows how wide intervals are.
func (r results) FactorTable() string {
	return cross(r.pairs(), func(c histories.Count) string { return number(c.Factor) })
}

// BeyondTable shows what cannot be told.
func (r results) BeyondTable() string {
	var rows [][]string
	for i, c := range r.Beyond {
		s := r.Sloped[i]
		rows = append(rows, []string{c.World.Name(), share(c.Coverage()), share(c.Noticed()), number(c.Factor), share(s.Coverage()), number(s.Factor)})
	}
	return table([]string{"world", "covers", "drift noticed", "factor", "covers with a slope", "factor with a slope"}, rows)
}

// ResolvesTable shows what is resolved.
func (r results) ResolvesTable() string {
	var rows [][]string
	for _, c := range r.Resolving {
		rows = append(rows, []string{fmt.Sprint(c.World.After), number(c.World.Spread), number(c.World.Memory), number(c.Factor),
			fmt.Sprintf("-%.0f %%", 100*(1-c.Resolves)), fmt.Sprintf("+%.0f %%", 100*(1/c.Resolves-1))})
	}
	return table([]string{"amounts after", "spread", "neighbours' correlation", "factor", "fall that is seen", "rise that is seen"}, rows)
}

// MethodsTable compares methods: how often intervals hold the truth, and how wide they are.
func (r results) MethodsTable() string {
	head := []string{"method"}
	for i := range r.Methods[0].Counts {
		head = append(head, fmt.Sprint(i+1))
	}
	var rows [][]string
	for _, m := range r.Methods {
		row := []string{m.Name}
		for _, c := range m.Counts {
			row = append(row, share(c.Coverage())+" x"+number(c.Factor))
		}
		rows = append(rows, row)
	}
	return table(head, rows)
}

// MethodsWorlds are the columns of MethodsTable.
func (r results) MethodsWorlds() string {
	var out []string
	for i, c := range r.Methods[0].Counts {
		out = append(out, fmt.Sprintf("%d: %s", i+1, c.World.Name()))
	}
	return strings.Join(out, "; ")
}

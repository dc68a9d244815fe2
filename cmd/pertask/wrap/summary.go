package wrap

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pertask/pertask/cmd/pertask/text"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/usage"
)

// headline is the total in a few words.
func (t *Tally) headline() string {
	return fmt.Sprintf("pertask: %s, %s", figure.Plural(t.sum.billed, "call"), t.sum.words())
}

// words writes a cost with how far it can be trusted. Of an unknown one it says what is known.
func (s sum) words() string {
	c := s.total()
	switch c.Status {
	case price.Unknown:
		return "cost unknown, at least " + figure.Amount(s.sure().Amount)
	case price.LowerBound:
		return "at least " + figure.Amount(c.Amount)
	case price.ProviderReported:
		return figure.Amount(c.Amount) + " (as the providers reported it)"
	}
	return figure.Amount(c.Amount)
}

// Summary is what is printed when the command has ended.
func (t *Tally) Summary(now time.Time) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var b strings.Builder
	calls := t.billed()
	fmt.Fprintf(&b, "%s in %s\n", t.headline(), now.Sub(t.Start).Round(time.Second))
	if len(calls) > 0 {
		table(&b, calls)
	}
	if line := t.sum.against(); line != "" && len(calls) > 0 {
		fmt.Fprintf(&b, "  %s\n", strings.Join(text.Wrap(line, text.Width-2, "    "), "\n"))
	}
	for _, r := range t.reasons() {
		fmt.Fprintln(&b, strings.Join(text.Wrap("- "+r, text.Width, "  "), "\n"))
	}
	return b.String()
}

// against compares what is known of a cost with the list price; "" when they are the same.
func (s sum) against() string {
	c := s.sure()
	if c.Amount.Equal(c.List) {
		return ""
	}
	least := ""
	if s.total().Status == price.LowerBound || s.unknown > 0 {
		least = "at least "
	}
	list := "the list price of a part is not known"
	if c.List.IsKnown() {
		list = "list price " + least + figure.Amount(c.List)
	}
	if c.Billed.Equal(c.Amount) {
		return fmt.Sprintf("billed %s%s; %s", least, figure.Amount(c.Amount), list)
	}
	return fmt.Sprintf("%s%s, a part as billed and the rest at list price; %s", least, figure.Amount(c.Amount), list)
}

// table lists the models with their tokens and costs.
func table(b *strings.Builder, calls []LoggedCall) {
	by := map[string][]LoggedCall{}
	for _, c := range calls {
		name := c.Provider + "/" + cmp.Or(c.Model(), "?")
		by[name] = append(by[name], c)
	}
	rows := [][]string{{"model", "calls", "input", "cache read", "cache write", "output", "cost"}}
	for _, name := range slices.Sorted(maps.Keys(by)) {
		rows = append(rows, tableRow(name, by[name]))
	}
	if len(by) > 1 {
		rows = append(rows, tableRow("all", calls))
	}
	narrow(rows, text.Width-2)
	for _, line := range text.Align(rows) {
		fmt.Fprintf(b, "  %s\n", line)
	}
}

func tableRow(name string, calls []LoggedCall) []string {
	tokens, cost := usage.None(), price.Nothing()
	for _, c := range calls {
		tokens, cost = tokens.Plus(c.Consumed()), cost.Plus(c.Cost)
	}
	amount := figure.Amount(cost.Amount)
	if cost.Status == price.LowerBound {
		amount = ">= " + amount
	}
	return []string{text.Clip(name, 60), figure.Whole(len(calls)), count(tokens.Input), count(tokens.CacheRead), count(tokens.Written()), count(tokens.Output), amount}
}

// narrow cuts the names of models until the table has so many columns, but not below what tells models apart.
func narrow(rows [][]string, most int) {
	for name := 60; name >= 16; name-- {
		if len([]rune(text.Align(rows)[0])) <= most {
			return
		}
		for _, row := range rows {
			row[0] = text.Clip(row[0], name)
		}
	}
}

// count writes a count for people.
func count(n usage.Count) string {
	v, known := n.Value()
	if !known {
		return "?"
	}
	return figure.Whole(int(v))
}

// most is how many reasons are shown.
const most = 20

// reasons says why costs are not exact, why calls were not made, and what is to be known of prices, each with how
// often.
func (t *Tally) reasons() []string {
	times := map[string]int{}
	var order []string
	first := map[string]string{}
	add := func(kind, reason string) {
		if times[kind]++; times[kind] == 1 {
			order = append(order, kind)
			first[kind] = reason
		}
	}
	for _, id := range t.ids {
		c := t.calls[id]
		if reason := doubt(c); reason != "" {
			add(reason, reason)
		}
		for _, n := range notes(c) {
			add(kind(n), n)
		}
	}
	var out []string
	for _, k := range order[:min(most, len(order))] {
		line := text.Clip(first[k], 300)
		if times[k] > 1 {
			line += fmt.Sprintf(" (%d calls)", times[k])
		}
		out = append(out, line)
	}
	if rest := len(order) - most; rest > 0 {
		out = append(out, fmt.Sprintf("and %d more; --log has them", rest))
	}
	return out
}

// doubt says why the cost of a call is not exact, or why the call was not made.
func doubt(c LoggedCall) string {
	switch {
	case c.Coverage == usage.Unbilled && strings.HasPrefix(c.Problem, "not forwarded: "):
		return "refused: " + strings.TrimPrefix(c.Problem, "not forwarded: ")
	case c.Coverage == usage.Unbilled && c.Status >= 300:
		return "not billed: " + c.Problem
	case c.Coverage == usage.Unbilled:
		return ""
	case c.Cost.Status == price.Unknown:
		return "cost unknown: " + c.Missing
	case c.Cost.Status == price.LowerBound:
		return "at least: " + cmp.Or(c.Problem, "a price is not certain")
	}
	return ""
}

// notes are what the price of a call has to say, but for what doubt has said.
func notes(c LoggedCall) []string {
	if c.Coverage == usage.Unbilled {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(c.Notes), func(n string) bool {
		return strings.HasPrefix(n, "a part of the usage was seen")
	})
}

// kind is what notes have in common that differ in their figures only; of those the first stands for all.
func kind(note string) string {
	if strings.HasSuffix(note, "apart") {
		return "apart"
	}
	return note
}

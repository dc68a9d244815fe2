package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/usage"
)

// loggedCall is a line of the log.
type loggedCall struct {
	usage.Call
	Cost    price.Cost `json:"cost"`
	Missing string     `json:"missing,omitempty"` // what is missing when the cost is unknown
	Notes   []string   `json:"notes,omitempty"`
}

// tally prices the calls of a session and keeps its budget. It is safe for concurrent use.
type tally struct {
	start   time.Time
	pricing price.Pricing // at the time of each call
	budget  price.Amount  // unknown for none
	log     io.Writer     // nil for none
	show    func(string)  // of the total so far; nil for nothing

	mu     sync.Mutex
	ids    []string
	calls  map[string]loggedCall // the last state of each
	total  price.Cost
	logErr error
}

// admit refuses a call that could pass the budget unseen: nothing fails open.
func (t *tally) admit(_ context.Context, c usage.Call) error {
	limit, limited := t.budget.Value()
	if !limited {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	spent, known := t.total.Amount.Value()
	switch {
	case !known:
		return errors.New("budget: the cost of an earlier call is unknown, so the budget cannot be kept")
	case spent.Cmp(limit) >= 0:
		return fmt.Errorf("budget: %s USD of %s are spent", spent, limit)
	}
	p := t.pricing
	p.At = time.Now()
	if _, err := p.List(c.Provider, c.Model(), c.Tier()); err != nil && !reports[c.Provider] {
		return fmt.Errorf("budget: %w, so the budget cannot be kept", err)
	}
	return nil
}

// reports are the providers whose answers say what they charge, so that a model without a price has a cost.
var reports = map[string]bool{"openrouter": true}

// record takes a call that has ended. A later answer may complete a call that was recorded before.
func (t *tally) record(c usage.Call) error {
	if c.State != usage.Ended {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.pricing
	p.At = c.Time
	priced := p.Call(c)
	c.PriceRow, c.CostStatus = priced.Row, priced.Cost.Status.String()
	l := loggedCall{c, priced.Cost, priced.Missing, priced.Notes}
	if t.calls == nil {
		t.calls = map[string]loggedCall{}
	}
	if _, again := t.calls[c.ID]; !again {
		t.ids = append(t.ids, c.ID)
	}
	t.calls[c.ID] = l
	t.total = price.Nothing()
	for _, id := range t.ids {
		t.total = t.total.Plus(t.calls[id].Cost)
	}
	if t.show != nil {
		t.show(t.headline())
	}
	if t.log == nil {
		return nil
	}
	if err := writeLine(t.log, l); err != nil {
		t.logErr = cmp.Or(t.logErr, err)
		return err
	}
	return nil
}

func (t *tally) logFailure() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.logErr != nil {
		return fmt.Errorf("writing the log: %w", t.logErr)
	}
	return nil
}

// billed are the calls that reached a provider and are billed, or may be.
func (t *tally) billed() []loggedCall {
	var out []loggedCall
	for _, id := range t.ids {
		if c := t.calls[id]; c.Coverage != usage.Unbilled {
			out = append(out, c)
		}
	}
	return out
}

// headline is the total in a few words.
func (t *tally) headline() string {
	return fmt.Sprintf("pertask: %s, %s", figure.Plural(len(t.billed()), "call"), costWords(t.total, t.billed()))
}

// costWords writes a cost with how far it can be trusted. Of an unknown one it says what is known.
func costWords(c price.Cost, calls []loggedCall) string {
	switch c.Status {
	case price.Unknown:
		known := price.Nothing()
		for _, l := range calls {
			if l.Cost.Status != price.Unknown {
				known = known.Plus(l.Cost)
			}
		}
		return "cost unknown, at least " + figure.Amount(known.Amount)
	case price.LowerBound:
		return "at least " + figure.Amount(c.Amount)
	case price.ProviderReported:
		return figure.Amount(c.Amount) + " (as the providers reported it)"
	}
	return figure.Amount(c.Amount)
}

// summary is what is printed when the command has ended.
func (t *tally) summary(now time.Time) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var b strings.Builder
	calls := t.billed()
	fmt.Fprintf(&b, "%s in %s\n", t.headline(), now.Sub(t.start).Round(time.Second))
	if len(calls) > 0 {
		t.table(&b, calls)
	}
	if billed, known := t.total.Billed.Value(); known && len(calls) > 0 && !t.total.Billed.Equal(t.total.List) {
		fmt.Fprintf(&b, "  billed %s after contract discounts; list price %s\n", figure.Amount(price.Known(billed)), figure.Amount(t.total.List))
	}
	for _, r := range t.reasons() {
		printWrapped(&b, "- "+r, 79)
	}
	return b.String()
}

// table lists the models with their tokens and costs.
func (t *tally) table(b *strings.Builder, calls []loggedCall) {
	by := map[string][]loggedCall{}
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
	for _, line := range align(rows) {
		fmt.Fprintf(b, "  %s\n", line)
	}
}

func tableRow(name string, calls []loggedCall) []string {
	tokens, cost := usage.None(), price.Nothing()
	for _, c := range calls {
		tokens, cost = tokens.Plus(c.Consumed()), cost.Plus(c.Cost)
	}
	amount := figure.Amount(cost.Amount)
	if cost.Status == price.LowerBound {
		amount = ">= " + amount
	}
	return []string{clip(name, 30), figure.Whole(len(calls)), count(tokens.Input), count(tokens.CacheRead), count(tokens.Written()), count(tokens.Output), amount}
}

// count writes a count for people.
func count(n usage.Count) string {
	v, known := n.Value()
	if !known {
		return "?"
	}
	return figure.Whole(int(v))
}

// clip cuts a text from a server to a number of characters that a terminal shows as they are.
func clip(s string, most int) string {
	r := []rune(strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return '?'
		}
		return r
	}, s))
	if len(r) > most {
		return string(r[:most-3]) + "..."
	}
	return string(r)
}

// align pads the columns of a table: the first to the left, the others to the right.
func align(rows [][]string) []string {
	width := map[int]int{}
	for _, row := range rows {
		for i, cell := range row {
			width[i] = max(width[i], len([]rune(cell)))
		}
	}
	var out []string
	for _, row := range rows {
		line := ""
		for i, cell := range row {
			pad := strings.Repeat(" ", width[i]-len([]rune(cell)))
			if i == 0 {
				line += cell + pad
			} else {
				line += "  " + pad + cell
			}
		}
		out = append(out, strings.TrimRight(line, " "))
	}
	return out
}

// reasons says why costs are not exact and why calls were not made, each with how often.
func (t *tally) reasons() []string {
	times := map[string]int{}
	var order []string
	add := func(reason string) {
		if times[reason]++; times[reason] == 1 {
			order = append(order, reason)
		}
	}
	for _, id := range t.ids {
		switch c := t.calls[id]; {
		case c.Coverage == usage.Unbilled && strings.HasPrefix(c.Problem, "not forwarded: "):
			add("refused: " + strings.TrimPrefix(c.Problem, "not forwarded: "))
		case c.Coverage == usage.Unbilled && c.Status >= 300:
			add("not billed: " + c.Problem)
		case c.Cost.Status == price.Unknown:
			add("cost unknown: " + c.Missing)
		case c.Cost.Status == price.LowerBound:
			add("at least: " + cmp.Or(c.Problem, "a price is not certain"))
		}
	}
	var out []string
	for _, reason := range order {
		text := clip(reason, 300)
		if times[reason] > 1 {
			text += fmt.Sprintf(" (%d calls)", times[reason])
		}
		out = append(out, text)
	}
	return out
}

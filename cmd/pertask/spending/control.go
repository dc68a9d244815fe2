package spending

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/pertask/pertask/ledger/control"
	"github.com/pertask/pertask/ledger/rollup"
	"github.com/pertask/pertask/price"
)

// readControls reads what providers billed: of each file one total for each provider, of the lines that are within the time of the
// report as a whole.
func (w *world) readControls() error {
	for _, path := range w.opt.controls {
		f, err := os.Open(path)
		if err != nil {
			return fmt.Errorf("reading what a provider billed: %w", err)
		}
		x, err := control.Read(path, f)
		f.Close()
		if err != nil {
			return fmt.Errorf("reading what a provider billed: %w", err)
		}
		name := filepath.Base(path)
		for _, n := range x.Notes {
			w.note("`%s`: %s", name, n)
		}
		w.total(name, x)
	}
	return nil
}

// total adds a file's totals.
func (w *world) total(name string, x control.Export) {
	totals, outside := map[string]*rollup.Control{}, 0
	for _, l := range x.Lines {
		if !w.from.IsZero() && l.From.Before(w.from) || !w.until.IsZero() && l.To.After(w.until) {
			outside++
			continue
		}
		t := totals[l.Provider]
		if t == nil {
			t = &rollup.Control{Provider: l.Provider, From: l.From, To: l.To, USD: price.Known(price.Money{})}
			totals[l.Provider] = t
		}
		if l.From.Before(t.From) {
			t.From = l.From
		}
		if l.To.After(t.To) {
			t.To = l.To
		}
		t.USD = t.USD.Plus(l.USD)
	}
	for _, p := range slices.Sorted(maps.Keys(totals)) {
		w.controls = append(w.controls, *totals[p])
	}
	switch {
	case len(totals) == 0:
		w.note("`%s` has nothing of the time of this report.", name)
	case outside > 0:
		w.note("`%s` has %d lines that are not within the time of this report; they are left out.", name, outside)
	}
}

// note adds a sentence about what is missing.
func (w *world) note(format string, args ...any) {
	w.notes = append(w.notes, fmt.Sprintf(format, args...))
}

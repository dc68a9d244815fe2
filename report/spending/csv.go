package spending

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/pertask/pertask/ledger/rollup"
	"github.com/pertask/pertask/stats"
)

// columnsOf are the columns of the CSV form. Readers depend on the names: later versions add columns at the end.
var columnsOf = []string{
	"kind", "key", "measured_usd", "reported_usd", "allocated_usd", "at_least", "unpriced_entries", "entries", "calls", "unseen",
	"input", "cache_read", "cache_creation", "output", "checks_usd",
	"merged", "described", "without_entries", "opened_before", "without_price", "median_usd", "median_low", "median_high", "mean_usd", "mean_low", "mean_high",
	"merged_at", "title", "lines", "ratio", "outlier",
}

// CSV writes the table that a report was asked for as comma-separated values: every row of it, every digit, and an empty cell for
// what is not known. Below a table of pull requests are the ones without entries and what is unattributed, by reason, so that its
// rows add up to the whole. A text that a spreadsheet would take for a formula has a ' before it. It reports the first error of w.
func CSV(w io.Writer, r Report) error {
	out := csv.NewWriter(w)
	_ = out.Write(columnsOf) // Error has it
	write := func(kind, key string, s rollup.Spend, fill map[string]string) {
		_ = out.Write(record(kind, key, s, fill))
	}
	if r.by() == Pull {
		for _, p := range r.Rollup.Pulls {
			write("pull", pullKey(p), p.Spend, ofPull(p))
		}
		for _, p := range r.Rollup.Without {
			write("without", pullKey(p), p.Spend, ofPull(p))
		}
		for _, x := range r.Rollup.Reasons {
			write("unattributed", string(x.Reason), x.Spend, nil)
		}
		write("checks", "", r.Rollup.Checks, nil)
	}
	for _, g := range r.groups() {
		write(string(r.by()), g.Key, g.Spend, ofGroup(g))
	}
	for _, g := range r.Branches {
		write("branch", g.Key, g.Spend, nil)
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("writing a report of spend as CSV: %w", err)
	}
	return nil
}

func pullKey(p rollup.Pull) string { return fmt.Sprintf("%s#%d", p.Repository, p.Number) }

// record is one row. What a spend has no entries of is empty and not 0.
func record(kind, key string, s rollup.Spend, fill map[string]string) []string {
	all := s.All()
	cells := map[string]string{
		"kind": kind, "key": text(key), "measured_usd": plainUSD(s.Measured), "reported_usd": plainUSD(s.Reported), "allocated_usd": plainUSD(s.Allocated),
		"at_least": strconv.FormatBool(all.AtLeast), "unpriced_entries": strconv.Itoa(all.Unpriced), "entries": strconv.Itoa(all.Entries),
		"calls": whole(all.Calls), "unseen": whole(all.Unseen), "input": whole(all.Tokens.Input), "cache_read": whole(all.Tokens.CacheRead),
		"cache_creation": whole(all.Tokens.CacheCreation), "output": whole(all.Tokens.Output),
	}
	for k, v := range fill {
		cells[k] = v
	}
	var out []string
	for _, c := range columnsOf {
		out = append(out, cells[c])
	}
	return out
}

// text takes from a spreadsheet what it would execute, and from a terminal what it would obey.
func text(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
	if s != "" && strings.ContainsRune("=+-@", rune(s[0])) {
		return "'" + s
	}
	return s
}

func whole(n int64) string { return strconv.FormatInt(n, 10) }

func float(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// plainUSD is a sum with every digit; empty where nothing of it has a price.
func plainUSD(s rollup.Sum) string {
	if s.Entries == s.Unpriced {
		return ""
	}
	return s.USD.String()
}

func ofGroup(g rollup.Group) map[string]string {
	p := g.PerPull
	out := map[string]string{
		"checks_usd": plainUSD(g.Checks.All()), "merged": strconv.Itoa(p.Merged), "described": strconv.Itoa(p.N), "without_entries": strconv.Itoa(p.Without),
		"opened_before": strconv.Itoa(p.Cut), "without_price": strconv.Itoa(p.NoPrice),
	}
	if p.N > 0 {
		out["median_usd"], out["mean_usd"] = float(p.Median), float(p.Mean)
	}
	bounds := func(name string, i *stats.Interval) {
		if i != nil {
			out[name+"_low"], out[name+"_high"] = float(i.Low), float(i.High)
		}
	}
	bounds("median", p.MedianInterval)
	bounds("mean", p.MeanInterval)
	return out
}

func ofPull(p rollup.Pull) map[string]string {
	out := map[string]string{
		"merged_at": p.Merged.UTC().Format(time.RFC3339), "title": text(p.Title), "lines": strconv.Itoa(p.Lines), "outlier": strconv.FormatBool(p.Outlier),
	}
	if p.Cut {
		out["opened_before"] = "1"
	}
	if p.Ratio > 0 {
		out["ratio"] = float(p.Ratio)
	}
	return out
}

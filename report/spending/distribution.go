package spending

import (
	"fmt"
	"math"
	"strconv"

	"github.com/pertask/pertask/ledger/rollup"
	"github.com/pertask/pertask/report/figure"
)

// leastShown is the fewest pull requests whose distribution is drawn: of fewer the table says as much.
const leastShown = 6

// bin is a range of costs, [from, to), and how many pull requests are in it.
type bin struct {
	from, to float64
	n        int
}

func (b bin) label() string {
	switch {
	case math.IsInf(b.from, -1):
		return "below " + tick(b.to)
	case math.IsInf(b.to, 1):
		return tick(b.from) + " and more"
	}
	return tick(b.from) + " to " + tick(b.to)
}

// tick writes 1, 2 or 5 times a power of ten, of which no digit is rounded.
func tick(f float64) string { return "$" + strconv.FormatFloat(f, 'f', -1, 64) }

// costs are what the pull requests that are described cost, as package rollup describes them.
func costs(r rollup.Rollup) []float64 {
	var out []float64
	for _, p := range r.Pulls {
		if s := p.Spend.Seen(); !p.Cut && s.Entries > s.Unpriced {
			out = append(out, s.USD.Float64())
		}
	}
	return out
}

// maxBins is how many lines a distribution has at most.
const maxBins = 10

// bins divides costs at 1, 2 and 5 times powers of ten, at powers of ten alone where that would be too many. The first is open
// below, so that costs of nothing are in it.
func bins(costs []float64) []bin {
	low, high := math.Inf(1), 0.0
	for _, c := range costs {
		if c > 0 {
			low = min(low, c)
		}
		high = max(high, c)
	}
	if high == 0 {
		return nil
	}
	for _, steps := range [][]float64{{1, 2, 5}, {1}} {
		if out := fill(costs, edges(low, high, steps)); len(out) <= maxBins {
			return out
		}
	}
	return fill(costs, edges(high/1e8, high, []float64{1}))
}

// edges are the numbers between low and high that are one of steps times a power of ten.
func edges(low, high float64, steps []float64) []float64 {
	var out []float64
	for k := int(math.Floor(math.Log10(low))); k <= int(math.Ceil(math.Log10(high))); k++ {
		for _, s := range steps {
			e, err := strconv.ParseFloat(fmt.Sprintf("%ge%d", s, k), 64)
			if err == nil && e > low && e <= high {
				out = append(out, e)
			}
		}
	}
	return out
}

func fill(costs, edges []float64) []bin {
	out := make([]bin, len(edges)+1)
	for i := range out {
		out[i] = bin{from: math.Inf(-1), to: math.Inf(1)}
		if i > 0 {
			out[i].from = edges[i-1]
		}
		if i < len(edges) {
			out[i].to = edges[i]
		}
	}
	for _, c := range costs {
		i := 0
		for i < len(edges) && c >= edges[i] {
			i++
		}
		out[i].n++
	}
	return out
}

// distribution is how the costs of merged pull requests are spread.
func distribution(r Report) part {
	p := part{title: "Distribution"}
	d := r.Rollup.PerPull
	if d.N < leastShown {
		return p
	}
	p.text = []string{fmt.Sprintf("Half of the merged pull requests cost from %s to %s. The least is %s, the most %s.", usd(d.Quartile[0]), usd(d.Quartile[1]), usd(d.Least), usd(d.Most))}
	all := bins(costs(r.Rollup))
	longest := 0
	for _, b := range all {
		longest = max(longest, b.n)
	}
	for _, b := range all {
		if len(all) > 1 {
			p.bars = append(p.bars, bar{label: b.label(), figure: figure.Whole(b.n), size: float64(b.n) / float64(longest), n: b.n})
		}
	}
	return p
}

package rates

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/pertask/pertask/cmd/pertask/text"
	"github.com/pertask/pertask/price"
)

// Missing words that the book has no such price, and what helps. A model that the book lacks is never priced as one
// that is called alike: the closest are named as a question.
func Missing(book *price.Book, q Query) string {
	in := fmt.Sprintf("the price book of %s has no ", book.AsOf())
	if all := book.Providers(q.Model); len(all) > 0 {
		if tiers := q.tiers(book); len(tiers) > 0 {
			return in + fmt.Sprintf("tier %s of %s; it has %s", text.Quote(q.Tier), text.Quote(q.Model), strings.Join(tiers, ", "))
		}
		return in + fmt.Sprintf("price of %s by %s; it has it of %s", text.Quote(q.Model), text.Quote(q.Provider), strings.Join(all, ", "))
	}
	out := in + "model " + text.Quote(q.Model)
	if near := closest(q.Model, book.Models()); len(near) > 0 {
		out += "; did you mean " + strings.Join(near, " or ") + "?"
	}
	return out + fmt.Sprintf(`
If its price is known to you, add it to .github/pertask.yml:

  prices:
    rows:
      - provider: %s
        model: %s
        rates: {input: "...", cache_read: "...", output: "..."}   # dollars per million tokens`,
		text.Quote(cmp.Or(q.Provider, "PROVIDER")), text.Quote(q.Model))
}

// closest returns up to three names that share most of their pairs of letters with a word, the closest first; none
// that shares less than half of them.
func closest(word string, names []string) []string {
	type scored struct {
		name  string
		score float64
	}
	var all []scored
	for _, n := range names {
		if s := alike(word, n); s >= 0.5 {
			all = append(all, scored{n, s})
		}
	}
	slices.SortStableFunc(all, func(a, b scored) int { return cmp.Or(cmp.Compare(b.score, a.score), strings.Compare(a.name, b.name)) })
	var out []string
	for _, s := range all[:min(3, len(all))] {
		out = append(out, s.name)
	}
	return out
}

// alike is Dice's coefficient of two words: twice the pairs of letters that they share, over all that they have.
func alike(a, b string) float64 {
	count := map[string]int{}
	pairs := func(s string) []string {
		var out []string
		for i := 0; i+2 <= len(s); i++ {
			out = append(out, strings.ToLower(s[i:i+2]))
		}
		return out
	}
	pa, pb := pairs(a), pairs(b)
	for _, p := range pa {
		count[p]++
	}
	shared := 0
	for _, p := range pb {
		if count[p] > 0 {
			count[p]--
			shared++
		}
	}
	return 2 * float64(shared) / float64(max(1, len(pa)+len(pb)))
}

package strict

import "fmt"

// didYouMean returns the allowed word that is closest to s as a hint, or "" when none is close.
func didYouMean(s string, allowed []string) string {
	const longest = 60
	if len(s) > longest {
		return ""
	}
	best, word := 3, ""
	for _, a := range allowed {
		if d := distance(s, a); d < best && 2*d <= len(a) {
			best, word = d, a
		}
	}
	if word == "" {
		return ""
	}
	return fmt.Sprintf(", did you mean %q?", word)
}

// distance counts the letters to change, insert, drop or swap with their neighbour to turn a into b: the
// optimal string alignment distance.
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	var before []int // the row above the last
	last := make([]int, len(t)+1)
	for j := range last {
		last[j] = j
	}
	for i := range s {
		row := make([]int, len(t)+1)
		row[0] = i + 1
		for j := range t {
			cost := 1
			if s[i] == t[j] {
				cost = 0
			}
			row[j+1] = min(last[j]+cost, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && s[i] == t[j-1] && s[i-1] == t[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last = last, row
	}
	return last[len(t)]
}

package query

import (
	"math"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/pertask/pertask/github/githubtest/graph"
	"github.com/pertask/pertask/github/githubtest/rate"
)

// Cost returns what a query costs, in points: the number of lists that would be read if each list were as long as it may
// be, divided by 100, rounded, and at least 1. A query that cannot be read costs 1.
// Source: GitHub's documentation "Rate limits and query limits for the GraphQL API", with its example as the test.
func Cost(query string, variables map[string]any) int {
	doc, err := parser.ParseQuery(&ast.Source{Input: query})
	if err != nil || len(doc.Operations) != 1 {
		return 1
	}
	lists := count(doc.Operations[0].SelectionSet, variables, 1)
	return max(int(math.Round(float64(lists)/100)), 1)
}

// count returns how many lists are read in a selection that is made times times.
func count(set ast.SelectionSet, variables map[string]any, times int) int {
	lists := 0
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			below := times
			for _, arg := range []string{"first", "last"} {
				if a := sel.Arguments.ForName(arg); a != nil {
					n, _ := a.Value.Value(variables)
					lists, below = lists+times, times*max(graph.Int(n), 1)
				}
			}
			lists += count(sel.SelectionSet, variables, below)
		case *ast.InlineFragment:
			lists += count(sel.SelectionSet, variables, times)
		}
	}
	return lists
}

func rateFields() map[string]field {
	return map[string]field{
		"cost":      scalar(func(s rate.Spent) any { return s.Cost }),
		"used":      scalar(func(s rate.Spent) any { return s.Used }),
		"limit":     scalar(func(s rate.Spent) any { return s.Limit }),
		"remaining": scalar(func(s rate.Spent) any { return s.Limit - s.Used }),
		"resetAt":   scalar(func(s rate.Spent) any { return s.Reset.UTC().Format(zulu) }),
	}
}

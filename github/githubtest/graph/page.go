package graph

import (
	"fmt"
	"strconv"
	"strings"
)

// page is one page of a list.
type page struct {
	nodes    []any
	first    int // index of the first node in the whole list
	total    int
	next     bool
	previous bool
	key      func(int) string // of its cursors; nil is the index
}

// Pages returns the arguments that every connection takes, and the given ones.
func Pages(more ...string) []string {
	return append([]string{"first", "last", "after", "before"}, more...)
}

// Connection returns the fields of a connection of nodes of a type. The value of a connection is what Page returns.
func Connection[C any](of string) map[string]Field[C] {
	return map[string]Field[C]{
		"nodes":      {Of: of, Get: func(_ C, p any, _ map[string]any) (any, *Error) { return p.(*page).nodes, nil }},
		"totalCount": Scalar[C](func(p *page) any { return p.total }),
		"pageInfo":   {Of: "PageInfo", Get: func(_ C, p any, _ map[string]any) (any, *Error) { return p, nil }},
	}
}

// PageInfo returns the fields of the type PageInfo.
func PageInfo[C any]() map[string]Field[C] {
	edge := func(index func(*page) int) Field[C] {
		return Scalar[C](func(p *page) any {
			if len(p.nodes) == 0 {
				return nil
			}
			return p.cursor(index(p))
		})
	}
	return map[string]Field[C]{
		"hasNextPage":     Scalar[C](func(p *page) any { return p.next }),
		"hasPreviousPage": Scalar[C](func(p *page) any { return p.previous }),
		"endCursor":       edge(func(p *page) int { return p.first + len(p.nodes) - 1 }),
		"startCursor":     edge(func(p *page) int { return p.first }),
	}
}

// Page cuts one page out of a list, under GitHub's rules for connections. The name is that of the connection.
func Page(all []any, name string, args map[string]any) (any, *Error) {
	first, hasFirst := args["first"]
	last, hasLast := args["last"]
	n := Int(first)
	if hasLast && !hasFirst {
		n = Int(last)
	}
	if hasFirst == hasLast {
		return nil, &Error{Type: "MISSING_PAGINATION_BOUNDARIES", Message: fmt.Sprintf("You must provide a `first` or `last` value to properly paginate the `%s` connection.", name)}
	}
	if n < 1 || n > 100 {
		return nil, &Error{Type: "EXCESSIVE_PAGINATION", Message: fmt.Sprintf("Requesting %d records on the `%s` connection exceeds the `first` limit of 100 records.", n, name)}
	}
	from, to := 0, len(all)
	if after, ok := args["after"].(string); ok {
		from = min(max(cursorIndex(after)+1, 0), len(all))
	}
	if before, ok := args["before"].(string); ok {
		to = max(min(cursorIndex(before), len(all)), from)
	}
	if hasFirst {
		to = min(to, from+n)
	} else {
		from = max(from, to-n)
	}
	return &page{nodes: all[from:to], first: from, total: len(all), next: to < len(all), previous: from > 0}, nil
}

func cursor(i int) string { return "cursor:" + strconv.Itoa(i) }

func cursorIndex(s string) int {
	n, _ := strconv.Atoi(strings.TrimPrefix(s, "cursor:"))
	return n
}

// Int returns the number that an argument is, 0 when it is none.
func Int(v any) int {
	switch v := v.(type) {
	case int64:
		return int(v)
	case float64:
		return int(v)
	}
	return 0
}

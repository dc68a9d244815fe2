package scripted

import (
	"encoding/json"
	"slices"
	"strconv"
)

// node is a part of a request's JSON. What is not there is a node too, and empty.
type node struct{ v any }

func parse(body []byte) (node, error) {
	var v any
	err := json.Unmarshal(body, &v)
	return node{v}, err
}

// at returns the member that a path of names leads to.
func (n node) at(path ...string) node {
	for _, name := range path {
		m, _ := n.v.(map[string]any)
		n = node{m[name]}
	}
	return n
}

// list returns the elements; of what is no list, none.
func (n node) list() []node {
	items, _ := n.v.([]any)
	out := make([]node, len(items))
	for i, v := range items {
		out[i] = node{v}
	}
	return out
}

// str returns a string, or a number as it is written.
func (n node) str() string {
	switch v := n.v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}

func (n node) isTrue() bool { b, _ := n.v.(bool); return b }

func (n node) exists() bool { return n.v != nil }

// names returns the names of an object's members, sorted.
func (n node) names() []string {
	m, _ := n.v.(map[string]any)
	var out []string
	for name := range m {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

package document

import "strings"

// kind is what a node is.
type kind int

const (
	null kind = iota
	scalar
	mapping
	sequence
)

func (k kind) String() string {
	return [...]string{"null", "a single value", "a mapping", "a list"}[k]
}

// node is one value of a file, in a shape that all formats share.
type node struct {
	kind    kind
	value   string // of a scalar, without quotes
	bare    bool   // a number, a boolean or a date: not a string
	refuse  string // why the value may not be taken as a setting; "" when it may
	pos     int    // byte offset of the value; of its definition where it is an alias
	off     int    // byte offset of the text that stands in this place
	end     int    // byte offset after that text; -1 when it is not known
	quote   byte   // '"', '\'' or 0: how a scalar is written
	flow    bool   // a mapping in braces
	alias   bool   // an alias: its text can be replaced, but not added to
	shared  bool   // inside what an alias or a merge key repeats: not to be written to
	members []member
	byName  map[string]*node // the values of members
	items   []*node
	table   *tomlTable
}

// member is one entry of a mapping.
type member struct {
	name   string
	keyOff int // byte offset of the key
	value  *node
}

// child returns the node one step below, or nil.
func (n *node) child(s segment) *node {
	switch {
	case s.Filter != "":
		i := n.matches(s)
		if len(i) == 1 {
			return n.items[i[0]]
		}
	case n.kind == mapping && !s.IsIndex:
		return n.byName[s.Name]
	case n.kind == sequence && s.IsIndex && s.Index < len(n.items):
		return n.items[s.Index]
	}
	return nil
}

// matches returns the indexes of the elements that a filter fits, at most two of them.
func (n *node) matches(s segment) []int {
	var out []int
	for i, item := range n.items {
		at := item
		for key := range strings.SplitSeq(s.Filter, ".") {
			if at == nil || at.kind != mapping {
				at = nil
				break
			}
			at = at.byName[key]
		}
		if at == nil || at.kind != scalar || at.refuse != "" || at.value != s.Name {
			continue
		}
		if out = append(out, i); len(out) == 2 {
			break
		}
	}
	return out
}

// add adds an entry to a mapping.
func (n *node) add(m member) {
	if n.byName == nil {
		n.byName = map[string]*node{}
	}
	n.byName[m.name] = m.value
	n.members = append(n.members, m)
}

// isEmpty reports whether nothing is below the node.
func (n *node) isEmpty() bool { return len(n.members)+len(n.items) == 0 }

// text returns a value without members as a reader knows it.
func (n *node) text() string {
	switch n.kind {
	case mapping:
		return "{}"
	case sequence:
		return "[]"
	case null:
		return "null"
	}
	return n.value
}

// newNode counts a value against the limit.
func (d *Document) newNode(n node) (*node, error) {
	d.values++
	if d.values > maxValues {
		return nil, d.errorAt(n.pos, "more than %d values; a settings file is smaller", maxValues)
	}
	return &n, nil
}

// addMember adds an entry to a mapping and refuses a key that it has already: readers disagree on which counts.
func (d *Document) addMember(n *node, m member) error {
	if n.byName[m.name] != nil {
		return d.errorAt(m.keyOff, "key %q is written twice in one mapping; each key once", Shorten(m.name, 60))
	}
	n.add(m)
	return nil
}

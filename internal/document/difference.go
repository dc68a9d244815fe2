package document

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
)

// Difference is a value that two documents do not share.
type Difference struct {
	At   Selector // only valid until the next difference: it may be long, so it is not copied
	A, B *Value   // nil where a document does not have the value
}

// Differences returns the values that a and b do not share, in the order of b and then what only a has. Either
// may be nil, for a file that is not there. Mappings are compared by key, lists by index; a mapping or a list
// that only one side has differs in each value below it. A difference of the files as a whole, such as an empty
// one that comes, is none.
func Differences(a, b *Document) iter.Seq[Difference] {
	return func(yield func(Difference) bool) {
		walk(nil, a.rootNode(), b.rootNode(), func(path []segment, x, y *node) bool {
			return len(path) == 0 || yield(Difference{Selector{path}, a.maybeValue(x), b.maybeValue(y)})
		})
	}
}

func (d *Document) rootNode() *node {
	if d == nil {
		return nil
	}
	return d.root
}

func (d *Document) maybeValue(n *node) *Value {
	if n == nil {
		return nil
	}
	v := d.valueOf(n)
	return &v
}

// walk calls yield for each value, with its path, that two trees of values do not share. A or b is nil where
// only the other has the value. The path is only valid during the call. It stops when yield returns false.
func walk(path []segment, a, b *node, yield func(path []segment, a, b *node) bool) bool {
	switch {
	case a == nil && b == nil:
		return true
	case a == nil && !b.isEmpty():
		return walkBelow(path, &node{kind: b.kind}, b, yield)
	case b == nil && !a.isEmpty():
		return walkBelow(path, a, &node{kind: a.kind}, yield)
	case a == nil || b == nil:
		return yield(path, a, b)
	case a.kind != b.kind && a.isEmpty() && b.isEmpty():
		return yield(path, a, b)
	case a.kind != b.kind:
		return walk(path, a, nil, yield) && walk(path, nil, b, yield)
	case a.kind == mapping || a.kind == sequence:
		return walkBelow(path, a, b, yield)
	case a.value != b.value || a.bare != b.bare:
		return yield(path, a, b)
	}
	return true
}

// walkBelow compares what is in two mappings or two lists.
func walkBelow(path []segment, a, b *node, yield func(path []segment, a, b *node) bool) bool {
	for i := range max(len(a.items), len(b.items)) {
		s := segment{Index: i, IsIndex: true}
		if !walk(append(path, s), a.child(s), b.child(s), yield) {
			return false
		}
	}
	for _, m := range b.members {
		if !walk(append(path, segment{Name: m.name}), a.byName[m.name], m.value, yield) {
			return false
		}
	}
	for _, m := range a.members {
		if b.byName[m.name] == nil && !walk(append(path, segment{Name: m.name}), m.value, nil, yield) {
			return false
		}
	}
	return true
}

// DifferencesAt is Differences of what two documents have at a place each. The places of the differences start with
// that of b.
func DifferencesAt(a *Document, atA Selector, b *Document, atB Selector) iter.Seq[Difference] {
	return func(yield func(Difference) bool) {
		start := slices.Clone(atB.segments)
		walk(start, a.nodeAt(atA), b.nodeAt(atB), func(path []segment, x, y *node) bool {
			return yield(Difference{Selector{path}, a.maybeValue(x), b.maybeValue(y)})
		})
	}
}

func (d *Document) nodeAt(at Selector) *node {
	if d == nil {
		return nil
	}
	path, err := d.resolve(at.segments)
	if err != nil {
		return nil
	}
	return d.find(path)
}

// maxDigested is how much of one text counts in a digest: aliases repeat a long one many times.
const maxDigested = 4096

// Digest returns a short text that is the same for equal values at two places, whatever their formats and the order
// of their keys; "" when nothing is there. Of a text of more than 4 KiB the beginning and the length count.
func (d *Document) Digest(at Selector) string {
	n := d.nodeAt(at)
	if n == nil {
		return ""
	}
	h := sha256.New()
	n.digest(h)
	return hex.EncodeToString(h.Sum(nil))
}

func (n *node) digest(h io.Writer) {
	fmt.Fprintf(h, "%d %v %d %d %q\n", n.kind, n.bare, len(n.members)+len(n.items), len(n.value), n.value[:min(len(n.value), maxDigested)])
	for _, item := range n.items {
		item.digest(h)
	}
	for _, m := range slices.SortedFunc(slices.Values(n.members), func(a, b member) int { return strings.Compare(a.name, b.name) }) {
		fmt.Fprintf(h, "%q\n", m.name[:min(len(m.name), maxDigested)])
		m.value.digest(h)
	}
}

package document

import (
	"bytes"
	"slices"

	"github.com/pertask/pertask/internal/document/step"
)

// edit is one place that gets a value, or loses it.
type edit struct {
	at     []segment
	text   string
	number bool
	remove bool
}

// Set returns the document with a text at a selector, which gets the place that it needs if there is none. A
// value that was there keeps its kind and its quotes where the text allows it; a new one is written without
// quotes when number says so and the text is one.
//
// The result is parsed again before it is returned: it holds the text and, besides it, exactly what the
// document holds. So a text cannot break out of its place, whatever is in it. What cannot be written that way
// is an error of type *Error: a value that an alias or a merge key shares with other places, a block of text,
// or a text that the format cannot hold. The text must be UTF-8.
func (d *Document) Set(at Selector, text string, number bool) (*Document, error) {
	path, err := d.resolve(at.segments)
	if err != nil {
		return nil, err
	}
	return d.apply(edit{at: path, text: text, number: number})
}

// Remove returns the document without the value at a selector, and without its key. The errors are those of Set.
func (d *Document) Remove(at Selector) (*Document, error) {
	path, err := d.resolve(at.segments)
	if err != nil {
		return nil, err
	}
	return d.apply(edit{at: path, remove: true})
}

func (d *Document) apply(e edit) (*Document, error) {
	spellings, err := d.spellings(e)
	if err != nil {
		return nil, err
	}
	for _, src := range spellings {
		if len(src) > MaxBytes {
			return nil, d.errorf("larger than 1 MiB with %s written in", step.Text(e.at))
		}
		if next, err := Parse(d.path, src); err == nil && e.holds(d, next) {
			next.bom = d.bom
			return next, nil
		}
	}
	return nil, d.errorf("%s cannot be written without changing something else; write it as a plain value on its own line", step.Text(e.at))
}

// holds reports whether after is before with nothing but the edit made.
func (e edit) holds(before, after *Document) bool {
	n := after.find(e.at)
	if e.remove != (n == nil) {
		return false
	}
	if n != nil && (n.kind != scalar || n.refuse != "" || n.value != e.text) {
		return false
	}
	return walk(nil, before.root, after.root, func(at []segment, a, b *node) bool {
		if slices.Equal(at, e.at) {
			return true
		}
		// The empty remains of a mapping that lost its only key are nothing that changed, and neither is a
		// mapping that was empty and has a key now.
		return a.isNothing() && b.isNothing() && len(at) < len(e.at) && slices.Equal(at, e.at[:len(at)])
	})
}

// isNothing reports whether there is no value here, only the place of one.
func (n *node) isNothing() bool {
	return n == nil || n.kind == mapping && n.isEmpty()
}

// spellings returns what the file could look like after an edit, best first. The caller parses them and takes
// the first that holds; so nothing that makes them need be clever.
func (d *Document) spellings(e edit) ([][]byte, error) {
	parent, n, rest := d.deepest(e.at)
	switch {
	case len(e.at) == 0:
		return nil, d.errorf("no value is selected; name one, such as $.model")
	case n == nil && e.remove:
		return nil, d.errorf("%s is not there to be removed", step.Text(e.at))
	case n == nil:
		return d.inserted(e, parent, rest)
	case n.shared:
		return nil, d.errorAt(n.pos, "%s is shared through an alias or a merge key, so that it cannot be changed in one place; write it out", step.Text(e.at))
	case n.end < 0:
		return nil, d.errorAt(n.pos, "%s is written over several lines; a value on one line is allowed", step.Text(e.at))
	case e.remove:
		return d.removed(parent, e.at[len(e.at)-1], n), nil
	}
	var out [][]byte
	for _, s := range d.format.spellings(e, n) {
		out = append(out, splice(d.src, n.off, n.end, s))
	}
	return out, nil
}

// removed returns the file without an entry of a mapping.
func (d *Document) removed(parent *node, key segment, n *node) [][]byte {
	i := slices.IndexFunc(parent.members, func(m member) bool { return m.value == n && m.name == key.Name })
	if i < 0 {
		return nil
	}
	keyOff := parent.members[i].keyOff
	if parent.flow {
		return d.removeFlow(keyOff, n.end)
	}
	var out [][]byte
	start := bytes.LastIndexByte(d.src[:keyOff], '\n') + 1
	if len(bytes.Trim(d.src[start:keyOff], " \t")) == 0 {
		out = append(out, splice(d.src, start, lineEnd(d.src, n.end), ""))
	}
	if d.format == yamlFormat {
		// The first key after a dash, whose place the next key takes; and the only key of a mapping.
		if i+1 < len(parent.members) {
			out = append(out, splice(d.src, keyOff, parent.members[i+1].keyOff, ""))
		}
		out = append(out, splice(d.src, keyOff, n.end, "{}"))
	}
	return out
}

// removeFlow takes an entry out of a mapping in braces, with one comma and the line that is left empty.
func (d *Document) removeFlow(keyOff, end int) [][]byte {
	next := skipTrivia(d.src, end, d.format)
	if next < len(d.src) && d.src[next] == ',' {
		// Comments between the value and the comma stay.
		return [][]byte{cut(splice(d.src, next, next+1, ""), keyOff, end)}
	}
	before := len(bytes.TrimRight(d.src[:keyOff], " \t\r\n"))
	var out [][]byte
	if before > 0 && d.src[before-1] == ',' {
		if !bytes.Contains(d.src[before:keyOff], []byte("\n")) {
			return [][]byte{splice(d.src, before-1, end, "")}
		}
		out = append(out, cut(splice(d.src, before-1, before, ""), keyOff-1, end-1))
	}
	// JSON and YAML allow a comma at the end.
	return append(out, cut(d.src, keyOff, end))
}

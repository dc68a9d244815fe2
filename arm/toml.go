package arm

import (
	"errors"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// tomlTable is where a key can be added to a TOML table.
type tomlTable struct {
	known  bool
	after  int       // offset after the line that the new one follows
	prefix []segment // keys to write before the new one on its line
}

// parseTOML reads a TOML file: the parser that has positions builds the values, the strict one then holds the
// rules that the former leaves to it, such as tables that are defined twice.
func (d *document) parseTOML() error {
	b := tomlBuilder{d: d, index: map[*node]map[string]*node{}}
	root, err := d.newNode(node{kind: mappingKind, end: -1})
	if err != nil {
		return err
	}
	b.root, b.here = root, root
	d.root = root
	b.parser.Reset(d.src)
	for b.parser.NextExpression() {
		if err := b.expression(b.parser.Expression()); err != nil {
			return err
		}
	}
	if err := b.parser.Error(); err != nil {
		return d.tomlError(err)
	}
	var strict map[string]any
	if err := toml.Unmarshal(d.src, &strict); err != nil {
		return d.tomlError(err)
	}
	return nil
}

func (d *document) tomlError(err error) error {
	const allowed = "; TOML is allowed"
	var pe *unstable.ParserError
	var de *toml.DecodeError
	switch {
	case errors.As(err, &pe) && cap(pe.Highlight) <= cap(d.src):
		// Highlight is a part of src; the capacities tell where it starts.
		return d.errorAt(min(cap(d.src)-cap(pe.Highlight), len(d.src)), "%s", clean(pe.Message)+allowed)
	case errors.As(err, &de):
		line, column := de.Position()
		return &Error{Source: Source{Path: d.path, Line: max(line, 1), Column: max(column, 1)}, What: clean(de.Error()) + allowed}
	}
	return fileError(d.path, "%s", clean(err.Error())+allowed)
}

// tomlBuilder builds nodes from the parser's expressions.
type tomlBuilder struct {
	d      *document
	parser unstable.Parser
	root   *node
	here   *node // the table of the last header
	depth  int   // of here
	index  map[*node]map[string]*node
	keysIn int // keys so far, against maxTOMLKeys
}

// maxTOMLKeys bounds the strict parser, whose time grows with the square of the number of keys: a file of 1 MiB
// could keep it busy for minutes.
const maxTOMLKeys = 5_000

// get returns the value of a key, or nil, without going through all keys of a large table.
func (b *tomlBuilder) get(at *node, name string) *node { return b.index[at][name] }

func (b *tomlBuilder) add(at *node, m member) {
	if b.index[at] == nil {
		b.index[at] = map[string]*node{}
	}
	b.index[at][m.name] = m.value
	at.members = append(at.members, m)
}

type tomlKey struct {
	name string
	off  int
	end  int
}

func (b *tomlBuilder) expression(e *unstable.Node) error {
	switch e.Kind {
	case unstable.Table, unstable.ArrayTable:
		return b.header(e)
	case unstable.KeyValue:
		return b.keyValue(b.here, e, b.depth, true)
	}
	return nil
}

func (b *tomlBuilder) keys(it unstable.Iterator) ([]tomlKey, error) {
	var out []tomlKey
	for it.Next() {
		n := it.Node()
		k := tomlKey{string(n.Data), int(n.Raw.Offset), int(n.Raw.Offset + n.Raw.Length)}
		if b.keysIn++; b.keysIn > maxTOMLKeys {
			return nil, b.d.errorAt(k.off, "more than %d keys; a settings file is smaller", maxTOMLKeys)
		}
		if out = append(out, k); len(out) > maxDepth {
			return nil, b.d.tooDeep(k.off)
		}
	}
	return out, nil
}

// header moves to the table of a [header] or a new element of an [[array header]].
func (b *tomlBuilder) header(e *unstable.Node) error {
	keys, err := b.keys(e.Key())
	if err != nil {
		return err
	}
	last := keys[len(keys)-1]
	at := b.root
	for i, k := range keys {
		isLast := i == len(keys)-1
		next, err := b.step(at, k, isLast && e.Kind == unstable.ArrayTable)
		if err != nil {
			return err
		}
		at = next
	}
	at.table = tomlTable{known: true, after: b.lineEnd(last.end)}
	b.here, b.depth = at, len(keys)
	return nil
}

// step returns the table under a key, makes it when it is missing, and adds an element for an array header.
func (b *tomlBuilder) step(at *node, k tomlKey, element bool) (*node, error) {
	next := b.get(at, k.name)
	if next == nil {
		made := node{kind: mappingKind, pos: k.off, off: k.off, end: -1}
		if element {
			made.kind = sequenceKind
		}
		n, err := b.d.newNode(made)
		if err != nil {
			return nil, err
		}
		b.add(at, member{name: k.name, keyOff: k.off, value: n})
		next = n
	}
	switch {
	case element && next.kind == sequenceKind:
		n, err := b.d.newNode(node{kind: mappingKind, pos: k.off, off: k.off, end: -1})
		if err != nil {
			return nil, err
		}
		next.items = append(next.items, n)
		return n, nil
	case !element && next.kind == sequenceKind && len(next.items) > 0:
		next = next.items[len(next.items)-1]
	}
	if next.kind != mappingKind || element {
		return nil, b.d.errorAt(k.off, "key %q is not a table here; each key once", shorten(k.name, 60))
	}
	return next, nil
}

// keyValue adds a key with its value to a table. line says that it stands on a line of its own, not in braces.
func (b *tomlBuilder) keyValue(at *node, e *unstable.Node, depth int, line bool) error {
	keys, err := b.keys(e.Key())
	if err != nil {
		return err
	}
	last := keys[len(keys)-1]
	end := int(e.Raw.Offset + e.Raw.Length)
	if depth+len(keys) > maxDepth {
		return b.d.tooDeep(last.off)
	}
	for i, k := range keys[:len(keys)-1] {
		next, err := b.step(at, k, false)
		if err != nil {
			return err
		}
		if line {
			at.table.after, at.table.known = b.lineEnd(end), true
			next.table.known, next.table.after = true, b.lineEnd(end)
			next.table.prefix = tomlPrefix(at.table.prefix, keys[i])
		}
		at = next
	}
	if line {
		at.table.after, at.table.known = b.lineEnd(end), true
	}
	if b.get(at, last.name) != nil {
		return b.d.errorAt(last.off, "key %q is written twice in one table; each key once", shorten(last.name, 60))
	}
	off := b.valueStart(last.end)
	value, err := b.value(e.Value(), off, end, depth+len(keys))
	if err != nil {
		return err
	}
	b.add(at, member{name: last.name, keyOff: keys[0].off, value: value})
	return nil
}

func tomlPrefix(above []segment, k tomlKey) []segment {
	return append(append([]segment(nil), above...), segment{name: k.name})
}

// valueStart returns where the value after a key starts.
func (b *tomlBuilder) valueStart(off int) int {
	src := b.d.src
	for off < len(src) && (src[off] == ' ' || src[off] == '\t' || src[off] == '=') {
		off++
	}
	return off
}

// lineEnd returns the offset after the line that off is in.
func (b *tomlBuilder) lineEnd(off int) int { return lineEnd(b.d.src, off) }

// value converts a value. off and end are its place, or -1 where the parser does not tell (a table in a list).
func (b *tomlBuilder) value(v *unstable.Node, off, end, depth int) (*node, error) {
	if depth > maxDepth {
		return nil, b.d.tooDeep(max(off, 0))
	}
	if v.Kind != unstable.Array && v.Kind != unstable.InlineTable {
		off, end = int(v.Raw.Offset), int(v.Raw.Offset+v.Raw.Length)
	}
	n, err := b.d.newNode(node{pos: max(off, 0), off: off, end: end})
	if err != nil {
		return nil, err
	}
	switch v.Kind {
	case unstable.Array:
		n.kind = sequenceKind
		for it := v.Children(); it.Next(); {
			item, err := b.value(it.Node(), -1, -1, depth+1)
			if err != nil {
				return nil, err
			}
			n.items = append(n.items, item)
		}
	case unstable.InlineTable:
		n.kind, n.flow = mappingKind, true
		for it := v.Children(); it.Next(); {
			if err := b.keyValue(n, it.Node(), depth, false); err != nil {
				return nil, err
			}
		}
	default:
		b.scalar(v, n)
	}
	return n, nil
}

func (b *tomlBuilder) scalar(v *unstable.Node, n *node) {
	n.kind = scalarKind
	n.value = string(v.Data)
	n.bare = v.Kind != unstable.String
	if !n.bare && n.off < len(b.d.src) {
		n.quote = b.d.src[n.off]
	}
}

package document

import (
	"errors"
	"slices"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// tomlTable is where a key can be added to a TOML table.
type tomlTable struct {
	after  int       // offset after the line that the new one follows
	prefix []segment // keys to write before the new one on its line
}

// parseTOML reads a TOML file: the parser that has positions builds the values, the strict one then holds the
// rules that the former leaves to it, such as tables that are defined twice.
func (d *Document) parseTOML() error {
	b := tomlBuilder{d: d}
	d.root = &node{kind: mapping, end: -1, table: &tomlTable{}}
	b.here = d.root
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

func (d *Document) tomlError(err error) error {
	const allowed = "TOML is allowed"
	var pe *unstable.ParserError
	var de *toml.DecodeError
	switch {
	case errors.As(err, &pe) && cap(pe.Highlight) <= cap(d.src):
		// Highlight is a part of src; the capacities tell where it starts.
		at := d.source(min(cap(d.src)-cap(pe.Highlight), len(d.src)))
		return d.syntaxError(at.Line, at.Column, pe.Message, allowed)
	case errors.As(err, &de):
		line, column := de.Position()
		return d.syntaxError(line, column, de.Error(), allowed)
	}
	return d.syntaxError(1, 1, err.Error(), allowed)
}

// tomlBuilder builds nodes from the parser's expressions.
type tomlBuilder struct {
	d      *Document
	parser unstable.Parser
	here   *node // the table of the last header
	depth  int   // of here
	keysIn int   // keys so far, against maxTOMLKeys
}

// maxTOMLKeys bounds the strict parser, whose time grows with the square of the number of keys: a file of 1 MiB
// could keep it busy for minutes.
const maxTOMLKeys = 5_000

type tomlKey struct {
	name string
	off  int
	end  int
}

func (b *tomlBuilder) expression(e *unstable.Node) error {
	if e.Kind == unstable.KeyValue {
		return b.keyValue(b.here, e, b.depth, true)
	}
	return b.header(e)
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
	at := b.d.root
	for i, k := range keys {
		isLast := i == len(keys)-1
		next, err := b.step(at, k, isLast && e.Kind == unstable.ArrayTable)
		if err != nil {
			return err
		}
		at = next
	}
	at.table = &tomlTable{after: lineEnd(b.d.src, last.end)}
	b.here, b.depth = at, len(keys)
	return nil
}

// step returns the table under a key, makes it when it is missing, and adds an element for an array header. Tables
// are not counted as values: their keys are.
func (b *tomlBuilder) step(at *node, k tomlKey, element bool) (*node, error) {
	next := at.byName[k.name]
	if next == nil {
		next = k.node(mapping)
		if element {
			next = k.node(sequence)
		}
		at.add(member{name: k.name, keyOff: k.off, value: next})
	}
	switch {
	case element && next.kind == sequence:
		made := k.node(mapping)
		next.items = append(next.items, made)
		return made, nil
	case next.kind == sequence && len(next.items) > 0:
		next = next.items[len(next.items)-1]
	}
	if element || next.kind != mapping {
		return nil, b.d.errorAt(k.off, "key %q is not a table here; each key once", Shorten(k.name, 60))
	}
	return next, nil
}

func (k tomlKey) node(kind kind) *node { return &node{kind: kind, pos: k.off, off: k.off, end: -1} }

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
	after := lineEnd(b.d.src, end)
	for _, k := range keys[:len(keys)-1] {
		next, err := b.step(at, k, false)
		if err != nil {
			return err
		}
		if line {
			at.table.after = after
			next.table = &tomlTable{after, append(slices.Clip(at.table.prefix), segment{Name: k.name})}
		}
		at = next
	}
	if line {
		at.table.after = after
	}
	value, err := b.value(e.Value(), b.valueStart(last.end), end, depth+len(keys))
	if err != nil {
		return err
	}
	return b.d.addMember(at, member{name: last.name, keyOff: keys[0].off, value: value})
}

// valueStart returns where the value after a key starts.
func (b *tomlBuilder) valueStart(off int) int {
	src := b.d.src
	for off < len(src) && (src[off] == ' ' || src[off] == '\t' || src[off] == '=') {
		off++
	}
	return off
}

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
		n.kind = sequence
		for it := v.Children(); it.Next(); {
			item, err := b.value(it.Node(), -1, -1, depth+1)
			if err != nil {
				return nil, err
			}
			n.items = append(n.items, item)
		}
	case unstable.InlineTable:
		n.kind, n.flow = mapping, true
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
	n.kind = scalar
	n.value = string(v.Data)
	n.bare = v.Kind != unstable.String
	if !n.bare && n.off < len(b.d.src) {
		n.quote = b.d.src[n.off]
	}
}

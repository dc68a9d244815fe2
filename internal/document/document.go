// Package document reads one settings file of YAML, JSON, TOML or dotenv, tells where each value stands, and
// changes single values with everything else left as it is, byte for byte.
//
// It knows syntax: formats, positions, selectors, quotes, and the limits within which a file by an unknown
// author is read. It refuses to know file systems, and what a value means: which keys are model settings, or
// which of them may be taken from a pull request.
package document

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"github.com/pertask/pertask/internal/document/step"
)

// MaxBytes is the size of the largest file that is read or written.
const MaxBytes = 1 << 20

// More limits of a file, which may be written to keep its reader busy.
const (
	maxDepth      = 100
	maxValues     = 200_000
	maxAliasItems = 20_000 // values that YAML aliases may add by repetition
)

// Document is one parsed file. It does not change, so it may be used by several goroutines.
type Document struct {
	path   string
	format Format
	bom    bool   // the file starts with a byte order mark, which src does not have
	src    []byte // never changed
	root   *node  // nil for a YAML file without a value
	lines  []int  // offsets of line starts
	values int    // nodes so far, against maxValues
}

// Value is what stands at one place of a document.
type Value struct {
	Text   string // of a single value, without quotes; "{}", "[]" or "null" of what is none
	Source Source // without its selector; of the definition where the value is an alias
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// Parse reads a file by the format of its name. A file that is not text, that its format does not allow, in
// which a mapping has a key twice, or that is out of bounds in size, depth or number of values is an error of
// type *Error.
func Parse(path string, content []byte) (*Document, error) {
	f, err := FormatOf(path)
	if err != nil {
		return nil, err
	}
	d := &Document{path: path, format: f, lines: []int{0}}
	d.src, d.bom = bytes.CutPrefix(content, byteOrderMark)
	for i, c := range d.src {
		if c == '\n' {
			d.lines = append(d.lines, i+1)
		}
	}
	if err := d.checkText(); err != nil {
		return nil, err
	}
	if err := d.parse(); err != nil {
		return nil, err
	}
	return d, nil
}

// Empty returns a file without values, to set some.
func Empty(path string) (*Document, error) {
	if f, err := FormatOf(path); err == nil && f == jsonFormat {
		return Parse(path, []byte("{}\n"))
	}
	return Parse(path, nil)
}

// Bytes returns a copy of the whole file.
func (d *Document) Bytes() []byte {
	if d.bom {
		return append(bytes.Clone(byteOrderMark), d.src...)
	}
	return append([]byte{}, d.src...)
}

// Has reports whether there is anything at a selector.
func (d *Document) Has(at Selector) bool { return d.find(at.segments) != nil }

// Scalar returns the single value at a selector; ok is false when nothing is there. A mapping, a list, a null
// or a value that means more than its text, such as one with a tag, is an error of type *Error; so is a filter that
// fits more than one element.
func (d *Document) Scalar(at Selector) (v Value, ok bool, err error) {
	path, err := d.resolve(at.segments)
	if err != nil {
		return Value{}, false, err
	}
	n := d.find(path)
	switch {
	case n == nil:
		return Value{}, false, nil
	case n.kind != scalar:
		return Value{}, false, d.errorAt(n.pos, "%s is %s; a single value is allowed", at, n.kind)
	case n.refuse != "":
		return Value{}, false, d.errorAt(n.pos, "%s is %s", at, n.refuse)
	}
	return d.valueOf(n), true, nil
}

// resolve replaces the filters of a path by the indexes of the elements that they fit. A filter that fits none stays,
// and finds nothing; one that fits several is an error.
func (d *Document) resolve(path []segment) ([]segment, error) {
	if !slices.ContainsFunc(path, func(s segment) bool { return s.Filter != "" }) {
		return path, nil
	}
	out := slices.Clone(path)
	at := d.root
	for i, s := range path {
		if at == nil {
			break
		}
		if s.Filter != "" {
			switch found := at.matches(s); len(found) {
			case 1:
				out[i] = segment{Index: found[0], IsIndex: true}
			case 2:
				return nil, d.errorAt(at.items[found[1]].pos, "%s fits more than one element; a filter fits one, or write an index", step.Text(path[:i+1]))
			}
		}
		at = at.child(out[i])
	}
	return out, nil
}

// Children returns the places right below a selector, of at most limit children: by index in a list, by key in a mapping. Of
// anything else there are none. list tells which it is; all is false when there are more.
func (d *Document) Children(at Selector, limit int) (places []Selector, list, all bool) {
	path, err := d.resolve(at.segments)
	if err != nil {
		return nil, false, true
	}
	n := d.find(path)
	if n == nil {
		return nil, false, true
	}
	for i := range n.items[:min(len(n.items), limit)] {
		places = append(places, at.below(segment{Index: i, IsIndex: true}))
	}
	for _, m := range n.members[:min(len(n.members), limit)] {
		places = append(places, at.below(segment{Name: m.name}))
	}
	return places, n.kind == sequence, len(n.items)+len(n.members) <= limit
}

// Single reports whether there is a single value at a selector, no mapping, list or null.
func (d *Document) Single(at Selector) bool {
	path, err := d.resolve(at.segments)
	n := d.find(path)
	return err == nil && n != nil && n.kind == scalar
}

// SourceOf returns the place of whatever is at a selector; only its path is set when nothing is there.
func (d *Document) SourceOf(at Selector) Source {
	path, err := d.resolve(at.segments)
	out := Source{Path: d.path}
	if n := d.find(path); n != nil && err == nil {
		out = d.source(n.pos)
	}
	out.Selector = at.String()
	return out
}

func (d *Document) valueOf(n *node) Value { return Value{Text: n.text(), Source: d.source(n.pos)} }

// checkText refuses what is not text.
func (d *Document) checkText() error {
	if len(d.src) > MaxBytes {
		return d.errorf("larger than 1 MiB; a settings file is at most 1 MiB")
	}
	if i := bytes.IndexByte(d.src, 0); i >= 0 {
		return d.errorAt(i, "a NUL byte; a settings file is UTF-8 text")
	}
	for i, size := 0, 0; i < len(d.src); i += size {
		var r rune
		if r, size = utf8.DecodeRune(d.src[i:]); r == utf8.RuneError && size == 1 {
			return d.errorAt(i, "not valid UTF-8; a settings file is UTF-8 text")
		}
	}
	return nil
}

// parse runs the parser of the format. A panic in a parser that is not ours, on a file that is written to
// cause it, becomes an error.
func (d *Document) parse() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = d.errorf("the parser of this format broke on it")
		}
	}()
	switch d.format {
	case yamlFormat:
		return d.parseYAML()
	case jsonFormat:
		return d.parseJSON()
	case tomlFormat:
		return d.parseTOML()
	default:
		return d.parseDotenv()
	}
}

// source returns the place of an offset. Lines end at "\n" as they do in git and GitHub, whatever the format says.
func (d *Document) source(off int) Source {
	i, found := slices.BinarySearch(d.lines, off)
	if !found {
		i--
	}
	return Source{Path: d.path, Line: i + 1, Column: off - d.lines[i] + 1}
}

// find returns the node at a path, or nil.
func (d *Document) find(path []segment) *node {
	_, n, _ := d.deepest(path)
	return n
}

// deepest follows a path as far as it goes: the last value on the way, the value at its end or nil, and what is
// left of the path.
func (d *Document) deepest(path []segment) (parent, n *node, rest []segment) {
	at := d.root
	for i, s := range path {
		if at == nil {
			return nil, nil, path[i:]
		}
		next := at.child(s)
		if next == nil {
			return at, nil, path[i:]
		}
		parent, at = at, next
	}
	return parent, at, nil
}

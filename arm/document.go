package arm

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of a settings file. The head's files are written by the pull request's author.
const (
	maxFileBytes  = 1 << 20
	maxDepth      = 100
	maxValues     = 200_000
	maxAliasItems = 20_000 // values that YAML aliases may add by repetition
)

// Error is what is wrong in a settings file, with its place. Its text starts with file:line:column.
type Error struct {
	Source Source // Line and Column are 0 when the file as a whole is meant
	Side   string // "the base", "the merge base" or "the head"; "" when only one tree was read
	What   string // what is wrong; what is allowed
}

// Error returns "file:line:column: what is wrong; what is allowed".
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Source.Path)
	if e.Source.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", e.Source.Line, e.Source.Column)
	}
	b.WriteString(": ")
	if e.Side != "" {
		b.WriteString("in " + e.Side + ": ")
	}
	b.WriteString(e.What)
	return b.String()
}

// fileError is an Error about a file as a whole.
func fileError(path, format string, args ...any) error {
	return &Error{Source: Source{Path: path}, What: fmt.Sprintf(format, args...)}
}

// onSide names the tree in an Error.
func onSide(err error, side string) error {
	var e *Error
	if errors.As(err, &e) {
		named := *e
		named.Side = side
		return &named
	}
	return fmt.Errorf("reading %s: %w", side, err)
}

// kind is what a node is.
type kind int

const (
	nullKind kind = iota
	scalarKind
	mappingKind
	sequenceKind
)

func (k kind) String() string {
	return [...]string{"null", "a single value", "a mapping", "a list"}[k]
}

// node is one value of a settings file, in a shape that all formats share.
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
	items   []*node
	table   tomlTable
}

// member is one entry of a mapping.
type member struct {
	name   string
	keyOff int // byte offset of the key
	value  *node
	merged bool // from a merge key
}

// get returns the value of a key, or nil.
func (n *node) get(name string) *node {
	for _, m := range n.members {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

// child returns the node one step below, or nil.
func (n *node) child(s segment) *node {
	switch {
	case n.kind == mappingKind && !s.isIndex:
		return n.get(s.name)
	case n.kind == sequenceKind && s.isIndex && s.index < len(n.items):
		return n.items[s.index]
	}
	return nil
}

// document is one parsed settings file.
type document struct {
	path   string
	format format
	bom    bool   // the file starts with a byte order mark, which src does not have
	src    []byte // never changed
	root   *node  // nil for a YAML file without a value
	lines  []int  // offsets of line starts
	values int    // nodes so far, against maxValues
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// parseDocument parses a settings file by the format of its name.
func parseDocument(path string, content []byte) (*document, error) {
	f, err := formatOf(path)
	if err != nil {
		return nil, err
	}
	d := &document{path: path, format: f}
	d.src, d.bom = bytes.CutPrefix(content, byteOrderMark)
	d.lines = append(d.lines, 0)
	for i, c := range d.src {
		if c == '\n' {
			d.lines = append(d.lines, i+1)
		}
	}
	if err := d.checkText(); err != nil {
		return nil, err
	}
	if err := d.guarded(); err != nil {
		return nil, err
	}
	return d, nil
}

// checkText refuses what is not text.
func (d *document) checkText() error {
	if len(d.src) > maxFileBytes {
		return fileError(d.path, "larger than 1 MiB; a settings file is at most 1 MiB")
	}
	if i := bytes.IndexByte(d.src, 0); i >= 0 {
		return d.errorAt(i, "a NUL byte; a settings file is UTF-8 text")
	}
	if !utf8.Valid(d.src) {
		i := 0
		for i < len(d.src) {
			r, n := utf8.DecodeRune(d.src[i:])
			if r == utf8.RuneError && n == 1 {
				break
			}
			i += n
		}
		return d.errorAt(i, "not valid UTF-8; a settings file is UTF-8 text")
	}
	return nil
}

// guarded runs the parser of the format. A panic in a parser that is not ours, on a file that is written to
// cause it, becomes an error.
func (d *document) guarded() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fileError(d.path, "the parser of this format broke on it")
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
func (d *document) source(off int) Source {
	i, found := slices.BinarySearch(d.lines, off)
	if !found {
		i--
	}
	return Source{Path: d.path, Line: i + 1, Column: off - d.lines[i] + 1}
}

func (d *document) errorAt(off int, format string, args ...any) error {
	return &Error{Source: d.source(off), What: fmt.Sprintf(format, args...)}
}

// newNode counts a value against the limit.
func (d *document) newNode(n node) (*node, error) {
	d.values++
	if d.values > maxValues {
		return nil, d.errorAt(n.pos, "more than %d values; a settings file is smaller", maxValues)
	}
	return &n, nil
}

func (d *document) tooDeep(off int) error {
	return d.errorAt(off, "nested more than %d levels deep; a settings file is flatter", maxDepth)
}

// addMember adds an entry to a mapping and refuses a key that it has already: readers disagree on which counts.
// The set seen belongs to the mapping.
func (d *document) addMember(n *node, seen map[string]bool, m member) error {
	if seen[m.name] {
		return d.errorAt(m.keyOff, "key %q is written twice in one mapping; each key once", shorten(m.name, 60))
	}
	seen[m.name] = true
	n.members = append(n.members, m)
	return nil
}

// find returns the node at a path, or nil.
func (d *document) find(path []segment) *node {
	n := d.root
	for _, s := range path {
		if n == nil {
			return nil
		}
		n = n.child(s)
	}
	return n
}

// scalar returns the value at a selector as a setting's value. A value that is there but cannot be a setting
// is an error.
func (d *document) scalar(sel Selector) (*node, error) {
	n := d.find(sel.segments)
	if n == nil {
		return nil, nil
	}
	if n.kind != scalarKind {
		return nil, d.errorAt(n.pos, "%s is %s; a single value is allowed", sel, n.kind)
	}
	if n.refuse != "" {
		return nil, d.errorAt(n.pos, "%s is %s", sel, n.refuse)
	}
	return n, nil
}

// shorten cuts a text to at most n bytes (n at least 3), at a character.
func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	cut := n - len("...")
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "..."
}

// clean makes a parser's message fit for one line of an error.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
	return shorten(s, 200)
}

// Package strict reads YAML that people write by hand: every key is known, every value has the type that is
// asked for, and every complaint has a place and says what is allowed.
//
// It knows YAML nodes and their positions. It refuses to know what any key means, and it refuses the parts of
// YAML that make a file hard to read: anchors, aliases, merge keys, tags and several documents in one file.
package strict

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Limits of a file. They are far above what a person writes.
const (
	MaxBytes = 1 << 20
	maxDepth = 64
)

// Doc is one document that is being read. It collects what is wrong with it. It is not safe for concurrent use.
type Doc struct {
	path   string
	errs   Errors
	closed bool
	root   Value
}

// Parse reads one YAML document. The path is used in errors only. The error is an Errors: bad syntax, an empty
// file, duplicate keys and whatever else is wrong before any key is looked at.
func Parse(path string, data []byte) (*Doc, error) {
	d := &Doc{path: path}
	if len(data) > MaxBytes {
		return nil, d.fatal(1, 1, fmt.Sprintf("file is longer than %d bytes", MaxBytes), "split it or make it shorter")
	}
	if line, column, bad := invalidUTF8(data); bad {
		return nil, d.fatal(line, column, "not UTF-8 text", "save the file as UTF-8")
	}
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return nil, d.fatal(1, 1, "not UTF-8 text", "save the file as UTF-8")
	}
	root, more, err := documents(bytes.NewReader(data))
	if err != nil {
		return nil, d.syntax(data, err)
	}
	if root == nil || len(root.Content) == 0 || isEmpty(root.Content[0]) {
		return nil, d.fatal(1, 1, "file is empty", "write at least the keys that are required")
	}
	if more != nil {
		return nil, d.fatal(max(more.Line, 1), max(more.Column, 1), "a second YAML document", "one document in a file")
	}
	d.root = Value{doc: d, node: root.Content[0]}
	d.check(root.Content[0], 0)
	if err := d.Err(); err != nil {
		return nil, err
	}
	return d, nil
}

// isEmpty reports whether a document holds nothing but comments.
func isEmpty(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Tag == "!!null" && n.Value == ""
}

// documents returns the first and the second document of a stream; nil where there is none. The YAML library
// panics on some malformed comments; that is a syntax error like any other.
func documents(r io.Reader) (first, second *yaml.Node, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errors.New("yaml: text that the parser cannot read")
		}
	}()
	dec := yaml.NewDecoder(r)
	read := func() (*yaml.Node, error) {
		n := new(yaml.Node)
		switch err := dec.Decode(n); err {
		case nil:
			return n, nil
		case io.EOF:
			return nil, nil
		default:
			return nil, err
		}
	}
	if first, err = read(); first == nil || err != nil {
		return first, nil, err
	}
	second, err = read()
	return first, second, err
}

// Root returns the value of the whole document.
func (d *Doc) Root() Value { return d.root }

// Err returns an Errors of everything that was wrong so far, in the order of the file, or nil.
func (d *Doc) Err() error {
	if len(d.errs) == 0 {
		return nil
	}
	return d.errs.sorted()
}

func (d *Doc) add(line, column int, problem, allowed string) {
	if len(d.errs) < maxKept {
		d.errs = append(d.errs, &Error{Path: d.path, Line: line, Column: column, Problem: problem, Allowed: allowed})
	}
}

func (d *Doc) fatal(line, column int, problem, allowed string) error {
	d.add(line, column, problem, allowed)
	return d.Err()
}

// check refuses what no file may hold, whatever its keys mean.
func (d *Doc) check(n *yaml.Node, depth int) {
	if d.closed {
		return
	}
	if depth > maxDepth {
		d.closed = true
		d.add(n.Line, n.Column, fmt.Sprintf("nested deeper than %d levels", maxDepth), "fewer levels")
		return
	}
	switch {
	case n.Kind == yaml.AliasNode:
		d.add(n.Line, n.Column, fmt.Sprintf("alias *%s", Clip(n.Value)), "write the value out; anchors and aliases are not allowed")
		return
	case n.Anchor != "":
		d.add(n.Line, n.Column, fmt.Sprintf("anchor &%s", Clip(n.Anchor)), "write the value out; anchors and aliases are not allowed")
	case n.Style&yaml.TaggedStyle != 0:
		d.add(n.Line, n.Column, fmt.Sprintf("tag %s", Clip(n.Tag)), "write the value without a tag")
	}
	if n.Kind == yaml.MappingNode {
		d.checkKeys(n)
	}
	for _, c := range n.Content {
		d.check(c, depth+1)
	}
}

// checkKeys refuses keys that are not text, merge keys and keys that are there twice.
func (d *Doc) checkKeys(n *yaml.Node) {
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		if k.Kind != yaml.ScalarNode || k.Tag == "!!null" {
			if k.Kind != yaml.AliasNode {
				d.add(k.Line, k.Column, "a key that is "+kind(k), "a name")
			}
			continue
		}
		if k.Tag == "!!merge" {
			d.add(k.Line, k.Column, "merge key <<", "write the keys out; anchors and aliases are not allowed")
			continue
		}
		if line, twice := seen[k.Value]; twice {
			d.add(k.Line, k.Column, fmt.Sprintf("key %q is there twice, first on line %d", Clip(k.Value), line), "each key once")
			continue
		}
		seen[k.Value] = k.Line
	}
}

// invalidUTF8 returns the place of the first byte that is not UTF-8.
func invalidUTF8(data []byte) (line, column int, bad bool) {
	if utf8.Valid(data) {
		return 0, 0, false
	}
	line, column = 1, 1
	for len(data) > 0 {
		r, n := utf8.DecodeRune(data)
		if r == utf8.RuneError && n == 1 {
			break
		}
		column++
		if r == '\n' {
			line, column = line+1, 1
		}
		data = data[n:]
	}
	return line, column, true
}

// Clip shortens a text that is repeated in an error, so that one error stays one short line.
func Clip(s string) string {
	const most = 60
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:most])) + "..."
}

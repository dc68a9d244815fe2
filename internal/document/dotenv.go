package document

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/joho/godotenv"
)

var dotenvName = regexp.MustCompile(`^(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.]*)[ \t]*[=:][ \t]*`)

// parseDotenv reads a dotenv file statement by statement. The statements are found here, for their places, and
// each value is read by the library alone, with no variables: values that are built from other values could
// double with every line, and mean something else to every program that reads such files.
func (d *Document) parseDotenv() error {
	d.root = &node{kind: mapping, end: -1}
	for off := 0; ; {
		off = skipTrivia(d.src, off, Dotenv)
		if off == len(d.src) {
			return nil
		}
		m, next, err := d.dotenvStatement(off)
		if err != nil {
			return err
		}
		if err := d.addMember(d.root, m); err != nil {
			return err
		}
		off = next
	}
}

// dotenvStatement reads NAME=value at an offset and returns the offset after it.
func (d *Document) dotenvStatement(off int) (member, int, error) {
	m := dotenvName.FindSubmatchIndex(d.src[off:lineEnd(d.src, off)])
	if m == nil {
		return member{}, 0, d.errorAt(off, "not an assignment; NAME=value, comments and empty lines are allowed")
	}
	value, next, err := d.dotenvValue(off + m[1])
	if err != nil {
		return member{}, 0, err
	}
	parsed, err := godotenv.UnmarshalBytes([]byte("V=" + string(d.src[off+m[1]:next])))
	if err != nil || len(parsed) != 1 {
		return member{}, 0, d.errorAt(off+m[1], "value cannot be read; quote it")
	}
	value.value = parsed["V"]
	if value.quote == 0 {
		value.end = value.off + len(uncommented(d.src[value.off:next]))
	}
	if text := d.src[value.off:value.end]; value.quote != '\'' && bytes.IndexByte(text, '$') >= 0 {
		// The text takes the place of what it would mean, so that a change of it is still seen.
		value.value = string(text)
		value.end = -1
		value.refuse = "a text with $, which refers to another variable; a plain value or one in single quotes is allowed"
	}
	n, err := d.newNode(value)
	return member{name: string(d.src[off+m[2] : off+m[3]]), keyOff: off, value: n}, next, err
}

// dotenvValue finds the extent of a value, without its line end.
func (d *Document) dotenvValue(off int) (value node, next int, err error) {
	value = node{kind: scalar, pos: off, off: off}
	stop := len(bytes.TrimRight(d.src[:lineEnd(d.src, off)], "\r\n"))
	stop = max(stop, off)
	if off == stop || (d.src[off] != '"' && d.src[off] != '\'') {
		if i := bytes.IndexByte(d.src[off:stop], '\r'); i >= 0 {
			return value, 0, d.errorAt(off+i, "a carriage return inside a line; lines end with a line feed")
		}
		return value, stop, nil
	}
	value.quote = d.src[off]
	for i := off + 1; i < len(d.src); i++ {
		if d.src[i] != value.quote || d.src[i-1] == '\\' {
			continue
		}
		value.end = i + 1
		rest := bytes.TrimLeft(d.src[i+1:lineEnd(d.src, i+1)], " \t\r\n")
		if len(rest) > 0 && rest[0] != '#' {
			return value, 0, d.errorAt(i+1, "text after a quoted value; a comment is allowed there")
		}
		return value, i + 1, nil
	}
	return value, 0, d.errorAt(off, "quoted value has no end; close the quote")
}

// uncommented returns an unquoted value without its comment, by the library's rule: a comment starts at the last
// '#' after white space.
func uncommented(line []byte) []byte {
	for i := len(line) - 1; i > 0; i-- {
		if line[i] == '#' && strings.IndexByte(" \t\v\f", line[i-1]) >= 0 {
			line = line[:i]
			break
		}
	}
	return bytes.TrimRight(line, " \t\v\f")
}

package wire

import (
	"bytes"
	"encoding/json"
	"slices"
)

// Each calls found for the value of every member of that name, at any depth of a valid JSON text, in order. It does not
// look into those values, nor below members with the names in but, where clients put objects of their own. Names are
// compared as they are read and not as they are written. A text in which the name cannot be is not looked through; one
// that is not valid is, up to where it is broken.
func Each(text []byte, name string, but []string, found func(value json.RawMessage)) {
	if !bytes.Contains(text, []byte(name)) && !bytes.Contains(text, []byte(`\u00`)) {
		return // no name has it, be it with escapes
	}
	w := walk{scan(text), name, but, found}
	w.value(w.space(0), 0)
}

type walk struct {
	scan
	name  string
	but   []string
	found func(json.RawMessage)
}

// value looks through the value that starts at a place, and returns its end; -1 where the text is not valid.
func (w walk) value(at, depth int) int {
	if at < 0 || at >= len(w.scan) || depth >= maxDepth || w.scan[at] != '{' && w.scan[at] != '[' {
		return w.scan.value(at, depth)
	}
	object, end := w.scan[at] == '{', w.scan[at]+2
	if at = w.space(at + 1); at < len(w.scan) && w.scan[at] == end {
		return at + 1
	}
	for more := true; more; {
		if object {
			at = w.member(at, depth+1)
		} else {
			at = w.value(at, depth+1)
		}
		if at < 0 {
			return -1
		}
		if more, at = w.next(at, end); at < 0 {
			return -1
		}
	}
	return at
}

// member looks through the member that starts at a place, and returns its end.
func (w walk) member(at, depth int) int {
	nameEnd, start := w.scan.name(at)
	if nameEnd < 0 {
		return -1
	}
	switch name := w.scan[at:nameEnd]; {
	case w.is(name, w.name):
		end := w.scan.value(start, depth)
		if end >= 0 {
			w.found(json.RawMessage(w.scan[start:end:end]))
		}
		return end
	case slices.ContainsFunc(w.but, func(s string) bool { return w.is(name, s) }):
		return w.scan.value(start, depth)
	}
	return w.value(start, depth)
}

// is reports whether a name between quotes reads as a text.
func (w walk) is(name []byte, text string) bool {
	if bytes.IndexByte(name, '\\') >= 0 {
		return String(name) == text
	}
	return string(name[1:len(name)-1]) == text
}

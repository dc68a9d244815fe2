package arm

import (
	"bytes"
	"strings"
)

// edited returns what the file could look like after an edit, best first. The caller parses them and takes the
// first that holds; so nothing here need be clever.
func (d *document) edited(e edit) ([][]byte, error) {
	parent, n, rest := d.deepest(e.at)
	if n != nil && n.shared {
		return nil, d.errorAt(n.pos, "%s is shared through an alias or a merge key, so that it cannot be changed in one place; write it out", pathString(e.at))
	}
	switch {
	case n == nil && e.remove:
		return nil, d.errorAt(0, "%s is not there to be removed", pathString(e.at))
	case n == nil:
		return d.inserted(e, parent, rest)
	case n.end < 0:
		return nil, d.errorAt(n.pos, "%s is written over several lines; a value on one line is allowed", pathString(e.at))
	case e.remove:
		return d.removed(parent, e.at[len(e.at)-1].name, n), nil
	}
	var out [][]byte
	for _, s := range d.format.spellings(e.key, e.value, n) {
		out = append(out, splice(d.src, n.off, n.end, s))
	}
	return out, nil
}

// deepest follows a path as far as it goes: the last value on the way, the value at its end or nil, and what is
// left of the path.
func (d *document) deepest(path []segment) (parent, n *node, rest []segment) {
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

func splice(src []byte, from, to int, text string) []byte {
	out := make([]byte, 0, len(src)+len(text))
	out = append(out, src[:from]...)
	out = append(out, text...)
	return append(out, src[to:]...)
}

func (d *document) newline() string {
	if bytes.Contains(d.src, []byte("\r\n")) {
		return "\r\n"
	}
	return "\n"
}

// inserted adds a value at the rest of a path below parent.
func (d *document) inserted(e edit, parent *node, rest []segment) ([][]byte, error) {
	for _, s := range rest {
		if s.isIndex {
			return nil, fileError(d.path, "%s cannot be added: the list has no such element", pathString(e.at))
		}
	}
	if parent != nil && parent.kind != mappingKind {
		return nil, d.errorAt(parent.pos, "%s cannot be added below %s; a mapping is needed", pathString(e.at), parent.kind)
	}
	if parent != nil && (parent.shared || parent.alias) {
		return nil, d.errorAt(parent.pos, "%s cannot be added to what an alias or a merge key shares; write it out", pathString(e.at))
	}
	var out [][]byte
	for _, value := range d.format.spellings(e.key, e.value, nil) {
		switch d.format {
		case jsonFormat:
			out = append(out, d.insertFlow(parent, nested(rest, value, jsonQuote, ": ")))
		case yamlFormat:
			out = append(out, d.insertYAML(parent, nested(rest, value, yamlKey, ": "))...)
		case tomlFormat:
			out = append(out, d.insertTOML(parent, e.at, rest, value)...)
		case dotenvFormat:
			out = append(out, d.appendLine(rest[0].name+"="+value))
		}
	}
	return out, nil
}

// nested writes key: value, with what is missing between as mappings in braces.
func nested(rest []segment, value string, key func(string) string, colon string) string {
	out := value
	for i := len(rest) - 1; i >= 0; i-- {
		out = key(rest[i].name) + colon + out
		if i > 0 {
			out = "{" + out + "}"
		}
	}
	return out
}

func yamlKey(s string) string {
	if plainPattern.MatchString(s) && !isYAMLWord(s) {
		return s
	}
	return yamlQuote(s)
}

// isYAMLWord reports whether a plain word could be something else than text in some version of YAML.
func isYAMLWord(s string) bool {
	switch strings.ToLower(s) {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null":
		return true
	}
	return false
}

// insertFlow puts an entry first into a mapping in braces, with the white space that its first entry has.
func (d *document) insertFlow(parent *node, entry string) []byte {
	at := parent.off + len("{")
	end := at
	for end < len(d.src) && strings.IndexByte(" \t\r\n", d.src[end]) >= 0 {
		end++
	}
	if len(parent.members) == 0 {
		return splice(d.src, at, at, entry)
	}
	return splice(d.src, at, at, string(d.src[at:end])+entry+",")
}

// insertYAML adds an entry to a mapping, after an entry on one line or else before the first.
func (d *document) insertYAML(parent *node, entry string) [][]byte {
	if parent == nil {
		return [][]byte{d.appendLine(entry)}
	}
	if parent.flow {
		if len(parent.members) > 0 {
			entry += ", "
		}
		return [][]byte{splice(d.src, parent.off+1, parent.off+1, entry)}
	}
	var out [][]byte
	for i := len(parent.members) - 1; i >= 0; i-- {
		m := parent.members[i]
		if m.merged || m.value.kind != scalarKind || m.value.end < 0 || m.value.shared {
			continue
		}
		line := d.newline()
		indent := strings.Repeat(" ", d.source(m.keyOff).Column-1)
		end := lineEnd(d.src, m.value.end)
		if end > 0 && d.src[end-1] == '\n' {
			out = append(out, splice(d.src, end, end, indent+entry+line))
		} else {
			out = append(out, splice(d.src, end, end, line+indent+entry+line))
		}
		break
	}
	if len(parent.members) > 0 && !parent.members[0].merged {
		off := parent.members[0].keyOff
		indent := strings.Repeat(" ", d.source(off).Column-1)
		out = append(out, splice(d.src, off, off, entry+d.newline()+indent))
	}
	return out
}

// insertTOML adds a line to the table, or to the nearest one above it, or a table at the end of the file.
func (d *document) insertTOML(parent *node, path, rest []segment, value string) [][]byte {
	if parent.flow {
		if parent.off < 0 {
			return nil
		}
		entry := " " + tomlDotted(rest) + " = " + value
		if len(parent.members) > 0 {
			entry += ","
		}
		return [][]byte{splice(d.src, parent.off+1, parent.off+1, entry)}
	}
	line := d.newline()
	entry := tomlDotted(rest) + " = " + value
	var out [][]byte
	switch {
	case parent.table.known:
		keys := append(append([]segment(nil), parent.table.prefix...), rest...)
		out = append(out, d.insertLine(parent.table.after, tomlDotted(keys)+" = "+value))
	case parent == d.root:
		out = append(out, splice(d.src, 0, 0, entry+line))
	}
	if above := path[:len(path)-len(rest)]; len(above) > 0 && !hasIndex(above) {
		out = append(out, d.appendLine("["+tomlDotted(above)+"]"+line+entry))
	}
	return out
}

func hasIndex(path []segment) bool {
	for _, s := range path {
		if s.isIndex {
			return true
		}
	}
	return false
}

func tomlDotted(path []segment) string {
	var keys []string
	for _, s := range path {
		if plainKey(s.name) {
			keys = append(keys, s.name)
		} else {
			keys = append(keys, tomlQuote(s.name))
		}
	}
	return strings.Join(keys, ".")
}

func plainKey(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == ""
}

// insertLine puts a line at the start of a line, or after the last one.
func (d *document) insertLine(at int, text string) []byte {
	if at > 0 && d.src[at-1] != '\n' {
		text = d.newline() + text
	}
	return splice(d.src, at, at, text+d.newline())
}

func (d *document) appendLine(text string) []byte { return d.insertLine(len(d.src), text) }

// removed returns the file without an entry of a mapping.
func (d *document) removed(parent *node, name string, n *node) [][]byte {
	index := -1
	for i, m := range parent.members {
		if m.name == name && !m.merged {
			index = i
		}
	}
	if index < 0 {
		return nil
	}
	keyOff := parent.members[index].keyOff
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
		if index+1 < len(parent.members) {
			out = append(out, splice(d.src, keyOff, parent.members[index+1].keyOff, ""))
		}
		out = append(out, splice(d.src, keyOff, n.end, "{}"))
	}
	return out
}

// removeFlow takes an entry out of a mapping in braces, with one comma and the line that is left empty.
func (d *document) removeFlow(keyOff, end int) [][]byte {
	next := skipTrivia(d.src, end, d.format)
	if next < len(d.src) && d.src[next] == ',' {
		// Comments between the value and the comma stay.
		src := splice(d.src, next, next+1, "")
		return [][]byte{cut(src, keyOff, end)}
	}
	before := len(bytes.TrimRight(d.src[:keyOff], " \t\r\n"))
	var out [][]byte
	if before > 0 && d.src[before-1] == ',' {
		if !bytes.Contains(d.src[before:keyOff], []byte("\n")) {
			return [][]byte{splice(d.src, before-1, end, "")}
		}
		src := splice(d.src, before-1, before, "")
		out = append(out, cut(src, keyOff-1, end-1))
	}
	// JSON and YAML allow a comma at the end.
	return append(out, cut(d.src, keyOff, end))
}

// cut removes a part of a text, and the line it stood on when nothing is left there, or else the spaces after it.
func cut(src []byte, from, to int) []byte {
	start := bytes.LastIndexByte(src[:from], '\n') + 1
	stop := lineEnd(src, to)
	if start > 0 && len(bytes.TrimSpace(src[start:from])) == 0 && len(bytes.TrimSpace(src[to:stop])) == 0 {
		return splice(src, start, stop, "")
	}
	for to < len(src) && src[to] == ' ' {
		to++
	}
	return splice(src, from, to, "")
}

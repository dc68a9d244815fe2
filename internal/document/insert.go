package document

import (
	"bytes"
	"slices"
	"strings"

	"github.com/pertask/pertask/internal/document/step"
)

// inserted returns the file with a value added at the rest of a path below parent.
func (d *Document) inserted(e edit, parent *node, rest []segment) ([][]byte, error) {
	if slices.ContainsFunc(rest, func(s segment) bool { return s.IsIndex || s.Filter != "" }) {
		return nil, d.errorf("%s cannot be added: the list has no such element", step.Text(e.at))
	}
	if parent != nil && parent.kind != mapping {
		return nil, d.errorAt(parent.pos, "%s cannot be added below %s; a mapping is needed", step.Text(e.at), parent.kind)
	}
	if parent != nil && (parent.shared || parent.alias) {
		return nil, d.errorAt(parent.pos, "%s cannot be added to what an alias or a merge key shares; write it out", step.Text(e.at))
	}
	var out [][]byte
	for _, value := range d.format.spellings(e, nil) {
		entry := d.format.entry(rest, value)
		switch {
		case parent == nil || d.format == Dotenv:
			out = append(out, d.appendLine(entry))
		case parent.flow:
			out = append(out, d.insertFlow(parent, entry))
		case d.format == yamlFormat:
			out = append(out, d.insertBlock(parent, entry)...)
		default:
			out = append(out, d.insertTable(parent, e.at, rest, value)...)
		}
	}
	return out, nil
}

// entry writes the keys of a path and a value as one entry of a mapping.
func (f Format) entry(path []segment, value string) string {
	switch f {
	case tomlFormat:
		return tomlDotted(path) + " = " + value
	case Dotenv:
		return path[0].Name + "=" + value
	}
	for i, s := range slices.Backward(path) {
		value = f.key(s.Name) + ": " + value
		if i > 0 {
			value = "{" + value + "}"
		}
	}
	return value
}

// insertFlow puts an entry first into a mapping in braces, with the white space that its first entry has.
func (d *Document) insertFlow(parent *node, entry string) []byte {
	at := parent.off + len("{")
	if len(parent.members) == 0 {
		return splice(d.src, at, at, entry)
	}
	rest := d.src[at:]
	space := string(rest[:len(rest)-len(bytes.TrimLeft(rest, " \t\r\n"))])
	if space == "" {
		return splice(d.src, at, at, entry+", ")
	}
	return splice(d.src, at, at, space+entry+",")
}

// insertBlock adds an entry to a YAML mapping: after the last entry on one line, or else before the first.
func (d *Document) insertBlock(parent *node, entry string) [][]byte {
	var out [][]byte
	for _, m := range slices.Backward(parent.members) {
		if m.value.kind == scalar && m.value.end >= 0 && !m.value.shared {
			out = append(out, d.insertLine(lineEnd(d.src, m.value.end), d.indent(m)+entry))
			break
		}
	}
	if len(parent.members) > 0 && !parent.members[0].value.shared {
		first := parent.members[0]
		out = append(out, splice(d.src, first.keyOff, first.keyOff, entry+d.newline()+d.indent(first)))
	}
	return out
}

func (d *Document) indent(m member) string { return strings.Repeat(" ", d.source(m.keyOff).Column-1) }

// insertTable adds a line to a TOML table, or to the nearest one above it, or a table at the end of the file.
func (d *Document) insertTable(parent *node, path, rest []segment, value string) [][]byte {
	var out [][]byte
	if t := parent.table; t != nil {
		out = append(out, d.insertLine(t.after, tomlFormat.entry(slices.Concat(t.prefix, rest), value)))
	}
	above := path[:len(path)-len(rest)]
	if len(above) > 0 && !slices.ContainsFunc(above, func(s segment) bool { return s.IsIndex || s.Filter != "" }) {
		out = append(out, d.appendLine("["+tomlDotted(above)+"]"+d.newline()+tomlFormat.entry(rest, value)))
	}
	return out
}

// insertLine puts a line at the start of a line, or after the last one.
func (d *Document) insertLine(at int, text string) []byte {
	if at > 0 && d.src[at-1] != '\n' {
		text = d.newline() + text
	}
	return splice(d.src, at, at, text+d.newline())
}

func (d *Document) appendLine(text string) []byte { return d.insertLine(len(d.src), text) }

func (d *Document) newline() string {
	if bytes.Contains(d.src, []byte("\r\n")) {
		return "\r\n"
	}
	return "\n"
}

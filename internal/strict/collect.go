package strict

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Map is a mapping whose keys are known. The zero Map has no keys.
type Map struct {
	at     Value
	values map[string]Value
}

// Map returns the value as a mapping that has no other keys than the given ones. Each key that is not known
// is an error, which names the one that was probably meant.
func (v Value) Map(keys ...string) Map {
	m := Map{at: v}
	if v.node == nil {
		return m
	}
	if !v.IsMap() {
		v.mistaken("a mapping with the keys " + strings.Join(keys, ", "))
		return m
	}
	m.values = map[string]Value{}
	for _, e := range v.Entries() {
		if !contains(keys, e.Key) {
			allowed := "allowed: " + strings.Join(keys, ", ")
			where := ""
			if v.name != "" {
				where = " in " + v.name
			}
			e.KeyAt.Fail(fmt.Sprintf("unknown key %q%s%s", Clip(e.Key), where, didYouMean(e.Key, keys)), allowed)
			continue
		}
		m.values[e.Key] = e.Value
	}
	return m
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// Get returns the value of a key, or the zero Value when the key is not there.
func (m Map) Get(key string) Value { return m.values[key] }

// Need is Get for a key that has to be there: it is an error of the mapping when it is not.
func (m Map) Need(key string) Value {
	v, ok := m.values[key]
	if !ok && m.values != nil {
		m.at.Fail(fmt.Sprintf("%s has no %s", m.at.title(), key), "add "+key)
	}
	return v
}

// Value returns the mapping as a value, for its place.
func (m Map) Value() Value { return m.at }

// Entry is one key of a mapping whose keys the user chooses.
type Entry struct {
	Key   string
	KeyAt Value // the key itself, for its place
	Value Value
}

// Entries returns the keys of a mapping in the order of the file.
func (v Value) Entries() []Entry {
	if v.node == nil {
		return nil
	}
	if !v.IsMap() {
		v.mistaken("a mapping")
		return nil
	}
	var out []Entry
	for i := 0; i+1 < len(v.node.Content); i += 2 {
		k := v.node.Content[i]
		name := k.Value
		if v.name != "" {
			name = v.name + "." + name
		}
		out = append(out, Entry{
			Key:   k.Value,
			KeyAt: Value{doc: v.doc, node: k, name: name},
			Value: Value{doc: v.doc, node: v.node.Content[i+1], name: name},
		})
	}
	return out
}

// List returns the values of a list of 1 to most values.
func (v Value) List(most int) []Value { return v.list(1, most) }

func (v Value) list(least, most int) []Value {
	if v.node == nil {
		return nil
	}
	if !v.IsList() {
		v.mistaken("a list")
		return nil
	}
	if n := len(v.node.Content); n < least || n > most {
		v.Fail(fmt.Sprintf("%s has %d values", v.title(), n), fmt.Sprintf("%d to %d", least, most))
		return nil
	}
	var out []Value
	for i, n := range v.node.Content {
		out = append(out, Value{doc: v.doc, node: n, name: fmt.Sprintf("%s[%d]", v.name, i)})
	}
	return out
}

// Distinct returns the values of a list of least to most different scalars. One that is empty or there twice is
// an error and left out.
func (v Value) Distinct(least, most int) []Value {
	var out []Value
	seen := map[string]bool{}
	for _, e := range v.list(least, most) {
		s := e.Scalar()
		if s == "" {
			continue
		}
		if seen[s] {
			e.Fail(fmt.Sprintf("%q is there twice", Clip(s)), "each value once")
			continue
		}
		seen[s] = true
		out = append(out, e)
	}
	return out
}

// JSON returns the value as JSON, for a value that is JSON by its meaning and only written as YAML. Numbers
// keep their digits; one that JSON cannot write is an error.
func (v Value) JSON() []byte {
	if v.node == nil {
		return nil
	}
	var b bytes.Buffer
	if !v.writeJSON(&b, v.node) {
		return nil
	}
	return b.Bytes()
}

func (v Value) writeJSON(b *bytes.Buffer, n *yaml.Node) bool {
	switch n.Kind {
	case yaml.MappingNode, yaml.SequenceNode:
		return v.writeAll(b, n)
	case yaml.ScalarNode:
		return v.writeScalar(b, n)
	}
	return false
}

func (v Value) writeAll(b *bytes.Buffer, n *yaml.Node) bool {
	open, end := byte('['), byte(']')
	if n.Kind == yaml.MappingNode {
		open, end = '{', '}'
	}
	b.WriteByte(open)
	for i, c := range n.Content {
		isKey := n.Kind == yaml.MappingNode && i%2 == 0
		switch {
		case n.Kind == yaml.MappingNode && !isKey:
			b.WriteByte(':')
		case i > 0:
			b.WriteByte(',')
		}
		if isKey {
			writeText(b, c.Value)
		} else if !v.writeJSON(b, c) {
			return false
		}
	}
	b.WriteByte(end)
	return true
}

func (v Value) writeScalar(b *bytes.Buffer, n *yaml.Node) bool {
	switch n.Tag {
	case "!!null":
		b.WriteString("null")
	case "!!bool":
		b.WriteString(strings.ToLower(n.Value))
	case "!!int", "!!float":
		if !json.Valid([]byte(n.Value)) {
			v.doc.add(n.Line, n.Column, fmt.Sprintf("%q is not a number in JSON", Clip(n.Value)), "a number such as 10 or 0.5, or quotes around a text")
			return false
		}
		b.WriteString(n.Value)
	default:
		writeText(b, n.Value)
	}
	return true
}

func writeText(b *bytes.Buffer, s string) {
	text, err := json.Marshal(s)
	if err != nil { // cannot happen for a string; an empty one keeps the JSON valid
		text = []byte(`""`)
	}
	b.Write(text)
}

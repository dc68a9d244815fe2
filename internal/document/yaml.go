package document

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// parseYAML reads one YAML document. Aliases and merge keys are followed, within bounds.
func (d *Document) parseYAML() error {
	lineStarts := yamlLineStarts(d.src)
	for _, off := range lineStarts {
		// The parser's time grows with the square of their number.
		if bytes.HasPrefix(d.src[off:], []byte("%TAG")) {
			return d.errorAt(off, "a %%TAG directive; values without tags of their own are allowed")
		}
	}
	dec := yaml.NewDecoder(bytes.NewReader(d.src))
	var doc, next yaml.Node
	err := dec.Decode(&doc)
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return d.yamlError(err)
	}
	if err := dec.Decode(&next); err == nil {
		return d.errorAt(d.lines[min(max(next.Line, 1), len(d.lines))-1], "a second YAML document; one document is allowed")
	} else if !errors.Is(err, io.EOF) {
		return d.yamlError(err)
	}
	if len(doc.Content) == 0 {
		return nil
	}
	c := yamlConverter{d: d, offsets: map[*yaml.Node]int{}, open: map[*yaml.Node]bool{}}
	c.lineStarts = lineStarts
	if err := c.locate(doc.Content[0], 0); err != nil {
		return err
	}
	root, err := c.convert(doc.Content[0], 0)
	if err != nil {
		return err
	}
	// A file of comments only has a root that is not there.
	if root.kind != null || root.end > root.off {
		d.root = root
	}
	return nil
}

var yamlErrorPattern = regexp.MustCompile(`(?s)^yaml: (?:line (\d+): )?(.*)$`)

func (d *Document) yamlError(err error) error {
	line, what := 1, err.Error()
	if m := yamlErrorPattern.FindStringSubmatch(what); m != nil {
		line, _ = strconv.Atoi(m[1])
		what = m[2]
	}
	return d.syntaxError(line, 1, what, "YAML is allowed")
}

// yamlLineStarts returns where lines start by the parser's rules, which count more characters as line ends
// than "\n".
func yamlLineStarts(src []byte) []int {
	starts := []int{0}
	for i := 0; i < len(src); {
		n := yamlBreak(src[i:])
		if n == 0 {
			i++
			continue
		}
		i += n
		starts = append(starts, i)
	}
	return starts
}

// yamlBreak returns the length of the line end that the text starts with, or 0.
func yamlBreak(b []byte) int {
	for _, s := range [...]string{"\r\n", "\n", "\r", "\u0085", "\u2028", "\u2029"} {
		if bytes.HasPrefix(b, []byte(s)) {
			return len(s)
		}
	}
	return 0
}

// yamlConverter turns the parser's nodes into ours.
type yamlConverter struct {
	d          *Document
	lineStarts []int
	offsets    map[*yaml.Node]int
	line, col  int // the place that locate found last, in the parser's counting from 1
	off        int // and its offset
	open       map[*yaml.Node]bool
	inAlias    int // how many aliases and merge keys we are inside of
	repeated   int // values made inside of them
}

// locate fills offsets. The parser counts columns in characters; going through the file once in its order keeps
// that linear, where counting from the start of the line for each value would not be on a file of one line.
func (c *yamlConverter) locate(n *yaml.Node, depth int) error {
	if n.Line != c.line || n.Column < c.col {
		c.line, c.col = n.Line, 1
		c.off = c.lineStarts[min(max(n.Line, 1), len(c.lineStarts))-1]
	}
	for ; c.col < n.Column && c.off < len(c.d.src); c.col++ {
		_, size := utf8.DecodeRune(c.d.src[c.off:])
		c.off += size
	}
	c.offsets[n] = c.off
	if depth > maxDepth {
		return c.d.tooDeep(c.off)
	}
	for _, child := range n.Content {
		if err := c.locate(child, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (c *yamlConverter) convert(n *yaml.Node, depth int) (*node, error) {
	pos := c.offsets[n]
	if depth > maxDepth {
		return nil, c.d.tooDeep(pos)
	}
	if n.Kind == yaml.AliasNode {
		return c.alias(n, depth)
	}
	if c.inAlias > 0 {
		c.repeated++
		if c.repeated > maxAliasItems {
			return nil, c.d.errorAt(pos, "aliases repeat more than %d values; write the values out", maxAliasItems)
		}
	}
	out, err := c.d.newNode(node{pos: pos, off: c.afterProperties(n), end: -1, shared: c.inAlias > 0})
	if err != nil {
		return nil, err
	}
	switch n.Kind {
	case yaml.ScalarNode:
		c.scalar(n, out)
		return out, nil
	case yaml.SequenceNode:
		out.kind = sequence
		out.flow = n.Style&yaml.FlowStyle != 0
		for _, item := range n.Content {
			child, err := c.convert(item, depth+1)
			if err != nil {
				return nil, err
			}
			out.items = append(out.items, child)
		}
		return out, nil
	case yaml.MappingNode:
		out.kind = mapping
		out.flow = n.Style&yaml.FlowStyle != 0
		return out, c.mapping(n, out, depth)
	}
	return nil, c.d.errorAt(pos, "a YAML value of an unknown kind")
}

// alias converts what an alias stands for.
func (c *yamlConverter) alias(n *yaml.Node, depth int) (*node, error) {
	off := c.offsets[n]
	if c.open[n.Alias] {
		return nil, c.d.errorAt(off, "alias *%s contains itself; write the values out", Clean(n.Value))
	}
	c.open[n.Alias] = true
	c.inAlias++
	out, err := c.convert(n.Alias, depth+1)
	c.inAlias--
	delete(c.open, n.Alias)
	if err != nil {
		return nil, err
	}
	out.off, out.end = off, off+len("*")+len(n.Value)
	out.shared = c.inAlias > 0
	out.quote, out.alias = 0, true
	return out, nil
}

func (c *yamlConverter) mapping(n *yaml.Node, out *node, depth int) error {
	var merge *yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind == yaml.ScalarNode && key.Tag == "!!merge" {
			if merge != nil {
				return c.d.errorAt(c.offsets[value], "two merge keys in one mapping; one << with a list is allowed")
			}
			merge = value
			continue
		}
		name, err := c.keyName(key)
		if err != nil {
			return err
		}
		child, err := c.convert(value, depth+1)
		if err != nil {
			return err
		}
		if err := c.d.addMember(out, member{name: name, keyOff: c.offsets[key], value: child}); err != nil {
			return err
		}
	}
	if merge == nil {
		return nil
	}
	return c.merge(merge, out, depth+1)
}

func (c *yamlConverter) keyName(key *yaml.Node) (string, error) {
	target := key
	if key.Kind == yaml.AliasNode {
		target = key.Alias
	}
	if target.Kind != yaml.ScalarNode {
		return "", c.d.errorAt(c.offsets[key], "a key that is not a single value; text is allowed")
	}
	return target.Value, nil
}

// merge adds what a merge key brings: keys that the mapping has itself win, then earlier mappings of a list.
func (c *yamlConverter) merge(n *yaml.Node, out *node, depth int) error {
	c.inAlias++
	from, err := c.convert(n, depth)
	c.inAlias--
	if err != nil {
		return err
	}
	list := []*node{from}
	if from.kind == sequence {
		list = from.items
	}
	for _, m := range list {
		if m.kind != mapping {
			return c.d.errorAt(c.offsets[n], "a merge key with %s; a mapping or a list of mappings is allowed", m.kind)
		}
		for _, e := range m.members {
			if out.byName[e.name] == nil {
				out.add(e)
			}
		}
	}
	return nil
}

// afterProperties returns where a value starts after its anchor and its tag.
func (c *yamlConverter) afterProperties(n *yaml.Node) int {
	off, src := c.offsets[n], c.d.src
	if n.Anchor == "" && n.Style&yaml.TaggedStyle == 0 {
		return off
	}
	for off < len(src) && (src[off] == '&' || src[off] == '!') {
		for off < len(src) && !strings.ContainsRune(" \t\r\n", rune(src[off])) {
			off++
		}
		off = skipTrivia(src, off, yamlFormat)
	}
	return off
}

// scalar fills a scalar's value and where its text ends.
func (c *yamlConverter) scalar(n *yaml.Node, out *node) {
	src := c.d.src
	out.value = n.Value
	out.kind = scalar
	switch {
	case n.Style&yaml.DoubleQuotedStyle != 0:
		out.quote = '"'
		out.end = quotedEnd(src, out.off, '"')
	case n.Style&yaml.SingleQuotedStyle != 0:
		out.quote = '\''
		out.end = quotedEnd(src, out.off, '\'')
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		out.refuse = "a block of text; a value on one line is allowed"
	default:
		if bytes.HasPrefix(src[out.off:], []byte(n.Value)) {
			out.end = out.off + len(n.Value)
		}
	}
	switch n.Tag {
	case "!!null":
		out.kind = null
	case "!!str":
	case "!!int", "!!float", "!!bool", "!!timestamp":
		out.bare = true
	default:
		out.refuse = fmt.Sprintf("a value with the tag %s; a value without a tag is allowed", Clean(n.Tag))
	}
}

// quotedEnd returns the offset after a quoted YAML scalar, or -1.
func quotedEnd(src []byte, off int, quote byte) int {
	if off >= len(src) || src[off] != quote {
		return -1
	}
	for i := off + 1; i < len(src); i++ {
		switch {
		case quote == '"' && src[i] == '\\':
			i++
		case src[i] != quote:
		case quote == '\'' && i+1 < len(src) && src[i+1] == '\'':
			i++
		default:
			return i + 1
		}
	}
	return -1
}

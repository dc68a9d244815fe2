package document

import (
	"regexp"
	"strconv"

	"github.com/tailscale/hujson"
)

// parseJSON reads JSON with comments and trailing commas, which agents accept in their settings files.
func (d *Document) parseJSON() error {
	if err := d.checkBrackets(); err != nil {
		return err
	}
	v, err := hujson.Parse(d.src)
	if err != nil {
		return d.jsonError(err)
	}
	d.root, err = d.fromJSON(v)
	return err
}

// checkBrackets refuses deep nesting before the parser, which recurses without a limit, sees it.
func (d *Document) checkBrackets() error {
	depth := 0
	for i := 0; i < len(d.src); i++ {
		switch c := d.src[i]; c {
		case '"':
			for i++; i < len(d.src) && d.src[i] != '"'; i++ {
				if d.src[i] == '\\' {
					i++
				}
			}
		case '/':
			i = max(skipJSONComment(d.src, i)-1, i)
		case '{', '[':
			depth++
			if depth > maxDepth {
				return d.tooDeep(i)
			}
		case '}', ']':
			depth--
		}
	}
	return nil
}

var jsonErrorPattern = regexp.MustCompile(`(?s)^hujson: line (\d+), column (\d+): (.*)$`)

func (d *Document) jsonError(err error) error {
	line, column, what := 1, 1, err.Error()
	if m := jsonErrorPattern.FindStringSubmatch(what); m != nil {
		line, _ = strconv.Atoi(m[1])
		column, _ = strconv.Atoi(m[2])
		what = m[3]
	}
	return d.syntaxError(line, column, what, "JSON is allowed, with comments and trailing commas")
}

// fromJSON turns a parsed value into a node. checkBrackets has limited the depth.
func (d *Document) fromJSON(v hujson.Value) (*node, error) {
	n, err := d.newNode(node{pos: v.StartOffset, off: v.StartOffset, end: v.EndOffset, flow: true})
	if err != nil {
		return nil, err
	}
	switch x := v.Value.(type) {
	case *hujson.Object:
		n.kind = mapping
		for _, m := range x.Members {
			value, err := d.fromJSON(m.Value)
			if err != nil {
				return nil, err
			}
			name := m.Name.Value.(hujson.Literal).String()
			if err := d.addMember(n, member{name: name, keyOff: m.Name.StartOffset, value: value}); err != nil {
				return nil, err
			}
		}
	case *hujson.Array:
		n.kind = sequence
		for _, e := range x.Elements {
			item, err := d.fromJSON(e)
			if err != nil {
				return nil, err
			}
			n.items = append(n.items, item)
		}
	case hujson.Literal:
		if x.Kind() == 'n' {
			return n, nil
		}
		n.kind = scalar
		n.value = x.String()
		n.bare = x.Kind() != '"'
		if !n.bare {
			n.quote = '"'
		}
	}
	return n, nil
}

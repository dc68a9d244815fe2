package arm

import (
	"bytes"
	"regexp"
	"strconv"

	"github.com/tailscale/hujson"
)

// parseJSON reads JSON with comments and trailing commas, which agents accept in their settings files.
func (d *document) parseJSON() error {
	if err := d.checkBrackets(); err != nil {
		return err
	}
	v, err := hujson.Parse(d.src)
	if err != nil {
		line, column, what := jsonErrorPlace(err)
		return &Error{Source: Source{Path: d.path, Line: line, Column: column}, What: what + "; JSON is allowed, with comments and trailing commas"}
	}
	d.root, err = d.fromJSON(v, 0)
	return err
}

// checkBrackets refuses deep nesting before the parser, which recurses without a limit, sees it.
func (d *document) checkBrackets() error {
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

// skipJSONComment returns the offset after the comment at i, or i when there is none.
func skipJSONComment(src []byte, i int) int {
	for _, c := range [...]struct{ begin, end string }{{"//", "\n"}, {"/*", "*/"}} {
		if bytes.HasPrefix(src[i:], []byte(c.begin)) {
			n := bytes.Index(src[i+2:], []byte(c.end))
			if n < 0 {
				return len(src)
			}
			return i + 2 + n + len(c.end)
		}
	}
	return i
}

var jsonErrorPattern = regexp.MustCompile(`(?s)^hujson: line (\d+), column (\d+): (.*)$`)

func jsonErrorPlace(err error) (line, column int, what string) {
	m := jsonErrorPattern.FindStringSubmatch(err.Error())
	if m == nil {
		return 1, 1, clean(err.Error())
	}
	line, _ = strconv.Atoi(m[1])
	column, _ = strconv.Atoi(m[2])
	return line, column, clean(m[3])
}

// fromJSON turns a parsed value into a node. checkBrackets has limited the depth.
func (d *document) fromJSON(v hujson.Value, depth int) (*node, error) {
	n, err := d.newNode(node{pos: v.StartOffset, off: v.StartOffset, end: v.EndOffset, flow: true})
	if err != nil {
		return nil, err
	}
	switch x := v.Value.(type) {
	case *hujson.Object:
		n.kind = mappingKind
		seen := map[string]bool{}
		for _, m := range x.Members {
			value, err := d.fromJSON(m.Value, depth+1)
			if err != nil {
				return nil, err
			}
			name := m.Name.Value.(hujson.Literal).String()
			if err := d.addMember(n, seen, member{name: name, keyOff: m.Name.StartOffset, value: value}); err != nil {
				return nil, err
			}
		}
	case *hujson.Array:
		n.kind = sequenceKind
		for _, e := range x.Elements {
			item, err := d.fromJSON(e, depth+1)
			if err != nil {
				return nil, err
			}
			n.items = append(n.items, item)
		}
	case hujson.Literal:
		if x.Kind() == 'n' {
			return n, nil
		}
		n.kind = scalarKind
		n.value = x.String()
		n.bare = x.Kind() != '"'
		if !n.bare {
			n.quote = '"'
		}
	}
	return n, nil
}

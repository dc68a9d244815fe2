// Package salt makes the prompt of a request begin with a text of its trial's own, so that no two trials share a
// prompt that a provider has cached.
//
// It knows where the prompts of the formats begin. It refuses to know trials, connections and answers, and to guess: a
// request whose prompt begins where it cannot write is an error.
//
// What is guaranteed: the system prompt, or the first message where there is none, begins with the salt, and so does
// the description of the first tool that the client describes. So it makes no difference whether a provider puts the
// tools or the system prompt first, and every cache breakpoint at or behind either of them covers a salt. A breakpoint
// before the first described tool, a prompt stored at the provider and a cache made before are errors. What stands
// before the salt is the provider's own: a template's words and the tool's name, below any length that is cached for
// money, and the definitions of tools built into the provider where no tool is described.
package salt

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pertask/pertask/meter/wire"
)

// Recipe says where the prompts of one format begin. Names are compared without case and underscores, as some servers
// read them; a name that is there twice so is an error. The zero value salts nothing and is an error to use.
type Recipe struct {
	// Prompts are the places of a prompt, as paths. A list stands for its first element, and a text ends a path. The
	// first of them that is there counts.
	Prompts [][]string
	// New is what to insert when none of them has a text at its beginning, with %s for the salt: a member of the
	// body, or the first element of the list List. Empty inserts nothing.
	New, List string
	// Tools are the places of what has a description, with alternative names between bars. Of a list the first element
	// counts that can have one.
	Tools [][]string
	// Mark is the name of a cache breakpoint, which may not stand before the first described tool.
	Mark string
	// Keys name members that route a request to a cache. The salt goes in front of those that are there.
	Keys []string
	// Foreign are members that put a prompt or a cache in front that is not in the request.
	Foreign []string
	// Needs is a member that bodies of this format have; "" for none.
	Needs string
}

// maxSalt is the longest salt in bytes.
const maxSalt = 32

// maxKey is the longest key of a cache in bytes that is sure to be taken.
const maxKey = 64

// Check reports whether a text can be a salt: up to 32 ASCII letters and digits, and at least one.
func Check(salt string) error {
	other := func(r rune) bool { return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') }
	if salt == "" || len(salt) > maxSalt || strings.ContainsFunc(salt, other) {
		return fmt.Errorf("the salt %.40q is not one; allowed are 1 to %d ASCII letters and digits", salt, maxSalt)
	}
	return nil
}

// Put returns a body whose prompt begins with the salt. All other bytes stay as they are. It is an error, which names
// the setting "cache: cold", if there is no way to do so.
func (r Recipe) Put(body []byte, salt string) ([]byte, error) {
	e := &editor{salt: salt}
	err := Check(salt)
	if err == nil {
		err = r.put(e, node{text: body})
	}
	if err != nil {
		return nil, fmt.Errorf("cache: cold cannot be held for this request: %w", err)
	}
	return e.apply(body), nil
}

func (r Recipe) put(e *editor, body node) error {
	for _, name := range r.Foreign {
		if m, err := body.member(name); err != nil || m.there() {
			return errors.Join(err, fmt.Errorf("%q brings what other trials may have cached", name))
		}
	}
	if r.Needs != "" {
		if m, err := body.member(r.Needs); err != nil || !m.there() {
			return errors.Join(err, fmt.Errorf("there is no %q, so the body is in a model's own format", r.Needs))
		}
	}
	for _, path := range r.Tools {
		if _, err := r.describe(e, body, path); err != nil {
			return err
		}
	}
	if err := r.keys(e, body); err != nil {
		return err
	}
	return r.prompt(e, body)
}

func (r Recipe) prompt(e *editor, body node) error {
	for _, path := range r.Prompts {
		m, err := body.member(path[0])
		switch {
		case err != nil:
			return err
		case !m.there() || m.empty():
			continue
		}
		at, ok, err := r.beginning(m, path[1:])
		if err != nil || ok {
			e.insert(at, e.salt+`\n`)
			return err
		}
		if r.List == "" && strings.HasPrefix(r.New, `"`+path[0]+`"`) {
			return fmt.Errorf("%q does not begin with a text", path[0])
		}
	}
	return r.add(e, body)
}

// add inserts a prompt of the salt alone.
func (r Recipe) add(e *editor, body node) error {
	if r.New == "" {
		return errors.New("there is no prompt in it")
	}
	text := strings.ReplaceAll(r.New, "%s", e.salt)
	if r.List != "" {
		list, err := body.member(r.List)
		if err != nil || !list.is('[') || list.empty() {
			return errors.Join(err, fmt.Errorf("%q is not a list with something in it", r.List))
		}
		e.insert(list.at+1, text+",")
		return nil
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(text, `"`), `"`)
	old, err := body.member(name)
	if err != nil {
		return err
	}
	if len(old.text) > 0 { // null, or empty
		_, value, _ := strings.Cut(text, ":")
		e.replace(old, value)
		return nil
	}
	e.first(body, text)
	return nil
}

// billing is how a block begins that Claude Code puts in front of its system prompt. Anthropic takes it out, and it
// changes with every request: whatever is joined to it would not be cached within a trial either.
const billing = "x-anthropic-billing-header:"

// beginning returns the place of a prompt's first byte.
func (r Recipe) beginning(n node, path []string) (at int, ok bool, err error) {
	switch {
	case n.is('"'):
		return n.at + 1, !strings.HasPrefix(wire.String(n.text), billing), nil
	case n.is('['):
		for _, el := range n.elements() {
			if m, err := el.member("text"); err == nil && strings.HasPrefix(wire.String(m.text), billing) && !r.marked(el) {
				continue
			}
			return r.beginning(el, path)
		}
	case n.is('{') && len(path) > 0:
		kind, err := n.member("type")
		if err != nil || kind.there() && !slices.Contains([]string{"text", "input_text", "message"}, wire.String(kind.text)) {
			return 0, false, err
		}
		m, err := n.member(path[0])
		if err != nil || !m.there() {
			return 0, false, err
		}
		return r.beginning(m, path[1:])
	}
	return 0, false, nil
}

func (r Recipe) marked(n node) (yes bool) {
	if r.Mark != "" {
		wire.Each(n.text, r.Mark, nil, func(v json.RawMessage) { yes = yes || !wire.IsNull(v) })
	}
	return yes
}

// describable are the types of tools that a client describes. Of another type they are the provider's own.
var describable = []string{"function", "custom", "namespace", "json_schema"}

// describe salts the first description at a path, and reports whether there is one.
func (r Recipe) describe(e *editor, n node, path []string) (done bool, err error) {
	switch {
	case n.is('['):
		for _, el := range n.elements() {
			if done, err = r.describe(e, el, path); done || err != nil {
				return done, err
			}
			if r.marked(el) {
				return false, errors.New("a cache breakpoint stands before the first tool with a description")
			}
		}
		return false, nil
	case !n.is('{'):
		return false, nil
	case len(path) > 0:
		for name := range strings.SplitSeq(path[0], "|") {
			m, err := n.member(name)
			if err != nil {
				return false, err
			}
			if m.there() {
				return r.describe(e, m, path[1:])
			}
		}
		return false, nil
	}
	kind, err1 := n.member("type")
	deferred, err2 := n.member("defer_loading")
	old, err3 := n.member("description")
	if err := errors.Join(err1, err2, err3); err != nil {
		return false, err
	}
	switch {
	case kind.there() && !slices.Contains(describable, wire.String(kind.text)) || string(deferred.text) == "true":
		return false, nil
	case old.is('"'):
		e.insert(old.at+1, e.salt+`\n`)
	case old.there():
		return false, errors.New("the description of a tool is no text")
	case len(old.text) > 0:
		e.replace(old, `"`+e.salt+`"`)
	default:
		e.first(n, `"description":"`+e.salt+`"`)
	}
	return true, nil
}

func (r Recipe) keys(e *editor, body node) error {
	for _, name := range r.Keys {
		m, err := body.member(name)
		if err != nil {
			return err
		}
		if m.is('"') && len(m.text)+len(e.salt) <= maxKey {
			e.insert(m.at+1, e.salt)
		} else if m.is('"') {
			e.replace(m, `"`+e.salt+`"`)
		}
	}
	return nil
}

// node is a value and its place in the body.
type node struct {
	at   int
	text json.RawMessage
}

func (n node) there() bool { return !wire.IsNull(n.text) }

func (n node) is(first byte) bool { return len(n.text) > 0 && n.text[0] == first }

// empty reports whether a value is an empty text or list.
func (n node) empty() bool {
	return string(n.text) == `""` || n.is('[') && len(n.elements()) == 0
}

func plainName(name string) string { return strings.ToLower(strings.ReplaceAll(name, "_", "")) }

// member returns a member of an object; one that is not there has no text.
func (n node) member(name string) (found node, err error) {
	members, err := wire.Members(n.text)
	if err != nil {
		return node{}, err
	}
	for _, m := range members {
		if plainName(m.Name) != plainName(name) {
			continue
		}
		if len(found.text) > 0 {
			return node{}, fmt.Errorf("%q: %w", m.Name, wire.ErrDuplicate)
		}
		found = node{n.at + m.Start, m.Value}
	}
	return found, nil
}

func (n node) elements() []node {
	list, _ := wire.Elements(n.text)
	out := make([]node, len(list))
	at := 1 // behind the bracket
	for i, el := range list {
		at += len(n.text[at:]) - len(bytes.TrimLeft(n.text[at:], " \t\r\n,"))
		out[i] = node{n.at + at, el}
		at += len(el)
	}
	return out
}

// editor collects changes of a body.
type editor struct {
	salt  string
	edits []edit
}

type edit struct {
	start, end int
	text       string
}

func (e *editor) insert(at int, text string) { e.edits = append(e.edits, edit{at, at, text}) }

func (e *editor) replace(n node, text string) {
	e.edits = append(e.edits, edit{n.at, n.at + len(n.text), text})
}

// first inserts a member into an object in front of its others.
func (e *editor) first(object node, member string) {
	at := bytes.IndexByte(object.text, '{') + 1
	if rest := bytes.TrimLeft(object.text[at:], " \t\r\n"); len(rest) > 0 && rest[0] != '}' {
		member += ","
	}
	e.insert(object.at+at, member)
}

func (e *editor) apply(body []byte) []byte {
	slices.SortStableFunc(e.edits, func(a, b edit) int { return a.start - b.start })
	var out []byte
	at := 0
	for _, d := range e.edits {
		out = append(append(out, body[at:d.start]...), d.text...)
		at = d.end
	}
	return append(out, body[at:]...)
}

// Package suspect tells which values of a settings file may be about a model, though no place where settings are looked
// for has them.
//
// It knows the words that agents and tools use in their keys, and how the name of a model stands in a value. It refuses to
// know where settings are looked for, which values change, and what becomes of a change: package arm does.
package suspect

import (
	"regexp"
	"slices"
	"strings"

	"github.com/pertask/pertask/internal/document"
)

// Kind is what a value may be.
type Kind int

// The kinds.
const (
	None     Kind = iota // nothing that is known to be about a model
	Model                // it is the name of a known model
	Setting              // its key looks like a setting of a model, or like one that says which model is used
	Redirect             // its key looks like the place where calls go
)

// Value is a value that two trees do not share.
type Value struct {
	At document.Selector
	// A and B are the value in the two trees; nil where it is not there.
	A, B *document.Value
	// Near says that the value stands where models are set: in the file of an agent, or beside a setting. Elsewhere, words
	// that other programs use too, such as "url", "provider" or "tier", are not enough.
	Near bool
	// Providers has the providers that are in use, if that is known: what another one is given is about no model that runs.
	Providers []string
}

// Finder tells what values may be. It remembers keys, so it is not for use by several goroutines.
type Finder struct {
	models map[string]bool
	traits map[string]traits
}

// New returns a Finder that knows the names of models; without any, only keys tell.
func New(models []string) *Finder {
	f := &Finder{models: map[string]bool{}, traits: map[string]traits{}}
	for _, m := range models {
		f.models[strings.ToLower(m)] = true
	}
	return f
}

// Kind returns what a value may be. Equal texts are None, and so are texts for people, what is allowed and shown, and
// settings of other programs in the same file. What agents call tools or permissions may be a part of an application
// with a model of its own, so a known model under a key that is called one counts there.
func (f *Finder) Kind(v Value) Kind {
	if v.A != nil && v.B != nil && v.A.Text == v.B.Text {
		return None
	}
	w := f.follow(v)
	if w.silent {
		return None
	}
	leaf := w.leaf
	for _, side := range []*document.Value{v.A, v.B} {
		if side == nil {
			continue
		}
		if f.names(side.Text) && (!w.hushed || leaf.has(model)) {
			return Model
		}
		// An element of a list of variables, such as "OPENAI_API_BASE=https://...".
		if name, _, ok := strings.Cut(side.Text, "="); ok && variable.MatchString(name) {
			leaf |= f.traitsOf(name)
		}
	}
	near := v.Near && !w.foreign
	switch {
	case w.hushed:
		return None
	case leaf.has(text | shows | credential | elsewhere):
		return None
	case leaf.has(redirect) && (near || leaf.has(vendor)) && !(isSwitch(v.A) && isSwitch(v.B)):
		return Redirect
	case w.isName && isEmpty(v.A) && isEmpty(v.B):
		return None
	case leaf.has(strong), leaf.has(weak) && near:
		return Setting
	case !leaf.has(label) && !w.foreign && (w.above.has(strong) || w.above.has(weak) && near):
		return Setting
	}
	return None
}

// isEmpty reports whether a value is not there, or a mapping or a list without anything in it.
func isEmpty(v *document.Value) bool { return v == nil || v.Text == "{}" || v.Text == "[]" }

// isSwitch reports whether a value is not there, or on or off: no address.
func isSwitch(v *document.Value) bool { return v == nil || v.Text == "true" || v.Text == "false" }

// way is what the keys down to a value say about it.
type way struct {
	above, leaf traits // of the keys before the last one, and of the last
	foreign     bool   // below the settings of another program, such as an MCP server
	isName      bool   // the last key may be no setting, but a name that someone has chosen
	silent      bool   // nothing below is about a model
	hushed      bool   // nothing but what is called a model and names one
}

// follow reads the keys down to a value.
func (f *Finder) follow(v Value) way {
	var w way
	parts := f.parts(v.At)
	for i, p := range parts {
		t := f.traitsOf(p.key)
		switch last := i == len(parts)-1; {
		case p.provider && len(v.Providers) > 0 && !slices.ContainsFunc(v.Providers, func(used string) bool { return strings.EqualFold(used, p.key) }):
			w.silent = true
		case last:
			w.leaf, w.isName = t, p.chosen
			if i > 0 && !parts[i-1].chosen && f.traitsOf(parts[i-1].key).has(elsewhere) {
				w.leaf = 0 // what another program is called
			}
			w.silent, w.hushed = w.silent || t.has(text|silent), w.hushed || t.has(hushed)
		case !p.chosen:
			w.foreign = w.foreign || t.has(foreign|elsewhere)
			w.silent, w.hushed = w.silent || t.has(silent), w.hushed || t.has(hushed)
			if !p.inList || !t.has(list) {
				w.above |= t
			}
		}
	}
	return w
}

// part is one key of the way to a value.
type part struct {
	key      string
	chosen   bool // a name that someone has chosen, whose words say nothing
	provider bool // the name of a provider
	inList   bool // an element of a list follows
}

// parts returns the keys of a place; none where no setting is.
func (f *Finder) parts(at document.Selector) []part {
	out := make([]part, 0, 8)
	for key, isKey := range at.Steps() {
		n := len(out)
		if !isKey {
			if n > 0 {
				out[n-1].inList = true
			}
			continue
		}
		p := part{key: key}
		if n > 0 && !out[n-1].chosen && !out[n-1].inList {
			t := f.traitsOf(out[n-1].key)
			p.provider = t.has(providers) || n == 1 && out[0].key == "provider"
			p.chosen = p.provider || t.has(names|elsewhere)
		}
		if out = append(out, p); len(out) > maxDepth {
			return nil
		}
	}
	return out
}

// maxDepth is deeper than any program has a setting. A file may nest deeper, with many values there.
const maxDepth = 32

var (
	variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{1,99}$`)
	snapshot = regexp.MustCompile(`(-latest|@default|[-@](\d{8}|\d{4}-\d{2}-\d{2}))$`)
)

// maxName is more than the name of a model has.
const maxName = 200

// names reports whether a value is the name of a known model: alone, after its provider, in another's short list, or with
// a date or a size of the context after it. A text that has a model's name among other words is none.
func (f *Finder) names(value string) bool {
	value = strings.ToLower(strings.TrimSpace(value))
	if len(value) > maxName || strings.ContainsAny(value, " \t\r\n(){}<>") || strings.HasPrefix(value, ".") || strings.HasPrefix(value, "/") {
		return false
	}
	for part := range strings.FieldsFuncSeq(value, func(r rune) bool { return strings.ContainsRune(",;|=", r) }) {
		name := part[strings.LastIndexByte(part, '/')+1:]
		if f.isModel(part) || f.isModel(name) {
			return true
		}
		for piece := range strings.SplitSeq(name, ":") {
			if f.isModel(piece) {
				return true
			}
		}
	}
	return false
}

func (f *Finder) isModel(s string) bool {
	if before, _, ok := strings.Cut(s, "["); ok {
		s = before // claude-opus-5-5[1m]
	}
	return f.models[s] || f.models[snapshot.ReplaceAllString(s, "")]
}

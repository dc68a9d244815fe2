package arm

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pertask/pertask/arm/form"
	"github.com/pertask/pertask/internal/document"
)

// Form says how a file writes a model whose provider is a part of the value. The zero value is the model alone. A
// value that does not have the form of its file is reported and gives no setting.
type Form = form.Form

// The forms; see package form.
const (
	ProviderModel = form.ProviderModel
	LiteLLM       = form.LiteLLM
	Promptfoo     = form.Promptfoo
)

// form returns how the watch's value of Model is written.
func (w Watch) form() Form {
	if w.Form == "" && w.SplitProvider {
		return ProviderModel
	}
	return w.Form
}

// keys returns the settings that the place gives.
func (p place) keys() []Key {
	if p.key != Model {
		return []Key{p.key}
	}
	var out []Key
	for _, name := range p.watch.form().Parts() {
		out = append(out, Key(name))
	}
	return out
}

type keyValue struct {
	key   Key
	value string
}

// split returns the settings that the value at a place stands for, or what is wrong with it. join is its inverse.
func (p place) split(value string) (out []keyValue, wrong string) {
	if p.key != Model {
		return []keyValue{{p.key, value}}, ""
	}
	parts, wrong := p.watch.form().Split(value)
	for _, part := range parts {
		out = append(out, keyValue{Key(part.Name), part.Text})
	}
	return out, wrong
}

// join returns the value to write at a place for an arm, or false when the arm does not have the setting.
func (p place) join(a Arm, slot string) (string, bool, error) {
	if p.key != Model || p.watch.form() == "" {
		value, ok := a.Get(slot, p.key)
		return value, ok, nil
	}
	var want []form.Part
	var text []string
	for _, key := range slices.Sorted(slices.Values(p.keys())) {
		if v, ok := a.Get(slot, key); ok {
			want = append(want, form.Part{Name: string(key), Text: v})
			text = append(text, fmt.Sprintf("%s %q", key, document.Shorten(v, 60)))
		}
	}
	if len(want) == 0 {
		return "", false, nil
	}
	joined, ok := p.watch.form().Join(want)
	if !ok {
		return "", false, fmt.Errorf("%s: %s cannot be written as %s", p.text(), strings.Join(text, " with "), p.watch.form())
	}
	return joined, true, nil
}

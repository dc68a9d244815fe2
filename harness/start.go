package harness

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/trial"
)

// start is the agent's trial.Harness.Start.
func (a Agent) start(j trial.Job) (trial.Process, error) {
	p, err := a.process(j)
	if err != nil {
		return trial.Process{}, fmt.Errorf("preparing %s: %w", a.Name, err)
	}
	return p, nil
}

func (a Agent) process(j trial.Job) (trial.Process, error) {
	if strings.TrimSpace(j.Task.Prompt) == "" {
		return trial.Process{}, errors.New("the task has no prompt")
	}
	v, err := a.vocabulary(j)
	if err != nil {
		return trial.Process{}, err
	}
	p := trial.Process{Files: map[string][]byte{}}
	if p.Argv, err = v.argv(a.Argv); err != nil {
		return trial.Process{}, err
	}
	p.Argv = append([]string{a.Program}, p.Argv...)
	if p.Env, err = v.env(a.Env); err != nil {
		return trial.Process{}, err
	}
	p.Stdin, _ = v.fill(a.Stdin)
	for path, content := range a.Files {
		filled, err := v.object(content)
		if err == nil {
			p.Files[path], err = encode(path, filled)
		}
		if err != nil {
			return trial.Process{}, fmt.Errorf("writing %s: %w", path, err)
		}
	}
	return p, nil
}

// encode writes a file. Text is quoted by the encoders, so that no value leaves its place.
func encode(path string, content map[string]any) ([]byte, error) {
	if strings.HasSuffix(path, ".toml") {
		return toml.Marshal(content)
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(content)
	return out.Bytes(), err
}

// vocabulary holds the values of a job: the arm's settings, and then everything that no setting may take the place of.
func (a Agent) vocabulary(j trial.Job) (vocabulary, error) {
	main, err := a.wayTo(j.Route, j.Route.Upstream, j.Route.Provider)
	if err != nil {
		return nil, err
	}
	v := vocabulary{}
	if err := a.settings(j.Arm, main, v); err != nil {
		return nil, err
	}
	v["prompt"], v["token"], v["home"], v["workspace"] = j.Task.Prompt, j.Route.Token, j.Home, j.Workspace
	v.enter("", main)
	for _, slot := range j.Arm.Slots() {
		if slot == arm.MainSlot {
			continue
		}
		w, err := a.slotWay(j, slot, main)
		if err != nil {
			return nil, fmt.Errorf("slot %q: %w", slot, err)
		}
		v.enter(slot+".", w)
		if err := a.apart(slot, w, main, v); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// apart keeps the server of another slot from that of the main one, where they differ: an agent that knows one server
// only would send the slot's model to the wrong one.
func (a Agent) apart(slot string, w, main way, v vocabulary) error {
	if w.base == main.base {
		return nil
	}
	used := a.used()
	if !used[slot+".base"] && !used[slot+".url"] {
		return fmt.Errorf("slot %q: %s asks all models at one provider", slot, a.Name)
	}
	if v[slot+".id"] == v["id"] {
		v[slot+".id"] += "-" + slot
	}
	return nil
}

// enter adds the names of a way, with a prefix.
func (v vocabulary) enter(prefix string, w way) {
	v[prefix+"base"] = w.base
	if w.upstream != "" {
		v[prefix+"upstream"] = w.upstream
	}
	for name, template := range w.speech.Set {
		if prefix != "" {
			template = placeholder.ReplaceAllStringFunc(template, func(p string) string {
				if own := prefix + p[1:len(p)-1]; v[own] != "" {
					return "{" + own + "}"
				}
				return p
			})
		}
		if text, ok := v.fill(template); ok {
			v[prefix+name] = text
		}
	}
}

// slotWay is the way for the model of another slot than the main one.
func (a Agent) slotWay(j trial.Job, slot string, main way) (way, error) {
	provider, ok := j.Arm.Get(slot, arm.Provider)
	if !ok || provider == j.Route.Provider || provider == j.Route.Upstream {
		return main, nil
	}
	upstream, _ := wellKnown(provider, provider)
	if j.Route.URLs[provider] != "" {
		upstream = provider
	}
	if j.Route.URLs[upstream] == "" {
		return way{}, fmt.Errorf("the proxy has no upstream %s", shorten(provider))
	}
	return a.wayTo(j.Route, upstream, provider)
}

// settings adds the arm's settings. One that the agent does not take is an error that says what it takes.
func (a Agent) settings(given arm.Arm, main way, v vocabulary) error {
	if given.Model() == "" {
		return errors.New("the arm declares no model")
	}
	takes := a.takes(main.speech)
	for _, s := range given.Settings {
		// A provider is a way to the proxy, and a base URL would lead past it.
		if s.Key == arm.Provider && (s.Slot == arm.MainSlot || slices.Contains(takes, s.Slot+".model")) || s.Key == arm.BaseURL {
			continue
		}
		name := s.Name()
		if !slices.Contains(takes, name) {
			return s.Errorf("%s cannot be given to %s at %s; it takes %s", shorten(name), a.Name, main.speech.Wire, list(takes))
		}
		if err := a.check(s, main.speech); err != nil {
			return err
		}
		v[name] = s.Value
	}
	return aimless(given)
}

// aimless reports a setting of a slot that has no model: there is nothing to give it to.
func aimless(given arm.Arm) error {
	for _, s := range given.Settings {
		if _, ok := given.Get(s.Slot, arm.Model); !ok && s.Key != arm.BaseURL {
			return s.Errorf("%s is for a model of the slot %q, which declares none", s.Name(), s.Slot)
		}
	}
	return nil
}

// check reports a value that the agent would pass over, or read as another one.
func (a Agent) check(s arm.Setting, speaks Speech) error {
	name := s.Name()
	if strings.TrimSpace(s.Value) == "" {
		return s.Errorf("%s is empty; %s takes a value, or no setting at all", name, a.Name)
	}
	if !utf8.ValidString(s.Value) {
		return s.Errorf("%s is not text in UTF-8, and programs would be given another value", name)
	}
	for as, values := range a.Values {
		if (as == name || speaks.Set[as] == "{"+name+"}") && !slices.Contains(values, s.Value) {
			return s.Errorf("%s is %s; %s takes %s", name, shorten(s.Value), a.Name, list(values))
		}
	}
	if slices.Contains(a.Besides[name], s.Value) {
		return nil
	}
	return s.CheckNumber()
}

// reserved are the names that are no settings.
var reserved = []string{"prompt", "token", "home", "workspace", "base", "upstream"}

// takes lists the settings that the agent can be given in a wire format: what its templates name.
func (a Agent) takes(s Speech) []string {
	used := a.used()
	set := map[string]bool{}
	for name, template := range s.Set {
		if used[name] {
			names(template, set)
		}
	}
	for name := range every(a.Speaks) {
		delete(used, name)
	}
	maps.Copy(used, set)
	out := slices.Sorted(maps.Keys(used))
	return slices.DeleteFunc(out, func(name string) bool {
		_, last, isOther := strings.Cut(name, ".")
		return slices.Contains(reserved, name) || isOther && (slices.Contains(reserved, last) || every(a.Speaks)[last])
	})
}

// used returns the names in the templates.
func (a Agent) used() map[string]bool {
	used := map[string]bool{}
	for _, group := range a.Argv {
		for _, template := range group {
			names(template, used)
		}
	}
	for _, template := range a.Env {
		names(template, used)
	}
	for _, content := range a.Files {
		names(content, used)
	}
	return used
}

// every returns the names that speeches set.
func every(speeches []Speech) map[string]bool {
	out := map[string]bool{}
	for _, s := range speeches {
		for name := range s.Set {
			out[name] = true
		}
	}
	return out
}

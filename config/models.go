package config

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/arm/lead"
	"github.com/pertask/pertask/internal/strict"
)

// watches reads the files that hold model settings. Each complaint of package arm gets the place of the value
// that it is about.
func watches(v strict.Value) []arm.Watch {
	var out []arm.Watch
	given := map[string]int{} // slot and key -> line
	for _, e := range v.List(maxWatches) {
		m := e.Map(keys["models"]...)
		if m.Get("element").Given() {
			out = append(out, mainElement(m, given)...)
			continue
		}
		w := arm.Watch{Path: repoPath(m.Need("path")), Slot: slot(m.Get("slot")), Selectors: map[arm.Key]string{}}
		for _, key := range settingKeys() {
			at := m.Get(key)
			s := selector(at)
			if s == "" {
				continue
			}
			w.Selectors[arm.Key(key)] = s
			setting := w.Slot + "\x00" + key
			if first, twice := given[setting]; twice {
				at.Fail(fmt.Sprintf("%s of slot %q is given twice, first on line %d", key, w.Slot, first), "another slot for one of them")
				delete(w.Selectors, arm.Key(key))
			} else {
				given[setting] = at.Line()
			}
		}
		checkWatch(e, m, w)
		out = append(out, w)
	}
	return out
}

// settingKeys are the keys of an entry of models that name the place of a setting.
func settingKeys() []string { return keys["models"][slices.Index(keys["models"], "slot")+1:] }

// mainElement reads an entry that names the element of a well-known list of models that has the main slot.
func mainElement(m strict.Map, given map[string]int) []arm.Watch {
	path, at := repoPath(m.Need("path")), m.Get("element")
	for _, key := range append([]string{"slot"}, settingKeys()...) {
		if v := m.Get(key); v.Given() {
			v.Fail(fmt.Sprintf("%s and element are both there", v.Name()), "element with path alone: it has the slot main, and its settings are where the tool keeps them")
		}
	}
	name := label(at, maxElement)
	if path == "" || name == "" {
		return nil
	}
	watches := lead.Element(path, name)
	if watches == nil {
		m.Get("path").Fail(fmt.Sprintf("path: %q is not a file whose list of models is known", strict.Clip(path)),
			"allowed with element: "+strings.Join(lead.Paths(), ", ")+"; in other files name the places, such as model: $.list[?name=x].model")
		return nil
	}
	if err := arm.CheckWatches(watches); err != nil {
		at.Fail(fmt.Sprintf("element: %q is not a name of a model's slot", strict.Clip(name)), "1 to 100 letters, digits, spaces inside and . _ : / @ + -")
		return nil
	}
	setting := arm.MainSlot + "\x00" + string(arm.Model)
	if first, twice := given[setting]; twice {
		at.Fail(fmt.Sprintf("the model of slot %q is given twice, first on line %d", arm.MainSlot, first), "one element, or another slot for what is given besides")
		return nil
	}
	given[setting] = at.Line()
	return watches
}

// checkWatch asks package arm about one watch, after the values that have places of their own.
func checkWatch(e strict.Value, m strict.Map, w arm.Watch) {
	anySelector := slices.ContainsFunc(settingKeys(), func(key string) bool { return m.Get(key).Given() })
	switch {
	case m.Value().IsMap() && !anySelector:
		e.Fail(fmt.Sprintf("%s names no setting", e.Name()), "at least one of "+strings.Join(settingKeys(), ", ")+", each with its place in the file, such as $.coder.model")
	case w.Path == "" || len(w.Selectors) == 0:
	default:
		if err := arm.CheckWatches([]arm.Watch{w}); err != nil {
			m.Get("path").Fail(strings.TrimPrefix(err.Error(), "watch 1: "), "")
		}
	}
}

// selector reads the place of a value in a settings file.
func selector(v strict.Value) string {
	s := v.Text()
	if s == "" {
		return ""
	}
	if _, err := arm.ParseSelector(s); err != nil {
		v.Fail(fmt.Sprintf("%s: %q: %v", v.Name(), strict.Clip(s), err), "the place of one value in the file, such as $.coder.model, $.agents[0].model or $.agents[?name=coder].model")
		return ""
	}
	return s
}

var slotForm = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,39}$`)

func slot(v strict.Value) string {
	if !v.Given() {
		return arm.MainSlot
	}
	s := v.Scalar()
	if s != "" && !slotForm.MatchString(s) {
		v.Fail(fmt.Sprintf("%s: %q is not a slot", v.Name(), strict.Clip(s)), "1 to 40 lower-case letters, digits, '-' and '_'")
		return ""
	}
	return s
}

// repoPath reads the path of a file from the root of the repository.
func repoPath(v strict.Value) string {
	s := v.Scalar()
	if s == "" {
		return ""
	}
	unprintable := func(r rune) bool { return r < ' ' || r == 0x7f }
	if !fs.ValidPath(s) || s == "." || strings.Contains(s, `\`) || strings.ContainsFunc(s, unprintable) || len(s) > 1 && s[1] == ':' {
		v.Fail(fmt.Sprintf("%s: %q is not allowed", v.Name(), strict.Clip(s)),
			"a path with slashes from the root of the repository, without '.', '..' or '\\'")
		return ""
	}
	return s
}

// suites reads the list of suites, or the one path that stands for a list of one.
func (c *Config) suites(m strict.Map) []Suite {
	one, list := m.Get("suite"), m.Get("suites")
	if one.Given() && list.Given() {
		list.Fail("suites and suite are both there", "one of them")
	}
	if one.Given() {
		s := Suite{Path: repoPath(one)}
		c.note(suiteKey(s.Path), one)
		return []Suite{s}
	}
	watched := watchedPaths(c.Watches)
	var out []Suite
	names := map[string]bool{}
	for _, e := range list.List(maxSuites) {
		m := e.Map(keys["suites"]...)
		s := Suite{Name: label(m.Need("name"), 100), Path: repoPath(m.Need("path"))}
		if s.Name != "" && names[s.Name] {
			m.Get("name").Fail(fmt.Sprintf("a second suite with the name %q", s.Name), "a name of its own for each suite")
		}
		names[s.Name] = true
		c.note(suiteKey(s.Path), m.Get("path"))
		for _, p := range m.Get("models").Distinct(1, maxWatches) {
			text := repoPath(p)
			if text != "" && !slices.Contains(watched, text) {
				p.Fail(fmt.Sprintf("%s: %q is not a watched file", p.Name(), strict.Clip(text)), "allowed: "+strings.Join(watched, ", "))
			}
			s.Models = append(s.Models, text)
		}
		out = append(out, s)
	}
	return out
}

func watchedPaths(ws []arm.Watch) []string {
	if len(ws) == 0 {
		ws = arm.WellKnown()
	}
	var out []string
	for _, w := range ws {
		if w.Path != "" && !slices.Contains(out, w.Path) {
			out = append(out, w.Path)
		}
	}
	return out
}

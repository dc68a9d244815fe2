package arm

import (
	"fmt"
	"io/fs"
	"slices"

	"github.com/pertask/pertask/arm/bounds"
	"github.com/pertask/pertask/arm/treefile"
	"github.com/pertask/pertask/internal/document"
)

// Trees are the file trees of a pull request. All three are needed.
type Trees struct {
	Base      fs.FS // the tip of the base branch
	MergeBase fs.FS // where the head's branch left the base branch
	Head      fs.FS // the tip of the pull request, written by its author
	// Renames maps paths in the head to their paths in the merge base. A watched file of the configuration is
	// followed; a well-known file is not, since its agent would not follow either.
	Renames map[string]string
	// Models has the names of the known models. A value of a watched file that changes, is no setting and is one of them
	// withholds the verdict; without names, only keys tell what may be about a model.
	Models []string
}

// Names of the trees in errors.
const (
	baseSide      = "the base"
	mergeBaseSide = "the merge base"
	headSide      = "the head"
)

// Compare returns both arms and what lies between them: what changed from the merge base to the head, applied
// to the base.
//
// A file that is watched and cannot be read, in any of the trees, is an error of type *Error that names the
// tree; so is a changed value of the head that is out of bounds. Findings have the codes "base-moved",
// "base-url-not-applied", "list-element-not-applied", "model-setting-not-applied", "profile-not-followed",
// "selector-finds-nothing", "value-not-understood" and "watched-file-renamed".
func Compare(t Trees, watches []Watch) (Pair, error) {
	places, err := prepare(watches)
	if err != nil {
		return Pair{}, err
	}
	c := comparison{templates: places, models: t.Models}
	if err := c.read(t, watches); err != nil {
		return Pair{}, err
	}
	if err := c.arms(); err != nil {
		return Pair{}, err
	}
	c.elementsApart()
	c.unreadChanges()
	if err := c.settings(); err != nil {
		return Pair{}, err
	}
	c.profiles()
	c.others()
	c.emptySelectors()
	return c.pair, nil
}

type comparison struct {
	templates             []place
	models                []string // names of known models
	base, mergeBase, head tree
	shared                map[string]bool      // agents whose files have slots of their own
	blocked               map[settingID]string // settings that are not applied, and why
	apart                 map[string]string    // slots of elements that are not in all trees, and why they are not applied
	unreadLists           []unreadList
	pair                  Pair
}

// read reads the three trees.
func (c *comparison) read(t Trees, watches []Watch) (err error) {
	if c.base, err = readTree(baseSide, t.Base, watches, c.templates, nil, nil); err != nil {
		return err
	}
	locate := func(w Watch) (string, error) { return followRename(t.MergeBase, w, t.Renames[w.Path]) }
	if c.mergeBase, err = readTree(mergeBaseSide, t.MergeBase, watches, c.templates, c.base.elements, locate); err != nil {
		return err
	}
	back := treefile.Inverted(t.Renames)
	locate = func(w Watch) (string, error) {
		at, err := followRename(t.Head, w, back[w.Path])
		if err == nil && at != w.Path {
			c.renamed(w.Path, at)
		}
		return at, err
	}
	c.head, err = readTree(headSide, t.Head, watches, c.templates, c.mergeBase.elements, locate)
	return err
}

// followRename returns where a watched file stands in a tree: at its path, or at other when it is not there.
func followRename(fsys fs.FS, w Watch, other string) (string, error) {
	if other == "" || w.WellKnown || fsys == nil {
		return w.Path, nil
	}
	return treefile.Follow(fsys, w.Path, other)
}

func (c *comparison) renamed(from, to string) {
	c.pair.Findings = append(c.pair.Findings, Finding{
		Code:   "watched-file-renamed",
		Text:   fmt.Sprintf("The pull request renames the watched file %s to %s; its settings are read there, and the configuration must name the new path.", from, to),
		Source: Source{Path: to},
	})
}

// arms builds the arm of each tree. The slots are the same in all.
func (c *comparison) arms() error {
	c.shared = sharedAgents(c.base.found, c.mergeBase.found, c.head.found)
	for _, t := range []*tree{&c.base, &c.mergeBase, &c.head} {
		var err error
		if t.arm, err = armOf(t.found, c.shared); err != nil {
			return onSide(err, t.side)
		}
	}
	c.pair.Base, c.pair.Head = c.base.arm, c.base.arm.With()
	return nil
}

// settings compares what the places give and applies what changed.
func (c *comparison) settings() error {
	all := c.mergeBase.arm.With(c.head.arm.Settings...)
	for _, s := range all.Settings {
		old, hasOld := c.mergeBase.arm.setting(s.Slot, s.Key)
		now, hasNow := c.head.arm.setting(s.Slot, s.Key)
		if hasOld == hasNow && old.Value == now.Value {
			continue
		}
		change := Change{Slot: s.Slot, Key: s.Key, Base: old.Value, Head: now.Value,
			HasBase: hasOld, HasHead: hasNow, Source: now.Source}
		if !hasNow {
			change.Source = old.Source
		}
		switch {
		case s.Key == BaseURL:
			c.baseURL(change, c.apart[s.Slot])
			continue
		case s.Key == Profile:
			c.refuse(change, "profile-not-followed", "the profile that counts", "which other settings count is never taken from a pull request")
			continue
		case c.whyBlocked(s) != "":
			change.Why = c.whyBlocked(s)
			c.pair.NotApplied = append(c.pair.NotApplied, change)
			continue
		}
		if why := bounds.Check(string(s.Key), now.Value); hasNow && why != "" {
			return &Error{Source: now.Source, Side: headSide, What: why}
		}
		c.apply(change, now)
	}
	return nil
}

// baseURL notes a base URL that changed. It is never applied: the calls carry keys, and would carry them there.
// apart says why the element that has it is not applied either, which has been said.
func (c *comparison) baseURL(change Change, apart string) {
	change.Base = bounds.Shown(Selector{}, &document.Value{Text: change.Base})
	change.Head = bounds.Shown(Selector{}, &document.Value{Text: change.Head})
	change.Why = "a base URL is never taken from a pull request: it could redirect keys"
	c.pair.NotApplied = append(c.pair.NotApplied, change)
	if apart == "" {
		c.withholdBaseURL(change.Source)
	}
}

// refuse notes a change that is never applied, without which the result would be about something else.
func (c *comparison) refuse(change Change, code, what, why string) {
	change.Why = why
	c.pair.NotApplied = append(c.pair.NotApplied, change)
	c.pair.Findings = append(c.pair.Findings, Finding{Code: code, Source: change.Source, Withhold: true,
		Text: fmt.Sprintf("The pull request changes %s in %s, which is not applied, so the result would not be about this pull request.", what, change.Source.Path)})
}

func (c *comparison) withholdBaseURL(at Source) {
	c.pair.Findings = append(c.pair.Findings, Finding{
		Code: "base-url-not-applied",
		Text: fmt.Sprintf("The pull request changes the base URL %s in %s, which is not applied: the measured calls go where the base's do, so the result would not be about this pull request.",
			at.Selector, at.Path),
		Source: at, Withhold: true,
	})
}

// apply gives the head arm a changed setting.
func (c *comparison) apply(change Change, now Setting) {
	tip, hasTip := c.base.arm.setting(change.Slot, change.Key)
	if hasTip == change.HasHead && tip.Value == change.Head {
		change.Why = "the base branch has the same value already"
		c.pair.NotApplied = append(c.pair.NotApplied, change)
		return
	}
	if change.HasHead {
		c.pair.Head = c.pair.Head.With(now)
	} else {
		c.pair.Head = c.pair.Head.Without(change.Slot, change.Key)
	}
	c.pair.Changes = append(c.pair.Changes, change)
	if hasTip == change.HasBase && tip.Value == change.Base {
		return
	}
	c.pair.Findings = append(c.pair.Findings, Finding{
		Code: "base-moved",
		Text: fmt.Sprintf("The base branch has changed %s of slot %q too since the pull request's branch left it: from %s to %s, where the pull request has %s.",
			change.Key, change.Slot, valueText(change.Base, change.HasBase), valueText(tip.Value, hasTip), valueText(change.Head, change.HasHead)),
		Source: change.Source,
	})
}

func valueText(value string, there bool) string {
	if !there {
		return "no value"
	}
	return fmt.Sprintf("%q", document.Shorten(value, 60))
}

// emptySelectors reports places of the configuration that find nothing anywhere: most likely a typing mistake,
// with which a change would go unseen.
func (c *comparison) emptySelectors() {
	for _, p := range c.templates {
		if p.watch.WellKnown || p.override || p.watch.Main != "" && p.key != Model {
			continue
		}
		inFile, hit := false, false
		for _, s := range []tree{c.base, c.mergeBase, c.head} {
			if d := s.docs[p.watch.Path]; d != nil {
				inFile = true
				hit = hit || s.has(p)
			}
		}
		if hit {
			continue
		}
		text := fmt.Sprintf("The selector %s for %s finds nothing in %s, at the base, the merge base or the head.", p.selector, p.key, p.watch.Path)
		if p.watch.Main != "" {
			text = fmt.Sprintf("No element of a list of models in %s is named %q, at the base, the merge base or the head.", p.watch.Path, p.watch.Main)
		}
		if !inFile {
			text = fmt.Sprintf("The watched file %s, with %s at %s, is not there at the base, the merge base or the head.", p.watch.Path, p.key, p.selector)
		}
		if n := len(c.pair.Findings); n > 0 && c.pair.Findings[n-1].Text == text {
			continue // a tool's file may have several lists
		}
		c.pair.Findings = append(c.pair.Findings, Finding{Code: "selector-finds-nothing", Text: text,
			Source: Source{Path: p.watch.Path, Selector: p.selector.String()}})
	}
}

// has reports whether there is anything at a place, in any of the elements if it is in elements.
func (t tree) has(p place) bool {
	d := t.docs[p.watch.Path]
	switch {
	case p.each == nil:
		return d.Has(p.selector)
	case p.watch.Main != "":
		return slices.ContainsFunc(t.elements, func(e element) bool { return e.watch.Path == p.watch.Path && e.name == p.watch.Main })
	}
	return slices.ContainsFunc(t.places, func(q place) bool {
		return q.watch == p.watch && q.key == p.key && q.override == p.override && d.Has(q.selector)
	})
}

package arm

import (
	"fmt"

	"github.com/pertask/pertask/arm/form"
	"github.com/pertask/pertask/internal/document"
)

// Limits of lists whose elements have a slot each.
const (
	maxElements  = 200 // of one list; of a longer one nothing is read
	maxSlotBytes = 100
)

// element is an element of a list, or an entry of a mapping, that has a slot of its own (Watch.Each).
type element struct {
	watch  *Watch
	at     Selector
	name   string // "" when it has none
	slot   string // before agents are told apart
	list   bool   // an element of a list: it can be read and changed, but not added or taken away
	digest string // of all that is in it
}

// elementID tells elements apart in one tree.
type elementID struct {
	watch *Watch
	slot  string
}

// unread is a value that is not understood. It gives no setting, and a change of it is reported.
type unread struct {
	place  place
	digest string
	source Source
	why    string
}

// expansion is what the places of the watches come to in one tree.
type expansion struct {
	places   []place
	elements []element
	unread   []unread
}

// expand returns the places in a tree: those of a watch with Each once for each element. Elements take the slots of
// those elements of an earlier tree that they continue.
func expand(docs documents, templates []place, earlier []element) expansion {
	var x expansion
	fixed := map[[2]string]bool{}
	for _, p := range templates {
		if p.each == nil {
			x.places = append(x.places, p)
			fixed[[2]string{p.watch.Path, p.selector.String()}] = true
		}
	}
	var last *Watch
	for _, p := range templates {
		if p.each == nil || p.watch == last || docs[p.watch.Path] == nil {
			continue
		}
		last = p.watch
		elements := x.elementsOf(docs[p.watch.Path], p)
		nameSlots(elements, earlier)
		named := map[string]int{}
		for _, e := range elements {
			named[e.name]++
		}
		for _, e := range elements {
			for _, q := range placesIn(docs[p.watch.Path], e, named[e.name] == 1, templates) {
				if !fixed[[2]string{q.watch.Path, q.selector.String()}] { // what has a slot already does not get another
					x.places = append(x.places, q)
				}
			}
		}
		x.elements = append(x.elements, elements...)
	}
	return x
}

// elementsOf returns the elements of the list or the mapping of a watch, without their slots.
func (x *expansion) elementsOf(d *document.Document, p place) []element {
	w, each := p.watch, p.each
	wantList := w.Name != ""
	if wantList && d.Single(each.list) {
		// A list of one may be written without the list.
		return []element{{watch: w, at: each.list, list: true, digest: d.Digest(each.list)}}
	}
	places, list, all := d.Children(each.list, maxElements)
	switch {
	case !all:
		x.unreadable(d, p, each.list, fmt.Sprintf("a list or mapping of more than %d elements; at most that many are read", maxElements))
		return nil
	case len(places) > 0 && list != wantList:
		x.unreadable(d, p, each.list, "not of the kind that is understood; "+map[bool]string{true: "a list", false: "a mapping"}[wantList]+" is allowed")
		return nil
	}
	var out []element
	for _, at := range places {
		e := element{watch: w, at: at, list: list, digest: d.Digest(at)}
		if !list {
			for key := range at.Keys() {
				e.name = key
			}
		} else if v, ok, err := d.Scalar(at.Below(each.name)); ok || err != nil {
			e.name = v.Text
			if err != nil || v.Text == "" {
				e.name = "\x00" // no name of a slot
			}
		}
		if e.name == "" && list || isSlotName(e.name) {
			out = append(out, e)
		} else {
			x.unreadable(d, p, at, "an element without a name that a slot can have; up to 100 letters, digits, spaces inside and . _ : / @ + - are allowed")
		}
	}
	return out
}

func isSlotName(s string) bool { return form.IsName(s) && len(s) <= maxSlotBytes }

func (x *expansion) unreadable(d *document.Document, p place, at Selector, why string) {
	x.unread = append(x.unread, unread{place: p, digest: d.Digest(at), source: d.SourceOf(at), why: why})
}

// nameSlots gives the elements of one watch their slots. An element that has a name to itself has the slot of that
// name. Several of one name, or without a name, are told apart by their order, after those that are equal to an
// earlier one have got its slot: so a list in another order is no change.
func nameSlots(elements, earlier []element) {
	continues := map[int]bool{} // indexes of the earlier elements that an element continues
	free := func(e element, equal bool) (string, bool) {
		for i, old := range earlier {
			if !continues[i] && old.watch == e.watch && old.name == e.name && (!equal || old.digest == e.digest) {
				continues[i] = true
				return old.slot, true
			}
		}
		return "", false
	}
	taken := map[string]bool{}
	for _, equal := range []bool{true, false} {
		for i, e := range elements {
			if e.slot != "" {
				continue
			}
			if slot, ok := free(e, equal); ok {
				elements[i].slot, taken[slot] = slot, true
			}
		}
	}
	reserved := map[string]bool{}
	for _, e := range elements {
		reserved[e.watch.elementSlot(e.name)] = true
	}
	count := map[string]int{}
	for i, e := range elements {
		slot := e.watch.elementSlot(e.name)
		for e.slot == "" {
			count[slot]++
			try := slot
			if n := count[slot]; n > 1 {
				try = fmt.Sprintf("%s-%d", slot, n)
			}
			if !taken[try] && (try == slot || !reserved[try]) {
				e.slot, taken[try] = try, true
			}
		}
		elements[i].slot = e.slot
	}
}

// elementSlot returns the slot of an element by its name.
func (w Watch) elementSlot(name string) string {
	switch {
	case w.Main != "" && name == w.Main:
		return MainSlot
	case w.Main != "" && name == "":
		return "unnamed"
	case w.Main != "" && name == MainSlot:
		return "element-" + MainSlot
	case name == "":
		return w.slot()
	case w.Slot == "":
		return name
	}
	return w.Slot + "-" + name
}

// placesIn returns the places of an element: by its name where that is unique, so that they stay what they are in
// another order, or else by its index.
func placesIn(d *document.Document, e element, alone bool, templates []place) []place {
	at := e.at
	single := d.Single(e.at)
	var out []place
	for _, p := range templates {
		if p.watch != e.watch || single && p.key != Model {
			continue
		}
		if e.list && e.name != "" && !single && alone {
			at = p.each.list.Element(p.each.name, e.name)
		}
		q := place{watch: p.watch, key: p.key, override: p.override, slot: e.slot, element: true, selector: at}
		if !single {
			q.selector = at.Below(p.selector)
		}
		out = append(out, q)
	}
	return out
}

// newEntry returns the places of an entry that a mapping lacks and a slot stands for.
func newEntry(templates []place, slot string) []place {
	var out []place
	for _, p := range templates {
		if p.each == nil || p.watch.Name != "" || len(slot) <= len(p.watch.Slot)+1 || p.watch.elementSlot(slot[len(p.watch.Slot)+1:]) != slot {
			continue
		}
		name := slot[len(p.watch.Slot)+1:]
		if !isSlotName(name) {
			continue
		}
		out = append(out, place{watch: p.watch, key: p.key, override: p.override, slot: slot, element: true,
			selector: p.each.list.Key(name).Below(p.selector)})
	}
	return out
}

package telemetry

import (
	"strconv"

	"github.com/pertask/pertask/usage"
)

// numbers reads the counts of one record and remembers the first that is wrong, by its name.
type numbers struct {
	of  bag
	bad string
}

func newNumbers(of bag) *numbers { return &numbers{of: of} }

func (n *numbers) fail(name, why string) usage.Count {
	if n.bad == "" {
		n.bad = name + " " + why
	}
	return usage.Count{}
}

// may returns a count, unknown when it is not there.
func (n *numbers) may(name string) usage.Count {
	x, there, ok := n.of.number(name)
	switch {
	case !there:
		return usage.Count{}
	case !ok:
		return n.fail(name, "is no number of tokens")
	}
	return usage.Known(x)
}

// must returns a count that every such record has.
func (n *numbers) must(name string) usage.Count {
	c := n.may(name)
	if !c.IsKnown() {
		return n.fail(name, "is missing")
	}
	return c
}

// orNone returns a count that an agent leaves out when there was nothing of it.
func (n *numbers) orNone(name string) usage.Count {
	if c := n.may(name); c.IsKnown() || n.bad != "" {
		return c
	}
	return usage.Known(0)
}

// less returns a count without what it includes.
func (n *numbers) less(name string, parts ...usage.Count) usage.Count {
	whole, ok := n.must(name).Value()
	if !ok {
		return usage.Count{}
	}
	for _, p := range parts {
		x, _ := p.Value()
		whole -= x
	}
	if whole < 0 {
		return n.fail(name, "is less than its parts")
	}
	return usage.Known(whole)
}

// word returns a number as a part of a name.
func (n *numbers) word(name string) string {
	x, there, ok := n.of.number(name)
	if !there || !ok {
		return ""
	}
	return strconv.FormatInt(x, 10)
}

package suspect

import (
	"slices"
	"strings"

	"github.com/pertask/pertask/internal/document"
)

// Places are the places of one file where settings are looked for.
type Places struct {
	flat  bool // variables in one row
	agent bool // the file of an agent
	seen  map[string]bool
	above [][]string // the keys above each place; of variables, their first words
}

// NewPlaces returns no places in a file, which is an agent's or a tool's own or an application's.
func NewPlaces(path string, agent bool) *Places {
	format, err := document.FormatOf(path)
	return &Places{agent: agent, flat: err == nil && format == document.Dotenv, seen: map[string]bool{}}
}

// Add adds a place.
func (p *Places) Add(at document.Selector) {
	keys := slices.Collect(at.Keys())
	if len(keys) == 0 {
		return
	}
	above := keys[:len(keys)-1]
	if p.flat {
		above = []string{firstWord(keys[0])}
	}
	if id := strings.Join(above, "\x00"); !p.seen[id] {
		p.seen[id] = true
		p.above = append(p.above, above)
	}
}

// Has reports whether models are set around a place: anywhere in the file of an agent, and beside or below a place in a
// file of an application. Variables stand all in one row, so those count that begin like one of the places.
func (p *Places) Has(at document.Selector) bool {
	switch {
	case p == nil:
		return false
	case p.agent && !p.flat:
		return true
	}
	keys := slices.Collect(at.Keys())
	return slices.ContainsFunc(p.above, func(above []string) bool {
		switch {
		case len(keys) == 0:
			return false
		case p.flat:
			return above[0] == firstWord(keys[0])
		case len(above) == 0:
			return len(keys) == 1
		}
		return len(keys) > len(above) && slices.Equal(keys[:len(above)], above)
	})
}

func firstWord(name string) string {
	word, _, _ := strings.Cut(name, "_")
	return word
}

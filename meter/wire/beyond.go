package wire

import (
	"bytes"
	"slices"
	"strings"
)

// Beyond lists the fields below o that hold a number other than zero, or a list that is not empty, and are not
// among the known paths, whatever their names are. Paths are written as for Unclassified. It is for formats whose
// counts cannot be told by their names.
func (o Object) Beyond(known []string) []string {
	var out []string
	for name, text := range o.fields {
		path := o.at + name
		if slices.Contains(known, path+".*") || slices.Contains(known, path) {
			continue
		}
		if inner, err := o.Object(name); err == nil && inner.fields != nil {
			out = append(out, inner.Beyond(known)...)
			continue
		}
		if counts(bytes.TrimSpace(text)) {
			out = append(out, path)
		}
	}
	slices.Sort(out)
	return out
}

// counts reports whether a valid JSON text is a number other than zero, or a list with something in it.
func counts(text []byte) bool {
	switch {
	case len(text) == 0:
		return false
	case text[0] == '[':
		return len(bytes.TrimSpace(text[1:len(text)-1])) > 0
	case text[0] == '-' || '0' <= text[0] && text[0] <= '9':
		mantissa, _, _ := strings.Cut(strings.ToLower(string(text)), "e")
		return strings.ContainsAny(mantissa, "123456789")
	}
	return false
}

package wire

import (
	"bytes"
	"slices"
	"strings"
)

// What is listed of an object stays small, whatever the object is.
const (
	deepest = 8   // how deep objects are looked into
	most    = 32  // how many paths are listed
	longest = 160 // how long a path may be, in bytes
	andMore = "and more"
)

// Unclassified lists the fields below o that look like counts of tokens (their name ends in "_tokens"), are
// not zero, and are not among the known paths. A path is written "a.b_tokens"; a known path that ends in ".*"
// knows everything below it. Zero of anything costs nothing, so a zero is not listed. An object that stands too deep
// to be looked into is listed itself, and a list that is too long ends in "and more".
func (o Object) Unclassified(known []string) []string {
	return o.list(known, func(name string, text []byte) bool {
		n, told, err := count(text)
		return strings.HasSuffix(name, "_tokens") && (err != nil || told && n != 0)
	})
}

// Beyond lists the fields below o that hold a number other than zero, or a list that is not empty, and are not
// among the known paths, whatever their names are. Paths are written and bounded as for Unclassified. It is for
// formats whose counts cannot be told by their names.
func (o Object) Beyond(known []string) []string {
	return o.list(known, func(_ string, text []byte) bool { return counts(text) })
}

// list lists the fields that something holds of. Names that are there twice were told apart before.
func (o Object) list(known []string, holds func(name string, text []byte) bool) []string {
	var paths []string
	o.walk(known, holds, 1, &paths)
	slices.Sort(paths)
	var out []string
	for _, path := range paths[:min(len(paths), most+1)] {
		out = Note(out, path)
	}
	return out
}

func (o Object) walk(known []string, holds func(name string, text []byte) bool, depth int, out *[]string) {
	for _, f := range o.fields {
		name, text := string(f.name), bytes.TrimSpace(f.value)
		object := len(text) > 0 && text[0] == '{'
		if !object && !holds(name, text) {
			continue
		}
		path := o.at + name
		switch {
		case knows(known, path):
		case object && depth < deepest:
			inner, _ := o.Object(name) // the text was found valid with the whole
			inner.walk(known, holds, depth+1, out)
		case !object || len(bytes.TrimSpace(text[1:len(text)-1])) > 0:
			*out = append(*out, path)
		}
	}
}

// knows reports whether a path is among the known ones.
func knows(known []string, path string) bool {
	return slices.ContainsFunc(known, func(k string) bool {
		return strings.HasPrefix(k, path) && (len(k) == len(path) || k[len(path):] == ".*")
	})
}

// Note adds a path to a list of what is not understood, unless it is there already. A list that is full ends in
// "and more"; a path that is too long is cut.
func Note(list []string, path string) []string {
	if len(path) > longest {
		path = strings.ToValidUTF8(path[:longest], "") + "..."
	}
	switch {
	case slices.Contains(list, path) || len(list) > most:
		return list
	case len(list) == most:
		return append(list, andMore)
	}
	return append(list, path)
}

// counts reports whether a valid JSON text is a number other than zero, or a list with something in it.
func counts(text []byte) bool {
	switch {
	case len(text) == 0:
		return false
	case text[0] == '[':
		return len(bytes.TrimSpace(text[1:len(text)-1])) > 0
	case text[0] == '-' || '0' <= text[0] && text[0] <= '9':
		return !IsZero(text)
	}
	return false
}

// IsZero reports whether a JSON text is the number zero, however it is written, such as 0, 0.00 or -0e5.
func IsZero(text []byte) bool {
	text = bytes.TrimSpace(text)
	if len(text) == 0 || text[0] != '-' && (text[0] < '0' || text[0] > '9') {
		return false
	}
	mantissa, _, _ := strings.Cut(strings.ToLower(string(text)), "e")
	return !strings.ContainsAny(mantissa, "123456789")
}

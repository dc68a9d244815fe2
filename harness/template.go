package harness

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Number is a template of a number.
type Number string

// When is a value that is there only when another name has a value.
type When struct {
	Has   string
	Value any
}

// placeholder is a name in a template. Values are never looked at for names.
var placeholder = regexp.MustCompile(`\{[a-z_]+(\.[a-z_]+)?\}`)

// vocabulary holds the values of names.
type vocabulary map[string]string

// fill replaces the names in a template, once. It reports whether each has a value.
func (v vocabulary) fill(template string) (string, bool) {
	complete := true
	text := placeholder.ReplaceAllStringFunc(template, func(name string) string {
		value, ok := v[name[1:len(name)-1]]
		complete = complete && ok
		return value
	})
	return text, complete
}

// argv fills groups of arguments. A group with a name that has no value is left out. A value of an argument of its own
// that would be read as a flag is an error.
func (v vocabulary) argv(groups [][]string) ([]string, error) {
	var out []string
	for _, group := range groups {
		var filled []string
		for _, template := range group {
			arg, ok := v.fill(template)
			if !ok {
				filled = nil
				break
			}
			// After the argument "--" nothing is a flag.
			if strings.HasPrefix(template, "{") && strings.HasPrefix(arg, "-") && !slices.Contains(filled, "--") {
				return nil, fmt.Errorf("%s is %s, which begins with a dash and would be read as a flag", template[1:strings.Index(template, "}")], shorten(arg))
			}
			filled = append(filled, arg)
		}
		out = append(out, filled...)
	}
	if i := slices.IndexFunc(out, func(s string) bool { return strings.ContainsRune(s, 0) }); i >= 0 {
		return nil, fmt.Errorf("%s holds a zero byte, which no argument can", shorten(out[i]))
	}
	return out, nil
}

// env fills variables, sorted by name.
func (v vocabulary) env(vars map[string]string) ([]string, error) {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		value, ok := v.fill(vars[name])
		if !ok {
			continue
		}
		if strings.ContainsRune(value, 0) {
			return nil, fmt.Errorf("%s holds a zero byte, which no variable can", shorten(value))
		}
		out = append(out, name+"="+value)
	}
	return out, nil
}

// value fills a value of a file. It reports false for one that is left out.
func (v vocabulary) value(x any) (any, bool, error) {
	switch x := x.(type) {
	case string:
		text, ok := v.fill(x)
		return text, ok, nil
	case Number:
		return v.number(x)
	case When:
		if _, ok := v[x.Has]; !ok {
			return nil, false, nil
		}
		return v.value(x.Value)
	case map[string]any:
		out, err := v.object(x)
		return out, len(out) > 0 || len(x) == 0, err
	case []any:
		return v.elements(x)
	}
	return x, true, nil
}

func (v vocabulary) number(x Number) (any, bool, error) {
	text, ok := v.fill(string(x))
	if !ok {
		return nil, false, nil
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, true, nil
	}
	if !decimal.MatchString(text) {
		return nil, false, fmt.Errorf("%s is %s, which is not a number", strings.Trim(string(x), "{}"), shorten(text))
	}
	f, err := strconv.ParseFloat(text, 64)
	return f, true, err
}

var decimal = regexp.MustCompile(`^-?[0-9]{1,15}(\.[0-9]{1,15})?$`)

// object fills an object, its keys too. Two keys that become the same are one, with the members of both.
func (v vocabulary) object(in map[string]any) (map[string]any, error) {
	out := map[string]any{}
	for _, template := range slices.Sorted(maps.Keys(in)) {
		key, ok := v.fill(template)
		if !ok {
			continue
		}
		value, ok, err := v.value(in[template])
		if err != nil {
			return nil, err
		}
		if ok {
			out[key] = merged(out[key], value)
		}
	}
	return out, nil
}

// merged puts the members of a later object over those of an earlier one, and a list behind another.
func merged(earlier, later any) any {
	if before, isList := earlier.([]any); isList {
		if behind, too := later.([]any); too {
			return slices.Concat(before, behind)
		}
	}
	a, isObject := earlier.(map[string]any)
	b, too := later.(map[string]any)
	if !isObject || !too {
		return later
	}
	out := maps.Clone(a)
	for key, value := range b {
		out[key] = merged(out[key], value)
	}
	return out
}

func (v vocabulary) elements(in []any) (any, bool, error) {
	out := []any{}
	for _, x := range in {
		value, ok, err := v.value(x)
		if err != nil {
			return nil, false, err
		}
		if ok {
			out = append(out, value)
		}
	}
	return out, len(out) > 0 || len(in) == 0, nil
}

// names adds the names that a template, or a value of a file, holds.
func names(x any, into map[string]bool) {
	switch x := x.(type) {
	case string:
		for _, name := range placeholder.FindAllString(x, -1) {
			into[name[1:len(name)-1]] = true
		}
	case Number:
		names(string(x), into)
	case When:
		names(x.Value, into)
	case map[string]any:
		for key, value := range x {
			names(key, into)
			names(value, into)
		}
	case []any:
		for _, value := range x {
			names(value, into)
		}
	}
}

// shorten quotes a value for an error.
func shorten(s string) string {
	const most = 60
	if len(s) > most {
		return strconv.Quote(strings.ToValidUTF8(s[:most], "")) + "..."
	}
	return strconv.Quote(s)
}

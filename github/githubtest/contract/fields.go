package contract

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/getkin/kin-openapi/openapi3"
)

// unknown lists the fields of a body that its schema does not name. The description lets every object have more,
// and GitHub ignores them, so that a misspelt field would go unseen.
func unknown(media *openapi3.MediaType, body []byte, at string) []string {
	if media == nil || media.Schema == nil {
		return nil
	}
	var v any
	if json.Unmarshal(body, &v) != nil {
		return nil // the validation says so
	}
	out := walk([]*openapi3.Schema{media.Schema.Value}, v, at)
	slices.Sort(out)
	return slices.Compact(out)
}

// walk looks at a value that any of the schemas may describe.
func walk(schemas []*openapi3.Schema, v any, at string) []string {
	schemas = alternatives(schemas)
	var out []string
	switch v := v.(type) {
	case []any:
		var items []*openapi3.Schema
		for _, s := range schemas {
			if s.Items != nil {
				items = append(items, s.Items.Value)
			}
		}
		for i, e := range v {
			out = append(out, walk(items, e, at+"/"+strconv.Itoa(i))...)
		}
	case map[string]any:
		named := slices.ContainsFunc(schemas, func(s *openapi3.Schema) bool { return len(s.Properties) > 0 })
		for key, e := range v {
			below, free := field(schemas, key)
			if len(below) == 0 && named && !free {
				out = append(out, fmt.Sprintf("%s: field %q is not known", at, key))
				continue
			}
			out = append(out, walk(below, e, at+"/"+key)...)
		}
	}
	return out
}

// alternatives adds the parts of combined schemas.
func alternatives(schemas []*openapi3.Schema) []*openapi3.Schema {
	var out []*openapi3.Schema
	for _, s := range schemas {
		if s == nil {
			continue
		}
		out = append(out, s)
		for _, refs := range []openapi3.SchemaRefs{s.AllOf, s.AnyOf, s.OneOf} {
			for _, r := range refs {
				out = append(out, alternatives([]*openapi3.Schema{r.Value})...)
			}
		}
	}
	return out
}

// field returns the schemas of a field, and whether any of the schemas is a map, of which every key is a field.
func field(schemas []*openapi3.Schema, key string) (out []*openapi3.Schema, free bool) {
	for _, s := range schemas {
		if p := s.Properties[key]; p != nil {
			out = append(out, p.Value)
		}
		if a := s.AdditionalProperties.Schema; a != nil {
			out, free = append(out, a.Value), true
		}
	}
	return out, free
}

package contract

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

//go:embed schema.graphql
var schemaText string

var schema = sync.OnceValues(func() (*ast.Schema, error) {
	return gqlparser.LoadSchema(&ast.Source{Name: "schema.graphql", Input: schemaText})
})

// CheckQuery holds a request to GraphQL and its answer against the schema: every field, argument, variable and
// its type, and that the answer has what was asked for, of the types that it must have. An answer of nil is not
// looked at.
func CheckQuery(body, answer []byte) Verdict {
	s, err := schema()
	if err != nil {
		return Verdict{Request: []string{err.Error()}}
	}
	var in struct {
		Query     string
		Variables map[string]any
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return Verdict{Request: []string{"the request is not JSON: " + err.Error()}}
	}
	doc, errs := gqlparser.LoadQueryWithRules(s, in.Query, rules.NewDefaultRules())
	if len(errs) > 0 {
		var v Verdict
		for _, e := range errs {
			v.Request = append(v.Request, e.Message)
		}
		return v
	}
	if len(doc.Operations) != 1 {
		return Verdict{Request: []string{fmt.Sprintf("%d operations in one request", len(doc.Operations))}}
	}
	var v Verdict
	if _, err := validator.VariableValues(s, doc.Operations[0], in.Variables); err != nil {
		v.Request = append(v.Request, err.Error())
	}
	if answer != nil {
		v.Answer = checkAnswer(s, doc.Operations[0], answer)
	}
	return v
}

// checker looks at an answer.
type checker struct {
	schema *ast.Schema
	failed bool // the answer has errors, which explain a null
	found  []string
}

func checkAnswer(s *ast.Schema, op *ast.OperationDefinition, answer []byte) []string {
	var out struct {
		Data   map[string]any
		Errors []struct{ Message string }
	}
	if err := json.Unmarshal(answer, &out); err != nil {
		return []string{"the answer is not JSON: " + err.Error()}
	}
	for _, e := range out.Errors {
		if e.Message == "" {
			return []string{"an error has no message"}
		}
	}
	if out.Data == nil {
		if len(out.Errors) == 0 {
			return []string{"the answer has neither data nor errors"}
		}
		return nil
	}
	c := &checker{schema: s, failed: len(out.Errors) > 0}
	c.selection(op.SelectionSet, out.Data, "")
	slices.Sort(c.found)
	return c.found
}

func (c *checker) add(at, format string, args ...any) {
	c.found = append(c.found, at+": "+fmt.Sprintf(format, args...))
}

// selection looks at the fields of an object. Those of a fragment on one type of an interface are there only when
// the object is of that type.
func (c *checker) selection(set ast.SelectionSet, object map[string]any, at string) {
	asked := map[string]bool{}
	c.fields(set, object, at, true, asked)
	for key := range object {
		if !asked[key] {
			c.add(at, "%q was not asked for", key)
		}
	}
}

func (c *checker) fields(set ast.SelectionSet, object map[string]any, at string, must bool, asked map[string]bool) {
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			asked[sel.Alias] = true
			value, there := object[sel.Alias]
			if !there {
				if must {
					c.add(at, "%q is missing", sel.Alias)
				}
				continue
			}
			c.value(sel, sel.Definition.Type, value, at+"/"+sel.Alias)
		case *ast.InlineFragment:
			c.fields(sel.SelectionSet, object, at, must && sel.TypeCondition == sel.ObjectDefinition.Name, asked)
		}
	}
}

func (c *checker) value(f *ast.Field, t *ast.Type, v any, at string) {
	if v == nil {
		if t.NonNull && !c.failed {
			c.add(at, "null, and %s is never null", t)
		}
		return
	}
	if t.Elem != nil {
		list, ok := v.([]any)
		if !ok {
			c.add(at, "no list, and %s is", t)
			return
		}
		for i, e := range list {
			c.value(f, t.Elem, e, at+"/"+strconv.Itoa(i))
		}
		return
	}
	def := c.schema.Types[t.NamedType]
	switch def.Kind {
	case ast.Scalar:
		if !scalar(t.NamedType, v) {
			c.add(at, "%v is no %s", v, t.NamedType)
		}
	case ast.Enum:
		if s, _ := v.(string); def.EnumValues.ForName(s) == nil {
			c.add(at, "%v is not of %s", v, t.NamedType)
		}
	default:
		object, ok := v.(map[string]any)
		if !ok {
			c.add(at, "no object, and %s is", t)
			return
		}
		c.selection(f.SelectionSet, object, at)
	}
}

func scalar(name string, v any) bool {
	switch name {
	case "Int":
		n, ok := v.(float64)
		return ok && n == float64(int32(n))
	case "Float":
		_, ok := v.(float64)
		return ok
	case "Boolean":
		_, ok := v.(bool)
		return ok
	}
	_, ok := v.(string) // String, ID, and GitHub's own: BigInt, DateTime, GitObjectID, URI
	return ok
}

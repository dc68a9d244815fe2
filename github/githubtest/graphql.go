package githubtest

import (
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// gqlError is one entry of "errors".
type gqlError struct {
	Type    string `json:"type,omitempty"`
	Message string `json:"message"`
	Path    []any  `json:"path,omitempty"`
}

// field is one field of a type.
type field struct {
	of   string   // the type of its value; "" is a scalar
	args []string // that it accepts; "!" at the end of a required one
	get  func(x *execution, parent any, args map[string]any) (any, *gqlError)
}

// typed is a value of an interface with its type.
type typed struct {
	is    string
	value any
}

// execution is one GraphQL operation.
type execution struct {
	c      *call
	vars   map[string]any
	errors []gqlError
}

func (c *call) graphql() reply {
	var in struct {
		Query     string
		Variables map[string]any
	}
	if rep, ok := c.decode(&in); !ok {
		return rep
	}
	doc, err := parser.ParseQuery(&ast.Source{Input: in.Query})
	if err != nil || len(doc.Operations) != 1 {
		return refused("Parse error on the query: %v", err)
	}
	op := doc.Operations[0]
	root := map[ast.Operation]string{ast.Query: "Query", ast.Mutation: "Mutation"}[op.Operation]
	if root == "" {
		return refused("A query attempted to subscribe")
	}
	x := &execution{c: c, vars: in.Variables}
	if msg := x.validate(op, root); msg != "" {
		return refused("%s", msg)
	}
	data := x.run(op.SelectionSet, root, nil, nil)
	out := map[string]any{"data": data}
	if len(x.errors) > 0 {
		out["errors"] = x.errors
	}
	return ok(out)
}

// refused is the answer to a query that is not valid: no data at all.
func refused(format string, args ...any) reply {
	return ok(map[string]any{"errors": []gqlError{{Message: fmt.Sprintf(format, args...)}}})
}

// validate checks the whole operation before any of it runs, as GitHub does. It returns what is wrong, or "".
func (x *execution) validate(op *ast.OperationDefinition, root string) string {
	used := map[string]bool{}
	if msg := checkSelection(op.SelectionSet, root, used); msg != "" {
		return msg
	}
	for _, v := range op.VariableDefinitions {
		if !used[v.Variable] {
			return fmt.Sprintf("Variable $%s is declared by anonymous query but not used", v.Variable)
		}
		value, given := x.vars[v.Variable]
		if v.Type.NonNull && (!given || value == nil) {
			return fmt.Sprintf("Variable $%s of type %s was provided invalid value", v.Variable, v.Type)
		}
		if value != nil && !fits(value, v.Type.NamedType) {
			return fmt.Sprintf("Variable $%s of type %s was provided invalid value", v.Variable, v.Type)
		}
		delete(used, v.Variable)
	}
	for name := range used {
		return fmt.Sprintf("Variable $%s is used by anonymous query but not declared", name)
	}
	return ""
}

// fits checks a JSON value against a named scalar; other types are the resolvers' business.
func fits(v any, typ string) bool {
	switch typ {
	case "Int":
		f, ok := v.(float64)
		return ok && f == float64(int32(f))
	case "String", "ID", "GitObjectID", "DateTime", "URI":
		_, ok := v.(string)
		return ok
	case "Boolean":
		_, ok := v.(bool)
		return ok
	}
	return true
}

func checkSelection(set ast.SelectionSet, typ string, used map[string]bool) string {
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			if msg := checkField(sel, typ, used); msg != "" {
				return msg
			}
		case *ast.InlineFragment:
			if sel.TypeCondition != typ && !contains(interfaces[typ], sel.TypeCondition) {
				return fmt.Sprintf("Fragment on %s can't be spread inside %s", sel.TypeCondition, typ)
			}
			if msg := checkSelection(sel.SelectionSet, sel.TypeCondition, used); msg != "" {
				return msg
			}
		default:
			return "Named fragments are not known to this server"
		}
	}
	return ""
}

func checkField(f *ast.Field, typ string, used map[string]bool) string {
	if f.Name == "__typename" {
		return ""
	}
	def, ok := types[typ][f.Name]
	if !ok {
		return fmt.Sprintf("Field '%s' doesn't exist on type '%s'", f.Name, typ)
	}
	if def.of == "" && len(f.SelectionSet) > 0 {
		return fmt.Sprintf("Selections can't be made on scalars (field '%s' returns a scalar but has selections)", f.Name)
	}
	if def.of != "" && len(f.SelectionSet) == 0 {
		return fmt.Sprintf("Field must have selections (field '%s' returns %s but has no selections)", f.Name, def.of)
	}
	for _, a := range f.Arguments {
		if !contains(def.args, a.Name) && !contains(def.args, a.Name+"!") {
			return fmt.Sprintf("Field '%s' doesn't accept argument '%s'", f.Name, a.Name)
		}
		variables(a.Value, used)
	}
	for _, a := range def.args {
		if name, required := strings.CutSuffix(a, "!"); required && f.Arguments.ForName(name) == nil {
			return fmt.Sprintf("Field '%s' is missing required arguments: %s", f.Name, name)
		}
	}
	return checkSelection(f.SelectionSet, def.of, used)
}

func variables(v *ast.Value, used map[string]bool) {
	if v.Kind == ast.Variable {
		used[v.Raw] = true
	}
	for _, child := range v.Children {
		variables(child.Value, used)
	}
}

func contains(all []string, s string) bool {
	for _, a := range all {
		if a == s {
			return true
		}
	}
	return false
}

// run executes a selection on a value.
func (x *execution) run(set ast.SelectionSet, typ string, value any, path []any) map[string]any {
	out := map[string]any{}
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			key := sel.Alias
			if key == "" {
				key = sel.Name
			}
			out[key] = x.field(sel, typ, value, append(path[:len(path):len(path)], key))
		case *ast.InlineFragment:
			if sel.TypeCondition != typ {
				continue
			}
			for k, v := range x.run(sel.SelectionSet, typ, value, path) {
				out[k] = v
			}
		}
	}
	return out
}

func (x *execution) field(f *ast.Field, typ string, value any, path []any) any {
	if f.Name == "__typename" {
		return typ
	}
	def := types[typ][f.Name]
	args := map[string]any{}
	for _, a := range f.Arguments {
		v, err := a.Value.Value(x.vars)
		if err != nil {
			x.errors = append(x.errors, gqlError{Message: err.Error(), Path: path})
			return nil
		}
		args[a.Name] = v
	}
	got, bad := def.get(x, value, args)
	if bad != nil {
		bad.Path = path
		x.errors = append(x.errors, *bad)
		return nil
	}
	return x.complete(f, def.of, got, path)
}

// complete makes JSON of a resolved value.
func (x *execution) complete(f *ast.Field, of string, got any, path []any) any {
	if got == nil || of == "" {
		return got
	}
	if list, ok := got.([]any); ok {
		out := make([]any, 0, len(list))
		for i, v := range list {
			out = append(out, x.complete(f, of, v, append(path[:len(path):len(path)], i)))
		}
		return out
	}
	if t, ok := got.(typed); ok {
		of, got = t.is, t.value
	}
	return x.run(f.SelectionSet, of, got, path)
}

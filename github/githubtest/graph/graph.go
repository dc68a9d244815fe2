// Package graph executes GraphQL against a small schema, in the way and with the refusals of GitHub's server.
//
// It knows selections, fragments, variables, arguments, errors with paths, and pages of lists. It refuses to know
// what is asked for: the schema's fields are functions of the server that it is used by.
package graph

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// Error is one entry of "errors" in an answer.
type Error struct {
	Type    string `json:"type,omitempty"` // such as NOT_FOUND
	Message string `json:"message"`
	Path    []any  `json:"path,omitempty"` // of the field; filled in by the execution
}

// Field is one field of a type. C is what the server hands to all fields of a request.
type Field[C any] struct {
	Of   string   // the type of its value; "" is a scalar
	Args []string // that it accepts, with a "!" at the end of a required one
	// Get returns the value: nil, something that JSON can hold, the parent of the fields of type Of, a Typed
	// one, or a []any of them.
	Get func(c C, parent any, args map[string]any) (any, *Error)
}

// Scalar makes a field without arguments of a function of the parent.
func Scalar[C, T any](get func(T) any) Field[C] {
	return Field[C]{Get: func(_ C, p any, _ map[string]any) (any, *Error) { return get(p.(T)), nil }}
}

// Typed is a value of an interface or union with its type.
type Typed struct {
	Is    string
	Value any
}

// Schema is what can be asked: the fields of each type by name, "Query" and "Mutation" among them.
type Schema[C any] struct {
	Types map[string]map[string]Field[C]
	// Interfaces lists the types behind each interface.
	Interfaces map[string][]string
}

// Answer is what is sent back. Without data, the query was refused before any of it ran.
type Answer struct {
	Data   map[string]any `json:"data,omitempty"`
	Errors []Error        `json:"errors,omitempty"`
}

// execution is one operation.
type execution[C any] struct {
	*Schema[C]
	c      C
	vars   map[string]any
	errors []Error
}

// Run executes the one operation of a query. A schema can run several at once when its fields can.
func (s *Schema[C]) Run(c C, query string, vars map[string]any) Answer {
	doc, err := parser.ParseQuery(&ast.Source{Input: query})
	if err != nil || len(doc.Operations) != 1 {
		return refused("Parse error on the query: %v", err)
	}
	op := doc.Operations[0]
	root := map[ast.Operation]string{ast.Query: "Query", ast.Mutation: "Mutation"}[op.Operation]
	if root == "" {
		return refused("A query attempted to subscribe")
	}
	x := &execution[C]{Schema: s, c: c, vars: vars}
	if msg := x.validate(op, root); msg != "" {
		return refused("%s", msg)
	}
	data := x.run(op.SelectionSet, root, nil, nil)
	return Answer{data, x.errors}
}

func refused(format string, args ...any) Answer {
	return Answer{Errors: []Error{{Message: fmt.Sprintf(format, args...)}}}
}

// validate checks the whole operation before any of it runs, as GitHub does. It returns what is wrong, or "".
func (x *execution[C]) validate(op *ast.OperationDefinition, root string) string {
	used := map[string]bool{}
	if msg := x.checkSelection(op.SelectionSet, root, used); msg != "" {
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

func (s *Schema[C]) checkSelection(set ast.SelectionSet, typ string, used map[string]bool) string {
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			if msg := s.checkField(sel, typ, used); msg != "" {
				return msg
			}
		case *ast.InlineFragment:
			if sel.TypeCondition != typ && !slices.Contains(s.Interfaces[typ], sel.TypeCondition) {
				return fmt.Sprintf("Fragment on %s can't be spread inside %s", sel.TypeCondition, typ)
			}
			if msg := s.checkSelection(sel.SelectionSet, sel.TypeCondition, used); msg != "" {
				return msg
			}
		default:
			return "Named fragments are not known to this server"
		}
	}
	return ""
}

func (s *Schema[C]) checkField(f *ast.Field, typ string, used map[string]bool) string {
	if f.Name == "__typename" {
		return ""
	}
	def, ok := s.Types[typ][f.Name]
	if !ok {
		return fmt.Sprintf("Field '%s' doesn't exist on type '%s'", f.Name, typ)
	}
	if def.Of == "" && len(f.SelectionSet) > 0 {
		return fmt.Sprintf("Selections can't be made on scalars (field '%s' returns a scalar but has selections)", f.Name)
	}
	if def.Of != "" && len(f.SelectionSet) == 0 {
		return fmt.Sprintf("Field must have selections (field '%s' returns %s but has no selections)", f.Name, def.Of)
	}
	for _, a := range f.Arguments {
		if !slices.Contains(def.Args, a.Name) && !slices.Contains(def.Args, a.Name+"!") {
			return fmt.Sprintf("Field '%s' doesn't accept argument '%s'", f.Name, a.Name)
		}
		variables(a.Value, used)
	}
	for _, a := range def.Args {
		if name, required := strings.CutSuffix(a, "!"); required && f.Arguments.ForName(name) == nil {
			return fmt.Sprintf("Field '%s' is missing required arguments: %s", f.Name, name)
		}
	}
	return s.checkSelection(f.SelectionSet, def.Of, used)
}

func variables(v *ast.Value, used map[string]bool) {
	if v.Kind == ast.Variable {
		used[v.Raw] = true
	}
	for _, child := range v.Children {
		variables(child.Value, used)
	}
}

// run executes a selection on a value.
func (x *execution[C]) run(set ast.SelectionSet, typ string, value any, path []any) map[string]any {
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

func (x *execution[C]) field(f *ast.Field, typ string, value any, path []any) any {
	if f.Name == "__typename" {
		return typ
	}
	def := x.Types[typ][f.Name]
	args := map[string]any{}
	for _, a := range f.Arguments {
		v, err := a.Value.Value(x.vars)
		if err != nil {
			x.errors = append(x.errors, Error{Message: err.Error(), Path: path})
			return nil
		}
		args[a.Name] = v
	}
	got, bad := def.Get(x.c, value, args)
	if bad != nil {
		bad.Path = path
		x.errors = append(x.errors, *bad)
		return nil
	}
	return x.complete(f, def.Of, got, path)
}

// complete makes JSON of a resolved value.
func (x *execution[C]) complete(f *ast.Field, of string, got any, path []any) any {
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
	if b, ok := got.(Broken); ok {
		b.Error.Path = path
		x.errors = append(x.errors, b.Error)
		return nil
	}
	if t, ok := got.(Typed); ok {
		of, got = t.Is, t.Value
	}
	return x.run(f.SelectionSet, of, got, path)
}

package graph_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/github/githubtest/graph"
)

type field = graph.Field[string]

// shop is a schema whose context is the name of who asks.
var shop = graph.Schema[string]{
	Types: map[string]map[string]field{
		"Query": {
			"me": {Get: func(who string, _ any, _ map[string]any) (any, *graph.Error) { return who, nil }},
			"item": {Of: "Item", Args: []string{"id!", "lang"}, Get: func(_ string, _ any, args map[string]any) (any, *graph.Error) {
				if graph.Int(args["id"]) == 0 {
					return nil, nil
				}
				return graph.Typed{Is: "Book", Value: args["id"]}, nil
			}},
			"items": {Of: "BookConnection", Args: graph.Pages("filter"), Get: func(_ string, _ any, args map[string]any) (any, *graph.Error) {
				return graph.Page([]any{"a", "b", "c", "d", "e"}, "items", args)
			}},
			"list": {Of: "Book", Get: func(string, any, map[string]any) (any, *graph.Error) { return []any{"x", "y"}, nil }},
		},
		"Mutation":       {"buy": {Of: "Book", Args: []string{"input!"}, Get: func(_ string, _ any, args map[string]any) (any, *graph.Error) { return args["input"], nil }}},
		"Item":           {"id": graph.Scalar[string](func(v any) any { return v })},
		"Book":           {"id": graph.Scalar[string](func(v any) any { return v }), "torn": {Get: torn}},
		"BookConnection": graph.Connection[string]("Book"),
		"PageInfo":       graph.PageInfo[string](),
	},
	Interfaces: map[string][]string{"Item": {"Book"}},
}

func torn(string, any, map[string]any) (any, *graph.Error) {
	return nil, &graph.Error{Type: "TORN", Message: "a page is missing"}
}

func run(t *testing.T, query, vars string) string {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(vars), &v); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(shop.Run("ada", query, v))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(out), `\u0026`, "&")
}

func TestRun(t *testing.T) {
	for _, tt := range []struct{ name, query, vars, want string }{
		{"scalar", `{me}`, `{}`, `{"data":{"me":"ada"}}`},
		{"alias", `{x:me y:me}`, `{}`, `{"data":{"x":"ada","y":"ada"}}`},
		{"fragment of the type", `{item(id:3){__typename id ... on Book{b:id}}}`, `{}`, `{"data":{"item":{"__typename":"Book","b":3,"id":3}}}`},
		{"null", `{item(id:0){id}}`, `{}`, `{"data":{"item":null}}`},
		{"variable", `query($n:Int!){item(id:$n){id}}`, `{"n":4}`, `{"data":{"item":{"id":4}}}`},
		{"variable that may be left out", `query($n:Int!,$l:String){item(id:$n,lang:$l){id}}`, `{"n":4}`, `{"data":{"item":{"id":4}}}`},
		{"list", `{list{id}}`, `{}`, `{"data":{"list":[{"id":"x"},{"id":"y"}]}}`},
		{"error with its path", `{list{torn}}`, `{}`,
			`{"data":{"list":[{"torn":null},{"torn":null}]},"errors":[{"type":"TORN","message":"a page is missing","path":["list",0,"torn"]},` +
				`{"type":"TORN","message":"a page is missing","path":["list",1,"torn"]}]}`},
		{"mutation", `mutation($i:Buy!){buy(input:$i){id}}`, `{"i":"b"}`, `{"data":{"buy":{"id":"b"}}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(run(t, tt.query, tt.vars), tt.want); diff != "" {
				t.Errorf("got-want:\n%s", diff)
			}
		})
	}
}

func TestRunRefuses(t *testing.T) {
	for _, tt := range []struct{ name, query, vars, want string }{
		{"nothing", ``, `{}`, "Parse error"},
		{"two operations", `query a{me} query b{me}`, `{}`, "Parse error"},
		{"subscription", `subscription{me}`, `{}`, "attempted to subscribe"},
		{"field", `{me nope}`, `{}`, "Field 'nope' doesn't exist on type 'Query'"},
		{"field below", `{item(id:1){nope}}`, `{}`, "Field 'nope' doesn't exist on type 'Item'"},
		{"field of the type on its interface", `{item(id:1){torn}}`, `{}`, "Field 'torn' doesn't exist on type 'Item'"},
		{"argument", `{item(id:1,x:2){id}}`, `{}`, "doesn't accept argument 'x'"},
		{"missing argument", `{item{id}}`, `{}`, "missing required arguments: id"},
		{"no selections", `{list}`, `{}`, "must have selections"},
		{"selections on a scalar", `{me{x}}`, `{}`, "can't be made on scalars"},
		{"fragment of another type", `{list{... on Item{id}}}`, `{}`, "Fragment on Item can't be spread inside Book"},
		{"named fragment", `{list{...f}} fragment f on Book{id}`, `{}`, "Named fragments"},
		{"undeclared variable", `{item(id:$n){id}}`, `{}`, "Variable $n is used by anonymous query but not declared"},
		{"undeclared variable inside a value", `{items(first:1,filter:{a:[$n]}){totalCount}}`, `{}`, "$n is used"},
		{"unused variable", `query($n:Int!){me}`, `{"n":1}`, "$n is declared by anonymous query but not used"},
		{"missing variable", `query($n:Int!){item(id:$n){id}}`, `{}`, "$n of type Int! was provided invalid value"},
		{"text for a number", `query($n:Int!){item(id:$n){id}}`, `{"n":"1"}`, "invalid value"},
		{"number above 31 bits", `query($n:Int!){item(id:$n){id}}`, `{"n":5000000000}`, "invalid value"},
		{"number for a text", `query($l:String){item(id:1,lang:$l){id}}`, `{"l":1}`, "invalid value"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := run(t, tt.query, tt.vars)
			if !strings.Contains(got, tt.want) || strings.Contains(got, `"data"`) {
				t.Errorf("got %s, want %q and no data", got, tt.want)
			}
		})
	}
}

func TestPages(t *testing.T) {
	for _, tt := range []struct {
		args, want string
		next, prev bool
	}{
		{`first:2`, "ab", true, false},
		{`first:2,after:"cursor:1"`, "cd", true, true},
		{`first:100,after:"cursor:1"`, "cde", false, true},
		{`last:2`, "de", false, true},
		{`last:2,before:"cursor:3"`, "bc", true, true},
		{`first:5`, "abcde", false, false},
		{`first:5,after:"cursor:9"`, "", false, true},
		{`first:5,after:"cursor:-9"`, "abcde", false, false},
		{`last:5,before:"cursor:-9"`, "", true, false},
		{`first:5,after:"nonsense"`, "bcde", false, true},
	} {
		var out struct {
			Data struct {
				Items struct {
					TotalCount int
					Nodes      []struct{ ID string }
					PageInfo   struct {
						HasNextPage, HasPreviousPage bool
						StartCursor, EndCursor       *string
					}
				}
			}
		}
		raw := run(t, `{items(`+tt.args+`){totalCount nodes{id}pageInfo{hasNextPage hasPreviousPage startCursor endCursor}}}`, `{}`)
		if err := json.Unmarshal([]byte(raw), &out); err != nil {
			t.Fatal(err)
		}
		got, page := "", out.Data.Items.PageInfo
		for _, n := range out.Data.Items.Nodes {
			got += n.ID
		}
		if got != tt.want || page.HasNextPage != tt.next || page.HasPreviousPage != tt.prev || out.Data.Items.TotalCount != 5 {
			t.Errorf("%s: got %s, want %q, next %v, previous %v", tt.args, raw, tt.want, tt.next, tt.prev)
		}
		if (page.EndCursor == nil) != (tt.want == "") || page.EndCursor != nil && *page.EndCursor != fmt.Sprint("cursor:", int(tt.want[len(tt.want)-1]-'a')) {
			t.Errorf("%s: end cursor of %s", tt.args, raw)
		}
	}
	for args, want := range map[string]string{
		`after:"cursor:1"`: "MISSING_PAGINATION_BOUNDARIES", `first:1,last:1`: "MISSING_PAGINATION_BOUNDARIES",
		`first:101`: "EXCESSIVE_PAGINATION", `first:0`: "EXCESSIVE_PAGINATION", `last:-1`: "EXCESSIVE_PAGINATION",
	} {
		if got := run(t, `{items(`+args+`){totalCount}}`, `{}`); !strings.Contains(got, want) || !strings.Contains(got, `"items":null`) {
			t.Errorf("%s: got %s, want %s", args, got, want)
		}
	}
}

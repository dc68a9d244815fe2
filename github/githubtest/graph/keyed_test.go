package graph_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/pertask/pertask/github/githubtest/graph"
)

// TestKeyed puts elements in front of a list between two pages of it: the second goes on behind the last one of the first.
func TestKeyed(t *testing.T) {
	list := []string{"d", "f", "h", "k"}
	s := graph.Schema[int]{Types: map[string]map[string]graph.Field[int]{
		"Query": {"letters": {Of: "Letters", Args: graph.Pages(), Get: func(_ int, _ any, args map[string]any) (any, *graph.Error) {
			all := []any{}
			for _, l := range list {
				all = append(all, l)
			}
			behind := func(c string) int {
				i, there := slices.BinarySearch(list, c)
				if there {
					i++
				}
				return i
			}
			return graph.Keyed(all, func(i int) string { return list[i] }, behind, "letters", args)
		}}},
		"Letters":  graph.Connection[int]("Letter"),
		"Letter":   {"name": graph.Scalar[int](func(s string) any { return s })},
		"PageInfo": graph.PageInfo[int](),
	}}
	page := func(args string) string {
		t.Helper()
		raw, err := json.Marshal(s.Run(0, `{letters(`+args+`){nodes{name} pageInfo{endCursor hasNextPage}}}`, nil))
		if err != nil {
			t.Fatal(err)
		}
		return strings.NewReplacer(`{"data":{"letters":`, "", `"nodes":`, "", `"pageInfo":`, "", `{"name":`, "", `}`, "", `{`, "", `"`, "").Replace(string(raw))
	}
	for _, tt := range []struct{ change, args, want string }{
		{"", `first:2`, "[d,f],endCursor:f,hasNextPage:true"},
		{"a", `first:2,after:"f"`, "[h,k],endCursor:k,hasNextPage:false"},
		{"", `first:2`, "[a,d],endCursor:d,hasNextPage:true"},
		{"", `first:9,after:"e"`, "[f,h,k],endCursor:k,hasNextPage:false"}, // of one that is gone
		{"", `last:2,before:"h"`, "[d,f],endCursor:f,hasNextPage:true"},
		{"", `first:1,after:"z"`, "[],endCursor:null,hasNextPage:false"},
	} {
		if tt.change != "" {
			list = append([]string{tt.change}, list...)
		}
		if got := page(tt.args); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.args, got, tt.want)
		}
	}
	if got := page(`first:101`); !strings.Contains(got, "EXCESSIVE_PAGINATION") {
		t.Errorf("got %s", got)
	}
}

func TestBroken(t *testing.T) {
	s := graph.Schema[int]{Types: map[string]map[string]graph.Field[int]{
		"Query": {"all": {Of: "One", Get: func(int, any, map[string]any) (any, *graph.Error) {
			return []any{"a", graph.Broken{Error: graph.Error{Message: "slow"}}, "b"}, nil
		}}},
		"One": {"name": graph.Scalar[int](func(s string) any { return s })},
	}}
	raw, err := json.Marshal(s.Run(0, `{all{name}}`, nil))
	if want := `{"data":{"all":[{"name":"a"},null,{"name":"b"}]},"errors":[{"message":"slow","path":["all",1]}]}`; err != nil || string(raw) != want {
		t.Errorf("got %s and %v, want %s", raw, err, want)
	}
}

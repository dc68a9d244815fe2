package github_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/pertask/pertask/github/githubtest"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

func loadSchema(t *testing.T) *ast.Schema {
	t.Helper()
	text, err := os.ReadFile("testdata/schema.graphql")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "schema.graphql", Input: string(text)})
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// TestQueriesAreValid checks every GraphQL request that this package makes, as it was on the wire, with its
// variables, against an excerpt of GitHub's own schema.
func TestQueriesAreValid(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	for range 101 {
		w.AddComment(w.name, w.pull, "ada", "hi")
	}
	if _, err := w.c.Facts(bg(), acme, w.pull, w.base, w.head, configPath); err != nil {
		t.Fatal(err)
	}
	posted, err := w.c.Post(bg(), acme, w.pull, comment(t, 0, "x"))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.c.Hide(bg(), acme, posted); err != nil {
		t.Fatal(err)
	}
	if _, err := w.c.Comments(bg(), acme, w.pull); err != nil {
		t.Fatal(err)
	}
	schema := loadSchema(t)
	seen := map[string]bool{}
	for _, r := range w.Requests() {
		if r.Path != "/graphql" {
			continue
		}
		var in struct {
			Query     string
			Variables map[string]any
		}
		if err := json.Unmarshal([]byte(r.Body), &in); err != nil {
			t.Fatal(err)
		}
		seen[in.Query] = true
		doc, errs := gqlparser.LoadQueryWithRules(schema, in.Query, rules.NewDefaultRules())
		if errs != nil {
			t.Errorf("%s\n%v", in.Query, errs)
			continue
		}
		if _, err := validator.VariableValues(schema, doc.Operations[0], in.Variables); err != nil {
			t.Errorf("%s\n%v: %v", in.Query, in.Variables, err)
		}
	}
	if got, want := len(seen), 3; got != want {
		t.Errorf("%d different requests were checked, want %d: facts, a page of comments, hiding", got, want)
	}
}

// TestSchemaTellsBadQueries makes sure that the check above can fail.
func TestSchemaTellsBadQueries(t *testing.T) {
	schema := loadSchema(t)
	for _, q := range []string{
		`{repository(owner:"a",name:"b"){nope}}`,
		`{repository(owner:"a"){id}}`,
		`query($n:String!){repository(owner:"a",name:"b"){pullRequest(number:$n){id}}}`,
	} {
		if _, errs := gqlparser.LoadQueryWithRules(schema, q, rules.NewDefaultRules()); errs == nil {
			t.Errorf("%s is taken for valid", q)
		}
	}
}

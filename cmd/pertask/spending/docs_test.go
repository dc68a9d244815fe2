package spending_test

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/github/githubtest"
)

// sample is a command and what it prints, as docs/spend.md shows them.
var sample = regexp.MustCompile("(?s)```\n\\$ pertask spend([^\n]*)\n(.*?)```\n")

// TestDocs carries out the commands of docs/spend.md on the machine of these tests. With -update it writes what they print.
func TestDocs(t *testing.T) {
	const page = "../../../docs/spend.md"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	m := newMachine(t)
	m.fill()
	writer := githubtest.WorkflowActor()
	writer.Permissions["contents"] = "write"
	m.hub.AddToken("ghs_writer", writer)
	m.env["GH_TOKEN"] = "ghs_writer"
	n := 0
	got := sample.ReplaceAllStringFunc(string(text), func(s string) string {
		n++
		args := sample.FindStringSubmatch(s)[1]
		return "```\n$ pertask spend" + args + "\n" + m.fine(strings.Fields(args)...) + "```\n"
	})
	if n < 3 {
		t.Fatalf("%d samples; want 3 at least", n)
	}
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(page, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(text), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", page, diff)
	}
}

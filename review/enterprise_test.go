package review_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

// TestLivesOnAServerOfOnesOwn takes lives that between them use every part of the interfaces to a GitHub Enterprise Server,
// whose interfaces are below /api. What becomes of them is what becomes of them on github.com.
func TestLivesOnAServerOfOnesOwn(t *testing.T) {
	for _, name := range []string{"accept", "fork", "hide-and-new", "killed", "ledger", "more-two-suites", "progress", "queue-many-files", "queue-nameless", "reprice-another-book", "status", "superseded-during"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, err := txtar.ParseFile("testdata/lives/" + name + ".txtar")
			if err != nil {
				t.Fatal(err)
			}
			a.Files = append(common(t), a.Files...)
			l := newLife(t, a)
			root := l.hub.URL
			l.hub.URL, l.hub.GraphQLURL = root+"api/v3/", "" // the second one is found by the first
			var got strings.Builder
			for _, f := range a.Files {
				if !strings.HasPrefix(f.Name, "step ") {
					continue
				}
				fmt.Fprintf(&got, "-- %s --\n", f.Name)
				for line := range strings.Lines(string(f.Data)) {
					if line = strings.TrimSpace(line); line != "" {
						got.WriteString(l.do(line))
					}
				}
				got.WriteString(l.state())
			}
			want, err := os.ReadFile("testdata/lives/" + name + ".want")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("-github.com +a server of one's own:\n%s", diff)
			}
		})
	}
}

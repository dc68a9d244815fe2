package attribute_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/pertask/pertask/ledger/attribute"
	"github.com/pertask/pertask/ledger/spend"
)

// many returns a repository of n pull requests of 20 commits each.
func many(n int) attribute.Repository {
	r := attribute.Repository{Name: "github.com/acme/shop", DefaultBranch: "main"}
	for i := range n {
		p := attribute.Pull{
			Number: i + 1, State: attribute.Merged, HeadRef: fmt.Sprintf("fix-%d", i/3), HeadRepository: "acme/shop", Merge: fmt.Sprintf("%040x", i),
			Created: start().Add(time.Duration(i) * time.Hour), Total: 20,
		}
		p.Closed = p.Created.Add(50 * time.Minute)
		p.Merged = p.Closed
		for c := range 20 {
			p.Commits = append(p.Commits, fmt.Sprintf("%020x%020x", i+1, c))
		}
		p.Head = p.Commits[19]
		r.Pulls = append(r.Pulls, p)
	}
	return r
}

func BenchmarkNew(b *testing.B) {
	r := many(10_000)
	for b.Loop() {
		attribute.New(r)
	}
}

func BenchmarkFind(b *testing.B) {
	x := attribute.New(many(10_000))
	e := spend.Entry{Hour: start().Add(5000 * time.Hour), Last: start().Add(5000*time.Hour + time.Minute), Place: spend.Place{
		Repository: "github.com/acme/shop", Branch: "fix-1666", Commit: fmt.Sprintf("%020x%020x", 5001, 3)}}
	if a := x.Find(e); a.Pull != 5001 || a.How != attribute.ByCommit {
		b.Fatalf("got %+v", a)
	}
	for b.Loop() {
		x.Find(e)
	}
}

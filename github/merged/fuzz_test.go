package merged_test

import (
	"context"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/github/merged"
)

// FuzzCursor goes on from anything: a cursor is kept in a file between two reads, and files are changed. It is refused or
// read; it ends, and never leads to another repository.
func FuzzCursor(f *testing.F) {
	for _, s := range []string{"", "{}", `{"Repo":"acme/shop","List":1}`, `{"Repo":"acme/shop","List":2,"Pages":9,"After":"x"}`, `{"Repo":"acme/shop","List":7}`, `{"Repo":"acme/other","List":1}`, `{"Repo":"acme/shop","List":1,"Began":"2026-11-02T09:00:00Z"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		w := newWorld(t, githubtest.Options{Unchecked: true}, merged.Options{Page: 2})
		w.merged(3)
		got, err := w.All(context.Background(), merged.Query{Repo: shop, Cursor: base64.RawURLEncoding.EncodeToString(raw)})
		if err == nil && (got.Repo != "acme/shop" || len(got.Pulls) > 3) || err != nil && len(got.Pulls) > 0 && !strings.Contains(err.Error(), "acme/shop") {
			t.Errorf("got %+v and %v", got, err)
		}
	})
}

package app_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/pertask/pertask/app"
	"github.com/pertask/pertask/app/ingest"
	"github.com/pertask/pertask/app/page"
	"github.com/pertask/pertask/app/page/paste"
	"github.com/pertask/pertask/app/sqldb/sqldbtest"
	"github.com/pertask/pertask/app/sqldb/sqlspend"
)

// TestSenders holds that a token that is made is the sender's until it is removed, in its own installation only.
func TestSenders(t *testing.T) {
	db := sqldbtest.Open(t, sqldbtest.File(t))
	ctx, kept, s := t.Context(), sqlspend.NewSenders(db), app.Senders(db)
	var tokens []string
	for _, installation := range []int64{7, 8} {
		token, err := s.MakeSender(ctx, installation, "desk", "olga")
		if err != nil || !paste.Token(token) || len(token) != len(ingest.Prefix)+43 || slices.Contains(tokens, token) {
			t.Fatalf("the token %q, %v", token, err)
		}
		tokens = append(tokens, token)
		if x, ok, err := kept.Find(ctx, ingest.Hash(token), time.Now()); !ok || err != nil || x.Installation != installation || x.Name != "desk" || x.Login != "olga" {
			t.Errorf("found %+v, %v, %v", x, ok, err)
		}
	}
	if all, err := s.Senders(ctx, 7); err != nil || len(all) != 1 || all[0].Name != "desk" || all[0].By != "olga" || all[0].Made.IsZero() || all[0].Used.IsZero() {
		t.Errorf("listed %+v, %v", all, err)
	}
	if _, err := s.MakeSender(ctx, 7, "desk", "ada"); !errors.Is(err, page.ErrTaken) {
		t.Errorf("a second one of the name: %v", err)
	}
	if _, err := s.MakeSender(ctx, 0, "desk", "ada"); err == nil {
		t.Error("made for no installation")
	}
	if err := s.RemoveSender(ctx, 7, "desk"); err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{false, true} {
		if _, ok, err := kept.Find(ctx, ingest.Hash(tokens[i]), time.Now()); ok != want || err != nil {
			t.Errorf("token %d: found %v, %v; want %v", i, ok, err, want)
		}
	}
	for n := range sqlspend.MaxSenders {
		if _, err := s.MakeSender(ctx, 7, fmt.Sprint(n), "olga"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.MakeSender(ctx, 7, "one more", "olga"); !errors.Is(err, page.ErrFull) {
		t.Errorf("one more: %v", err)
	}
}

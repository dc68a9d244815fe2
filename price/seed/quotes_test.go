package seed_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/price/seed"
)

func TestQuotesAreReadAsTheyAreWritten(t *testing.T) {
	_, sources, quotes := inputs(t)
	for _, s := range sources {
		var mine []seed.Quote
		for _, q := range quotes {
			if q.Source == s.Name {
				mine = append(mine, q)
			}
		}
		if s.Name == "" || s.Date == "" || s.Licence == "" || s.Text == "" || len(mine) == 0 {
			t.Errorf("source %+v with %d quotes: name, date, licence, text or quotes are missing", s, len(mine))
		}
		var b bytes.Buffer
		if err := seed.WriteQuotes(&b, s, mine); err != nil {
			t.Fatal(err)
		}
		again, got, err := seed.ReadQuotes(&b)
		if err != nil || again != s || !cmp.Equal(mine, got) {
			t.Errorf("%s: read %+v and %d quotes back (%v), want %d", s.Name, again, len(got), err, len(mine))
		}
	}
	if _, _, err := seed.ReadQuotes(strings.NewReader("{}\n{\"rates\": 1}\n")); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("got %v, want an error that names line 2", err)
	}
}

package app_test

import (
	"bytes"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/pertask/pertask/app"
	"github.com/pertask/pertask/app/ingest"
	"github.com/pertask/pertask/app/sqldb"
	"github.com/pertask/pertask/app/sqldb/sqlspend"
	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/ledger/spendtest"
)

// TestTelemetry sends a running server what Claude Code exported for two calls.
func TestTelemetry(t *testing.T) {
	body, err := os.ReadFile("../telemetry/testdata/claude-logs.json")
	if err != nil {
		t.Fatal(err)
	}
	s := newStage(t)
	url, stop := s.run()
	db, err := sqldb.Open(t.Context(), s.cfg.Database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	const token = ingest.Prefix + "0123456789abcdef"
	sender := sqlspend.Sender{Installation: installation, Name: "laptops", Login: "ada", Created: time.Now()}
	if err := sqlspend.NewSenders(db).Add(t.Context(), sender, ingest.Hash(token)); err != nil {
		t.Fatal(err)
	}
	for who, want := range map[string]int{token: http.StatusOK, ingest.Prefix + "else": http.StatusUnauthorized, "": http.StatusUnauthorized} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+app.PathTelemetry+"/v1/logs", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+who)
		req.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("token %q: %d; want %d", who, resp.StatusCode, want)
		}
	}
	if n := len(spendtest.All(t, sqlspend.New(db, installation).Entries(t.Context(), spend.Query{Repositories: []string{"github.com/acme/shop"}}))); n != 2 {
		t.Errorf("%d entries are kept; want the 2 calls", n)
	}
	stop()
}

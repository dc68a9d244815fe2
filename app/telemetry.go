package app

import (
	"context"
	"net/http"
	"time"

	"github.com/pertask/pertask/app/ingest"
	"github.com/pertask/pertask/app/sqldb/sqlspend"
	"github.com/pertask/pertask/ledger/spend"
)

// PathTelemetry is below which agents send what they consumed, over OTLP/HTTP.
const PathTelemetry = "/otlp"

// telemetry receives what agents export and keeps it in the ledger of the installation that the sender's token is of.
func (s *Server) telemetry() http.Handler {
	senders := sqlspend.NewSenders(s.db)
	return http.StripPrefix(PathTelemetry, ingest.New(ingest.Config{
		Sender: func(ctx context.Context, hash string) (ingest.Sender, bool, error) {
			x, ok, err := senders.Find(ctx, hash, time.Now())
			return ingest.Sender{Installation: x.Installation, Name: x.Name}, ok, err
		},
		Add: func(ctx context.Context, from ingest.Sender, entries []spend.Entry) error {
			return sqlspend.New(s.db, from.Installation).Add(ctx, entries...)
		},
		Log: s.log,
		Count: func(signal, outcome string, entries int) {
			s.metrics.telemetry.WithLabelValues(signal, outcome).Inc()
			s.metrics.entries.Add(float64(entries))
		},
	}))
}

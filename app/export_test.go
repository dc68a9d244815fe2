package app

import (
	"context"
	"time"

	"github.com/pertask/pertask/app/page"
	"github.com/pertask/pertask/app/pulls"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/app/sqldb"
	"github.com/pertask/pertask/app/sqldb/sqlspend"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/meter"
)

// ProviderKeys are the provider keys that a review of an installation gets.
func (s *Server) ProviderKeys(ctx context.Context, installation int64, ups []meter.Upstream) (meter.Keys, error) {
	return s.keys(ctx, installation, ups)
}

// SetProviderKey sets one, as the dashboard does.
func (s *Server) SetProviderKey(ctx context.Context, installation int64, name, value string, hosts ...string) error {
	return providerKeys{s}.SetKey(ctx, installation, name, value, hosts, "ada")
}

// RemoveProviderKey removes one, as the dashboard does.
func (s *Server) RemoveProviderKey(ctx context.Context, installation int64, name string) error {
	return providerKeys{s}.RemoveKey(ctx, installation, name)
}

// Hidden are the paths that no agent may see.
func (s *Server) Hidden() []string { return s.hidden() }

// Senders are who may send, as the dashboard makes them.
func Senders(db *sqldb.DB) page.Senders { return senders{sqlspend.NewSenders(db)} }

// Pulls is how the dashboard reads pull requests.
func Pulls(ctx context.Context, s *Server, key []byte, id int64) (func(context.Context, time.Time, ...record.Repo) []pulls.Answer, error) {
	a, err := s.agents(ctx, github.AppAuth{ID: id, PrivateKey: key})
	return a.Pulls, err
}

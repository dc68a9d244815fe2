package app

import (
	"net/url"
	"time"

	"github.com/pertask/pertask/app/measure"
	"github.com/pertask/pertask/app/promise"
	"github.com/pertask/pertask/app/sqldb/sqlprediction"
	"github.com/pertask/pertask/app/sqldb/sqlspend"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/merged"
	"github.com/pertask/pertask/ledger/prediction"
	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/price"
)

// promises keeps what merges promised, and says what came of it.
func (s *Server) promises(auth github.AppAuth, m *measure.Measurer) *promise.Keeper {
	return promise.New(promise.Config{
		Reviews: s.records, Log: s.records, Client: m.Client, Host: serverOf(s.cfg.Web), Book: price.Embedded(), Now: time.Now, Logger: s.log,
		Predictions: func(installation int64) prediction.Store { return sqlprediction.New(s.db, installation) },
		Entries:     func(installation int64) spend.Store { return sqlspend.New(s.db, installation) },
		Pulls: func(installation int64) (*merged.Reader, error) {
			of := auth
			of.Installation = installation
			return merged.New(github.Config{BaseURL: s.cfg.API, GraphQLURL: s.cfg.GraphQL, App: &of, Transport: s.hub}, merged.Options{})
		},
	})
}

// serverOf is the host of repositories, by the address of GitHub's pages: entries have it in their names.
func serverOf(web string) string {
	u, err := url.Parse(web)
	if err != nil || u.Hostname() == "" {
		return "github.com"
	}
	return u.Hostname()
}

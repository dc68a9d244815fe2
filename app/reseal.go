package app

import (
	"context"
	"fmt"
	"time"

	"github.com/pertask/pertask/app/secret"
	"github.com/pertask/pertask/app/sqldb"
	"github.com/pertask/pertask/app/sqldb/sqlsecret"
)

// resealing is how often a server with old keys looks for values that are under them: another process may have an old key in front.
const resealing = time.Hour

// keepSealing seals what is under old keys anew, as long as there are any, until the context ends. What cannot be done now is done
// the next time: the old keys open everything until somebody takes them away.
func (s *Server) keepSealing(ctx context.Context) {
	if !s.box.Several() {
		return
	}
	tick := time.NewTicker(resealing)
	defer tick.Stop()
	for {
		t, err := sqlsecret.Reseal(ctx, s.db, s.box, nil)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			s.log.Warn("sealing values anew with the first key of "+EnvKey, "error", err)
		default:
			s.log.Info("values are sealed with the first key of "+EnvKey, "values", t.All, "sealed_anew", t.Anew, "under_old_keys", t.Old, "do_not_open", t.Shut)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Reseal seals everything in the database anew that is under another key than the first one in the environment, and says how it
// stands: with no Old ones left, the other keys are not needed any more by this database.
func Reseal(ctx context.Context, cfg Config, getenv func(string) string) (sqlsecret.Tally, error) {
	keys, err := secretOf(getenv, EnvKey)
	if err != nil {
		return sqlsecret.Tally{}, fmt.Errorf("%w: %w", ErrUsage, err)
	}
	box, err := secret.New(keys)
	if err != nil {
		return sqlsecret.Tally{}, fmt.Errorf("%w: %s: %w", ErrUsage, EnvKey, err)
	}
	db, err := sqldb.Open(ctx, cfg.Database)
	if err != nil {
		return sqlsecret.Tally{}, err
	}
	defer func() { _ = db.Close() }() // what was written is written
	return sqlsecret.Reseal(ctx, db, box, nil)
}

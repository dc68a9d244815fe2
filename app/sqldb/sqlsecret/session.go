package sqlsecret

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/pertask/pertask/app/signin"
	"github.com/pertask/pertask/app/sqldb"
)

// Sessions keeps the sessions of people who signed in. It implements signin.Sessions. It is safe for concurrent use, also by
// several processes.
type Sessions struct{ db *sqldb.DB }

var _ signin.Sessions = (*Sessions)(nil)

// NewSessions returns the sessions of a database.
func NewSessions(db *sqldb.DB) *Sessions { return &Sessions{db} }

// hashed reports whether a text is the hash of a cookie: whatever else is given, such as the cookie itself, is neither kept nor
// looked for.
func hashed(text string) bool {
	sum, err := hex.DecodeString(text)
	return err == nil && len(sum) == 32 && hex.EncodeToString(sum) == text
}

// Save implements signin.Sessions.
func (s *Sessions) Save(ctx context.Context, x signin.Session) error {
	err := check("login", x.Login, 0)
	switch {
	case err != nil:
	case !hashed(x.Hash):
		err = errors.New("its hash is none")
	case len(x.Token) > MaxSealed:
		err = fmt.Errorf("a sealed token of %d bytes; at most %d are kept", len(x.Token), MaxSealed)
	case x.Created.IsZero() || x.Used.IsZero() || x.Expires.IsZero():
		err = errors.New("it has no time")
	default:
		const insert = `INSERT INTO sessions (hash, person, login, sealed, created, used, expires) VALUES ($1, $2, $3, $4, $5, $6, $7)`
		token := append([]byte{}, x.Token...) // none is not NULL
		_, err = exec(ctx, s.db, insert, x.Hash, x.User, x.Login, token, x.Created.UnixMicro(), x.Used.UnixMicro(), x.Expires.UnixMicro())
	}
	if err != nil {
		return fmt.Errorf("keeping a session: %w", err)
	}
	return nil
}

// Load implements signin.Sessions. It does not look at the clock: a session that has ended is there until it is pruned.
func (s *Sessions) Load(ctx context.Context, hash string) (signin.Session, bool, error) {
	var found []signin.Session
	if !hashed(hash) {
		return signin.Session{}, false, nil
	}
	err := each(ctx, s.db, func(rows *sql.Rows) error {
		x := signin.Session{Hash: hash}
		var created, used, expires int64
		err := rows.Scan(&x.User, &x.Login, &x.Token, &created, &used, &expires)
		x.Created, x.Used, x.Expires = time.UnixMicro(created).UTC(), time.UnixMicro(used).UTC(), time.UnixMicro(expires).UTC()
		found = append(found, x)
		return err
	}, `SELECT person, login, sealed, created, used, expires FROM sessions WHERE hash = $1`, hash)
	if err != nil {
		return signin.Session{}, false, fmt.Errorf("reading a session: %w", err)
	}
	if len(found) == 0 {
		return signin.Session{}, false, nil
	}
	return found[0], true, nil
}

// Touch implements signin.Sessions. A use that is older than what is known already changes nothing.
func (s *Sessions) Touch(ctx context.Context, hash string, used time.Time) error {
	if _, err := exec(ctx, s.db, `UPDATE sessions SET used = $1 WHERE hash = $2 AND used < $3`, used.UnixMicro(), hash, used.UnixMicro()); err != nil {
		return fmt.Errorf("noting that a session was used: %w", err)
	}
	return nil
}

// Delete implements signin.Sessions.
func (s *Sessions) Delete(ctx context.Context, hash string) error {
	if _, err := exec(ctx, s.db, `DELETE FROM sessions WHERE hash = $1`, hash); err != nil {
		return fmt.Errorf("ending a session: %w", err)
	}
	return nil
}

// DeleteAll ends all sessions of a person, by GitHub's id, and returns how many there were.
func (s *Sessions) DeleteAll(ctx context.Context, user int64) (int64, error) {
	n, err := exec(ctx, s.db, `DELETE FROM sessions WHERE person = $1`, user)
	if err != nil {
		return 0, fmt.Errorf("ending somebody's sessions: %w", err)
	}
	return n, nil
}

// Prune removes the sessions that have ended by a time, and those that nobody used since another one. It returns how many.
func (s *Sessions) Prune(ctx context.Context, now, used time.Time) (int64, error) {
	n, err := exec(ctx, s.db, `DELETE FROM sessions WHERE expires <= $1 OR used < $2`, now.UnixMicro(), used.UnixMicro())
	if err != nil {
		return 0, fmt.Errorf("removing sessions that have ended: %w", err)
	}
	return n, nil
}

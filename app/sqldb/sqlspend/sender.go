package sqlspend

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/pertask/pertask/app/sqldb"
	"github.com/pertask/pertask/app/sqldb/tenant"
)

// The limits of senders of one installation.
const (
	MaxSenders = 100
	MaxName    = 100 // bytes
)

// Errors of Senders.
var (
	ErrName = errors.New("a sender needs a name of its own, of at most 100 bytes")
	ErrMany = errors.New("an installation has at most 100 senders")
)

// Sender is who may send entries of an installation, by a token of which only the hash is kept.
type Sender struct {
	Installation int64
	Name         string
	Login        string // who made it
	Created      time.Time
	Used         time.Time // about when it sent last; zero for never
}

// Senders keeps who may send. It is safe for concurrent use, also by several processes.
type Senders struct{ db *sqldb.DB }

// NewSenders returns the senders of a database.
func NewSenders(db *sqldb.DB) *Senders { return &Senders{db} }

// Add keeps a sender by the hash of its token.
func (s *Senders) Add(ctx context.Context, x Sender, hash string) error {
	if x.Name == "" || len(x.Name) > MaxName || !utf8.ValidString(x.Name) {
		return ErrName
	}
	err := s.db.InTx(ctx, func(tx *sql.Tx) error {
		if err := tenant.Enter(ctx, s.db, tx, x.Installation); err != nil {
			return err
		}
		var many, same int
		const count = `SELECT COUNT(*), COALESCE(SUM(CASE WHEN name = $2 THEN 1 ELSE 0 END), 0) FROM senders WHERE installation = $1`
		if err := tx.QueryRowContext(ctx, s.db.SQL(count), x.Installation, x.Name).Scan(&many, &same); err != nil {
			return err
		}
		switch {
		case same > 0:
			return ErrName
		case many >= MaxSenders:
			return ErrMany
		}
		const insert = `INSERT INTO senders (hash, installation, name, login, created) VALUES ($1, $2, $3, $4, $5)`
		_, err := tx.ExecContext(ctx, s.db.SQL(insert), hash, x.Installation, x.Name, x.Login, x.Created.UnixMicro())
		return err
	})
	if err != nil {
		return fmt.Errorf("keeping a sender: %w", err)
	}
	return nil
}

// Remove takes a sender out; what it sends from then on is refused. One that is not there is no error.
func (s *Senders) Remove(ctx context.Context, installation int64, name string) error {
	if _, err := s.db.ExecContext(ctx, s.db.SQL(`DELETE FROM senders WHERE installation = $1 AND name = $2`), installation, name); err != nil {
		return fmt.Errorf("removing a sender: %w", err)
	}
	return nil
}

// List returns the senders of an installation by name.
func (s *Senders) List(ctx context.Context, installation int64) ([]Sender, error) {
	const text = `SELECT name, login, created, used FROM senders WHERE installation = $1 ORDER BY name {bytewise}`
	rows, err := s.db.Read.QueryContext(ctx, s.db.SQL(text), installation)
	if err != nil {
		return nil, fmt.Errorf("reading senders: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Sender
	for rows.Next() {
		x := Sender{Installation: installation}
		var created, used int64
		if err := rows.Scan(&x.Name, &x.Login, &created, &used); err != nil {
			return nil, fmt.Errorf("reading senders: %w", err)
		}
		x.Created = time.UnixMicro(created).UTC()
		if used > 0 {
			x.Used = time.UnixMicro(used).UTC()
		}
		out = append(out, x)
	}
	return out, rows.Err()
}

// seenEvery is how exactly it is kept when a sender sent last: not each of its requests is worth a write.
const seenEvery = time.Hour

// Find returns who a token is of by its hash, and false when it is nobody's, or of an installation that was removed.
func (s *Senders) Find(ctx context.Context, hash string, now time.Time) (Sender, bool, error) {
	var x Sender
	var created, used int64
	const text = `SELECT s.installation, s.name, s.login, s.created, s.used FROM senders s JOIN installations i ON i.id = s.installation
WHERE s.hash = $1 AND i.removed IS NULL`
	err := s.db.Read.QueryRowContext(ctx, s.db.SQL(text), hash).Scan(&x.Installation, &x.Name, &x.Login, &created, &used)
	if errors.Is(err, sql.ErrNoRows) {
		return Sender{}, false, nil
	}
	if err == nil && now.UnixMicro()-used > seenEvery.Microseconds() {
		_, err = s.db.ExecContext(ctx, s.db.SQL(`UPDATE senders SET used = $2 WHERE hash = $1`), hash, now.UnixMicro())
	}
	if err != nil {
		return Sender{}, false, fmt.Errorf("finding a sender: %w", err)
	}
	x.Created, x.Used = time.UnixMicro(created).UTC(), now.UTC()
	return x, true, nil
}

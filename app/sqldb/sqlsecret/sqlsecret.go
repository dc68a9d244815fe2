// Package sqlsecret keeps sealed values and sessions in the App's database.
//
// It knows whose a value is, who set it and when it ends. It refuses to know what a value says: package secret has sealed it
// before it comes here, and a session is found by the hash of what the browser has.
package sqlsecret

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pertask/pertask/app/secret"
	"github.com/pertask/pertask/app/sqldb"
	"github.com/pertask/pertask/app/sqldb/tenant"
)

// Limits of what is kept.
const (
	MaxSealed = secret.MaxValue + 64<<10 // bytes of a sealed value
	MaxText   = 300                      // bytes of a name, a login or a fingerprint
	MaxNames  = 1000                     // values of one installation
)

// ErrMany says that an installation has as many values as it may.
var ErrMany = errors.New("there are too many values; remove one that is not used")

// App is the scope of the App's own values, which are of no installation.
const App int64 = 0

// Mark says what may be shown of a value.
type Mark struct {
	Name        string
	Fingerprint string    // package secret's, which tells people which of their keys it is
	By          string    // login of who set it; "" for the App
	Time        time.Time // when, to the microsecond
}

// Secrets keeps sealed values by scope, which is an installation or App, and name. It is safe for concurrent use, also by several
// processes.
type Secrets struct{ db *sqldb.DB }

// NewSecrets returns the values of a database.
func NewSecrets(db *sqldb.DB) *Secrets { return &Secrets{db} }

// check returns an error for what is not kept.
func check(what, text string, least int) error {
	if len(text) < least || len(text) > MaxText || !utf8.ValidString(text) {
		return fmt.Errorf("a %s has %d to %d bytes of UTF-8", what, least, MaxText)
	}
	for _, r := range text {
		if r < ' ' {
			return fmt.Errorf("a %s has no control characters", what)
		}
	}
	return nil
}

// Put keeps a sealed value in the place of what there is of the name. The error wraps record.ErrGone for an installation that was
// removed, and ErrMany.
func (s *Secrets) Put(ctx context.Context, scope int64, sealed []byte, m Mark) error {
	err := errors.Join(check("name", m.Name, 1), check("fingerprint", m.Fingerprint, 0), check("login", m.By, 0), context.Cause(ctx))
	switch {
	case err != nil:
	case scope < 0:
		err = fmt.Errorf("there is no installation %d", scope)
	case len(sealed) == 0 || len(sealed) > MaxSealed:
		err = fmt.Errorf("a sealed value of %d bytes; 1 to %d are kept", len(sealed), MaxSealed)
	case m.Time.IsZero():
		err = errors.New("it has no time")
	default:
		err = s.db.InTx(ctx, func(tx *sql.Tx) error { return s.put(ctx, tx, scope, sealed, m) })
	}
	if err != nil {
		return fmt.Errorf("keeping the sealed value %.40q: %w", m.Name, err)
	}
	return nil
}

func (s *Secrets) put(ctx context.Context, tx *sql.Tx, scope int64, sealed []byte, m Mark) error {
	if err := tenant.Enter(ctx, s.db, tx, scope); err != nil {
		return err
	}
	var others int
	if err := tx.QueryRowContext(ctx, s.db.SQL(`SELECT COUNT(*) FROM secrets WHERE installation = $1 AND name <> $2`), scope, m.Name).Scan(&others); err != nil {
		return err
	}
	if others >= MaxNames {
		return ErrMany
	}
	const upsert = `INSERT INTO secrets (installation, name, sealed, fingerprint, set_by, at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (installation, name) DO UPDATE SET sealed = excluded.sealed, fingerprint = excluded.fingerprint, set_by = excluded.set_by, at = excluded.at`
	_, err := tx.ExecContext(ctx, s.db.SQL(upsert), scope, m.Name, sealed, m.Fingerprint, m.By, m.Time.UnixMicro())
	return err
}

// Get returns a sealed value, and false for one that is not there.
func (s *Secrets) Get(ctx context.Context, scope int64, name string) (sealed []byte, found bool, err error) {
	if err := context.Cause(ctx); err != nil {
		return nil, false, fmt.Errorf("reading a sealed value: %w", err)
	}
	if check("name", name, 1) != nil {
		return nil, false, nil
	}
	err = s.db.Read.QueryRowContext(ctx, s.db.SQL(`SELECT sealed FROM secrets WHERE installation = $1 AND name = $2`), scope, name).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("reading the sealed value %.40q: %w", name, err)
	}
	return sealed, true, nil
}

// List returns what may be shown of the values of a scope, in the order of their names.
func (s *Secrets) List(ctx context.Context, scope int64) ([]Mark, error) {
	var out []Mark
	err := each(ctx, s.db, func(rows *sql.Rows) error {
		var m Mark
		var at int64
		err := rows.Scan(&m.Name, &m.Fingerprint, &m.By, &at)
		m.Time = time.UnixMicro(at).UTC()
		out = append(out, m)
		return err
	}, `SELECT name, fingerprint, set_by, at FROM secrets WHERE installation = $1`, scope)
	if err != nil {
		return nil, fmt.Errorf("listing sealed values: %w", err)
	}
	// Here, since databases differ in what comes after what.
	slices.SortFunc(out, func(a, b Mark) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// Delete removes a value. One that is not there is no error; found says whether it was.
func (s *Secrets) Delete(ctx context.Context, scope int64, name string) (found bool, err error) {
	if check("name", name, 1) != nil {
		return false, nil
	}
	n, err := exec(ctx, s.db, `DELETE FROM secrets WHERE installation = $1 AND name = $2`, scope, name)
	if err != nil {
		return false, fmt.Errorf("removing the sealed value %.40q: %w", name, err)
	}
	return n > 0, nil
}

// exec runs a statement and returns how many rows it changed.
func exec(ctx context.Context, db *sqldb.DB, text string, args ...any) (int64, error) {
	if err := context.Cause(ctx); err != nil {
		return 0, err
	}
	done, err := db.ExecContext(ctx, db.SQL(text), args...)
	if err != nil {
		return 0, err
	}
	return done.RowsAffected()
}

// each scans the rows of a query.
func each(ctx context.Context, db *sqldb.DB, scan func(*sql.Rows) error, text string, args ...any) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	rows, err := db.Read.QueryContext(ctx, db.SQL(text), args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

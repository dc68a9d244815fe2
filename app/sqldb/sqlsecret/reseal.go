package sqlsecret

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/pertask/pertask/app/secret"
	"github.com/pertask/pertask/app/signin"
	"github.com/pertask/pertask/app/sqldb"
)

// Tally says how the sealed values of a database stand, those of sessions among them.
type Tally struct {
	All  int // that were looked at
	Anew int // that were sealed anew
	Old  int // that are under an old key yet: they changed while they were sealed anew
	Shut int // that open with none of the keys
}

// Resealer seals a value anew, or returns nothing where that is not needed. A secret.Box is one.
type Resealer interface {
	Reseal(about secret.About, sealed []byte) ([]byte, error)
}

const (
	// batch is how many values go in one transaction, so that writers do not wait long.
	batch = 100
	// passes bounds how often it is gone through all values: what changed meanwhile is looked at again.
	passes = 5
)

// Reseal seals every value anew that is not under the first key. Each batch is a transaction, in which a value is replaced only
// where it is still what was read: what is set or removed meanwhile stays so, other processes may do the same at the same time, and
// after a kill it is gone on with by calling it again. Where the tally has no Old and no Shut ones, nothing needs another key than the
// first. each, where it is not nil, is told how far it is after each batch.
func Reseal(ctx context.Context, db *sqldb.DB, box Resealer, each func(Tally)) (Tally, error) {
	var t Tally
	for range passes {
		anew := t.Anew
		t = Tally{Anew: anew}
		for _, v := range []vault{values, tokens} {
			if err := v.reseal(ctx, db, box, &t, each); err != nil {
				return t, fmt.Errorf("sealing anew: %w", err)
			}
		}
		if t.Old == 0 {
			break
		}
	}
	return t, nil
}

// vault is a table of sealed values.
type vault struct {
	first  string // page of rows, of so many
	after  string // another page, which begins after a row
	update string
	about  func(row) secret.About
}

// row is a sealed value with what names it.
type row struct {
	scope  int64
	name   string
	sealed []byte
}

var values = vault{
	first:  `SELECT installation, name, sealed FROM secrets ORDER BY installation, name LIMIT $1`,
	after:  `SELECT installation, name, sealed FROM secrets WHERE (installation, name) > ($2, $3) ORDER BY installation, name LIMIT $1`,
	update: `UPDATE secrets SET sealed = $1 WHERE installation = $2 AND name = $3 AND sealed = $4`,
	about:  func(r row) secret.About { return secret.About{Scope: r.scope, Name: r.name} },
}

// A session without a token has none to seal.
var tokens = vault{
	first:  `SELECT 0, hash, sealed FROM sessions WHERE LENGTH(sealed) > 0 ORDER BY hash LIMIT $1`,
	after:  `SELECT 0, hash, sealed FROM sessions WHERE LENGTH(sealed) > 0 AND (0, hash) > ($2, $3) ORDER BY hash LIMIT $1`,
	update: `UPDATE sessions SET sealed = $1 WHERE $2 = 0 AND hash = $3 AND sealed = $4`,
	about:  func(r row) secret.About { return signin.AboutSession(r.name) },
}

func (v vault) reseal(ctx context.Context, db *sqldb.DB, box Resealer, t *Tally, told func(Tally)) error {
	var last *row
	for {
		rows, err := v.page(ctx, db, last)
		if err != nil || len(rows) == 0 {
			return err
		}
		last = &rows[len(rows)-1]
		if err := v.batch(ctx, db, box, rows, t); err != nil {
			return err
		}
		if told != nil {
			told(*t)
		}
	}
}

func (v vault) page(ctx context.Context, db *sqldb.DB, last *row) (out []row, err error) {
	text, args := v.first, []any{batch}
	if last != nil {
		text, args = v.after, []any{batch, last.scope, last.name}
	}
	err = each(ctx, db, func(rows *sql.Rows) error {
		var r row
		err := rows.Scan(&r.scope, &r.name, &r.sealed)
		out = append(out, r)
		return err
	}, text, args...)
	return out, err
}

func (v vault) batch(ctx context.Context, db *sqldb.DB, box Resealer, rows []row, t *Tally) error {
	type change struct {
		row
		anew []byte
	}
	var changes []change
	shut := 0
	for _, r := range rows {
		anew, err := box.Reseal(v.about(r), r.sealed)
		switch {
		case errors.Is(err, secret.ErrSealed):
			shut++
		case err != nil:
			return err
		case len(anew) > 0:
			changes = append(changes, change{r, anew})
		}
	}
	var done int64
	if len(changes) > 0 {
		err := db.InTx(ctx, func(tx *sql.Tx) error {
			done = 0
			for _, c := range changes { // in one order, so that two at once do not wait for each other
				res, err := tx.ExecContext(ctx, db.SQL(v.update), c.anew, c.scope, c.name, c.sealed)
				if err != nil {
					return err
				}
				n, err := res.RowsAffected()
				if err != nil {
					return err
				}
				done += n
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	t.All, t.Shut = t.All+len(rows), t.Shut+shut
	t.Anew, t.Old = t.Anew+int(done), t.Old+len(changes)-int(done)
	return nil
}

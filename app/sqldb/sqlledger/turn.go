package sqlledger

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Errors of journals that callers act upon.
var (
	// ErrHeld says that another process has the journal and lives. Whoever gets it tries again later.
	ErrHeld = errors.New("another process appends to it")
	// ErrLost says that the journal was taken by another process, which thought that this one was dead, or was removed with
	// its installation. Nothing more is taken, so nothing more is to be spent.
	ErrLost = errors.New("the journal was given to another process")
)

// turn is the right to append to a journal. The row of the journal counts up an epoch whenever somebody takes it; what is
// appended under an older epoch is refused, so that no clock decides whether two processes write at once.
type turn struct {
	j      *Journal
	owner  string     // tells this journal from all others
	taking sync.Mutex // held by the one that takes or waits to

	mu        sync.Mutex
	id, epoch int64 // 0 before it is taken
	lost      bool
}

func newTurn(j *Journal) *turn { return &turn{j: j, owner: rand.Text()} }

// pause is how often somebody looks again who waits for a silent holder, and longest how long it is at most until somebody does
// who waits for a living one.
const (
	pause   = 250 * time.Millisecond
	longest = 2 * time.Second
)

// take takes the journal, once. It waits for a silent holder's lease to end, and for a living holder where it is patient.
func (t *turn) take(ctx context.Context, patient bool) error {
	t.taking.Lock()
	defer t.taking.Unlock()
	if t.taken() {
		return nil // mine says what is lost
	}
	var seen int64
	for wait := pause; ; {
		until, err := t.try()
		switch {
		case err != nil:
			return err
		case until == 0:
			go t.live()
			return nil
		case seen == 0 || until == seen:
		case !patient: // it has said again that it lives
			return ErrHeld
		default:
			wait = min(wait+pause, longest)
		}
		seen = until
		select {
		case <-ctx.Done():
			return errors.Join(ErrHeld, context.Cause(ctx))
		case <-time.After(wait):
		}
	}
}

func (t *turn) taken() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.id != 0 || t.lost
}

// held is until when somebody else has the journal; 0 where it is free.
func (t *turn) held() (until int64, err error) {
	l := t.j.ledger
	const look = `SELECT CASE WHEN until > {now} THEN until ELSE 0 END FROM journals WHERE installation = $1 AND repository = $2 AND evidence = $3`
	err = l.db.Read.QueryRowContext(t.j.ctx, l.db.SQL(look), l.installation, l.repo, []byte(t.j.key)).Scan(&until)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("looking who has it: %w", err)
	}
	return until, nil
}

// try takes the journal, or returns until when somebody else has it. Whoever only looks keeps nobody from writing.
func (t *turn) try() (until int64, err error) {
	if until, err := t.held(); err != nil || until != 0 {
		return until, err
	}
	l, ctx := t.j.ledger, t.j.ctx
	var id, epoch int64
	err = l.write(ctx, func(tx *sql.Tx) error {
		const row = `INSERT INTO journals (installation, repository, evidence, epoch, owner, until, lines, touched) VALUES ($1, $2, $3, 0, '', 0, 0, $4)
ON CONFLICT (installation, repository, evidence) DO NOTHING`
		if _, err := tx.ExecContext(ctx, l.db.SQL(row), l.installation, l.repo, []byte(t.j.key), l.now().UnixMicro()); err != nil {
			return err
		}
		const look = `SELECT id, epoch, CASE WHEN until > {now} THEN until ELSE 0 END FROM journals WHERE installation = $1 AND repository = $2 AND evidence = $3 {lock}`
		if err := tx.QueryRowContext(ctx, l.db.SQL(look), l.installation, l.repo, []byte(t.j.key)).Scan(&id, &epoch, &until); err != nil || until != 0 {
			return err
		}
		const update = `UPDATE journals SET epoch = $1, owner = $2, until = {now} + $3 WHERE id = $4`
		_, err := tx.ExecContext(ctx, l.db.SQL(update), epoch+1, t.owner, l.lease.Milliseconds(), id)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("taking it for this process: %w", err)
	}
	if until == 0 {
		t.mu.Lock()
		t.id, t.epoch = id, epoch+1
		t.mu.Unlock()
	}
	return until, nil
}

// mine returns the row and the epoch to append under.
func (t *turn) mine() (id, epoch int64, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.lost || t.id == 0 {
		return 0, 0, ErrLost
	}
	return t.id, t.epoch, nil
}

func (t *turn) lose() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lost = true
}

// live says again and again that this process lives, until the journal is closed. Once the context has ended that it was opened
// with, what is still appended says so: a journal that nobody closes does not stay somebody's for ever.
func (t *turn) live() {
	l := t.j.ledger
	tick := time.NewTicker(l.lease / 3)
	defer tick.Stop()
	for {
		select {
		case <-t.j.ctx.Done():
			return
		case <-t.j.given.Done():
			return
		case <-tick.C:
		}
		id, epoch, err := t.mine()
		if err != nil {
			return
		}
		done, err := l.db.ExecContext(t.j.ctx, l.db.SQL(`UPDATE journals SET until = {now} + $1 WHERE id = $2 AND epoch = $3`), l.lease.Milliseconds(), id, epoch)
		if err != nil {
			continue // the database may be back at the next beat; the epoch decides in any case
		}
		if n, err := done.RowsAffected(); err == nil && n == 0 {
			t.lose()
			return
		}
	}
}

// giveBack lets others take the journal at once.
func (t *turn) giveBack() error {
	id, epoch, err := t.mine()
	t.lose()
	if err != nil {
		return nil // there is nothing to give back
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.j.ctx), releaseTimeout)
	defer cancel()
	l := t.j.ledger
	// With the next epoch, since a beat of this process may still be on its way.
	_, err = l.db.ExecContext(ctx, l.db.SQL(`UPDATE journals SET owner = '', until = 0, epoch = epoch + 1 WHERE id = $1 AND epoch = $2`), id, epoch)
	return err
}

// releaseTimeout bounds how long a journal's closing may take: without it the lease ends by itself.
const releaseTimeout = 5 * time.Second

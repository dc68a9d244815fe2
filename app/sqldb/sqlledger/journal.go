package sqlledger

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"sync"
	"time"

	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
	"github.com/pertask/pertask/usage"
)

// Journal is the journal of one evidence key in the database. Its rows, one after another, are a journal's file as package
// trial/journal reads it. It implements trial.Journal, journal.Claimant, io.WriterTo and io.Closer.
//
// What AppendCall and AppendTrial have taken outlives the process and a power cut; calls and trials that end together share a
// transaction. One Journal at a time may append, over all processes; any number may load.
type Journal struct {
	ledger *Ledger
	key    string
	given  context.Context // bounds how long Claim waits
	ctx    context.Context // of everything else; Close ends it
	stop   context.CancelFunc
	turn   *turn

	mu      sync.Mutex
	subject journal.Subject
	begun   bool // the line is written that says which process appends from there
	waiting []*entry
	writing bool // somebody writes what waits
	closed  bool
	writers sync.WaitGroup
	// calls are the last records of calls whose trials are not recorded yet, by trial and id.
	calls map[string]map[string]usage.Call
}

var (
	_ trial.Journal    = (*Journal)(nil)
	_ journal.Claimant = (*Journal)(nil)
	_ io.WriterTo      = (*Journal)(nil)
)

// entry is a line that waits to be written.
type entry struct {
	line []byte
	done chan error
}

// record is one line, as package trial/journal reads it: exactly one of its fields is set.
type record struct {
	Call   *usage.Call  `json:"call,omitempty"`
	Trial  *trial.Trial `json:"trial,omitempty"`
	Opened *opened      `json:"opened,omitempty"`
}

// opened marks the place where a process begins to append.
type opened struct {
	Schema      string            `json:"schema"`
	EvidenceKey string            `json:"evidence_key,omitempty"`
	Facts       map[string]string `json:"facts,omitempty"`
}

var errClosed = errors.New("it is closed")

const (
	journalSchema = "pertask.journal/1" // of lines, which is trial/journal's
	maxLine       = 16 << 20            // bytes of a line that trial/journal reads back
	mostLines     = 200                 // in one statement
)

// Journal opens the journal of an evidence key. It writes nothing before the first append or Claim, so that a journal can be
// opened for reading alone. The end of the context ends a Claim that waits and nothing else: what was spent until then is
// still written.
func (l *Ledger) Journal(ctx context.Context, key string) (*Journal, error) {
	if err := errors.Join(ledger.CheckKey(key), context.Cause(ctx)); err != nil {
		return nil, fmt.Errorf("opening journal: %w", err)
	}
	j := &Journal{ledger: l, key: key, given: ctx, calls: map[string]map[string]usage.Call{}, subject: journal.Subject{Key: key}}
	j.ctx, j.stop = context.WithCancel(context.WithoutCancel(ctx))
	j.turn = newTurn(j)
	return j, nil
}

// Name tells people which journal it is.
func (j *Journal) Name() string {
	return fmt.Sprintf("%.20s of repository %d of installation %d", j.key, j.ledger.repo, j.ledger.installation)
}

// Close gives the journal back. Nothing can be appended or loaded after it.
func (j *Journal) Close() error {
	j.mu.Lock()
	j.closed = true
	j.mu.Unlock()
	j.writers.Wait()
	err := j.turn.giveBack()
	j.stop()
	if err != nil {
		return fmt.Errorf("closing journal %s: %w", j.Name(), err)
	}
	return nil
}

// normal returns what trial/journal makes of a record, or why it takes none.
func normal(append func(*journal.Memory) error) (trial.Evidence, error) {
	m := journal.NewMemory()
	if err := append(m); err != nil {
		return trial.Evidence{}, err
	}
	return m.Load()
}

// AppendCall implements trial.Journal. What was said of a call already is not written again, until its trial is appended.
func (j *Journal) AppendCall(c usage.Call) error {
	ev, err := normal(func(m *journal.Memory) error { return m.AppendCall(c) })
	if err != nil {
		return err
	}
	c = append(ev.Open, ev.Stray...)[0]
	if j.said(c) {
		return nil
	}
	if err := j.append(record{Call: &c}); err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.calls[c.Trial] == nil {
		j.calls[c.Trial] = map[string]usage.Call{}
	}
	j.calls[c.Trial][c.ID] = c
	return nil
}

// said reports whether the last record of a call is the same.
func (j *Journal) said(c usage.Call) bool {
	j.mu.Lock()
	last, ok := j.calls[c.Trial][c.ID]
	j.mu.Unlock()
	return ok && reflect.DeepEqual(last, c)
}

// AppendTrial implements trial.Journal.
func (j *Journal) AppendTrial(t trial.Trial) error {
	ev, err := normal(func(m *journal.Memory) error { return m.AppendTrial(t) })
	if err != nil {
		return err
	}
	t = ev.Results[0].Trial
	if err := j.append(record{Trial: &t}); err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.calls, t.ID)
	return nil
}

// append returns when a record is on the disk.
func (j *Journal) append(r record) error {
	line, err := json.Marshal(r)
	switch {
	case err == nil && len(line) > maxLine:
		err = fmt.Errorf("a line of %d bytes; at most %d are read back", len(line), maxLine)
	case err == nil:
		err = j.turn.take(j.given, false) // of no effect for a journal that was claimed
	}
	if err == nil {
		err = j.put(line)
	}
	if err != nil {
		return fmt.Errorf("appending to journal %s: %w", j.Name(), err)
	}
	return nil
}

// put adds a line to those that wait, and returns when it is written. Whoever comes first writes for all.
func (j *Journal) put(line []byte) error {
	e := &entry{line, make(chan error, 1)}
	j.mu.Lock()
	if j.closed {
		j.mu.Unlock()
		return errClosed
	}
	j.waiting = append(j.waiting, e)
	if !j.writing {
		j.writing = true
		j.writers.Go(j.flush)
	}
	j.mu.Unlock()
	return <-e.done
}

// flush writes until nothing waits.
func (j *Journal) flush() {
	for {
		j.mu.Lock()
		all := j.waiting
		j.waiting, j.writing = nil, len(all) > 0
		begun, subject := j.begun, j.subject
		j.mu.Unlock()
		if len(all) == 0 {
			return
		}
		var text [][]byte
		err := error(nil)
		if !begun {
			var first []byte
			first, err = json.Marshal(record{Opened: &opened{journalSchema, subject.Key, subject.Facts}})
			text = append(text, first)
		}
		for _, e := range all {
			text = append(text, e.line)
		}
		if err == nil {
			err = j.write(text)
		}
		j.mu.Lock()
		j.begun = j.begun || err == nil
		j.mu.Unlock()
		for _, e := range all {
			e.done <- err
		}
	}
}

// write appends lines in one transaction, if this journal still has its turn.
func (j *Journal) write(text [][]byte) error {
	l := j.ledger
	id, epoch, err := j.turn.mine()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(j.ctx, patience)
	defer cancel()
	err = l.db.InTx(ctx, func(tx *sql.Tx) error {
		// The row is locked from here on, so that nobody takes the journal meanwhile.
		const update = `UPDATE journals SET lines = lines + $1, touched = $2, until = {now} + $3 WHERE id = $4 AND epoch = $5 RETURNING lines`
		var last int64
		err := tx.QueryRowContext(ctx, l.db.SQL(update), len(text), l.now().UnixMicro(), l.lease.Milliseconds(), id, epoch).Scan(&last)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrLost
		}
		if err != nil {
			return err
		}
		return l.insert(ctx, tx, id, last-int64(len(text))+1, text)
	})
	if errors.Is(err, ErrLost) {
		j.turn.lose()
	}
	return err
}

// patience bounds a write to a database that does not answer. It is longer than SQLite waits for another process.
const patience = time.Minute

// insert adds lines from a place on.
func (l *Ledger) insert(ctx context.Context, tx *sql.Tx, id, place int64, text [][]byte) error {
	for len(text) > 0 {
		n := min(len(text), mostLines)
		statement := []byte("INSERT INTO journal_lines (journal, place, line) VALUES ")
		args := []any{id}
		for i, line := range text[:n] {
			if i > 0 {
				statement = append(statement, ", "...)
			}
			statement = fmt.Appendf(statement, "($1, $%d, $%d)", len(args)+1, len(args)+2)
			args = append(args, place+int64(i), line)
		}
		if _, err := tx.ExecContext(ctx, l.db.SQL(string(statement)), args...); err != nil {
			return err
		}
		text, place = text[n:], place+int64(n)
	}
	return nil
}

// Load implements trial.Journal.
func (j *Journal) Load() (trial.Evidence, error) {
	var text bytes.Buffer
	if _, err := j.WriteTo(&text); err != nil {
		return trial.Evidence{}, err
	}
	return journal.Read(&text, "journal "+j.Name())
}

// WriteTo writes the journal as a file of JSON lines, such as trials.jsonl beside a report.
func (j *Journal) WriteTo(w io.Writer) (n int64, err error) {
	l := j.ledger
	const text = `SELECT x.line FROM journal_lines x JOIN journals j ON j.id = x.journal
WHERE j.installation = $1 AND j.repository = $2 AND j.evidence = $3 ORDER BY x.place`
	err = lines(j.ctx, l.db.Read, func(line []byte) error {
		m, err := w.Write(append(line, '\n'))
		n += int64(m)
		return err
	}, l.db.SQL(text), l.installation, l.repo, []byte(j.key))
	if err != nil {
		return n, fmt.Errorf("reading journal %s: %w", j.Name(), err)
	}
	return n, nil
}

// Take waits until this is the one that may append: for as long as others have the journal, one after the other, or until the
// context ends. The error wraps ErrHeld then. Who lives and has it is not disturbed.
func (j *Journal) Take(ctx context.Context) error {
	if err := j.turn.take(ctx, true); err != nil {
		return fmt.Errorf("waiting for journal %s: %w", j.Name(), err)
	}
	return nil
}

// Claim implements journal.Claimant. Where another process has the journal and is silent, it waits until that one's lease is
// over; where that one lives, the error wraps ErrHeld. After Take neither can be.
func (j *Journal) Claim(want journal.Subject) error {
	if want.Key != j.key {
		return &journal.OtherError{Path: j.Name(), Have: journal.Subject{Key: j.key}, Want: want}
	}
	if err := j.turn.take(j.given, false); err != nil {
		return fmt.Errorf("claiming journal %s: %w", j.Name(), err)
	}
	have, err := j.Load()
	if err != nil {
		return err
	}
	for _, r := range append(have.Results, have.Replaced...) {
		if key := r.Trial.EvidenceKey; key != "" && key != want.Key {
			return &journal.OtherError{Path: j.Name(), Have: journal.Subject{Key: key}, Want: want}
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.subject = want
	return nil
}

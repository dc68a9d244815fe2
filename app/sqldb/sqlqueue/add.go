package sqlqueue

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pertask/pertask/app/queue"
)

// batch is how many notes go into one transaction at most, unless a single call has more.
const batch = 256

// patience is how long a transaction of a batch may take.
const patience = 30 * time.Second

// call is a call of Add that waits.
type call struct {
	ctx   context.Context
	notes []queue.Note
	fresh int
	err   error
	done  chan struct{}
}

// Add implements queue.Queue. Calls that come while another is written are written together, so that one wait for the disk is
// enough for many.
func (q *Queue) Add(ctx context.Context, notes ...queue.Note) (fresh int, err error) {
	if len(notes) == 0 {
		return 0, nil
	}
	c := &call{ctx: ctx, notes: slices.Clone(notes), done: make(chan struct{})}
	for i, n := range notes {
		if err := n.Check(); err != nil {
			return 0, fmt.Errorf("adding note %q: %w", n.ID, err)
		}
		c.notes[i].Body = bytes.Clone(n.Body) // a caller that gives up may use it again
	}
	q.adding.Lock()
	q.calls = append(q.calls, c)
	if !q.writing {
		q.writing = true
		go q.write()
	}
	q.adding.Unlock()
	select {
	case <-c.done:
		return c.fresh, c.err
	case <-ctx.Done():
		return 0, fmt.Errorf("adding notes: %w", ctx.Err())
	}
}

// write works on calls until there are none.
func (q *Queue) write() {
	for {
		calls := q.next()
		if calls == nil {
			return
		}
		err := q.insert(calls)
		if err != nil && len(calls) > 1 {
			for _, c := range calls { // let one bad call, or a deadlock, not spoil the others
				c.err = q.insert([]*call{c})
			}
			err = nil
		}
		for _, c := range calls {
			if err != nil {
				c.err = err
			}
			close(c.done)
		}
	}
}

// next takes the calls of one batch, or says that nobody writes any more.
func (q *Queue) next() []*call {
	q.adding.Lock()
	defer q.adding.Unlock()
	var out []*call
	size := 0
	for len(q.calls) > 0 {
		c := q.calls[0]
		if c.ctx.Err() == nil { // else nobody waits for it
			if size += len(c.notes); size > batch && out != nil {
				break
			}
			out = append(out, c)
		}
		q.calls = q.calls[1:]
	}
	if out == nil {
		q.writing = false
	}
	return out
}

// insert writes the notes of calls in one transaction and counts the new ones of each.
func (q *Queue) insert(calls []*call) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(calls[0].ctx), patience)
	defer cancel()
	var notes []queue.Note
	for _, c := range calls {
		notes = append(notes, c.notes...)
	}
	fresh := map[string]bool{} // by ID
	err := q.inTx(ctx, func(t tx) error {
		states, err := lockKeys(ctx, t, notes)
		if err != nil {
			return err
		}
		return addNotes(ctx, t, notes, states, fresh)
	})
	if err != nil {
		return fmt.Errorf("adding notes: %w", err)
	}
	for _, c := range calls {
		c.fresh = 0
		for _, n := range c.notes {
			if fresh[n.ID] {
				c.fresh++
				delete(fresh, n.ID) // an ID that is there twice was new once
			}
		}
	}
	return nil
}

// asleep says of a locked key that somebody must be woken for a note that may be given out: nobody has it, and nobody was
// woken. Whoever has it looks again before giving it back.
type asleep bool

// chunk is how many rows go into one statement; SQLite takes 32,766 parameters.
const chunk = 512

// lockKeys locks the rows of the keys of notes, which it makes where they are missing, in one order for all callers so that none
// waits for another in a circle.
func lockKeys(ctx context.Context, t tx, notes []queue.Note) (map[string]asleep, error) {
	var keys []string
	for _, n := range notes {
		keys = append(keys, n.Key)
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	states := make(map[string]asleep, len(keys))
	for some := range slices.Chunk(keys, chunk) {
		args := make([]any, len(some))
		for i, k := range some {
			args[i] = k
		}
		text := "INSERT INTO queue_keys (key) VALUES " + values(len(some), 1, "") +
			" ON CONFLICT (key) DO UPDATE SET key = excluded.key RETURNING key, woken = 0 AND (dead = 0 OR " + rested + ") AND until <= {now} AND retry <= {now}"
		r, err := t.query(ctx, text, args...)
		if err != nil {
			return nil, fmt.Errorf("locking keys: %w", err)
		}
		for r.Next() {
			var key string
			var state bool
			if err := r.Scan(&key, &state); err != nil {
				r.Close()
				return nil, err
			}
			states[key] = asleep(state)
		}
		if err := r.Err(); err != nil {
			return nil, fmt.Errorf("locking keys: %w", err)
		}
	}
	return states, nil
}

// addNotes inserts notes, fills in which IDs are new, and wakes workers for their keys.
func addNotes(ctx context.Context, t tx, notes []queue.Note, states map[string]asleep, fresh map[string]bool) error {
	open := map[string]bool{} // keys with new notes; true where a worker is to be woken
	for some := range slices.Chunk(notes, chunk) {
		args := make([]any, 0, 6*len(some))
		for _, n := range some {
			body := n.Body
			if body == nil {
				body = []byte{}
			}
			args = append(args, n.ID, n.Key, n.Kind, body, micro(n.At), due(n.After))
		}
		text := "INSERT INTO queue_notes (id, key, kind, body, at, due, added) VALUES " + values(len(some), 6, ", {now}") +
			" ON CONFLICT (id) DO NOTHING RETURNING id, key, due <= {now}"
		r, err := t.query(ctx, text, args...)
		if err != nil {
			return fmt.Errorf("inserting notes: %w", err)
		}
		for r.Next() {
			var id, key string
			var ready bool
			if err := r.Scan(&id, &key, &ready); err != nil {
				r.Close()
				return err
			}
			fresh[id] = true
			open[key] = open[key] || ready && bool(states[key])
		}
		if err := r.Err(); err != nil {
			return fmt.Errorf("inserting notes: %w", err)
		}
	}
	return openKeys(ctx, t, open)
}

// openKeys says of locked keys that they have notes, and wakes workers for those that are true.
func openKeys(ctx context.Context, t tx, open map[string]bool) error {
	var wake []string
	args := map[bool][]any{}
	for key, ready := range open {
		args[ready] = append(args[ready], key)
		if ready {
			wake = append(wake, key)
		}
	}
	set := map[bool]string{false: "open = 1, fresh = 1", true: "open = 1, fresh = 1, woken = {now}"}
	for ready, keys := range args {
		for some := range slices.Chunk(keys, chunk) {
			text := "UPDATE queue_keys SET " + set[ready] + " WHERE key IN " + values(1, len(some), "")
			if _, err := t.exec(ctx, text, some...); err != nil {
				return fmt.Errorf("opening keys: %w", err)
			}
		}
	}
	slices.Sort(wake)
	return t.wake(ctx, wake)
}

// values returns rows of parameters, such as "($1, $2), ($3, $4)", each with an end of its own.
func values(rows, columns int, end string) string {
	var b strings.Builder
	for i := range rows {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('(')
		for j := range columns {
			if j > 0 {
				b.WriteString(", ")
			}
			b.WriteString("$" + strconv.Itoa(i*columns+j+1))
		}
		b.WriteString(end + ")")
	}
	return b.String()
}

// micro returns microseconds since 1970, or nil for the zero time.
func micro(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

// due returns the first millisecond that is not before a time; 0 for the zero time.
func due(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Add(time.Millisecond - 1).UnixMilli()
}

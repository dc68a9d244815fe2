// Package queue is the work that the App has promised to do: notes of what happened, in order for each thing they are about.
//
// It knows that a note is taken once, that the notes of one key are given to one worker at a time and in their order, and that
// a worker which dies is noticed. It refuses to know where notes are stored, and what is in them.
package queue

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of a note.
const (
	MaxID   = 200      // bytes of an ID or of a kind
	MaxKey  = 300      // bytes of a key
	MaxBody = 64 << 10 // bytes of a body
)

// ErrNote is wrapped by errors about a note that cannot be taken.
var ErrNote = errors.New("bad note")

// ErrLost is wrapped by the error of Turn.Done when the key was given to another worker or the turn has ended, and by the cause of
// the end of a turn's context when the key was lost, or may have been, before the process was to stop.
var ErrLost = errors.New("the key of this turn was given to another worker")

// ErrStopped is the cause of the end of a turn's context when the process is to stop. The key is still this worker's, until
// Turn.Lost says otherwise.
var ErrStopped = fmt.Errorf("the process is to stop: %w", context.Canceled)

// Note says that something happened that is to be worked on.
type Note struct {
	// ID names it for good: adding a note again whose ID was ever added does nothing, such as a webhook that is delivered
	// again. It is remembered for as long as the implementation's retention says, at least 30 days.
	ID string
	// Key is what the note is about, such as "7/acme/agent#42". Notes of one key are worked on in the order of Add, by one
	// worker at a time; those of different keys at the same time.
	Key  string
	Kind string    // for the worker, such as "pull_request"
	Body []byte    // for the worker
	At   time.Time // for the worker; kept to the microsecond
	// After is when it may be worked on at the earliest; zero is at once. Notes of the same key wait for it.
	After time.Time
}

// Check returns an error that wraps ErrNote for what no implementation takes.
func (n Note) Check() error {
	switch {
	case !text(n.ID, MaxID):
		return fmt.Errorf("%w: an ID has 1 to %d bytes of UTF-8 and no zero byte", ErrNote, MaxID)
	case !text(n.Key, MaxKey):
		return fmt.Errorf("%w: a key has 1 to %d bytes of UTF-8 and no zero byte", ErrNote, MaxKey)
	case !text(n.Kind, MaxID):
		return fmt.Errorf("%w: a kind has 1 to %d bytes of UTF-8 and no zero byte", ErrNote, MaxID)
	case len(n.Body) > MaxBody:
		return fmt.Errorf("%w: a body has at most %d bytes", ErrNote, MaxBody)
	}
	return nil
}

// text reports whether s is what every database takes as a text, of 1 to limit bytes.
func text(s string, limit int) bool {
	return s != "" && len(s) <= limit && utf8.ValidString(s) && !strings.Contains(s, "\x00")
}

// Turn is what one worker does at a time: all notes of a key that wait.
type Turn struct {
	Key   string
	Notes []Note // at least one, in the order of Add
	// Attempt counts from 1 how often a turn began with the first note: a turn that gets further each time begins anew. A worker
	// that died has used one up.
	Attempt int
	// Attempts counts for each note, by its ID, how many turns had it, from 1 with this one. What is above 1 may have been worked
	// on in part. Unlike Attempt it counts turns that were stopped too.
	Attempts map[string]int
	// Epoch counts how often the key was given out, so it is higher in every later turn of the key. A store that remembers it
	// can refuse what a worker writes that has lost the key.
	Epoch int64
	// Done marks a note as worked on, for good, before the turn ends, so that it is not given out again should this process
	// die. It fails with ErrLost when the key was given to another worker meanwhile: then nothing more is to be done in this
	// turn. Marking a note again is no error.
	Done func(ctx context.Context, id string) error
	// Lost is closed when the key was lost to another worker, or may have been since the database has not answered for so long:
	// from then on another worker may have the notes, so all work is to end at once. That holds after the end of the context
	// too, of which nothing more can be learned when the process is to stop. Nil is never closed.
	Lost <-chan struct{}
}

// Do works on a turn. When it returns nil, all notes of the turn are done; otherwise those not marked as Done are given out
// again later, until MaxAttempts. The context ends when the key was lost to another worker, or may have been, with a cause that
// wraps ErrLost, or when the process is to stop, with the cause ErrStopped: what is given back after a stop uses up no attempt,
// and a loss does, as the worker's death would. A panic counts as an error.
type Do func(context.Context, Turn) error

// MaxAttempts is how often a turn begins with the same note. After that its key is dead: its notes wait until Revive, but for
// one more attempt when a note comes, or came since the last attempt began; see Chance.
const MaxAttempts = 8

// Chance is how long after its last attempt a dead key may have the one more that a new note gives it, so that what failed in an
// outage is done without a person, and what never works costs little. The key stays in Health.Dead until the attempt gets
// further than those before.
const Chance = 10 * time.Minute

// Queue keeps notes. Implementations are safe for concurrent use, by any number of processes on one database, and pass the tests
// of package queuetest.
type Queue interface {
	// Add takes notes, all or none, and reports how many were new. They outlive the process and a power cut when it returns.
	Add(ctx context.Context, notes ...Note) (fresh int, err error)
	// Work gives out turns, to at most workers at a time in this process, until the context ends; it returns nil when the last
	// worker has. A worker that died elsewhere is noticed, and its key given out again, within a minute.
	Work(ctx context.Context, workers int, do Do) error
	// Health says how the work stands.
	Health(ctx context.Context) (Health, error)
	// Revive gives the notes of a dead key out again, with all attempts. A key that is not dead is no error.
	Revive(ctx context.Context, key string) error
}

// Health says how the work stands, over all processes.
type Health struct {
	// Waiting counts notes that no worker has, with those that are to be tried again, and without those of dead keys and those
	// that wait for the After of a note.
	Waiting int
	Running int       // keys that a living worker has
	Oldest  time.Time // arrival of the oldest note in Waiting; zero without one
	Dead    []Dead    // at most 100, the newest first
}

// DeadLister lists dead keys of one part of the work, however many there are of others. Every Queue is one.
type DeadLister interface {
	// DeadOf returns the dead keys that are prefix or begin with prefix and a slash, such as "7" and "7/acme/agent#42" for "7":
	// at most 1000, the newest first.
	DeadOf(ctx context.Context, prefix string) ([]Dead, error)
}

// Part is how the work of one part of the keys stands, over all processes.
type Part struct {
	Name    string    // what the part's keys begin with, such as "7/70" for "7/70/#42"
	Waiting int       // notes, as Health counts them
	Running int       // keys that a living worker has
	Dead    int       // keys
	Oldest  time.Time // arrival of the oldest note in Waiting; zero without one
}

// Counter counts the work of one part. Every Queue is one.
type Counter interface {
	// CountOf counts the work on the keys that are prefix or begin with prefix and a slash, apart for each part one level below:
	// for "7" those of "7/70/#42" and "7/70/push" together as "7/70". The key that is prefix itself is a part of that name. Parts
	// without any work are left out; they are in the order of the bytes of their names.
	CountOf(ctx context.Context, prefix string) ([]Part, error)
}

// PartOf is the name of the part one level below prefix that a key belongs to.
func PartOf(prefix, key string) string {
	rest, below := strings.CutPrefix(key, prefix+"/")
	if !below {
		return key
	}
	first, _, _ := strings.Cut(rest, "/")
	return prefix + "/" + first
}

// Pinger says whether the queue can be reached. Every Queue is one.
type Pinger interface {
	// Ping asks for next to nothing, and fails where no answer comes.
	Ping(ctx context.Context) error
}

// Dead is a key whose notes were given out MaxAttempts times in vain.
type Dead struct {
	Key   string
	Notes int
	Last  time.Time // of the last attempt
	Err   string    // what the last attempt said; "" where the worker died
}

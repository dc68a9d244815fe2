// Package work does what the App has noted: it makes reviews of events, keeps the list of repositories, and writes down what
// people asked for.
//
// It knows the order of notes, which of them later ones make moot, and what is tried again. It refuses to know how notes are
// kept and given out, how a review is carried out, and SQL.
package work

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/pertask/pertask/app/measure"
	"github.com/pertask/pertask/app/queue"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/event"
	"github.com/pertask/pertask/review/route"
)

// Config is what a Worker needs. Every field without "may be" must be set.
type Config struct {
	Measure *measure.Measurer
	App     int64 // id of our App: only its check runs have buttons
	Audit   record.Audit
	Repos   record.Repos
	// Listed returns all repositories of an installation, for events that do not name all.
	Listed func(ctx context.Context, installation int64) ([]record.Repo, error)
	// Removed is told of an installation that is gone, with all that is kept of it; may be nil.
	Removed func(ctx context.Context, installation int64) error
	// Fill says that trials of the base are stored on pushes to the default branch, which costs money that nobody asked for.
	Fill bool
	// Merged is told of a pull request that was merged, again when it fails; may be nil.
	Merged func(context.Context, event.Event) error
	// Others work on notes that no event is in, by their kind; may be nil.
	Others map[string]func(context.Context, queue.Note) error
	// Grace is how long a review may go on when the process is to stop.
	Grace time.Duration
	// Did is told what became of each note, for metrics: its kind and a word; may be nil.
	Did func(kind, outcome string)
	Now func() time.Time
	Log *slog.Logger
}

// Worker works on turns. It is safe for concurrent use on different keys.
type Worker struct{ Config }

// New returns a Worker.
func New(c Config) *Worker { return &Worker{c} }

// ReviewID is the ID of the review that a note asks for: the same for every attempt, and when it was put back.
func ReviewID(note string) string {
	first, _ := cutAgain(note)
	sum := sha256.Sum256([]byte(first))
	return hex.EncodeToString(sum[:16])
}

// item is a note with what it asks for.
type item struct {
	queue.Note
	event event.Event
	ask   route.Ask
	// unread says why nothing can be done about it.
	unread error
	other  bool
	moot   bool
	epoch  int64 // of the turn
}

// Turn implements queue.Do. Each note has its effect once, however often it is given out.
func (w *Worker) Turn(ctx context.Context, t queue.Turn) error {
	ctx, end := w.grace(ctx, t.Lost)
	defer end()
	items := w.read(t.Notes)
	for n := range items {
		items[n].epoch = t.Epoch
	}
	spare(items)
	if t.Attempt > 1 {
		items[0].moot = false // a process that died may have left a check run open, which its review ends
	}
	for _, i := range items {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		did, err := w.one(ctx, i, t.Attempt)
		if err != nil {
			w.did(i, "failed")
			return fmt.Errorf("working on note %q: %w", i.ID, err)
		}
		w.did(i, did)
		if err := t.Done(context.WithoutCancel(ctx), i.ID); err != nil {
			return err
		}
	}
	return nil
}

func (w *Worker) did(i item, outcome string) {
	if w.Did != nil {
		w.Did(i.Kind, outcome)
	}
}

// grace is a context that ends at once when the key is lost, and later when the process is to stop.
func (w *Worker) grace(outer context.Context, lost <-chan struct{}) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(outer))
	over := make(chan struct{})
	go func() {
		select {
		case <-over:
			return
		case <-outer.Done():
		}
		if cause := context.Cause(outer); errors.Is(cause, queue.ErrLost) || w.Grace <= 0 {
			cancel(cause)
			return
		}
		t := time.NewTimer(w.Grace)
		defer t.Stop()
		select {
		case <-over:
		case <-lost: // while the process is to stop, this is where it shows
			cancel(queue.ErrLost)
		case <-t.C:
			cancel(errStopping)
		}
	}()
	return ctx, func() { close(over); cancel(nil) }
}

// errStopping ends a review whose process is to stop. It goes on elsewhere.
var errStopping = fmt.Errorf("the process is to stop: %w", context.Canceled)

// read makes items of notes.
func (w *Worker) read(notes []queue.Note) []item {
	var out []item
	for _, n := range notes {
		i := item{Note: n}
		if _, i.other = w.Others[n.Kind]; !i.other {
			i.unread = json.Unmarshal(n.Body, &i.event)
			if i.unread == nil && i.event.Installation == 0 {
				i.unread = errors.New("the note has no event of an installation")
			}
			if i.unread == nil {
				i.ask, i.unread = route.Route(i.event)
			}
		}
		out = append(out, i)
	}
	return out
}

// one works on a note, and says in a word what came of it.
func (w *Worker) one(ctx context.Context, i item, attempt int) (string, error) {
	log := w.Log.With("delivery", i.ID, "event", i.Kind, "action", i.event.Action, "key", i.Key)
	switch {
	case i.other:
		return "done", w.Others[i.Kind](ctx, i.Note)
	case i.unread != nil:
		log.Error("a note cannot be read", "error", i.unread)
		return "unreadable", nil
	case i.moot:
		log.Info("a later event says more")
		return "moot", nil
	case i.ask.Do == route.Enroll:
		return "enrolled", w.enroll(ctx, i.event)
	case w.Merged != nil && i.ask.Why == route.Closed && i.event.Name == "pull_request" && i.event.Action == "closed" && i.event.Pull.Merged:
		return "merged", w.Merged(ctx, i.event)
	}
	did, err := w.ask(ctx, i, log)
	switch {
	case errors.Is(err, record.ErrGone):
		return "gone", nil
	case err != nil && gone(err) && attempt >= patience:
		log.Warn("what the event is about is not there", "error", err)
		return "gone", nil
	}
	return did, err
}

// patience is from which attempt on it is believed that GitHub does not have something: it tells of what is new before everybody
// sees it.
const patience = 3

// gone reports whether GitHub does not have, or does not let us see, what something is about. A right that the App has not been
// given yet is not in it: that can change.
func gone(err error) bool { return errors.Is(err, github.ErrNotFound) }

package spend

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
)

// Wants reports whether the query asks for an entry.
func (q Query) Wants(e Entry) bool {
	return (q.From.IsZero() || !e.Hour.Before(q.From)) && (q.To.IsZero() || e.Hour.Before(q.To)) &&
		(len(q.Repositories) == 0 || slices.Contains(q.Repositories, e.Repository))
}

// Skipped counts lines that were left out because they are no entries.
type Skipped struct {
	Lines int
	Torn  int     // of these, last lines without an end
	First []error // the first few, for people
}

// mostShown bounds the errors that are kept of skipped lines.
const mostShown = 5

// Add counts an error that is of a line, and reports whether it is.
func (s *Skipped) Add(err error) bool {
	line := new(LineError)
	if !errors.As(err, &line) {
		return false
	}
	s.Lines++
	if errors.Is(err, ErrTorn) {
		s.Torn++
	}
	if len(s.First) < mostShown {
		s.First = append(s.First, err)
	}
	return true
}

// Each hands entries to a function, and counts the lines that are none. It ends with the first other error, or with that
// of the function.
func Each(entries iter.Seq2[Entry, error], do func(Entry) error) (Skipped, error) {
	var s Skipped
	for e, err := range entries {
		if err == nil {
			err = do(e)
		} else if s.Add(err) {
			continue
		}
		if err != nil {
			return s, err
		}
	}
	return s, nil
}

// Write writes entries as JSON lines, and returns how many there were. It is what exports a store.
func Write(w io.Writer, entries iter.Seq2[Entry, error]) (n int, s Skipped, err error) {
	s, err = Each(entries, func(e Entry) error {
		line, err := Encode(e)
		if err == nil {
			_, err = w.Write(line)
			n++
		}
		return err
	})
	if err != nil {
		err = fmt.Errorf("writing entries: %w", err)
	}
	return n, s, err
}

// batch is how many entries are added to a store at once.
const batch = 1000

// Copy adds entries to a store, and returns how many it handed over: it is what imports a file, or another store. Doing it
// again changes nothing. Lines that are no entries are counted and left out.
func Copy(ctx context.Context, to Store, entries iter.Seq2[Entry, error]) (n int, s Skipped, err error) {
	var waiting []Entry
	flush := func() error {
		err := to.Add(ctx, waiting...)
		if err == nil {
			n += len(waiting)
		}
		waiting = waiting[:0]
		return err
	}
	s, err = Each(entries, func(e Entry) error {
		if waiting = append(waiting, e); len(waiting) < batch {
			return context.Cause(ctx)
		}
		return flush()
	})
	if err == nil && len(waiting) > 0 {
		err = flush()
	}
	if err != nil {
		err = fmt.Errorf("copying entries: %w", err)
	}
	return n, s, err
}

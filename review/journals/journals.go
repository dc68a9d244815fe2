// Package journals opens the journals of one review, each once.
//
// It knows which are open and under which names they lie beside the reports. It refuses to know what is in them and where
// they are kept.
package journals

import (
	"errors"
	"io"

	"github.com/pertask/pertask/trial"
)

// Set is the journals that are open, by evidence key. The zero value cannot open any. It is not safe for concurrent use.
type Set struct {
	// Opener opens the journal of an evidence key and returns its name beside the reports.
	Opener func(evidenceKey string) (j trial.Journal, name string, err error)
	open   map[string]journal
}

type journal struct {
	trial.Journal
	name string
}

// Of returns the journal of an evidence key with its name.
func (s *Set) Of(evidenceKey string) (trial.Journal, string, error) {
	if j, ok := s.open[evidenceKey]; ok {
		return j.Journal, j.name, nil
	}
	j, name, err := s.Opener(evidenceKey)
	if err != nil {
		return nil, "", err
	}
	if s.open == nil {
		s.open = map[string]journal{}
	}
	s.open[evidenceKey] = journal{j, name}
	return j, name, nil
}

// Close closes those that can be closed. Of opens them again.
func (s *Set) Close() error {
	var errs []error
	for _, j := range s.open {
		if c, ok := j.Journal.(io.Closer); ok {
			errs = append(errs, c.Close())
		}
	}
	s.open = nil
	return errors.Join(errs...)
}

package tally

import "github.com/pertask/pertask/usage"

// Window is the end of a file: the calls that later lines may say more of. It is kept between scans; its zero value is
// that of a file of which nothing was read.
type Window struct{ calls []held } // the oldest first

// held is a call of a Window.
type held struct {
	ID    uint64  `json:"id"`
	Piece piece   `json:"piece"`
	More  []piece `json:"more,omitempty"` // what was called within it
	Time  int64   `json:"time"`           // of the last line about it, in seconds since 1970
	Seen  bool    `json:"seen,omitempty"` // its usage was told
	Done  bool    `json:"done,omitempty"` // it is in its entry
}

// piece is what of a call goes into one entry.
type piece struct {
	Kind     kind         `json:"kind"`
	Last     int64        `json:"last"` // in nanoseconds since 1970
	Version  string       `json:"version,omitempty"`
	Commit   string       `json:"commit,omitempty"`
	Seen     bool         `json:"seen,omitempty"`
	Tokens   usage.Tokens `json:"tokens"`
	Searches int64        `json:"searches,omitempty"`
}

// width is how many calls a window holds. Lines of one answer stand close together: only those of agents that work at the
// same time are between them.
const width = 32

func (w *Window) find(id uint64) *held {
	for i := len(w.calls) - 1; i >= 0; i-- {
		if w.calls[i].ID == id {
			return &w.calls[i]
		}
	}
	return nil
}

func (w *Window) full() bool { return len(w.calls) >= width }

func (w *Window) drop() {
	copy(w.calls, w.calls[1:])
	w.calls = w.calls[:len(w.calls)-1]
}

// latest is the time of the last line about any of the calls.
func (w *Window) latest() (at int64) {
	for _, h := range w.calls {
		at = max(at, h.Time)
	}
	return at
}

// forget drops the calls that are in their entries and of which nothing was said since a time.
func (w *Window) forget(before int64) {
	kept := w.calls[:0]
	for _, h := range w.calls {
		if !h.Done || h.Time > before {
			kept = append(kept, h)
		}
	}
	if w.calls = kept; len(kept) == 0 {
		w.calls = nil
	}
}

package session

import (
	"context"
	"time"

	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/session/record"
)

// Options say what Scan reads and where entries go.
type Options struct {
	Homes []Home
	// State is the file in which is kept what was read. Without it, or where it is lost or damaged, all is read again, and
	// the entries are the same: the ledger keeps one of each.
	State string
	// Measured has the answers that our own meter saw; their calls are left out. Nil has none.
	Measured *Answers
	// Repository says which repository a folder of a log is of, "host/owner/name" in lower case, and which branch was
	// checked out there at a time; empty is unknown. Nil looks at git's own files, and runs nothing.
	Repository func(dir string, at time.Time) (repository, branch string)
	// Known is asked, where a folder is gone and the state is lost, which repository the ledger has for a session and a
	// branch. Nil knows none. It keeps the IDs of entries as they were.
	Known func(session, branch string) (repository string)
	// Since is when the calls begin that are read; the zero time is Horizon before Now. A scan with another Since than the
	// one before it may take calls for new, so choose one for good.
	Since time.Time
	// Now is the time of the scan; the zero time is the present.
	Now time.Time
	// Add takes the entries that have grown, some hundreds at once. It must have kept them when it returns: only then is
	// the state written. It may be a spend.Store's.
	Add func(ctx context.Context, entries ...spend.Entry) error
	// Workers is how many lines are looked at at once; 0 is one for each processor, two at most.
	Workers int
}

// Horizon is how far back calls are counted. What is older is left out, so that what is kept of read logs stays bounded.
const Horizon = 400 * 24 * time.Hour

// Result is what a scan has done.
type Result struct {
	Files   int   // logs that are there
	Read    int   // of them, those in which was something new
	Bytes   int64 // that were read
	Lines   int64 // that were read
	Calls   int64 // that were new
	Entries int64 // that were handed on: new, or grown
	// Skipped counts, by reason, lines and calls that were left out.
	Skipped map[record.Reason]int64
	// Problems are files that could not be read. The others were.
	Problems []error
	// Fresh is true where there was no state to begin with.
	Fresh bool
}

// Answers is a set of ids that providers gave to answers, such as "msg_01..." and "resp_...". It keeps eight bytes of each.
// Its zero value is empty. It is safe for concurrent readers once it is filled.
type Answers struct{ keys map[uint64]struct{} }

// Add puts the ids of answers into the set.
func (a *Answers) Add(ids ...string) {
	if a.keys == nil {
		a.keys = make(map[uint64]struct{}, len(ids))
	}
	for _, id := range ids {
		if id != "" {
			a.keys[record.Key(id)] = struct{}{}
		}
	}
}

// Len is how many ids there are.
func (a *Answers) Len() int {
	if a == nil {
		return 0
	}
	return len(a.keys)
}

func (a *Answers) has(key uint64) bool {
	if a == nil {
		return false
	}
	_, ok := a.keys[key]
	return ok
}

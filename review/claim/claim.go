// Package claim says which of several reviews of one commit may spend: the others wait for it.
//
// It knows the mark that an open check run of ours carries, and who goes first. It refuses to know how check runs are read
// and written, and what a review does with its turn. docs/design/012 says why a check run is the lock.
package claim

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/pertask/pertask/github"
)

const (
	// Fresh is how long a mark stands for a living process. One that is alive renews it much more often.
	Fresh = 5 * time.Minute
	// Every is how long a review waits before it looks again whether it is its turn.
	Every = 30 * time.Second
	// Patience is how long a review waits for others.
	Patience = 30 * time.Minute
)

// prefix begins every mark. It stands in check runs, which several versions read: it never changes its meaning.
const prefix = "pertask.claim/1:"

// Mark is what an open check run says of its process.
type Mark struct {
	Holds bool      // it spends; otherwise it waits, or does not know yet whether it has to
	Beat  time.Time // when its process was alive, in whole seconds
	Nonce string    // of the process: two that begin in one second are not taken for one
}

// Nonce is one of a process that begins.
func Nonce() string {
	b := make([]byte, 8)
	_, _ = rand.Read(b) // it never fails
	return hex.EncodeToString(b)
}

// String is the mark as a check run carries it.
func (m Mark) String() string {
	did := "waits"
	if m.Holds {
		did = "holds"
	}
	return fmt.Sprintf("%s%s:%d:%s", prefix, did, m.Beat.Unix(), m.Nonce)
}

// Parse reads what String writes. Anything else is no mark.
func Parse(text string) (Mark, bool) {
	rest, ok := strings.CutPrefix(text, prefix)
	parts := strings.Split(rest, ":")
	if !ok || len(parts) != 3 || parts[0] != "waits" && parts[0] != "holds" {
		return Mark{}, false
	}
	at, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil || at < 0 || at > 1<<40 {
		return Mark{}, false
	}
	return Mark{Holds: parts[0] == "holds", Beat: time.Unix(at, 0).UTC(), Nonce: parts[2]}, true
}

// Alive reports whether a mark stands for a living process. One from the future does not: a clock that is that wrong says
// nothing.
func (m Mark) Alive(now time.Time) bool {
	age := now.Sub(m.Beat)
	return age <= Fresh && age >= -Fresh
}

// Left reports whether an open check run was left by a process that is gone: it has an old mark, or none, as those of earlier
// versions have. The check runs of workflow jobs, which are GitHub's own, have an external id of another kind.
func Left(run github.CheckRun, now time.Time) bool {
	if run.Status == github.StatusCompleted {
		return false
	}
	m, ok := Parse(run.ExternalID)
	return run.ExternalID == "" || ok && !m.Alive(now)
}

// First returns the check run whose process goes before that of the check run mine, among those of our App on one commit: one
// that spends already, or the oldest of those that wait. One whose process seems to be gone is none. It fails where mine is not
// among them.
func First(runs []github.CheckRun, mine int64, now time.Time) (first github.CheckRun, before bool, err error) {
	app := ""
	for _, r := range runs {
		if r.ID == mine {
			app = r.App
		}
	}
	if app == "" {
		return first, false, fmt.Errorf("the check run %d is not on its commit", mine)
	}
	holds := false
	for _, r := range runs {
		m, ok := Parse(r.ExternalID)
		if !ok || r.ID == mine || r.App != app || r.Status == github.StatusCompleted || !m.Alive(now) || !m.Holds && r.ID > mine {
			continue
		}
		if !before || m.Holds && !holds || m.Holds == holds && r.ID < first.ID {
			first, before, holds = r, true, m.Holds
		}
	}
	return first, before, nil
}

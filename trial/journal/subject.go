package journal

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pertask/pertask/internal/linefile"
)

// Subject is what the trials of a journal are evidence for.
type Subject struct {
	Key string // evidence key
	// Facts say what the key stands for, by name, such as "model of the base". They serve messages only: two subjects
	// with the same key are the same.
	Facts map[string]string
}

// Claimant is a journal that can be claimed for one comparison.
type Claimant interface {
	// Claim takes the journal for a subject, which it notes when it is appended to, and for this process alone: what is
	// loaded after it is all that there is. Where it holds anything of another subject, the error is an *OtherError and
	// nothing may be appended.
	Claim(Subject) error
}

// OtherError says that a journal is of another comparison.
type OtherError struct {
	Path       string
	Have, Want Subject
}

// Error names both keys, and what differs as far as the journal tells.
func (e *OtherError) Error() string {
	text := fmt.Sprintf("journal %q is of another comparison: its evidence key is %s, and this one's %s", e.Path, e.Have.Key, e.Want.Key)
	if diff := e.Have.differs(e.Want); diff != "" {
		text += "; " + diff
	}
	return text
}

// differs lists the facts of both subjects that are not the same. It is "" where one of them has none.
func (s Subject) differs(want Subject) string {
	if len(s.Facts) == 0 || len(want.Facts) == 0 {
		return ""
	}
	names := maps.Clone(s.Facts)
	maps.Copy(names, want.Facts)
	var out []string
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if there, here := s.Facts[name], want.Facts[name]; there != here {
			out = append(out, fmt.Sprintf("the %s is %s there and %s here", name, orNone(there), orNone(here)))
		}
	}
	return strings.Join(out, ", ")
}

func orNone(value string) string {
	if value == "" {
		return "not set"
	}
	return fmt.Sprintf("%.80q", value)
}

// Claim implements Claimant. It writes nothing.
func (j *File) Claim(want Subject) error {
	if err := linefile.TryLock(j.f); err != nil {
		return fmt.Errorf("claiming journal %q: another process appends to it: %w", j.path, err)
	}
	var other *OtherError
	_, err := j.read(func(r record) {
		if have := r.subject(); other == nil && have.Key != "" && have.Key != want.Key {
			other = &OtherError{j.path, have, want}
		} else if other != nil && len(other.Have.Facts) == 0 && have.Key == other.Have.Key {
			other.Have = have
		}
	})
	if err != nil {
		return err
	}
	if other != nil {
		return other
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.subject = want
	return nil
}

// subject is what a record says that it is about. Calls do not say it.
func (r record) subject() Subject {
	switch {
	case r.Opened != nil:
		return Subject{r.Opened.EvidenceKey, r.Opened.Facts}
	case r.Trial != nil:
		return Subject{Key: r.Trial.EvidenceKey}
	}
	return Subject{}
}

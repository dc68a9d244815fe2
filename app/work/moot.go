package work

import (
	"github.com/pertask/pertask/review/route"
)

// spare marks the notes of a turn that a later one makes moot: what a pull request was before it was pushed to again, or
// closed. What a person asked for is never moot.
func spare(items []item) {
	for n := range items {
		for _, later := range items[n+1:] {
			if items[n].quiet() && later.replaces(items[n]) {
				items[n].moot = true
				break
			}
		}
	}
}

// quiet reports whether a note asks for a review of what a pull request or a branch is now, and nobody in particular for it.
func (i item) quiet() bool {
	if i.other || i.unread != nil || i.ask.Label != "" {
		return false
	}
	return i.ask.Do == route.Fill || i.ask.Do == route.Review && i.ask.Trigger.Command == nil && i.ask.Trigger.Group == nil
}

// replaces reports whether a note is about the same thing as an earlier one and says what it is now.
func (i item) replaces(earlier item) bool {
	if i.other || i.unread != nil || i.event.RepoID != earlier.event.RepoID || i.event.Name != "pull_request" && i.event.Name != "push" {
		return false
	}
	if i.ask.Do == route.Fill || earlier.ask.Do == route.Fill {
		return i.ask.Do == earlier.ask.Do
	}
	pull := earlier.event.Pull.Number
	return pull != 0 && i.event.Pull.Number == pull && (i.quiet() || i.ask.Why == route.Closed)
}

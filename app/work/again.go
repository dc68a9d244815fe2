package work

import (
	"strconv"
	"strings"
)

// againMark stands between the ID of a note and how often it was put back. No delivery of GitHub has it in its ID.
const againMark = "~"

// Again is the ID under which a note is put back into the queue, which knows each ID once. ReviewID is the same for all of them.
func Again(note string) string {
	first, n := cutAgain(note)
	return first + againMark + strconv.Itoa(n+1)
}

// cutAgain returns the ID that a note had at first, and how often it was put back.
func cutAgain(note string) (first string, n int) {
	first, count, found := strings.Cut(note, againMark)
	n, err := strconv.Atoi(count)
	if !found || err != nil || n < 1 {
		return note, 0
	}
	return first, n
}

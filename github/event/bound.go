package event

import "unicode/utf8"

// Limits of the texts of an Event, in bytes, so that its JSON, in which a byte can take six, stays below 64 KiB. What GitHub
// itself bounds more tightly is not listed.
const (
	maxComment = 4 << 10 // of a comment: a command is its first line
	maxLabels  = 4 << 10 // of all labels of a pull request
	maxLabel   = 200     // GitHub allows 50 characters
	maxInputs  = 25      // inputs, as GitHub says
	maxWord    = 100     // of a login, an action, an association, an input and its name
	maxName    = 300     // of a check run's name and external id
	maxRepos   = 250     // of an installation, of 140 bytes at most
)

// cut returns the first n bytes of a text, less where that would split a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// names are those of labels, as many as there is room for.
func names(labels []labelJSON) []string {
	var out []string
	room := maxLabels
	for _, l := range labels {
		name := cut(l.Name, maxLabel)
		if room -= len(name) + 1; room < 0 {
			break
		}
		out = append(out, name)
	}
	return out
}

package recorded

import (
	"fmt"
	"strings"

	"github.com/pertask/pertask/recorded/excerpt"
)

// Format is how a runner writes its trials down. Formats are values, so that a new one is added without touching
// the others or whoever reads them.
type Format struct {
	Name  string // as people type it, such as "harbor"
	Title string // for people, such as "Harbor results"
	// Holds reports whether a file is one of this format's, by its name and its head.
	Holds func(name string, h Head) bool
	// Read reads a file, or what a folder holds of the format at any depth. Mistakes are *Error, up to 20 joined;
	// when there is one, no records are returned. Numbers of trials are not assigned yet: see Number.
	Read func(Source, Options) (Records, error)
	// Untold are sentences on what the format does not tell, for the notes of a report.
	Untold []string
}

// Options are what the reader of a file has to be told.
type Options struct {
	// Score is the name of the score that decides completion, where a record has several.
	Score string
	// ScoreFrom is the least score of a completed trial; 0 means 1.
	ScoreFrom float64
}

// Passed holds a score against the options.
func (o Options) Passed(score float64) *bool {
	from := o.ScoreFrom
	if from == 0 {
		from = 1
	}
	passed := score >= from
	return &passed
}

// Records are what a file or folder holds.
type Records struct {
	Rows  []Row
	Notes []string // facts that a report must state, such as how many trials ended by a time-out
}

// Head is the beginning of a file, as far as it says what the file is.
type Head struct {
	Zip  bool // it begins as a ZIP archive does
	JSON bool // it begins with a brace
	// Keys are the members of the first object of a JSON text, and what they are. Of a very large text it may lack
	// the last ones.
	Keys map[string]excerpt.Kind
}

// Has reports whether the head has all the keys.
func (h Head) Has(keys ...string) bool {
	for _, k := range keys {
		if _, ok := h.Keys[k]; !ok {
			return false
		}
	}
	return true
}

// Tally counts facts about trials for Records.Notes. The zero Tally is empty.
type Tally struct {
	order []string
	count map[string]int
}

// Add counts a trial of which a fact holds, such as "outcome unknown: no reward".
func (t *Tally) Add(fact string) {
	if t.count == nil {
		t.count = map[string]int{}
	}
	if t.count[fact]++; t.count[fact] == 1 {
		t.order = append(t.order, fact)
	}
}

// Notes are the facts with their numbers, in the order in which they were first met.
func (t *Tally) Notes() []string {
	var out []string
	for _, fact := range t.order {
		trials := "trials"
		if t.count[fact] == 1 {
			trials = "trial"
		}
		out = append(out, fmt.Sprintf("%d %s, %s", t.count[fact], trials, fact))
	}
	return out
}

// SplitModel takes a name such as "anthropic/claude-opus-5" apart into who serves the model and the model, as
// LiteLLM and others write it. A name without a slash is a model of nobody in particular.
func SplitModel(name string) (provider, model string) {
	provider, model, ok := strings.Cut(name, "/")
	if !ok || provider == "" || model == "" {
		return "", name
	}
	return provider, model
}

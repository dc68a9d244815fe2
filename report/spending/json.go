package spending

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/pertask/pertask/ledger/rollup"
	"github.com/pertask/pertask/report/markup"
)

// document is the JSON form of a report: the roll-up with every row and digit of it, and what is said of it.
type document struct {
	Schema string `json:"schema"`
	Answer string `json:"answer"` // in words, rounded
	By     By     `json:"by"`
	// PullRequestsOf are the repositories whose pull requests were read.
	PullRequestsOf []string `json:"pull_requests_of"`
	Notes          []string `json:"notes"`
	rollup.Rollup
	Branches []rollup.Group `json:"branches,omitempty"` // where no pull request is known
	Skipped  skips          `json:"skipped"`
}

// skips are the lines of the ledger that are no entries.
type skips struct {
	Lines int `json:"lines"`
	Torn  int `json:"torn"`
}

// JSON writes a report as one object, indented. It reports the first error of w.
func JSON(w io.Writer, r Report) error {
	d := document{Schema: Schema, Answer: Answer(r, markup.Plain), By: r.by(), PullRequestsOf: orEmpty(r.Asked), Notes: orEmpty(r.Notes),
		Rollup: r.Rollup, Branches: r.Branches, Skipped: skips{r.Rollup.Skipped.Lines, r.Rollup.Skipped.Torn}}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	if err := e.Encode(d); err != nil {
		return fmt.Errorf("writing a report of spend as JSON: %w", err)
	}
	return nil
}

func orEmpty(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

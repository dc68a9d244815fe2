// Package spending words what agents cost for each merged pull request: for a terminal, as Markdown, as a page of HTML, as JSON and
// as CSV, and as the summary of a week.
//
// It knows the order in which a roll-up is told - the answer first, then what was asked for, then what the answer rests on - and
// that what was measured, reported and allocated is never one number without a word. It refuses to know how entries are added up,
// which is package rollup's, where they are from, and where the report goes. Titles, labels, branches and names of models are
// hostile. All of it is safe for concurrent use.
package spending

import (
	"fmt"
	"strings"

	"github.com/pertask/pertask/ledger/rollup"
)

// Schema names the version of the JSON form. Readers depend on it: later versions add fields and never rename them.
const Schema = "pertask.spend-report/1"

// By says what the table of a report has a row for.
type By string

// What a report can be divided by.
const (
	Week  By = "week" // of the merge, and of the hour of what was spent
	Model By = "model"
	Label By = "author-label" // labels such as "team:payments"
	Repo  By = "repo"
	Pull  By = "pull"
)

// Divisions are the values of By, for help and for errors.
const Divisions = "week, model, author-label, repo or pull"

// ParseBy reads one of Divisions.
func ParseBy(s string) (By, error) {
	switch b := By(s); b {
	case Week, Model, Label, Repo, Pull:
		return b, nil
	}
	return "", fmt.Errorf("%q is nothing to divide by; allowed are %s", s, Divisions)
}

// Report is what is told.
type Report struct {
	Rollup rollup.Rollup
	By     By // "" is Week
	// Asked are the repositories whose pull requests were read. Without any, nothing can be of a merged pull request, and the
	// report says so instead of dividing by them.
	Asked []string
	// Branches are the sums by repository and branch, for where no pull request is known. They are shown when there are any.
	Branches []rollup.Group
	// Notes are sentences about what is missing, such as a repository that could not be read. They may have strangers' words in them.
	Notes []string
}

func (r Report) by() By {
	if r.By == "" {
		return Week
	}
	return r.By
}

// groups are what the table has rows for; nil for pull requests.
func (r Report) groups() []rollup.Group {
	switch r.by() {
	case Model:
		return r.Rollup.Models
	case Label:
		return r.Rollup.Labels
	case Repo:
		return r.Rollup.Repositories
	case Pull:
		return nil
	}
	return r.Rollup.Weeks
}

// empty reports whether there is nothing to tell but that.
func (r Report) empty() bool {
	return r.Rollup.Total.All().Entries == 0 && r.Rollup.Checks.All().Entries == 0
}

// name is what a row is called, before anything makes it safe.
func (r Report) name(g rollup.Group) string {
	switch {
	case g.Key != "":
		return g.Key
	case r.by() == Label:
		return "no label"
	case r.by() == Repo:
		return "no repository"
	}
	return "unknown"
}

// short is the name of a repository without its server, where that is GitHub's own.
func short(repository string) string { return strings.TrimPrefix(repository, "github.com/") }

// Package spend is what the checks of a repository cost: a line for each that spent something, in one file for each month.
//
// It knows the line, the name of the file, and the sum. It refuses to know how a branch is written, and who else writes to it:
// a line that is not ours is left out, and the sum is shown and decides nothing.
package spend

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/price"
)

// Schema names the version of the line. Files are read by later versions: fields are added and never renamed.
const Schema = "pertask.spend/1"

// Line is what one check cost.
type Line struct {
	Schema string    `json:"schema"` // Schema
	Time   time.Time `json:"time"`   // when the check began
	Pull   int       `json:"pull,omitempty"`
	Head   string    `json:"head"`           // object id
	Kind   string    `json:"kind,omitempty"` // why it began
	// USD is null where it is not known; AtLeast says that it is a lower bound.
	USD     price.Amount `json:"usd"`
	AtLeast bool         `json:"at_least,omitempty"`
}

// Text is the line as it is stored, without a line break.
func (l Line) Text() (string, error) {
	l.Schema, l.Time = Schema, l.Time.UTC().Round(0)
	b, err := json.Marshal(l)
	if err != nil {
		return "", fmt.Errorf("writing what a check cost: %w", err)
	}
	return string(b), nil
}

// Path is the file of the month that a time is in, in UTC.
func Path(at time.Time) string { return "spend/" + at.UTC().Format("2006-01") + ".jsonl" }

// Month is the sum of a file.
type Month struct {
	Spent  price.Amount // of the checks whose cost is known
	Checks int          // those whose cost is not known count too
	// AtLeast says that the cost of a check is not known, or is a lower bound.
	AtLeast bool
}

// Sum adds up a file. Lines that are not ours, such as one that was cut, are left out, and a line that is there twice counts
// once.
func Sum(file []byte) Month {
	m := Month{Spent: price.Known(price.Money{})}
	seen := map[string]bool{}
	for text := range strings.Lines(string(file)) {
		var l Line
		text = strings.TrimSpace(text)
		if seen[text] || json.Unmarshal([]byte(text), &l) != nil || l.Schema != Schema {
			continue
		}
		seen[text] = true
		usd, known := l.USD.Value()
		if known && usd.Cmp(price.Money{}) < 0 {
			continue
		}
		m.Checks++
		if known {
			m.Spent = m.Spent.Plus(l.USD)
		}
		m.AtLeast = m.AtLeast || l.AtLeast || !known
	}
	return m
}

// Client writes and reads the branch; *github.Client is one.
type Client interface {
	AppendBranch(ctx context.Context, repo github.Repo, name, path, line, message string) error
	ReadBranch(ctx context.Context, repo github.Repo, name, path string) (data []byte, version string, err error)
}

// Keep adds the line of a check to a branch, unless the check cost nothing, and returns the sum of its month.
func Keep(ctx context.Context, c Client, repo github.Repo, branch string, l Line) (Month, error) {
	path := Path(l.Time)
	if l.USD.String() != "0" {
		text, err := l.Text()
		if err == nil {
			err = c.AppendBranch(ctx, repo, branch, path, text, "pertask: what a check cost")
		}
		if err != nil {
			return Month{}, err
		}
	}
	data, _, err := c.ReadBranch(ctx, repo, branch, path)
	return Sum(data), err
}

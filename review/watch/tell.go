package watch

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/pertask/pertask/compare/drift"
	"github.com/pertask/pertask/github/issue"
	"github.com/pertask/pertask/github/marker"
	report "github.com/pertask/pertask/report/watch"
)

// Board is where our issue is; issue.Board is one.
type Board interface {
	Find(ctx context.Context, key string) (issue.Issue, bool, error)
	Create(ctx context.Context, title, body string) (issue.Issue, error)
	Edit(ctx context.Context, number int, title, body string) error
	Comment(ctx context.Context, number int, comment string) error
	Close(ctx context.Context, number int, comment string) error
}

// key is of the markers of our issues. It must never change: an issue whose marker is not found gets another one beside it.
const key = "watch"

// told is what an issue's marker remembers.
type told struct {
	Items []string `json:"items"` // their keys
}

// mostItems bounds what a marker remembers: more are told, and told again.
const mostItems = 60

// quiet is for how long what a person has closed is not told again.
const quiet = drift.MostStored

// Action is what Tell did.
type Action string

// What Tell did.
const (
	Nothing Action = "nothing"
	Opened  Action = "opened"
	Edited  Action = "edited"
	Closed  Action = "closed"
	Muted   Action = "muted" // somebody has closed an issue that says the same
)

// Tell says in one issue what a watch has found, and closes it when a later watch finds nothing of it any more. A watch that
// could not compare, and has nothing to tell, leaves the issue as it is.
func Tell(ctx context.Context, b Board, w report.Watch) (Action, string, error) {
	items := w.Items()
	if len(items) == 0 && !w.Agrees() {
		return Nothing, "", nil
	}
	have, found, err := b.Find(ctx, key)
	if err != nil {
		return Nothing, "", err
	}
	switch {
	case len(items) == 0 && (!found || !have.Open):
		return Nothing, "", nil
	case len(items) == 0:
		return end(ctx, b, w, have)
	case found && have.Open:
		return edit(ctx, b, w, have, items)
	case found && w.Time.Sub(have.Marker.Time) < quiet && len(report.New(items, keysOf(have))) == 0:
		return Muted, have.URL, nil
	}
	body, err := bodyOf(w, items)
	if err != nil {
		return Nothing, "", err
	}
	made, err := b.Create(ctx, w.Title(), body)
	return Opened, made.URL, err
}

// keysOf is what an issue has told.
func keysOf(i issue.Issue) []string {
	var t told
	if json.Unmarshal(i.Marker.Data, &t) != nil {
		return nil
	}
	return t.Items
}

// edit brings an issue up to date, and says in a comment what is new: an edit notifies nobody.
func edit(ctx context.Context, b Board, w report.Watch, have issue.Issue, items []report.Item) (Action, string, error) {
	if !w.Time.After(have.Marker.Time) {
		return Nothing, have.URL, nil // a later watch has told it
	}
	body, err := bodyOf(w, items)
	if err == nil {
		err = b.Edit(ctx, have.Number, w.Title(), body)
	}
	if news := report.New(items, keysOf(have)); err == nil && len(news) > 0 {
		err = b.Comment(ctx, have.Number, w.Comment(news))
	}
	return Edited, have.URL, err
}

// end closes the issue. What it has told is forgotten first, so that the same is told again when it comes back.
func end(ctx context.Context, b Board, w report.Watch, have issue.Issue) (Action, string, error) {
	line, err := markerOf(w, nil)
	if err == nil {
		err = b.Edit(ctx, have.Number, have.Title, line+"\n"+marker.Text(have.Body))
	}
	if err == nil {
		err = b.Close(ctx, have.Number, w.Over())
	}
	return Closed, have.URL, err
}

func bodyOf(w report.Watch, items []report.Item) (string, error) {
	line, err := markerOf(w, items)
	return line + "\n" + w.Issue(), err
}

func markerOf(w report.Watch, items []report.Item) (string, error) {
	t := told{Items: []string{}}
	for _, i := range items[:min(len(items), mostItems)] {
		t.Items = append(t.Items, i.Key)
	}
	slices.Sort(t.Items)
	data, err := json.Marshal(t)
	if err != nil {
		return "", fmt.Errorf("writing what an issue tells: %w", err)
	}
	return marker.Marker{Key: key, Head: w.Commit, Time: w.Time, Data: data}.Line()
}

package comment

import (
	"context"
	"time"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/marker"
)

// Mode says what becomes of our comment when there is a new result.
type Mode string

// The modes, by their names in the configuration. The zero value is Update.
const (
	Update      Mode = "update"        // one comment, which is edited
	NewOnChange Mode = "new-on-change" // a new one when the verdict changes, the older ones hidden; else it is edited
	HideAndNew  Mode = "hide-and-new"  // a new one for every new result, the older ones hidden
	Off         Mode = "off"           // none
)

// outdated is GitHub's word for why a comment that Hide has put away is hidden.
const outdated = "outdated"

// Poster reads and writes our comments; *github.Client is one.
type Poster interface {
	Comments(ctx context.Context, repo github.Repo, pull int) ([]github.Comment, error)
	Upsert(ctx context.Context, repo github.Repo, pull int, body string, known []github.Comment) (github.UpsertResult, error)
	Post(ctx context.Context, repo github.Repo, pull int, body string) (github.Comment, error)
	Hide(ctx context.Context, repo github.Repo, cm github.Comment) error
}

// Thread is what we have said on one pull request. It is not safe for concurrent use.
type Thread struct {
	Poster Poster
	Repo   github.Repo
	Pull   int
	Mode   Mode
	Known  []github.Comment // ours, as they were when last looked at
}

// Latest returns our newest comment, hidden or not: what it keeps is the newest that is known.
func (t *Thread) Latest() (github.Comment, bool) { return newest(t.Known, true) }

// Current returns the comment that is to be read; one that was put away as outdated is not.
func (t *Thread) Current() (github.Comment, bool) { return newest(t.Known, false) }

func newest(all []github.Comment, hidden bool) (out github.Comment, found bool) {
	for _, c := range all {
		// Others of ours, such as the one about what came of a merge, have a key and keep nothing.
		if c.Marker.Key != "" || !hidden && c.Hidden == outdated {
			continue
		}
		if !found || c.Marker.Time.After(out.Marker.Time) || c.Marker.Time.Equal(out.Marker.Time) && c.ID > out.ID {
			out, found = c, true
		}
	}
	return out, found
}

// Look reads our comments again. Other processes may have written since.
func (t *Thread) Look(ctx context.Context) error {
	all, err := t.Poster.Comments(ctx, t.Repo, t.Pull)
	if err == nil {
		t.Known = all
	}
	return err
}

// Write makes a page what is to be read. With changed, it says another verdict than the current one does; a page about the
// same head that does not is no new result. Written is false
// when a later result stands already, which an earlier one never replaces.
func (t *Thread) Write(ctx context.Context, p Page, changed bool) (written bool, err error) {
	if t.Mode == Off {
		return false, nil
	}
	body, err := p.Body()
	if err != nil {
		return false, err
	}
	current, there := t.Current()
	if !there || t.Mode == Update || t.Mode == "" || t.Mode == NewOnChange && !changed {
		return t.upsert(ctx, p, body)
	}
	if !changed && current.Marker.Head == p.Marker.Head || Parse(current).Visible() == p.Visible() {
		return t.upsert(ctx, p, body) // no new result
	}
	if current.Marker.Time.After(p.Marker.Time) {
		return false, nil
	}
	made, err := t.Poster.Post(ctx, t.Repo, t.Pull, body)
	if err != nil {
		return false, err
	}
	if err := t.Look(ctx); err != nil {
		t.Known = append(t.Known, made)
	}
	last, _ := t.Current()
	return last.ID == made.ID, t.tidy(ctx)
}

// upsert edits the comment, or makes the first one.
func (t *Thread) upsert(ctx context.Context, p Page, body string) (bool, error) {
	if t.Mode != Update && t.Mode != "" {
		if err := t.tidy(ctx); err != nil { // Upsert would keep the oldest of several
			return false, err
		}
	}
	res, err := t.Poster.Upsert(ctx, t.Repo, t.Pull, body, t.Known)
	if err != nil {
		return false, err
	}
	known := []github.Comment{{ID: res.ID, NodeID: res.NodeID, Body: body, Marker: p.Marker}}
	for _, c := range t.Known {
		if c.Hidden == outdated {
			known = append(known, c)
		}
	}
	if !res.Superseded {
		t.Known = known
	}
	return !res.Superseded, nil
}

// tidy hides all that is shown but the newest. Processes that tidy at once leave the same one.
func (t *Thread) tidy(ctx context.Context) error {
	last, there := t.Current()
	for i, c := range t.Known {
		if !there || c.ID == last.ID || c.Hidden == outdated {
			continue
		}
		if err := t.Poster.Hide(ctx, t.Repo, c); err != nil {
			return err
		}
		t.Known[i].Hidden = outdated
	}
	return nil
}

// Rest takes the progress away that a process which started at a time has left in the comment. A comment that says nothing
// else says alone then. One that another process has taken up is left to that.
func (t *Thread) Rest(ctx context.Context, started time.Time, alone string) error {
	if err := t.Look(ctx); err != nil {
		return err
	}
	c, there := t.Current()
	if !there || !c.Marker.Time.Equal(started) {
		return nil
	}
	p := Parse(c)
	if p.Progress == "" {
		return nil
	}
	if p.Progress = ""; p.Text == "" {
		p.Text = alone
	}
	_, err := t.Write(ctx, p, false)
	return err
}

// Show puts how far a process is that started at a time on top of the comment, as it was when last looked at; the block is made
// for the head that the result below is about, "" where there is none. In any mode but Update, and where a later process is at
// it, nothing is shown.
func (t *Thread) Show(ctx context.Context, started time.Time, head string, block func(shown string) string) error {
	if t.Mode != Update && t.Mode != "" {
		return nil
	}
	p, shown := Page{Marker: marker.Marker{Head: head}}, ""
	if c, there := t.Current(); there {
		if c.Marker.Time.After(started) {
			return nil
		}
		if p = Parse(c); p.Text != "" {
			shown = p.Marker.Head
		}
	}
	p.Marker.Time, p.Progress = started, block(shown)
	_, err := t.Write(ctx, p, false)
	return err
}

// Package tally adds up the calls that session logs tell of, into entries of the ledger.
//
// It knows which calls are the same one, told twice, and that of several snapshots of one answer the last counts. It
// refuses to know agents, files and git: calls come from package record, and where they were made is asked of whoever
// reads the logs.
package tally

import (
	"time"

	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/session/record"
	"github.com/pertask/pertask/usage"
)

// Place says where a call was made.
type Place struct{ Repository, Branch, Commit string }

// Tally adds calls up. Its fields are set before the first call. It is not safe for concurrent use.
type Tally struct {
	// Measured reports whether our own meter has an answer, by record.Key of the provider's id of it. Nil knows of none.
	Measured func(response uint64) bool
	// Place says where a call was made. Nil knows nothing.
	Place func(record.Place, time.Time) Place
	// Known is asked for the repository of a session and branch where Place does not know it. Nil knows none.
	Known func(session, branch string) (repository string)
	// Provider is the price book's name of a provider, or of what serves a model where there is no provider.
	Provider func(provider, model string) string
	// Since is when the calls begin that count.
	Since time.Time
	// Now is the time of the scan.
	Now time.Time

	Skipped map[record.Reason]int64
	Calls   int64 // that were new

	seen     Set
	buckets  map[kind]*bucket
	sessions map[session]string
	kind     kind // that was asked for last, and its bucket
	last     *bucket
}

type session struct{ harness, name string }

// kind is what calls of one entry have in common.
type kind struct {
	Session    string `json:"session,omitempty"`
	Harness    string `json:"harness"`
	Hour       int64  `json:"hour"` // seconds since 1970
	Repository string `json:"repository,omitempty"`
	Branch     string `json:"branch,omitempty"`
	Provider   string `json:"provider,omitempty"`
	Model      string `json:"model,omitempty"`
	Tier       string `json:"tier,omitempty"`
	Attributes string `json:"attributes,omitempty"`
	Above      int64  `json:"above,omitempty"`
	Upto       int64  `json:"upto,omitempty"`
}

// settled is how long after the last word of an answer nothing more is said of it.
const settled = 10 * time.Minute

// Skip counts lines or calls that were left out.
func (t *Tally) Skip(why record.Reason, n int64) {
	if why == record.None || n == 0 {
		return
	}
	if t.Skipped == nil {
		t.Skipped = map[record.Reason]int64{}
	}
	t.Skipped[why] += n
}

// Add takes the next call that a file tells of. The window is the file's.
func (t *Tally) Add(harness string, w *Window, c *record.Call) {
	if c.Time.Before(t.Since) {
		t.Skip(record.Old, 1)
		return
	}
	if h := w.find(c.ID); h != nil {
		t.again(h, harness, c)
		return
	}
	switch {
	case c.Response != 0 && t.Measured != nil && t.Measured(c.Response):
		t.Skip(record.Measured, 1)
		return
	case !t.seen.Add(c.Time, c.ID):
		t.Skip(record.Repeated, 1)
		return
	}
	t.Calls++
	h := held{ID: c.ID, Time: c.Time.Unix(), Seen: c.Seen}
	h.Piece, h.More = t.pieces(harness, c)
	if !c.Open {
		t.commit(&h)
	}
	for w.full() {
		t.commit(&w.calls[0])
		w.drop()
	}
	w.calls = append(w.calls, h)
	t.settle(w, c.Time)
}

// again takes another line about a call: a later snapshot of its answer, or its usage where it was not there before.
func (t *Tally) again(h *held, harness string, c *record.Call) {
	if h.Seen && !c.Seen {
		return
	}
	piece, more := t.pieces(harness, c)
	if !h.Done {
		h.Piece, h.More, h.Time, h.Seen = piece, more, c.Time.Unix(), c.Seen
		if !c.Open {
			t.commit(h)
		}
		return
	}
	if len(more) != len(h.More) {
		return
	}
	t.instead(&h.Piece, piece)
	for i := range more {
		t.instead(&h.More[i], more[i])
	}
	h.Time, h.Seen = c.Time.Unix(), c.Seen
}

// instead counts a piece in the place of an earlier snapshot of it. What is counted stays in its entry, so that no entry
// shrinks.
func (t *Tally) instead(was *piece, now piece) {
	now.Kind, now.Last = was.Kind, within(now.Last, *was)
	if now == *was {
		return
	}
	b := t.bucket(was.Kind)
	b.add(was, -1)
	b.add(&now, 1)
	*was = now
}

// within keeps the time of a later snapshot in the hour of the entry.
func within(last int64, p piece) int64 {
	return max(p.Last, min(last, time.Unix(p.Kind.Hour, 0).Add(time.Hour-1).UnixNano()))
}

// settle commits what is open of before a time by so much that nothing more will be said of it.
func (t *Tally) settle(w *Window, now time.Time) {
	before := now.Add(-settled).Unix()
	for i := range w.calls {
		if h := &w.calls[i]; !h.Done && h.Time <= before {
			t.commit(h)
		}
	}
}

// End is called when a file has been read for now. What is written to may have more to say of its last calls.
func (t *Tally) End(w *Window, written bool) {
	t.settle(w, t.Now)
	if !written {
		w.forget(t.Now.Unix())
		return
	}
	w.forget(w.latest() - int64(settled/time.Second))
}

// Flush commits all that is open of a file, such as of one that is there no more.
func (t *Tally) Flush(w *Window) {
	for i := range w.calls {
		t.commit(&w.calls[i])
	}
	w.calls = nil
}

func (t *Tally) commit(h *held) {
	if h.Done {
		return
	}
	h.Done = true
	t.bucket(h.Piece.Kind).add(&h.Piece, 1)
	for i := range h.More {
		t.bucket(h.More[i].Kind).add(&h.More[i], 1)
	}
}

func (t *Tally) bucket(k kind) *bucket {
	if t.last != nil && t.kind == k {
		return t.last
	}
	b := t.buckets[k]
	if b == nil {
		if t.buckets == nil {
			t.buckets = map[kind]*bucket{}
		}
		b = &bucket{}
		t.buckets[k] = b
	}
	t.kind, t.last = k, b
	return b
}

// pieces are the parts of a call with one price each: the call itself, and what was called within it.
func (t *Tally) pieces(harness string, c *record.Call) (own piece, more []piece) {
	k := kind{Session: t.session(harness, c.Session), Harness: harness, Hour: c.Time.Truncate(time.Hour).Unix(),
		Model: clean(c.Model, spend.MaxText), Tier: clean(c.Tier, spend.MaxName), Attributes: c.Attributes, Provider: c.Provider}
	if t.Provider != nil {
		k.Provider = t.Provider(c.Provider, c.Model)
	}
	k.Provider = clean(k.Provider, spend.MaxText)
	p := piece{Kind: k, Last: c.Time.UnixNano(), Version: clean(c.Version, spend.MaxName), Seen: c.Seen, Searches: c.Searches}
	if t.Place != nil {
		place := t.Place(c.Place, c.Time)
		p.Kind.Repository, p.Kind.Branch = clean(place.Repository, spend.MaxText), clean(place.Branch, spend.MaxText)
		p.Commit = place.Commit
	}
	if p.Kind.Repository == "" && t.Known != nil {
		p.Kind.Repository = clean(t.Known(p.Kind.Session, p.Kind.Branch), spend.MaxText)
	}
	for _, part := range c.Parts {
		p := p
		p.Searches = 0
		if part.Model != "" {
			p.Kind.Model = clean(part.Model, spend.MaxText)
		}
		more = append(more, p.with(part.Tokens))
	}
	return p.with(c.Tokens), more
}

// with gives a piece its tokens and the step of its prompt.
func (p piece) with(tokens usage.Tokens) piece {
	p.Tokens = tokens
	if prompt, known := tokens.Context().Value(); known && p.Seen {
		p.Kind.Above, p.Kind.Upto = spend.Step(prompt)
	}
	return p
}

// sessions are as many keys as are kept.
const sessions = 4096

func (t *Tally) session(harness, name string) string {
	if key, ok := t.sessions[session{harness, name}]; ok {
		return key
	}
	if t.sessions == nil || len(t.sessions) >= sessions {
		t.sessions = map[session]string{}
	}
	key := spend.SessionKey(harness, name)
	t.sessions[session{harness, name}] = key
	return key
}

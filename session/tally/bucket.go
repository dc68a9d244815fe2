package tally

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/usage"
)

// bucket is what calls of one kind add up to.
type bucket struct {
	Calls    int64  `json:"calls,omitempty"`
	Unseen   int64  `json:"unseen,omitempty"`
	Counts   counts `json:"counts"`
	Searches int64  `json:"searches,omitempty"`
	Last     int64  `json:"last"`
	Version  string `json:"version,omitempty"`
	Commit   string `json:"commit,omitempty"`

	changed bool
}

// counts are sums of each class, and of how many calls a class is not known.
type counts [9]struct {
	N       int64 `json:"n,omitempty"`
	Unknown int64 `json:"unknown,omitempty"`
}

func classes(t *usage.Tokens) [9]*usage.Count {
	return [9]*usage.Count{&t.Input, &t.CacheRead, &t.CacheCreation, &t.CacheCreation5m, &t.CacheCreation30m, &t.CacheCreation1h,
		&t.CacheCreation12h, &t.Output, &t.Reasoning}
}

// add adds a piece, or takes it out again with a sign of -1.
func (b *bucket) add(p *piece, sign int64) {
	b.changed = true
	if last := p.Last; last >= b.Last {
		b.Last = last
		b.Version, b.Commit = cmp.Or(p.Version, b.Version), cmp.Or(p.Commit, b.Commit)
	}
	if !p.Seen {
		b.Unseen += sign
		return
	}
	b.Calls += sign
	b.Searches += sign * p.Searches
	for i, c := range classes(&p.Tokens) {
		if n, known := c.Value(); known {
			b.Counts[i].N += sign * n
		} else {
			b.Counts[i].Unknown += sign
		}
	}
}

// entry makes an entry of the ledger.
func (b *bucket) entry(k kind) spend.Entry {
	e := spend.Entry{Source: spend.SessionLog, Provenance: spend.Reported, Session: k.Session, Harness: k.Harness, Version: b.Version,
		Hour: time.Unix(k.Hour, 0), Last: time.Unix(0, b.Last),
		Place: spend.Place{Repository: k.Repository, Branch: k.Branch, Commit: b.Commit},
		Price: spend.Price{Provider: k.Provider, Model: k.Model, Tier: k.Tier, Attributes: attributes(k.Attributes), Above: k.Above, Upto: k.Upto},
		Calls: b.Calls, Unseen: b.Unseen}
	if b.Calls > 0 {
		for i, c := range classes(&e.Tokens) {
			if b.Counts[i].Unknown == 0 {
				*c = usage.Known(b.Counts[i].N)
			}
		}
	}
	if b.Searches > 0 {
		e.Requests = map[string]int64{"web_search": b.Searches}
	}
	if k.Session == "" {
		e.Part = nameless
	}
	return e.Complete()
}

// nameless is the part of calls of a log that does not name its session: all of one hour, place and price are one entry.
const nameless = "no session"

// attributes takes pairs of texts that end with a NUL apart.
func attributes(s string) map[string]string {
	if s == "" {
		return nil
	}
	out := map[string]string{}
	for len(s) > 0 {
		var name, value string
		name, s, _ = strings.Cut(s, "\x00")
		value, s, _ = strings.Cut(s, "\x00")
		if name = clean(name, spend.MaxName); name != "" && len(out) < spend.MaxTags {
			out[name] = clean(value, spend.MaxText/2)
		}
	}
	return out
}

// clean is a text that an entry can have, "" for one that it cannot.
func clean(s string, most int) string {
	if len(s) <= most && printable(s) {
		return s
	}
	if len(s) > most || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return ""
	}
	return s
}

// printable is a quick look at what nearly every text is.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// Changed yields the entries that calls were added to since the tally was made, in the order of spend.Sort. The error is of
// an entry that the ledger would not take; it goes on behind one.
func (t *Tally) Changed() iter.Seq2[spend.Entry, error] {
	var changed []kind
	for k, b := range t.buckets {
		if b.changed {
			changed = append(changed, k)
		}
	}
	slices.SortFunc(changed, compare)
	return func(yield func(spend.Entry, error) bool) {
		for _, k := range changed {
			e := t.buckets[k].entry(k)
			if err := e.Check(); err != nil {
				if !yield(spend.Entry{}, fmt.Errorf("adding up a session: %w", err)) {
					return
				}
				continue
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

// Keep drops what is of before a time, which no call will be added to.
func (t *Tally) Keep(since time.Time) {
	maps.DeleteFunc(t.buckets, func(k kind, _ *bucket) bool { return k.Hour < since.Truncate(time.Hour).Unix() })
	t.seen.Forget(since)
}

func compare(a, b kind) int {
	return cmp.Or(cmp.Compare(a.Hour, b.Hour), cmp.Compare(a.Session, b.Session), cmp.Compare(a.Harness, b.Harness),
		cmp.Compare(a.Repository, b.Repository), cmp.Compare(a.Branch, b.Branch), cmp.Compare(a.Provider, b.Provider),
		cmp.Compare(a.Model, b.Model), cmp.Compare(a.Tier, b.Tier), cmp.Compare(a.Attributes, b.Attributes),
		cmp.Compare(a.Above, b.Above))
}

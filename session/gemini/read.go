// Package gemini reads the session logs of Gemini CLI: tmp/PROJECT/chats/session-TIME-ID.jsonl, for sub-agents
// tmp/PROJECT/chats/SESSION/ID.jsonl, and those of before 0.58, each of which is one JSON document.
//
// It knows that a message is written again when more of it is known, and that a batch of messages in a resumed session
// ($set) is its history once more. It refuses to know files, other agents' logs, and what was read before. The form is that
// of Gemini CLI 0.6 to 0.61, as its logs show it.
package gemini

import (
	"github.com/pertask/pertask/session/record"
	"github.com/pertask/pertask/session/scan"
	"github.com/pertask/pertask/usage"
)

// Name is the harness's name in entries.
const Name = "gemini"

// fields are the members of a line, or of a message of a document, that are looked at.
type fields struct{ session, id, time, kind, model, tokens []byte }

// Read reads one line by itself.
func Read(line []byte, n *record.Names, l *record.Line) record.Reason {
	var f fields
	o := scan.Open(line)
	for o.Next() {
		if string(o.Name()) == "$set" {
			return record.None // the history so far, or what is no message
		}
		if !f.member(&o) {
			return record.Hostile
		}
		if f.kind != nil && string(f.kind) != answer {
			return record.None
		}
	}
	if !o.Ended() {
		return record.Malformed
	}
	if f.kind == nil && f.session != nil {
		return begin(f.session, n, l)
	}
	return f.call(n, l)
}

// answer is the type of messages of a model.
const answer = `"gemini"`

// member takes one member. It is false for a name that was there already.
func (f *fields) member(o *scan.Object) bool {
	var to *[]byte
	switch string(o.Name()) {
	case "sessionId":
		to = &f.session
	case "id":
		to = &f.id
	case "timestamp":
		to = &f.time
	case "type":
		to = &f.kind
	case "model":
		to = &f.model
	case "tokens":
		to = &f.tokens
	default:
		return true
	}
	if *to != nil {
		return false
	}
	*to = o.Value()
	return true
}

func begin(session []byte, n *record.Names, l *record.Line) record.Reason {
	s, ok := scan.Text(session)
	if !ok {
		return record.Hostile
	}
	l.Kind, l.Session = record.Begin, n.Of(s)
	return record.None
}

func (f *fields) call(n *record.Names, l *record.Line) record.Reason {
	if string(f.kind) != answer {
		return record.None
	}
	id, ok1 := scan.Text(f.id)
	if !ok1 || len(id) == 0 {
		return record.Hostile
	}
	model, ok2 := scan.Text(f.model)
	if !ok2 && !scan.IsNull(f.model) {
		return record.Hostile
	}
	c := &l.Call
	ok := false
	if c.Time, ok = record.Time(f.time); !ok {
		return record.Undated
	}
	if c.Seen = !scan.IsNull(f.tokens); c.Seen {
		if c.Tokens, ok = readTokens(f.tokens); !ok {
			return record.Hostile
		}
	}
	c.Open = !c.Seen // the message may be written again with its tokens
	c.ID = record.Hash{}.Text([]byte(Name)).Text(id).Sum()
	c.Provider, c.Model = "google", n.Of(model)
	l.Kind = record.Single
	return record.None
}

// readTokens makes disjoint classes: what was read from the cache is inside the input, prompts of tools are beside it, and
// thoughts are beside the output.
func readTokens(v []byte) (t usage.Tokens, ok bool) {
	var input, output, cached, thoughts, tool usage.Count
	o := scan.Open(v)
	for o.Next() {
		var to *usage.Count
		switch string(o.Name()) {
		case "input":
			to = &input
		case "output":
			to = &output
		case "cached":
			to = &cached
		case "thoughts":
			to = &thoughts
		case "tool":
			to = &tool
		default:
			continue
		}
		if to.IsKnown() {
			return t, false
		}
		if *to, ok = record.Count(o.Value()); !ok {
			return t, false
		}
	}
	if !o.Ended() || !input.IsKnown() && !output.IsKnown() {
		return t, false
	}
	t = usage.None()
	if t.Input, ok = record.Minus(input, cached); !ok {
		return t, false
	}
	t.Input = t.Input.Plus(record.OrNone(tool))
	t.CacheRead, t.Reasoning = record.OrNone(cached), record.OrNone(thoughts)
	t.Output = output.Plus(t.Reasoning)
	return t, true
}

// Document reads a log of before 0.58. It calls found for the session and each call in it; a message that is left out has
// a reason. The error is the reason why the document as a whole cannot be read.
func Document(text []byte, n *record.Names, found func(l record.Line, why record.Reason)) record.Reason {
	var session, messages []byte
	o := scan.Open(text)
	for o.Next() {
		switch string(o.Name()) {
		case "sessionId":
			session = o.Value()
		case "messages":
			messages = o.Value()
		}
	}
	if !o.Ended() {
		return record.Malformed
	}
	var head record.Line
	if !scan.IsNull(session) {
		if why := begin(session, n, &head); why != record.None {
			return why
		}
		found(head, record.None)
	}
	if scan.IsNull(messages) {
		return record.None
	}
	if !scan.Elements(messages, func(m []byte) bool {
		var l record.Line
		why := message(m, n, &l)
		if l.Kind != record.Nothing || why != record.None {
			found(l, why)
		}
		return true
	}) {
		return record.Malformed
	}
	return record.None
}

func message(m []byte, n *record.Names, l *record.Line) record.Reason {
	var f fields
	o := scan.Open(m)
	for o.Next() {
		if !f.member(&o) {
			return record.Hostile
		}
	}
	if !o.Ended() {
		return record.Malformed
	}
	return f.call(n, l)
}

// Fold takes the next line of a log.
func Fold(s *record.State, l *record.Line) (call bool, why record.Reason) {
	if l.Kind == record.Begin {
		s.Session = l.Session
		return false, record.None
	}
	s.Fill(&l.Call)
	return l.Kind == record.Single, record.None
}

// Package opencode reads the messages of opencode: rows of the table "message" of its database opencode.db, and before 1.2
// files storage/message/SESSION/MESSAGE.json.
//
// It knows what a message says of the call that made it, and that a session that is forked off another has copies of its
// messages under new ids, with the times and numbers of the first. It refuses to know files, other agents' logs, and what
// was read before. The form is that of opencode 0.3 to 1.18, as its database shows it. opencode keeps the call for a
// session's title nowhere.
package opencode

import (
	"github.com/pertask/pertask/session/record"
	"github.com/pertask/pertask/session/scan"
	"github.com/pertask/pertask/usage"
)

// Name is the harness's name in entries.
const Name = "opencode"

// message is what is looked at.
type message struct {
	role, session, provider, model, tokens, created, completed, cwd, failure []byte
}

// Read reads the JSON of a message, and the name of its session where that is not in it. It sets the line's Kind to Single
// where it tells of a call. A message whose answer has not ended says nothing yet.
func Read(text []byte, session string, n *record.Names, l *record.Line) record.Reason {
	var m message
	o := scan.Open(text)
	for o.Next() {
		if !m.member(&o) {
			return record.Hostile
		}
		if m.role != nil && string(m.role) != `"assistant"` {
			return record.None
		}
	}
	if !o.Ended() {
		return record.Malformed
	}
	if m.role == nil || scan.IsNull(m.completed) {
		return record.None
	}
	return m.call(session, n, l)
}

func (m *message) member(o *scan.Object) bool {
	switch string(o.Name()) {
	case "role":
		return once(&m.role, o)
	case "sessionID":
		return once(&m.session, o)
	case "providerID":
		return once(&m.provider, o)
	case "modelID":
		return once(&m.model, o)
	case "tokens":
		return once(&m.tokens, o)
	case "time":
		return within(o, map[string]*[]byte{"created": &m.created, "completed": &m.completed})
	case "path":
		return within(o, map[string]*[]byte{"cwd": &m.cwd})
	case "error":
		return within(o, map[string]*[]byte{"name": &m.failure})
	}
	return true
}

func once(to *[]byte, o *scan.Object) bool {
	if *to != nil {
		return false
	}
	*to = o.Value()
	return true
}

func within(o *scan.Object, members map[string]*[]byte) bool {
	in := o.Enter()
	for in.Next() {
		if to := members[string(in.Name())]; to != nil && !once(to, &in) {
			return false
		}
	}
	o.Leave(&in)
	return true
}

// aborted is the name of the error of an answer that somebody broke off. Other errors are of requests that were refused.
const aborted = `"MessageAbortedError"`

func (m *message) call(session string, n *record.Names, l *record.Line) record.Reason {
	c := &l.Call
	created, ok1 := scan.Count(m.created, 1<<53)
	completed, ok2 := scan.Count(m.completed, 1<<53)
	if !ok1 || !ok2 {
		return record.Undated
	}
	var ok bool
	if c.Time, ok = record.Millis(completed); !ok {
		return record.Undated
	}
	if c.Tokens, ok = readTokens(m.tokens); !ok {
		return record.Hostile
	}
	// opencode writes zeros where the provider tells nothing.
	if total, known := c.Tokens.Total().Value(); known && total > 0 {
		c.Seen = true
	} else if m.failure != nil && string(m.failure) != aborted {
		return record.Unbilled
	}
	c.Session = session
	if s, ok := scan.Text(m.session); ok {
		c.Session = n.Of(s)
	}
	c.Provider, c.Model, c.Dir = name(n, m.provider), name(n, m.model), name(n, m.cwd)
	c.ID = record.Hash{}.Text([]byte(Name)).Number(created).Number(completed).Text(m.model).Text([]byte(c.Tokens.Context().String())).
		Text([]byte(c.Tokens.Output.String())).Text([]byte(c.Tokens.Input.String())).Sum()
	l.Kind = record.Single
	return record.None
}

// readTokens makes disjoint classes: the cache stands beside the input, and reasoning beside the output.
func readTokens(v []byte) (usage.Tokens, bool) {
	var input, output, reasoning, read, write usage.Count
	ok := true
	take := func(o *scan.Object, to *usage.Count) {
		var fine bool
		if to.IsKnown() {
			ok = false
		}
		*to, fine = record.Count(o.Value())
		ok = ok && fine
	}
	o := scan.Open(v)
	for o.Next() {
		switch string(o.Name()) {
		case "input":
			take(&o, &input)
		case "output":
			take(&o, &output)
		case "reasoning":
			take(&o, &reasoning)
		case "cache":
			in := o.Enter()
			for in.Next() {
				switch string(in.Name()) {
				case "read":
					take(&in, &read)
				case "write":
					take(&in, &write)
				}
			}
			o.Leave(&in)
		}
	}
	if v != nil && !o.Ended() || !ok {
		return usage.Tokens{}, false
	}
	t := usage.None()
	t.Input, t.CacheRead, t.CacheCreation = record.OrNone(input), record.OrNone(read), record.OrNone(write)
	t.Reasoning = record.OrNone(reasoning)
	t.Output = record.OrNone(output).Plus(t.Reasoning)
	return t, true
}

func name(n *record.Names, v []byte) string {
	s, _ := n.Text(v)
	return s
}

// Fold takes the next message.
func Fold(_ *record.State, l *record.Line) (call bool, why record.Reason) {
	return l.Kind == record.Single, record.None
}

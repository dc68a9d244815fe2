// Package claudecode reads the lines of the session logs of Claude Code: projects/FOLDER/SESSION.jsonl and, for its
// sub-agents, projects/FOLDER/SESSION/subagents/agent-ID.jsonl.
//
// It knows which members of a line tell of an answer of a model, and that one answer is written as several lines, one for
// each piece of its content. It refuses to know files, other agents' logs, and what was read before: every function is one
// of the line that it is given. The form is that of Claude Code 1.0 to 2.1.330, as its logs show it.
package claudecode

import (
	"bytes"
	"strings"

	"github.com/pertask/pertask/session/record"
	"github.com/pertask/pertask/session/scan"
	"github.com/pertask/pertask/usage"
)

// Name is the harness's name in entries.
const Name = "claude-code"

// fields are the members of a line that are looked at.
type fields struct {
	kind, time, session, asked, forked, request, cwd, branch, version, apiError, ttl []byte

	message bool
	id      []byte
	model   []byte
	stop    []byte
	content []byte
	usage   []byte
}

// Read reads one line. It sets the line's Kind to Single where it tells of a call. What it leaves out has a reason.
//
// Most lines are what people and tools say. They are left at the first member that shows it, which stands before what is
// long in them.
func Read(line []byte, n *record.Names, l *record.Line) record.Reason {
	var f fields
	if why, left := f.find(line); left {
		return why
	}
	if string(f.kind) != answers || !f.message {
		return record.None
	}
	return f.call(n, l)
}

// answers is the type of the lines that tell of answers, and the role of the messages in them.
const answers = `"assistant"`

// find walks the line once, and leaves it where it is of no answer or cannot be read: a name that is there twice can be read
// in two ways, and is read in none.
func (f *fields) find(line []byte) (why record.Reason, left bool) {
	o := scan.Open(line)
	for o.Next() {
		to := f.member(o.Name())
		switch {
		case to == nil && string(o.Name()) == "attachment":
			return record.None, true
		case to == nil:
			continue
		case to == &f.usage: // the message: see member
			if f.message {
				return record.Hostile, true
			}
			f.message = true
			in := o.Enter()
			if why, left := f.answer(&in); left {
				return why, true
			}
			o.Leave(&in)
			continue
		case *to != nil:
			return record.Hostile, true
		}
		if *to = o.Value(); to == &f.kind && string(f.kind) != answers {
			return record.None, true
		}
	}
	if !o.Ended() {
		return record.Malformed, true
	}
	return record.None, false
}

// member is where a member's value goes. That of the message is walked, and stands for its usage; nil is for the others.
func (f *fields) member(name []byte) *[]byte {
	switch string(name) {
	case "type":
		return &f.kind
	case "message":
		return &f.usage
	case "timestamp":
		return &f.time
	case "sessionId":
		return &f.session
	case "requestSessionId":
		return &f.asked
	case "forkedFrom":
		return &f.forked
	case "requestId":
		return &f.request
	case "cwd":
		return &f.cwd
	case "gitBranch":
		return &f.branch
	case "version":
		return &f.version
	case "isApiErrorMessage":
		return &f.apiError
	case "promptCacheRequested":
		return &f.ttl
	}
	return nil
}

// answer walks the message of a line.
func (f *fields) answer(o *scan.Object) (why record.Reason, left bool) {
	for o.Next() {
		var to *[]byte
		switch string(o.Name()) {
		case "id":
			to = &f.id
		case "model":
			to = &f.model
		case "stop_reason":
			to = &f.stop
		case "content":
			to = &f.content
		case "usage":
			to = &f.usage
		case "role":
			if string(o.Value()) != answers {
				return record.None, true
			}
			continue
		default:
			continue
		}
		if *to != nil {
			return record.Hostile, true
		}
		*to = o.Value()
	}
	return record.None, false
}

// synthetic is the model of messages that Claude Code itself wrote.
const synthetic = "<synthetic>"

func (f *fields) call(n *record.Names, l *record.Line) record.Reason {
	c := &l.Call
	id, ok1 := text(f.id)
	request, ok2 := text(f.request)
	var ok3, ok4, ok bool
	c.Model, ok3 = n.Text(f.model)
	if c.Session, ok4 = n.Text(f.session); !ok1 || !ok2 || !ok3 || !ok4 {
		return record.Hostile
	}
	if from := f.origin(); len(from) > 0 {
		c.Session = n.Of(from)
	}
	switch {
	case c.Model == "" && scan.IsNull(f.usage):
		return record.None // of no answer
	case c.Model == synthetic || string(f.apiError) == "true":
		return record.Unbilled
	}
	if c.Time, ok = record.Time(f.time); !ok {
		return record.Undated
	}
	c.Provider = provider(id, c.Model)
	c.Dir, c.Branch, c.Version = name(n, f.cwd), name(n, f.branch), name(n, f.version)
	if why := f.consumed(n, c); why != record.None {
		return why
	}
	c.ID = f.key(id, request, c.Session)
	if len(id) > 0 {
		c.Response = record.Hash{}.Text(id).Sum()
	}
	c.Open = scan.IsNull(f.stop)
	l.Kind = record.Single
	return record.None
}

// origin is the session that a line was copied from, as newer logs tell it; nil where the line is of its own session.
func (f *fields) origin() []byte {
	if asked, ok := text(f.asked); ok && len(asked) > 0 {
		return asked
	}
	o := scan.Open(f.forked)
	for o.Next() {
		if string(o.Name()) == "sessionId" {
			from, _ := text(o.Value())
			return from
		}
	}
	return nil
}

// key tells the call apart. The message's id is the provider's and unique; behind a gateway that gives all answers one id
// the request's is. A line of old logs has neither, and is told apart by what it says.
func (f *fields) key(id, request []byte, session string) uint64 {
	h := record.Hash{}.Text([]byte(Name)).Text(id).Text(request)
	if len(id) == 0 {
		h = h.Text([]byte(session)).Text(f.time).Text(f.usage)
	}
	return h.Sum()
}

// provider tells who bills: the cloud of an answer is in its id, and what is no model of Anthropic's is of a server of
// which nothing is known.
func provider(id []byte, model string) string {
	switch {
	case bytes.HasPrefix(id, []byte("msg_bdrk_")), strings.Contains(model, "anthropic."):
		return "bedrock"
	case bytes.HasPrefix(id, []byte("msg_vrtx_")), strings.Contains(model, "@"):
		return "vertex"
	case strings.HasPrefix(model, "claude"):
		return "anthropic"
	}
	return ""
}

// consumed reads the usage. An answer without one is a call all the same.
func (f *fields) consumed(n *record.Names, c *record.Call) record.Reason {
	c.Tokens, c.Searches, c.Parts, c.Attributes, c.Tier = usage.Tokens{}, 0, nil, "", ""
	if c.Seen = !scan.IsNull(f.usage); !c.Seen {
		return record.None
	}
	return f.read(n, c)
}

// text is scan.Text, with nothing for what is absent or null.
func text(v []byte) ([]byte, bool) {
	if scan.IsNull(v) {
		return nil, true
	}
	return scan.Text(v)
}

func name(n *record.Names, v []byte) string {
	s, _ := n.Text(v)
	return s
}

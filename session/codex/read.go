// Package codex reads the lines of the session logs of Codex: sessions/Y/M/D/rollout-TIME-ID.jsonl, and the same below
// archived_sessions.
//
// It knows what a line means by itself (Read) and after the lines before it (Fold): that counters of a session are told
// again and again, that a log may begin with a copy of another's, and that a compaction is a call that the counters of the
// session leave out. It refuses to know files, other agents' logs, and which calls were in other files. The form is that of
// Codex 0.36 to 0.169, as its logs show it.
package codex

import (
	"github.com/pertask/pertask/session/record"
	"github.com/pertask/pertask/session/scan"
)

// Name is the harness's name in entries.
const Name = "codex"

// Read reads one line by itself. Lines that say nothing about consumption are left at their type, which stands before all
// that is long in them.
func Read(line []byte, n *record.Names, l *record.Line) record.Reason {
	var time, payload []byte
	kind := ""
	o := scan.Open(line)
	for o.Next() {
		switch string(o.Name()) {
		case "timestamp":
			if time != nil {
				return record.Hostile
			}
			time = o.Value()
		case "type":
			if kind != "" {
				return record.Hostile
			}
			if kind = string(o.Value()); payload == nil && !tells(kind) {
				return record.None
			}
		case "payload":
			if payload != nil {
				return record.Hostile
			}
			if kind == `"event_msg"` && !telling(&o) {
				return record.None
			}
			payload = o.Value()
		}
	}
	if !o.Ended() {
		return record.Malformed
	}
	if !tells(kind) {
		return record.None
	}
	return read(kind, time, payload, n, l)
}

// tells reports whether lines of a type can say something about consumption.
func tells(kind string) bool {
	switch kind {
	case `"session_meta"`, `"turn_context"`, `"token_usage_record"`, `"event_msg"`, `"compacted"`:
		return true
	}
	return false
}

// telling looks at the type of an event that is about to be walked. One whose type does not stand first is read as a whole.
func telling(o *scan.Object) bool {
	in := o.Peek()
	if !in.Next() || string(in.Name()) != "type" {
		return true
	}
	switch string(in.Value()) {
	case `"token_count"`, `"thread_settings_applied"`:
		return true
	}
	return false
}

func read(kind string, time, payload []byte, n *record.Names, l *record.Line) record.Reason {
	if payload == nil || payload[0] != '{' {
		return record.None
	}
	ok := false
	if l.Time, ok = record.Time(time); !ok {
		return record.Undated
	}
	switch kind {
	case `"session_meta"`:
		return begin(payload, n, l)
	case `"turn_context"`:
		return settings(payload, n, l)
	case `"token_usage_record"`:
		return usageRecord(payload, n, l)
	case `"compacted"`:
		return compacted(payload, l)
	}
	return event(payload, n, l)
}

// begin reads the head of a session. A log that was forked off another may have that one's head behind its own.
func begin(payload []byte, n *record.Names, l *record.Line) record.Reason {
	l.Kind, l.Begun = record.Begin, l.Time
	var from string
	o := scan.Open(payload)
	for o.Next() {
		switch string(o.Name()) {
		case "id":
			l.Session = name(n, o.Value())
		case "forked_from_id":
			from = name(n, o.Value())
		case "cwd":
			l.Dir = name(n, o.Value())
		case "cli_version":
			l.Version = name(n, o.Value())
		case "model_provider":
			l.Provider = name(n, o.Value())
		case "git":
			in := o.Enter()
			for in.Next() {
				switch string(in.Name()) {
				case "branch":
					l.Branch = name(n, in.Value())
				case "commit_hash":
					l.Commit = name(n, in.Value())
				case "repository_url":
					l.Remote = name(n, in.Value())
				}
			}
			o.Leave(&in)
		}
	}
	if l.Scope = from; from == "" {
		l.Scope = l.Session
	}
	return ended(&o)
}

// settings reads what holds for the calls of a turn.
func settings(payload []byte, n *record.Names, l *record.Line) record.Reason {
	l.Kind = record.Settings
	o := scan.Open(payload)
	for o.Next() {
		switch string(o.Name()) {
		case "model":
			l.Model = name(n, o.Value())
		case "cwd":
			l.Dir = name(n, o.Value())
		case "service_tier":
			l.Tier = name(n, o.Value())
		case "model_provider_id":
			l.Provider = name(n, o.Value())
		}
	}
	return ended(&o)
}

// event reads the two events that matter.
func event(payload []byte, n *record.Names, l *record.Line) record.Reason {
	kind := ""
	var info, applied []byte
	o := scan.Open(payload)
	for o.Next() {
		switch string(o.Name()) {
		case "type":
			kind = string(o.Value())
		case "info":
			info = o.Value()
		case "thread_settings":
			applied = o.Value()
		}
	}
	switch {
	case !o.Ended():
		return record.Malformed
	case kind == `"thread_settings_applied"` && applied != nil:
		return settings(applied, n, l)
	case kind == `"token_count"` && !scan.IsNull(info):
		return counters(info, l)
	}
	return record.None
}

// counters reads the counters of a session.
func counters(info []byte, l *record.Line) record.Reason {
	o := scan.Open(info)
	for o.Next() {
		ok := true
		switch string(o.Name()) {
		case "total_token_usage":
			ok = counter(o.Value(), &l.Total)
		case "last_token_usage":
			ok = counter(o.Value(), &l.Last)
		}
		if !ok {
			return record.Hostile
		}
	}
	if l.Total.Told || l.Last.Told {
		l.Kind = record.Counters
	}
	return ended(&o)
}

// usageRecord reads a call that is told by the provider's id of its answer.
func usageRecord(payload []byte, n *record.Names, l *record.Line) record.Reason {
	var response []byte
	o := scan.Open(payload)
	for o.Next() {
		ok := true
		switch string(o.Name()) {
		case "response_id":
			response, ok = text(o.Value())
		case "thread_id":
			l.Session = name(n, o.Value())
		case "usage":
			ok = counter(o.Value(), &l.Last)
		case "thread_token_usage":
			ok = counter(o.Value(), &l.Total)
		}
		if !ok {
			return record.Hostile
		}
	}
	l.Kind = record.Single
	if len(response) > 0 {
		l.ID, l.Response = answer(response), record.Hash{}.Text(response).Sum()
	}
	return ended(&o)
}

// answer is the key of a call by the provider's id of its answer.
func answer(response []byte) uint64 {
	return record.Hash{}.Text([]byte(Name)).Text(response).Sum()
}

// compacted reads that history was made shorter.
func compacted(payload []byte, l *record.Line) record.Reason {
	o := scan.Open(payload)
	for o.Next() {
		if string(o.Name()) == "compaction_response_id" {
			if id, ok := text(o.Value()); ok && len(id) > 0 {
				l.ID, l.Response = answer(id), record.Hash{}.Text(id).Sum()
			}
		}
	}
	l.Kind = record.Compact
	return ended(&o)
}

func ended(o *scan.Object) record.Reason {
	if !o.Ended() {
		return record.Malformed
	}
	return record.None
}

// counter reads an object of counts. Null says nothing; a count that is not there is zero.
func counter(v []byte, to *record.Counter) bool {
	if scan.IsNull(v) {
		return true
	}
	if to.Told {
		return false
	}
	o := scan.Open(v)
	for o.Next() {
		var n *int64
		switch string(o.Name()) {
		case "input_tokens":
			n = &to.Input
		case "cached_input_tokens", "cache_read_input_tokens": // an older name
			n = &to.Cached
		case "cache_write_input_tokens":
			n = &to.Written
		case "output_tokens":
			n = &to.Output
		case "reasoning_output_tokens":
			n = &to.Reasoning
		default:
			continue
		}
		value := o.Value()
		count, ok := scan.Count(value, record.MaxSession)
		if !ok && !scan.IsNull(value) || *n != 0 {
			return false
		}
		*n = count
	}
	to.Told = true
	return o.Ended()
}

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

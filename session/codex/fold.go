package codex

import (
	"github.com/pertask/pertask/session/record"
	"github.com/pertask/pertask/usage"
)

// Fold takes the next line of a file. It makes the line's call whole, and is true where the line tells of one.
//
// Newer logs name every call by the provider's id. Then their counters say nothing more. In older ones a call is what the
// counters have grown by; an event whose counters have not moved was only emitted again.
func Fold(s *record.State, l *record.Line) (call bool, why record.Reason) {
	switch l.Kind {
	case record.Begin:
		begins(s, l)
	case record.Settings:
		s.Set(l)
	case record.Single:
		return named(s, l)
	case record.Counters:
		if !s.Named {
			return counted(s, l)
		}
	case record.Compact:
		return compaction(s, l)
	}
	return false, record.None
}

// begins takes the head of the log. The head of another session says where the lines behind it are copied from.
func begins(s *record.State, l *record.Line) {
	if s.Session == "" || s.Session == l.Session {
		s.Set(l)
	}
	if l.Scope != "" {
		s.Scope = l.Scope
	}
}

// named takes a call that the provider's id tells apart.
func named(s *record.State, l *record.Line) (bool, record.Reason) {
	again := !s.Named && l.Total.Told && l.Total == s.Total && l.Last == s.Last
	s.Named = true
	if l.Total.Told {
		s.Total, s.Last = l.Total, l.Last
	}
	if again {
		return false, record.Repeated // the counters before it have told of the same call
	}
	if l.ID == 0 {
		l.ID = keyOf(s.Scope, l.Total, l.Last)
	}
	return single(s, l, l.Last)
}

// counted takes counters.
func counted(s *record.State, l *record.Line) (bool, record.Reason) {
	was := s.Total
	if l.Total.Told {
		if l.Total == was {
			return false, record.Repeated
		}
		s.Total, s.Last = l.Total, l.Last
	}
	grown, grows := minus(l.Total, was)
	switch {
	case l.Last.Told: // what the call itself had; a log that goes on with another's counters has grown by more
		grown = l.Last
	case !grows: // counters that began again
		grown = l.Total
	}
	if grown == (record.Counter{Told: true}) {
		return false, record.None
	}
	scope := ""
	if !was.Told || !l.Total.Told {
		scope = s.Scope // a first call may be like another session's first; sums are like no others
	}
	l.ID = keyOf(scope, l.Total, l.Last)
	if !l.Total.Told {
		l.ID = record.Key(Name, s.Scope, l.Time.String())
	}
	return single(s, l, grown)
}

// compaction takes a call that wrote a shorter history. Where the log has it by name it is told apart; older logs do not
// tell what it consumed, nor do their counters.
func compaction(s *record.State, l *record.Line) (bool, record.Reason) {
	if l.ID == 0 {
		if s.Named {
			return false, record.None
		}
		l.ID = record.Hash{}.Text([]byte("compacted")).Number(int64(keyOf(s.Scope, s.Total, s.Last))).Sum()
	}
	l.Seen = false
	s.Fill(&l.Call)
	return true, record.None
}

func single(s *record.State, l *record.Line, c record.Counter) (bool, record.Reason) {
	s.Fill(&l.Call)
	var ok bool
	if l.Seen = c.Told; l.Seen {
		if l.Tokens, ok = tokens(c); !ok {
			return false, record.Hostile
		}
	}
	return true, record.None
}

// tokens makes disjoint classes: what was read from the cache and written to it is inside the input, and reasoning inside
// the output.
func tokens(c record.Counter) (usage.Tokens, bool) {
	if c.Cached+c.Written > c.Input || c.Reasoning > c.Output || c.Input > record.MaxTokens || c.Output > record.MaxTokens {
		return usage.Tokens{}, false
	}
	t := usage.None()
	t.Input, t.CacheRead = usage.Known(c.Input-c.Cached-c.Written), usage.Known(c.Cached)
	t.CacheCreation = usage.Known(c.Written)
	t.Output, t.Reasoning = usage.Known(c.Output), usage.Known(c.Reasoning)
	return t, true
}

// minus is false where a counter has fallen.
func minus(a, b record.Counter) (record.Counter, bool) {
	d := record.Counter{Input: a.Input - b.Input, Cached: a.Cached - b.Cached, Written: a.Written - b.Written,
		Output: a.Output - b.Output, Reasoning: a.Reasoning - b.Reasoning, Told: true}
	return d, min(d.Input, d.Cached, d.Written, d.Output, d.Reasoning) >= 0
}

// keyOf tells a call apart by what the session has consumed with it: a copy of the history has the same sums.
func keyOf(scope string, total, last record.Counter) uint64 {
	h := record.Hash{}.Text([]byte(Name)).Text([]byte(scope))
	for _, c := range []record.Counter{total, last} {
		h = h.Number(c.Input).Number(c.Cached).Number(c.Written).Number(c.Output).Number(c.Reasoning)
	}
	return h.Sum()
}

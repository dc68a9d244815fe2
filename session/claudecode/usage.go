package claudecode

import (
	"github.com/pertask/pertask/meter/anthropic"
	"github.com/pertask/pertask/session/record"
	"github.com/pertask/pertask/session/scan"
	"github.com/pertask/pertask/usage"
)

// tally is a usage object as it is read.
type tally struct {
	input, output, read, written, five, hour, thought usage.Count

	split    bool // the object says for how long what was written is kept
	searches int64
	tier     []byte // values of JSON
	speed    []byte
	geo      []byte
	odd      bool // it has something that package anthropic is to look at
}

// refusal is why an answer stopped that may not be billed.
const refusal = `"refusal"`

// read reads the usage object of the answer into a call. Counts that are impossible or contradict each other are hostile.
// Cache reads and writes stand beside the input, and thinking is inside the output.
func (f *fields) read(n *record.Names, c *record.Call) record.Reason {
	var t tally
	o := scan.Open(f.usage)
	for o.Next() {
		if !t.member(&o) {
			return record.Hostile
		}
	}
	if !o.Ended() {
		return record.Hostile
	}
	if t.odd || string(f.stop) == refusal {
		return f.readOdd(n, c)
	}
	tier, ok1 := n.Text(t.tier)
	geo, ok2 := n.Text(t.geo)
	speed, ok3 := n.Text(t.speed)
	if !ok1 || !ok2 || !ok3 || !t.tokens(string(f.ttl), &c.Tokens) {
		return record.Hostile
	}
	c.Tier, c.Attributes, c.Searches = tier, attributes(n, geo, speed), t.searches
	return record.None
}

// member reads one member. It is false for an impossible value.
func (t *tally) member(o *scan.Object) bool {
	switch string(o.Name()) {
	case "input_tokens":
		return count(o, &t.input)
	case "output_tokens":
		return count(o, &t.output)
	case "cache_read_input_tokens":
		return count(o, &t.read)
	case "cache_creation_input_tokens":
		return count(o, &t.written)
	case "server_tool_use":
		if string(o.Rest(len(noTools))) == noTools {
			o.Value()
			return true
		}
		return t.details(o)
	case "cache_creation", "output_tokens_details":
		return t.details(o)
	case "service_tier":
		return word(o, &t.tier)
	case "speed":
		return word(o, &t.speed)
	case "inference_geo":
		return word(o, &t.geo)
	case "iterations":
		t.odd = t.odd || !passes(o.Value())
	default:
		t.odd = t.odd || !empty(o.Value())
	}
	return true
}

// noTools is what nearly every usage says of the provider's own tools.
const noTools = `{"web_search_requests":0,"web_fetch_requests":0}`

// details reads the objects within a usage object.
func (t *tally) details(o *scan.Object) bool {
	in := o.Enter()
	for in.Next() {
		ok := true
		switch string(in.Name()) {
		case "ephemeral_5m_input_tokens":
			ok, t.split = count(&in, &t.five), true
		case "ephemeral_1h_input_tokens":
			ok, t.split = count(&in, &t.hour), true
		case "thinking_tokens":
			ok = count(&in, &t.thought)
		case "web_search_requests":
			var searches usage.Count
			ok = count(&in, &searches)
			t.searches, _ = searches.Value()
		case "web_fetch_requests": // free of charge
			in.Value()
		default:
			t.odd = t.odd || !empty(in.Value())
		}
		if !ok {
			return false
		}
	}
	o.Leave(&in) // null and anything else than an object say nothing
	return true
}

// count reads a count, once.
func count(o *scan.Object, to *usage.Count) (ok bool) {
	if to.IsKnown() {
		return false
	}
	*to, ok = record.Count(o.Value())
	return ok
}

func word(o *scan.Object, to *[]byte) bool {
	if *to != nil {
		return false
	}
	*to = o.Value()
	return true
}

// empty reports whether a value that nobody knows says nothing.
func empty(v []byte) bool {
	switch string(v) {
	case "", "null", "0", "0.0", `""`, "[]", "{}", "false":
		return true
	}
	return v[0] == '"' // a word is not billed
}

// passes reports whether iterations are all passes of the answering model, which the counts at the top contain.
func passes(v []byte) bool {
	if empty(v) {
		return true
	}
	own := true
	return scan.Elements(v, func(e []byte) bool {
		o, kind := scan.Open(e), ""
		for o.Next() {
			if string(o.Name()) == "type" {
				kind = string(o.Value())
			}
		}
		own = kind == `"message"`
		return own
	}) && own
}

// tokens makes disjoint classes.
func (t *tally) tokens(ttl string, to *usage.Tokens) bool {
	if !t.input.IsKnown() && !t.output.IsKnown() {
		return false
	}
	five, _ := t.five.Value()
	hour, _ := t.hour.Value()
	sum, told := t.written.Value()
	if !told {
		sum = five + hour
	}
	thought, _ := t.thought.Value()
	if out, _ := t.output.Value(); five+hour > sum || thought > out {
		return false
	}
	*to = usage.None()
	to.Input, to.Output, to.Reasoning = t.input, t.output, t.thought
	to.CacheRead = record.OrNone(t.read)
	to.CacheCreation5m, to.CacheCreation1h = usage.Known(five), usage.Known(hour)
	if rest := sum - five - hour; rest > 0 {
		class := lifetime(ttl)
		to.Set(class, to.Of(class).Plus(usage.Known(rest)))
	}
	return true
}

// lifetime is the class of what was written to the cache where the usage does not say it: what was asked for, if the line
// tells.
func lifetime(ttl string) usage.Class {
	switch ttl {
	case `"5m"`:
		return usage.CacheCreation5m
	case `"1h"`:
		return usage.CacheCreation1h
	}
	return usage.CacheCreation
}

// attributes are what besides tokens makes a price, in the form that calls have them in.
func attributes(n *record.Names, geo, speed string) string {
	if geo == "" && speed == "standard" {
		return "speed\x00standard\x00"
	}
	var b []byte
	for _, a := range []struct {
		name, value string
	}{{"inference_geo", geo}, {"speed", speed}} {
		if a.value != "" {
			b = append(append(append(append(b, a.name...), 0), a.value...), 0)
		}
	}
	return n.Of(b)
}

// readOdd has package anthropic read what is rare: calls within the call, such as of a compaction or an adviser, a
// fallback to another model, a refusal, and members that nobody knows. What it does not understand counts as far as it does.
func (f *fields) readOdd(n *record.Names, c *record.Call) record.Reason {
	body := []byte("{")
	for _, m := range []struct {
		name  string
		value []byte
	}{{"model", f.model}, {"stop_reason", f.stop}, {"content", f.content}, {"usage", f.usage}} {
		if m.value != nil {
			if len(body) > 1 {
				body = append(body, ',')
			}
			body = append(append(append(append(body, '"'), m.name...), `":`...), m.value...)
		}
	}
	r := anthropic.Read(append(body, '}'), anthropic.TTL{FiveMinutes: string(f.ttl) == `"5m"`, OneHour: string(f.ttl) == `"1h"`, Other: f.ttl == nil})
	switch {
	case r.Coverage == usage.Unbilled:
		return record.Unbilled
	case r.Coverage == usage.Missing || !sane(r.Tokens):
		return record.Hostile
	}
	c.Tokens, c.Tier = r.Tokens, n.Of([]byte(r.ServedTier))
	c.Attributes = attributes(n, r.Attributes["inference_geo"], r.Attributes["speed"])
	if c.Searches = r.Requests["web_search"]; c.Searches > record.MaxTokens {
		return record.Hostile
	}
	for _, p := range r.Parts {
		if !sane(p.Tokens) {
			return record.Hostile
		}
		c.Parts = append(c.Parts, record.Part{Model: p.Model, Tokens: p.Tokens})
	}
	return record.None
}

// sane reports whether no class is more than a call can have.
func sane(t usage.Tokens) bool {
	for _, class := range usage.Classes() {
		if n, _ := t.Of(class).Value(); n > record.MaxTokens {
			return false
		}
	}
	return true
}

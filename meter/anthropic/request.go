package anthropic

import (
	"encoding/json"

	"github.com/pertask/pertask/meter/wire"
	"github.com/pertask/pertask/usage"
)

// Request is what a request's body asks for.
type Request struct {
	Model  string // "" when the body does not say
	Tier   string // service_tier; "" when the body does not say
	Stream bool   // whether the answer is to come as events
	TTL    TTL
}

// TTL is the set of times for which a request asks to keep what it writes to the cache. The zero value asks
// for none.
type TTL struct {
	FiveMinutes, OneHour, Other bool
}

// ReadRequest reads the body of a request to /v1/messages. It is an error if the body is no JSON object or has
// a name twice.
func ReadRequest(body []byte) (Request, error) {
	members, err := wire.Members(body)
	if err != nil {
		return Request{}, err
	}
	stream, _ := wire.Find(members, "stream")
	return Request{
		Model:  wire.Text(members, "model"),
		Tier:   wire.Text(members, "service_tier"),
		Stream: string(stream.Value) == "true",
		TTL:    readTTL(body),
	}, nil
}

// elses are members below which clients put objects of their own, in which a cache control means nothing: what a tool
// was called with, and what it may be called with. The last is the name that gateways in OpenAI's format have for it.
var elses = []string{"input", "input_schema", "parameters"}

// readTTL reads the cache controls. They may stand at the top, on tools, on system blocks and on content at any depth.
func readTTL(body []byte) TTL {
	var t TTL
	wire.Each(body, "cache_control", elses, func(control json.RawMessage) {
		if control[0] != '{' {
			return // null, such as some clients write for none
		}
		o, _ := wire.ReadObject(control) // the text was found valid with the whole
		switch ttl := o.Raw("ttl"); {
		case wire.IsNull(ttl) || wire.String(ttl) == "5m": // five minutes is the default
			t.FiveMinutes = true
		case wire.String(ttl) == "1h":
			t.OneHour = true
		default:
			t.Other = true
		}
	})
	return t
}

// class is where cache writes belong that the answer does not split. Answers without any split are of versions
// in which five minutes was the only time, unless the request says another.
func (t TTL) class(split bool) usage.Class {
	switch {
	case t == TTL{FiveMinutes: true}, t == TTL{} && !split:
		return usage.CacheCreation5m
	case t == TTL{OneHour: true}:
		return usage.CacheCreation1h
	}
	return usage.CacheCreation
}

// Place gives cache writes of which a reading does not tell the time to live the one that the request asked for. It
// is for gateways that pass Anthropic's counts on in another format.
func (t TTL) Place(r *usage.Reading) {
	untold, known := r.Tokens.CacheCreation.Value()
	told, knows := r.Tokens.CacheCreation5m.Plus(r.Tokens.CacheCreation1h).Value()
	c := t.class(told > 0)
	if !known || !knows || untold == 0 || c == usage.CacheCreation {
		return
	}
	r.Tokens.Set(c, r.Tokens.Of(c).Plus(usage.Known(untold)))
	r.Tokens.CacheCreation = usage.Known(0)
}

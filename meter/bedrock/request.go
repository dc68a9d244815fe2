package bedrock

import (
	"encoding/json"

	"github.com/pertask/pertask/meter/wire"
	"github.com/pertask/pertask/usage"
)

// ConverseRequest is what the body of a Converse request asks for. The model stands in the path.
type ConverseRequest struct {
	Tier string // serviceTier.type; "" when the body does not say
	// FiveMinutes, OneHour and Other are for how long the request asks to keep what it writes to the cache.
	FiveMinutes, OneHour, Other bool
	// Guardrail is whether a guardrail looks at the request, which is billed by itself.
	Guardrail bool
}

// ReadConverseRequest reads the body of a Converse or ConverseStream request. It is an error if the body is no
// JSON object or has a name twice.
func ReadConverseRequest(body []byte) (ConverseRequest, error) {
	members, err := wire.Members(body)
	if err != nil {
		return ConverseRequest{}, err
	}
	tier, _ := wire.Find(members, "serviceTier")
	guardrail, _ := wire.Find(members, "guardrailConfig")
	q := ConverseRequest{Tier: field(tier.Value, "type"), Guardrail: !wire.IsNull(guardrail.Value)}
	q.readTTL(body)
	return q, nil
}

// elses are members below which clients put objects of their own, in which a cache point means nothing: what a tool was
// called with, may be called with, and gave back.
var elses = []string{"input", "inputSchema", "json"}

// readTTL reads the cache points. They may stand in the system prompt, between tools and in messages.
func (q *ConverseRequest) readTTL(body []byte) {
	wire.Each(body, "cachePoint", elses, func(point json.RawMessage) {
		if point[0] != '{' {
			return
		}
		o, _ := wire.ReadObject(point) // the text was found valid with the whole
		switch ttl := o.Raw("ttl"); {
		case wire.IsNull(ttl) || wire.String(ttl) == "5m": // five minutes is the default
			q.FiveMinutes = true
		case wire.String(ttl) == "1h":
			q.OneHour = true
		default:
			q.Other = true
		}
	})
}

// class is where cache writes belong that the answer does not split. Answers without any split are of versions in
// which five minutes was the only time, unless the request says another.
func (q ConverseRequest) class(split bool) usage.Class {
	switch {
	case q.Other, q.FiveMinutes && q.OneHour, split && !q.FiveMinutes && !q.OneHour:
		return usage.CacheCreation
	case q.OneHour:
		return usage.CacheCreation1h
	}
	return usage.CacheCreation5m
}

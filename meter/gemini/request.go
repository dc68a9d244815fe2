package gemini

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/pertask/pertask/meter/wire"
)

// Request is what a request asks for.
type Request struct {
	Model  string // "" when the request does not say
	Tier   string // service tier in lower case; "" when the body does not say
	Stream bool   // the answer is to come in parts
	Asked  Asked
}

// Asked is what a request tells about its answer and the answer itself does not. The zero value is a request
// with nothing special.
type Asked struct {
	// Cache is whether the request uses a cache that was made before. Keeping such a cache is billed by the hour,
	// and no answer tells how long it was kept.
	Cache bool
	// Agent is whether an agent of the provider answers and not a model. What its tools cost is not told.
	Agent bool
	// Candidates is how many answers were asked for at once; 0 means one.
	Candidates int
}

// ReadGenerateRequest reads a request to a path that ends in <model>:generateContent or
// <model>:streamGenerateContent. It is an error if the body is no JSON object or tells something twice, or if
// the query asks for an answer that cannot be read: in another encoding, or with fields left out.
func ReadGenerateRequest(path, query string, body []byte) (Request, error) {
	if err := checkQuery(query); err != nil {
		return Request{}, err
	}
	r, members, err := readRequest(body)
	if err != nil {
		return Request{}, err
	}
	var method string
	r.Model, method, _ = strings.Cut(path[strings.LastIndexByte(path, '/')+1:], ":")
	r.Stream = method == "streamGenerateContent"
	r.Asked.Candidates, err = candidates(members)
	return r, err
}

// ReadInteractionRequest reads a request to /interactions. It is an error if the query asks for an answer that
// cannot be read, or if the body is no JSON object or tells something twice.
func ReadInteractionRequest(query string, body []byte) (Request, error) {
	if err := checkQuery(query); err != nil {
		return Request{}, err
	}
	r, members, err := readRequest(body)
	if err != nil {
		return Request{}, err
	}
	r.Model = wire.Text(members, "model")
	if agent, told := wire.Find(members, "agent"); told && !wire.IsNull(agent.Value) {
		r.Asked.Agent = true
		if r.Model == "" {
			r.Model = wire.String(agent.Value)
		}
	}
	stream, _ := wire.Find(members, "stream")
	r.Stream = string(stream.Value) == "true"
	return r, nil
}

func readRequest(body []byte) (Request, []wire.Member, error) {
	members, err := wire.Members(body)
	if err != nil {
		return Request{}, nil, err
	}
	tier, err1 := either(members, "serviceTier", "service_tier")
	cache, err2 := either(members, "cachedContent", "cached_content")
	r := Request{Tier: tierName(wire.String(tier)), Asked: Asked{Cache: !wire.IsNull(cache) && string(cache) != `""`}}
	return r, members, errors.Join(err1, err2)
}

// either returns the value of a member that Google accepts in two spellings. Both at once are an error: it is not
// known which one counts.
func either(members []wire.Member, camel, snake string) (json.RawMessage, error) {
	a, told := wire.Find(members, camel)
	b, again := wire.Find(members, snake)
	switch {
	case told && again:
		return nil, fmt.Errorf("reading the request: %q and %q: %w", camel, snake, wire.ErrDuplicate)
	case again:
		return b.Value, nil
	}
	return a.Value, nil
}

// candidates reads how many answers are asked for. What is no number is for the provider to refuse.
func candidates(members []wire.Member) (int, error) {
	config, err := either(members, "generationConfig", "generation_config")
	if err != nil || wire.IsNull(config) || config[0] != '{' {
		return 0, err
	}
	inner, err := wire.Members(config)
	if err != nil {
		return 0, err
	}
	n, err := either(inner, "candidateCount", "candidate_count")
	if err != nil {
		return 0, err
	}
	most, err := strconv.Atoi(string(n))
	if err != nil || most < 0 {
		return 0, nil
	}
	return most, nil
}

// checkQuery refuses what would change the form of the answer. Google takes these parameters with and without a
// dollar sign in front; names are compared without case, as an unknown spelling may be understood there.
func checkQuery(query string) error {
	params, err := url.ParseQuery(query)
	if err != nil {
		return fmt.Errorf("reading the query: %w", err)
	}
	for name, values := range params {
		plain := strings.ToLower(strings.TrimPrefix(name, "$"))
		for _, v := range values {
			switch {
			case plain == "alt" && v != "json" && v != "sse":
				return fmt.Errorf("the query asks for alt=%.40s; answers that are metered are json and sse", v)
			case plain == "fields" || plain == "callback" || strings.HasPrefix(plain, "http"):
				return fmt.Errorf("the query parameter %.40q changes what is answered, and then the usage cannot be read", name)
			}
		}
	}
	return nil
}

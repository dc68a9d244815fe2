// Package pricecase prices what somebody else has written down about requests to a provider: the usage as it came,
// the events of a stream, and what was asked for.
//
// It knows the form of such a case, how providers and their APIs are called, and how an answer looks on the wire, so
// that a case goes through the very decoders that read live answers. It refuses to know rates, files and the network:
// meter/format reads, package price multiplies.
package pricecase

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pertask/pertask/price"
)

// Case is one priced occasion: a request, or several that are priced one by one and added up.
type Case struct {
	ID       string
	Provider string // who bills, by any of its usual names
	API      string // the format, by any of its usual names, such as "chat_completions"
	Model    string // as requested
	Served   string // as answered; "" when the answer does not say
	// At is the instant whose prices apply; zero when the case has none, and then its cost is unknown.
	At     time.Time
	Stream bool
	// Request holds members of the request's body, and what else is known of the request, such as base_url_host.
	Request object
	// Usage holds the usage object of every request, as the provider wrote it; empty when none was seen.
	Usage []json.RawMessage
	// Events are the events of the stream in order, as JSON texts or "[DONE]"; or lines such as "HTTP 429 {...}",
	// one for each attempt.
	Events []string
	Extra  object // members of the answer besides model and usage
	// Contract multiplies the list price; nil without one.
	Contract *price.Factor
}

// object is a JSON object whose members were not looked into.
type object map[string]json.RawMessage

type caseJSON struct {
	ID          json.RawMessage   `json:"id"`
	Provider    string            `json:"provider"`
	API         string            `json:"api"`
	Model       *string           `json:"model"`
	Served      *string           `json:"model_served"`
	Timestamp   *string           `json:"timestamp"`
	Stream      *bool             `json:"stream"`
	Request     object            `json:"request"`
	Usage       json.RawMessage   `json:"usage"`
	Events      []json.RawMessage `json:"events"`
	Extra       object            `json:"response_extra"`
	Multipliers struct {
		Contract json.RawMessage `json:"contract"`
	} `json:"multipliers"`
}

// Parse reads a case from a JSON object. Members that it does not know are ignored; among the multipliers it takes
// the contract's alone, because every other follows from the rest of the case.
func Parse(text []byte) (Case, error) {
	var j caseJSON
	if err := json.Unmarshal(text, &j); err != nil {
		return Case{}, describe(err)
	}
	c := Case{ID: scalar(j.ID), Provider: j.Provider, API: j.API, Request: j.Request, Extra: j.Extra}
	if j.Stream != nil {
		c.Stream = *j.Stream
	}
	for _, s := range []struct {
		from *string
		to   *string
	}{{j.Model, &c.Model}, {j.Served, &c.Served}} {
		if s.from != nil {
			*s.to = *s.from
		}
	}
	if c.ID == "" {
		return Case{}, errors.New(`"id" is missing; write a text that names the case`)
	}
	if j.Timestamp != nil && *j.Timestamp != "" {
		at, err := instant(*j.Timestamp)
		if err != nil {
			return Case{}, err
		}
		c.At = at
	}
	var err error
	if c.Contract, err = contract(j.Multipliers.Contract); err != nil {
		return Case{}, err
	}
	for _, e := range j.Events {
		c.Events = append(c.Events, event(e))
	}
	c.Usage, err = usages(j.Usage)
	return c, err
}

// contract reads a multiplier; nil when there is none. One that is not a number is never taken for none: the cost
// would be another than the writer meant.
func contract(raw json.RawMessage) (*price.Factor, error) {
	if isNull(bytes.TrimSpace(raw)) {
		return nil, nil
	}
	f, err := price.ParseFactor(scalar(raw))
	if err != nil {
		return nil, fmt.Errorf(`"multipliers.contract" %.40s is not a decimal; write one such as "0.875"`, raw)
	}
	return &f, nil
}

// describe words an error of encoding/json for people.
func describe(err error) error {
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind) && kind.Field != "":
		return fmt.Errorf("%q is a %s, which is not allowed there", kind.Field, kind.Value)
	case errors.As(err, &kind):
		return fmt.Errorf("a case is a JSON object, not a %s", kind.Value)
	}
	return fmt.Errorf("a case is a JSON object: %w", err)
}

// instant reads a time; a date alone is its first instant in UTC.
func instant(s string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04Z07:00", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf(`"timestamp" %.40q is not a time; write one such as 2026-11-10T12:00:00Z`, s)
}

// scalar returns a string or a number as text; "" for anything else.
func scalar(raw json.RawMessage) string {
	raw = bytes.TrimSpace(raw)
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	if isNumber(string(raw)) {
		return string(raw)
	}
	return ""
}

func isNumber(s string) bool {
	return s != "" && strings.ContainsAny(s[:1], "-0123456789") && json.Valid([]byte(s))
}

// event returns the text of an event, which is written as a string or as the object itself.
func event(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(compact(raw))
}

func compact(raw json.RawMessage) json.RawMessage {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return raw
	}
	return b.Bytes()
}

// usages takes a usage object, a list of them, or null.
func usages(raw json.RawMessage) ([]json.RawMessage, error) {
	raw = bytes.TrimSpace(raw)
	switch {
	case isNull(raw):
		return nil, nil
	case raw[0] == '{':
		return []json.RawMessage{numbers(raw)}, nil
	case raw[0] != '[':
		return nil, fmt.Errorf(`"usage" is %.40s; write the provider's object, a list of them, or null`, raw)
	}
	var list, out []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, fmt.Errorf(`"usage": %w`, err)
	}
	for i, u := range list {
		u = bytes.TrimSpace(u)
		if !isNull(u) && u[0] != '{' {
			return nil, fmt.Errorf(`"usage" %d is %.40s; write the provider's object, or null`, i+1, u)
		}
		out = append(out, numbers(u))
	}
	return out, nil
}

func isNull(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

// numbers rewrites texts that are numbers into numbers: who writes a cost down exactly writes "0.017558", and
// providers send 0.017558.
func numbers(raw json.RawMessage) json.RawMessage {
	var fields object
	if json.Unmarshal(raw, &fields) == nil && fields != nil {
		for name, value := range fields {
			fields[name] = numbers(value)
		}
		return encode(fields)
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) == nil && list != nil {
		for i := range list {
			list[i] = numbers(list[i])
		}
		return encode(list)
	}
	var s string
	if json.Unmarshal(raw, &s) == nil && isNumber(s) {
		return json.RawMessage(s)
	}
	return raw
}

// encode writes JSON that is made of JSON, which cannot fail.
func encode(v any) json.RawMessage {
	b, _ := json.Marshal(v)
	return b
}

// text returns a string member, by the first of the names that is there.
func (o object) text(names ...string) string {
	for _, name := range names {
		var s string
		if json.Unmarshal(o[name], &s) == nil && s != "" {
			return s
		}
	}
	return ""
}

// yes reports whether one of the members is there and is not a word for no.
func (o object) yes(names ...string) bool {
	for _, name := range names {
		switch value := string(bytes.TrimSpace(o[name])); value {
		case "", "null", "false", "0", `""`, `"false"`:
		default:
			return true
		}
	}
	return false
}

// with returns a copy with the members of another object over it.
func (o object) with(more object) object {
	out := make(object, len(o)+len(more))
	for _, from := range []object{o, more} {
		for name, value := range from {
			out[name] = value
		}
	}
	return out
}

package pricecase

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pertask/pertask/usage"
)

// attempt is one HTTP exchange of a case that lists several.
type attempt struct {
	status int
	body   string // "usage" or "" stands for the case's usage object
}

// attempts reads events of the form `HTTP 429 {"type":"error"}`; none if the events are those of a stream.
func (c Case) attempts() []attempt {
	var out []attempt
	for _, e := range c.Events {
		if a, ok := parseAttempt(e); ok {
			out = append(out, a)
		}
	}
	return out
}

func parseAttempt(event string) (attempt, bool) {
	head, rest, _ := strings.Cut(strings.TrimSpace(event), " ")
	if head != "HTTP" && !strings.HasPrefix(head, "HTTP/") {
		return attempt{}, false
	}
	code, body, _ := strings.Cut(strings.TrimSpace(rest), " ")
	status, err := strconv.Atoi(code)
	return attempt{status, strings.TrimSpace(body)}, err == nil
}

// told are the events that are on the wire: JSON, the end marker, and lines of a stream. Remarks of the case's
// author are left out.
func (c Case) told() []string {
	var out []string
	for _, e := range c.Events {
		e = strings.TrimSpace(e)
		if e == done || strings.HasPrefix(e, "data:") || strings.HasPrefix(e, "event:") || json.Valid([]byte(e)) {
			out = append(out, e)
		}
	}
	return out
}

// attempts reads one attempt after the other. What is not a success is not billed; a success whose body is not there
// takes the next usage object. An answer that was fetched twice is one answer.
func (r reader) attempts(list []attempt) []usage.Reading {
	var out []usage.Reading
	var told []int // where the reading of each answered attempt with a body is in out
	rest := r.c.Usage
	seen := map[string]int{}
	for _, a := range list {
		switch {
		case a.status >= 300 || a.status < 200:
			out = append(out, unbilledReading(fmt.Sprintf("answered with status %d", a.status)))
		case strings.HasPrefix(a.body, "{"):
			reading := r.exchange.Read([]byte(a.body))
			if i, twice := seen[reading.ResponseID]; twice {
				out[i], told = better(out[i], reading), append(told, i)
				continue
			}
			if reading.ResponseID != "" {
				seen[reading.ResponseID] = len(out)
			}
			out, told = append(out, reading), append(told, len(out))
		case len(rest) > 0:
			out, rest = append(out, r.one(rest[0])), rest[1:]
		default:
			out = append(out, r.one(nil))
		}
	}
	return r.leftover(out, told, rest)
}

// leftover takes the usage objects that no attempt asked for. As many as there are answers with a body say the same
// again, or what a body left out; only those beyond are requests of their own.
func (r reader) leftover(out []usage.Reading, told []int, rest []json.RawMessage) []usage.Reading {
	for n, u := range rest {
		if n < len(told) {
			out[told[n]] = better(r.one(u), out[told[n]])
			continue
		}
		out = append(out, r.one(u))
	}
	return out
}

// better returns the reading that knows more; of equals the later one.
func better(old, late usage.Reading) usage.Reading {
	order := []usage.Coverage{usage.Missing, usage.Partial, usage.Complete}
	if slices.Index(order, late.Coverage) < slices.Index(order, old.Coverage) {
		return old
	}
	return late
}

// failed returns the status of an answer that was not a success, where the case says it.
func (c Case) failed() (status int, failed bool) {
	for _, name := range []string{"http_status", "status_code", "status"} {
		if n, err := strconv.Atoi(scalar(c.Extra[name])); err == nil && n >= 300 && n < 600 {
			return n, true
		}
	}
	return 0, false
}

// codexCounts are the token counts in the log of Codex CLI.
type codexCounts struct {
	Input     *int64 `json:"input_tokens"`
	Cached    int64  `json:"cached_input_tokens"`
	Written   int64  `json:"cache_write_input_tokens"`
	Output    *int64 `json:"output_tokens"`
	Reasoning int64  `json:"reasoning_output_tokens"`
}

// codexUsage turns counts of a Codex log into a usage object of Responses, which is what Codex has read: the
// difference between two running totals, or one set of counts. Cached tokens are inside the input, and reasoning is
// inside the output.
func codexUsage(raw json.RawMessage) (usage json.RawMessage, problem string) {
	var u struct {
		Baseline *codexCounts `json:"baseline"`
		Final    *codexCounts `json:"final"`
		Info     *struct {
			Total *codexCounts `json:"total_token_usage"`
		} `json:"info"`
		Total *codexCounts `json:"total_token_usage"`
		codexCounts
	}
	if isNull(raw) {
		return nil, ""
	}
	if err := json.Unmarshal(raw, &u); err != nil {
		return nil, "reading the token counts: " + describe(err).Error()
	}
	final := u.Final
	switch {
	case final != nil:
	case u.Info != nil && u.Info.Total != nil:
		final = u.Info.Total
	case u.Total != nil:
		final = u.Total
	default:
		final = &u.codexCounts
	}
	zero := int64(0)
	base := codexCounts{Input: &zero, Output: &zero}
	if u.Baseline != nil {
		base = *u.Baseline
	}
	if final.Input == nil || final.Output == nil || base.Input == nil || base.Output == nil {
		return nil, "the token counts have no input_tokens or no output_tokens"
	}
	in, out := *final.Input-*base.Input, *final.Output-*base.Output
	cached, written := final.Cached-base.Cached, final.Written-base.Written
	reasoning := final.Reasoning - base.Reasoning
	if in < 0 || out < 0 || cached < 0 || written < 0 || reasoning < 0 {
		return nil, "the running total of tokens falls"
	}
	return encode(map[string]any{
		"input_tokens": in, "input_tokens_details": map[string]int64{"cached_tokens": cached, "cache_write_tokens": written},
		"output_tokens": out, "output_tokens_details": map[string]int64{"reasoning_tokens": reasoning}, "total_tokens": in + out,
	}), ""
}

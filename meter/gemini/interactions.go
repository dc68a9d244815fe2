package gemini

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pertask/pertask/meter/wire"
	"github.com/pertask/pertask/usage"
)

// Interactions is the name of the Interactions format in a call.
const Interactions = "gemini.interactions"

// interaction is the part of an interaction that tells what it consumed. What the library says of its tier is not
// whether it is the one that was served; it is taken from finished interactions only.
type interaction struct {
	ID     string          `json:"id"`
	Status string          `json:"status"`
	Model  string          `json:"model"`
	Agent  string          `json:"agent"`
	Tier   string          `json:"service_tier"`
	Cache  string          `json:"cached_content"`
	Usage  json.RawMessage `json:"usage"`
	Steps  []step          `json:"steps"`
}

type step struct {
	Type string `json:"type"`
}

// ReadInteraction reads an interaction. One that still works in the background is missing its usage, not free of
// it.
func ReadInteraction(body []byte, asked Asked) usage.Reading {
	var p *interaction
	if err := json.Unmarshal(body, &p); err != nil || p == nil {
		return usage.Reading{Problem: "the answer is not the JSON of an interaction"}
	}
	return p.reading(asked)
}

func (p interaction) reading(asked Asked) usage.Reading {
	r := interactionShape.read(p.Usage)
	r.ResponseID, r.ServedModel, r.ServedTier = p.ID, p.Model, tierName(p.Tier)
	p.grounding(&r)
	switch p.Status {
	case "queued", "in_progress":
		r.ServedTier = "" // what is there is what was asked for
		lower(&r, "the interaction was still "+p.Status)
		if r.Coverage == usage.Missing {
			r.Problem = fmt.Sprintf("the interaction was still %s in the background; its usage was not seen", p.Status)
		}
	case "failed", "cancelled":
		if r.Coverage == usage.Missing {
			r.Problem = fmt.Sprintf("the interaction is %s; %s", p.Status, r.Problem)
		}
	}
	// An interaction that is looked up later has no request that tells these.
	asked.Cache, asked.Agent = asked.Cache || p.Cache != "", asked.Agent || p.Agent != ""
	asked.lower(&r)
	return r
}

// hosted maps the steps of tools that the provider runs and bills to their names in grounding_tool_count.
var hosted = map[string]string{
	"google_search_call": searchUnit,
	"google_maps_call":   mapsUnit,
	"retrieval_call":     retrievalUnit,
}

// grounding reads the billable units of tools. A step may hold several queries, so without a count it is not
// known how many are billed.
func (p interaction) grounding(r *usage.Reading) {
	if r.Coverage == usage.Missing {
		return
	}
	counted, err := groundingCounts(r.Raw)
	if err != nil {
		lower(r, "reading grounding_tool_count: "+err.Error())
	}
	for unit, n := range counted {
		if unit != "" {
			request(r, unit, n)
		} else if n > 0 {
			unclassified(r, "a tool that is not told", "grounding_tool_count")
		}
	}
	var unknown []string
	for _, s := range p.Steps {
		unit, ok := hosted[s.Type]
		path := "steps." + s.Type
		if _, told := counted[unit]; ok && !told && !slices.Contains(unknown, path) {
			unknown = append(unknown, path)
		}
	}
	unclassified(r, "tools with a cost that is not told", unknown...)
}

// groundingCounts returns the counts by unit.
func groundingCounts(raw json.RawMessage) (map[string]int64, error) {
	o, err := wire.ReadObject(raw)
	if err != nil {
		return nil, err
	}
	text := o.Raw("grounding_tool_count")
	if wire.IsNull(text) {
		return nil, nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(text, &list); err != nil || len(list) > maxEntries {
		return nil, errors.New("it is not a list of tools")
	}
	counts := make(map[string]int64)
	for _, entry := range list {
		e, err := wire.ReadObject(entry)
		if err != nil {
			return counts, errors.New("it has an entry that is not an object")
		}
		n, _, err := e.Count("count")
		if err != nil {
			return counts, err
		}
		counts[fmt.Sprintf("%.40s", wire.String(e.Raw("type")))] += n
	}
	return counts, nil
}

// InteractionStream reads the events of a streamed interaction. The zero value is ready; Asked is what the
// request asked for. It is not safe for concurrent use.
type InteractionStream struct {
	Asked Asked

	first   interaction     // what the stream began with
	steps   []step          // of tools that the provider bills
	usage   json.RawMessage // the last running total
	last    *interaction    // what it ended with
	more    bool            // another interaction followed
	problem string
}

type interactionEvent struct {
	Type        string          `json:"event_type"`
	Interaction *interaction    `json:"interaction"`
	ID          string          `json:"interaction_id"`
	Step        step            `json:"step"`
	Usage       json.RawMessage `json:"usage"`
	Metadata    struct {
		Usage json.RawMessage `json:"total_usage"`
	} `json:"metadata"`
}

// The events that begin and end an interaction, with the names that they had before there were steps.
var (
	beginnings = []string{"interaction.created", "interaction.start"}
	endings    = []string{"interaction.completed", "interaction.complete"}
)

// Event takes the next event. Its data is not kept. Servers that do not name their events say the type in the
// data.
func (s *InteractionStream) Event(name string, data []byte) {
	data = bytes.TrimSpace(data)
	if string(data) == "[DONE]" || strings.HasSuffix(name, ".delta") && !bytes.Contains(data, []byte(`"total_usage"`)) {
		return // the end marker, which says nothing, and the many events that hold a word of text
	}
	var e interactionEvent
	if json.Unmarshal(data, &e) != nil {
		s.problem = "the stream has an event that is not the JSON of an interaction's"
		return
	}
	if e.Type == "" {
		e.Type = name
	}
	if s.last != nil { // the usage of an interaction is told at its end
		s.more = s.more || slices.Contains(beginnings, e.Type) || slices.Contains(endings, e.Type)
		return
	}
	s.take(e)
}

func (s *InteractionStream) take(e interactionEvent) {
	s.running(e.Usage)
	s.running(e.Metadata.Usage)
	keep(&s.first.ID, e.ID)
	switch {
	case e.Type == "error":
		s.problem = "the provider ended the stream with an error"
	case hosted[e.Step.Type] != "" && !slices.Contains(s.steps, e.Step):
		s.steps = append(s.steps, e.Step)
	case e.Interaction == nil:
		if slices.Contains(endings, e.Type) {
			s.problem = "the last event of the stream has no interaction"
		}
	case slices.Contains(beginnings, e.Type):
		s.first = *e.Interaction
		s.running(e.Interaction.Usage)
	case slices.Contains(endings, e.Type):
		s.last = e.Interaction
	}
}

// running keeps a total of what was consumed so far.
func (s *InteractionStream) running(raw json.RawMessage) {
	if !wire.IsNull(raw) {
		s.usage = slices.Clone(raw)
	}
}

// Reading returns what was read so far. It is complete only behind the last event: before, there are running
// totals at best.
func (s *InteractionStream) Reading() usage.Reading {
	p := s.first
	p.Status, p.Tier, p.Usage = "", "", s.usage
	if s.last != nil {
		p = *s.last
		p.ID, p.Model, p.Agent = cmp.Or(p.ID, s.first.ID), cmp.Or(p.Model, s.first.Model), cmp.Or(p.Agent, s.first.Agent)
		p.Cache = cmp.Or(p.Cache, s.first.Cache)
		if wire.IsNull(p.Usage) {
			p.Usage = s.usage
		}
	}
	p.Steps = slices.Concat(p.Steps, s.steps)
	r := p.reading(s.Asked)
	spoilt(&r, s.problem)
	if s.last == nil || wire.IsNull(s.last.Usage) {
		interactionShape.unfinished(&r)
	}
	switch {
	case s.last == nil:
		lower(&r, "the stream was cut before its end")
	case wire.IsNull(s.last.Usage):
		lower(&r, "the last event of the stream has no usage")
	case s.more:
		lower(&r, "the stream has more than one interaction")
	}
	return r
}

package gemini

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"

	"github.com/pertask/pertask/meter/wire"
	"github.com/pertask/pertask/usage"
)

// The names of the formats in a call. Vertex's is another one because its routes are.
const (
	Generate       = "gemini.generate"
	VertexGenerate = "vertex.generate"
)

// chunk is a whole answer of generateContent, or one part of a streamed one.
type chunk struct {
	ID         string          `json:"responseId"`
	Model      string          `json:"modelVersion"`
	Usage      json.RawMessage `json:"usageMetadata"`
	Error      json.RawMessage `json:"error"`
	Candidates []candidate     `json:"candidates"`
	Feedback   struct {
		BlockReason string `json:"blockReason"`
	} `json:"promptFeedback"`
}

type candidate struct {
	Index        int64     `json:"index"`
	FinishReason string    `json:"finishReason"`
	Grounding    grounding `json:"groundingMetadata"`
	Content      struct {
		Parts []part `json:"parts"`
	} `json:"content"`
}

// part is a piece of an answer. Only whether there is something in it is looked at.
type part struct {
	Text         string          `json:"text"`
	FunctionCall json.RawMessage `json:"functionCall"`
	InlineData   json.RawMessage `json:"inlineData"`
}

func (p part) empty() bool {
	return p.Text == "" && wire.IsNull(p.FunctionCall) && wire.IsNull(p.InlineData)
}

func (c candidate) finished() bool {
	return c.FinishReason != "" && c.FinishReason != "FINISH_REASON_UNSPECIFIED"
}

// Read reads the answer of generateContent, or that of streamGenerateContent where it comes as one JSON array of
// its parts.
func Read(body []byte, asked Asked) usage.Reading {
	s := Stream{Asked: asked}
	body = bytes.TrimSpace(body)
	if len(body) > 0 && body[0] == '[' {
		s.array(body)
		return s.Reading()
	}
	s.whole = true // JSON that ends is an answer that was not cut
	var c *chunk
	if err := json.Unmarshal(body, &c); err != nil || c == nil {
		return usage.Reading{Problem: "the answer is not the JSON of a generated content"}
	}
	s.add(*c)
	return s.Reading()
}

// array reads the parts of an array up to where it was cut.
func (s *Stream) array(body []byte) {
	d := json.NewDecoder(bytes.NewReader(body))
	_, err := d.Token()
	for err == nil && d.More() {
		var c *chunk
		if err = d.Decode(&c); err == nil && c != nil {
			s.add(*c)
		}
	}
	if err == nil {
		_, err = d.Token()
	}
	if _, more := d.Token(); err != nil || more != io.EOF {
		s.problem = "the answer is not a JSON array of parts"
	}
}

// Stream reads the parts of a streamed answer. The zero value is ready; Asked is what the request asked for. It
// is not safe for concurrent use.
type Stream struct {
	Asked Asked

	id, model, tier string          // the last that was told
	usage           json.RawMessage // the last that tells a count: each one repeats the earlier, nothing is added up
	final           bool            // it came with the end or behind it
	candidates      map[int64]bool  // which were seen, and whether they are finished
	blocked         bool            // the prompt was refused, so there is no candidate
	reopened        bool            // a candidate went on behind its end
	whole           bool            // all of the answer is there, whatever it says
	media           bool            // something that is not text came out
	searches        searches
	problem         string
}

// Event takes the next event. Its data is not kept.
func (s *Stream) Event(_ string, data []byte) {
	data = bytes.TrimSpace(data)
	if string(data) == "[DONE]" {
		return // some gateways put OpenAI's marker there
	}
	var c *chunk
	if json.Unmarshal(data, &c) != nil || c == nil {
		s.problem = "the stream has an event that is not the JSON of a generated content"
		return
	}
	s.add(*c)
}

func (s *Stream) add(c chunk) {
	keep(&s.id, c.ID)
	keep(&s.model, c.Model)
	if !wire.IsNull(c.Error) {
		s.problem = "the provider ended the answer with an error"
	}
	s.blocked = s.blocked || c.Feedback.BlockReason != "" && c.Feedback.BlockReason != "BLOCKED_REASON_UNSPECIFIED"
	for _, one := range c.Candidates {
		s.candidate(one)
	}
	if o, err := wire.ReadObject(c.Usage); err == nil {
		keep(&s.tier, servedTier(o))
		if !tellsCounts(o) {
			return
		}
	}
	s.usage, s.final = slices.Clone(c.Usage), s.ended()
}

func keep(old *string, told string) {
	if told != "" {
		*old = told
	}
}

// tellsCounts reports whether a usage object has a total. On Vertex the early ones have the traffic type only, or
// that and the cached tokens.
func tellsCounts(o wire.Object) bool {
	return slices.ContainsFunc([]string{generateShape.input, generateShape.output, generateShape.total},
		func(name string) bool { return !wire.IsNull(o.Raw(name)) })
}

func (s *Stream) candidate(c candidate) {
	if s.candidates == nil {
		s.candidates = make(map[int64]bool)
	}
	done := s.candidates[c.Index]
	for _, p := range c.Content.Parts {
		s.media = s.media || !wire.IsNull(p.InlineData)
		s.reopened = s.reopened || done && !p.empty()
	}
	s.candidates[c.Index] = done || c.finished()
	s.searches.add(c.Grounding)
}

// ended reports whether every candidate is finished, or there will be none.
func (s *Stream) ended() bool {
	if s.whole || s.blocked {
		return true
	}
	finished := 0
	for _, done := range s.candidates {
		if !done {
			return false
		}
		finished++
	}
	return finished >= max(1, s.Asked.Candidates)
}

// Reading returns what was read so far. It is complete only when every candidate has a finish reason, or the
// prompt was blocked, and usage was told with that or behind it: before, it is a running total.
func (s *Stream) Reading() usage.Reading {
	r := usage.Reading{Problem: "the answer has no usage"}
	if s.usage != nil {
		r = generateShape.read(s.usage)
	}
	r.ResponseID, r.ServedModel, r.ServedTier = s.id, s.model, s.tier
	s.searches.fill(&r)
	if s.media && !generateShape.told(s.usage) {
		unclassified(&r, "data that is not text, with tokens that are not told", "candidates.content.parts.inlineData")
	}
	spoilt(&r, s.problem)
	if !s.ended() || !s.final {
		generateShape.unfinished(&r)
	}
	switch {
	case !s.ended():
		lower(&r, "the stream was cut before its end")
	case !s.final:
		lower(&r, "the end of the stream has no usage")
	case s.reopened:
		lower(&r, "the stream went on behind its end; whether all of it was seen is not known")
	}
	s.Asked.lower(&r)
	return r
}

// spoilt says what went wrong with an answer.
func spoilt(r *usage.Reading, problem string) {
	if problem == "" {
		return
	}
	lower(r, problem)
	if r.Coverage == usage.Missing {
		r.Problem = problem + "; " + r.Problem
	}
}

// lower marks an answer whose request has a cost that no answer tells.
func (a Asked) lower(r *usage.Reading) {
	if a.Cache {
		lower(r, "the request uses an explicit cache, whose storage is billed and not told")
	}
	if a.Agent {
		lower(r, "an agent of the provider answered; what its tools and its environment cost is not told")
	}
}

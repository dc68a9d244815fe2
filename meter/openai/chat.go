package openai

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"

	"github.com/pertask/pertask/meter/wire"
	"github.com/pertask/pertask/usage"
)

// Chat is the name of the Chat Completions format in a call.
const Chat = "openai.chat"

// chatPart is a whole chat completion, or one chunk of it.
type chatPart struct {
	ID, Model, Tier string
	Usage, Error    json.RawMessage
	Groq            groqPart
	Breakdown       json.RawMessage // Groq's, of compound models
	Choices         []choice
	Listed          bool // there is a list of choices, be it empty
}

// readPart reads one. What is not of the expected type is as good as not told. It is done by hand because the client
// waits for the end of it.
func readPart(text []byte) (c chatPart, err error) {
	o, err := wire.ReadObject(text)
	if err == nil && len(text) == 0 {
		err = errors.New("there is nothing")
	}
	if err != nil {
		return c, err
	}
	c.ID, c.Model, c.Tier = wire.String(o.Raw("id")), wire.String(o.Raw("model")), wire.String(o.Raw("service_tier"))
	c.Usage, c.Error, c.Breakdown = o.Raw("usage"), o.Raw("error"), o.Raw("usage_breakdown")
	c.Choices, c.Listed = choicesOf(o.Raw("choices"))
	c.Groq, err = readGroq(o.Raw("x_groq"))
	return c, err
}

// name says who answered: which answer, by which model, at which tier. Some gateways pass the tier on with the
// usage.
func (c chatPart) name(r *usage.Reading) {
	r.ResponseID, r.ServedModel = c.ID, c.Model
	if c.Tier != "" {
		r.ServedTier = c.Tier
	}
}

// ReadChat reads the body of a chat completion of OpenAI's own.
func ReadChat(body []byte) usage.Reading { return Plain.ReadChat(body) }

// ChatStream reads the chunks of a chat completion. The zero value is ready and reads OpenAI's own. It is not safe
// for concurrent use.
type ChatStream struct {
	Variant Variant

	mold     mold     // of the chunks that say nothing
	last     chatPart // the last value of each field that was told
	finishes finishes // why the choices ended
	beyond   []string // what is billed and not told
	cited    bool     // the answer cites a page of the web
	looked   int      // chunks decoded in search of the model
	usages   int      // how often usage was told
	teller   int64    // the choice that told it, plus 1; 0 when none did
	ended    bool     // the last event was one that ends a stream, see isLast
	done     bool     // the end marker was seen
	problem  string   // what went wrong within the stream
}

// Event takes the next event. Its data is not kept.
func (s *ChatStream) Event(name string, data []byte) {
	data = bytes.TrimSpace(data)
	if name == "error" {
		s.problem = failed
	}
	if string(data) == "[DONE]" {
		s.done = true
		return
	}
	s.ended = false
	if s.worthReading(data) {
		s.chunk(data)
	}
}

const failed = "the provider ended the stream with an error"

// worthReading tells the few chunks that say something from the many that hold a word of text.
func (s *ChatStream) worthReading(data []byte) bool {
	if s.unnamed() {
		s.looked++
		return true
	}
	switch {
	case bytes.Contains(data, []byte(`"error"`)) || hasUsage(data):
		return true
	case finishing(data) || cites(data):
		return true
	case s.Variant == Groq:
		return bytes.Contains(data, []byte(`"executed_tools"`)) || bytes.Contains(data, []byte(`"usage_breakdown"`))
	}
	return false
}

// unnamed reports whether the model is still looked for: some servers send chunks without one before the first real one.
func (s *ChatStream) unnamed() bool { return s.last.Model == "" && s.looked < 8 }

// finishing reports whether a choice may have ended: most chunks have a null there.
func finishing(data []byte) bool {
	for {
		_, rest, found := bytes.Cut(data, []byte(`finish_reason":`))
		if !found {
			return false
		}
		if rest = bytes.TrimLeft(rest, " "); len(rest) > 0 && rest[0] == '"' {
			return true
		}
		data = rest
	}
}

// hasUsage reports whether there may be a usage object: most chunks have a null there, or nothing.
func hasUsage(data []byte) bool {
	for {
		_, rest, found := bytes.Cut(data, []byte(`"usage"`))
		if !found {
			return false
		}
		if !bytes.HasPrefix(rest, []byte(":null")) {
			return true
		}
		data = rest
	}
}

// chunk keeps what a chunk tells. The last usage that is not null counts, whatever else is in the chunk:
// servers put it on a chunk without choices, on the last one with them, or on every one as a running total.
func (s *ChatStream) chunk(data []byte) {
	c, err := readPart(data)
	if err != nil {
		s.problem = "the stream has an event that is not JSON"
		return
	}
	keep(&s.last.ID, c.ID)
	keep(&s.last.Model, c.Model)
	keep(&s.last.Tier, c.Tier)
	if !wire.IsNull(c.Error) || !wire.IsNull(c.Groq.Error) {
		s.problem = failed
	}
	s.finishes.add(c.Choices)
	s.cited = s.cited || citing(c.Choices)
	for _, path := range s.Variant.untold(c, data) {
		s.beyond = wire.Note(s.beyond, path)
	}
	s.count(c)
	s.ended = s.isLast(c, c.Listed && len(c.Choices) == 0)
}

// count takes the usage of a chunk.
func (s *ChatStream) count(c chatPart) {
	if wire.IsNull(c.Usage) {
		c.Usage = c.Groq.counts()
	}
	for _, one := range c.Choices {
		if !wire.IsNull(c.Usage) || wire.IsNull(one.Usage) {
			continue
		}
		if c.Usage = one.Usage; s.teller != 0 && s.teller != one.Index+1 {
			s.problem = "several choices tell usage, and whether it is each one's own is not known"
		}
		s.teller = one.Index + 1
	}
	if !wire.IsNull(c.Usage) {
		s.last.Usage = slices.Clone(c.Usage)
		s.usages++
	}
}

// isLast reports whether a chunk ends a stream even if no end marker follows: some servers send none. It is the one
// that include_usage asks for, with usage and an empty list of choices, if every choice has ended and no usage was told
// before it. A server that tells running totals has told one before.
func (s *ChatStream) isLast(c chatPart, empty bool) bool {
	return empty && !wire.IsNull(c.Usage) && s.usages == 1 && s.finishes.all()
}

func keep(old *string, told string) {
	if told != "" {
		*old = told
	}
}

// Reading returns what was read so far. It is complete, and a charge is reported, only behind the end: the end marker,
// or a chunk that can only be the last one. Nothing else in a stream says that it is over: a usage object may be a
// running total, on a chunk with choices as well as on one without; a reason to finish ends one choice of several,
// and chunks with more usage may follow it.
func (s *ChatStream) Reading() usage.Reading {
	var r usage.Reading
	form := s.Variant.chat()
	if s.last.Usage == nil {
		r.Problem = "the stream ended without usage"
	} else {
		r = form.read(s.last.Usage)
	}
	beyond(&r, s.beyond)
	if s.problem != "" {
		form.unfinished(&r)
		lower(&r, s.problem)
		if r.Coverage == usage.Missing {
			r.Problem = s.problem + "; " + r.Problem
		}
	}
	if !s.done && !s.ended {
		lower(&r, "the stream was cut before its end")
		form.unfinished(&r)
		r.ReportedUSD, r.ReportedUpstreamUSD = "", ""
	} else if s.Variant == OpenRouter && s.last.Usage != nil {
		insure(&r, s.finishes.reason())
	}
	if s.cited {
		Searched(&r, citations)
	}
	s.last.name(&r)
	return r
}

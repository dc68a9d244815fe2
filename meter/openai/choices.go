package openai

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/pertask/pertask/meter/wire"
	"github.com/pertask/pertask/usage"
)

// choice is one of the answers of a chat completion, or a part of one.
type choice struct {
	Index  int64
	Reason string
	Usage  json.RawMessage // Moonshot's streams tell it here
	Cites  bool            // its message, or the part of it that is here, cites a page of the web
}

// choicesOf reads choices. What is not as expected in one of them is left out; none is told by a list that is null.
func choicesOf(raw json.RawMessage) (list []choice, told bool) {
	texts, told := wire.Elements(raw)
	for _, text := range texts {
		list = append(list, readChoice(text))
	}
	return list, told
}

func readChoice(text json.RawMessage) choice {
	o, err := wire.ReadObject(text)
	if err != nil {
		return choice{}
	}
	index, _, _ := o.Count("index")
	return choice{index, wire.String(o.Raw("finish_reason")), o.Raw("usage"), cited(o.Raw("message")) || cited(o.Raw("delta"))}
}

// cited reports whether a message cites a page of the web.
func cited(message json.RawMessage) bool {
	notes, _ := wire.Elements(wire.Value(message, "annotations"))
	return slices.ContainsFunc(notes, func(n json.RawMessage) bool { return field(n, "type") == citation })
}

// finishes are the reasons why choices ended, "" for one that has not ended. No choice is there twice.
type finishes []finish

type finish struct {
	index  int64
	reason string
}

// maxChoices is how many choices are looked at. OpenAI allows as many.
const maxChoices = 128

// add notes the choices of a chunk.
func (f *finishes) add(list []choice) {
	for _, c := range list {
		i := slices.IndexFunc(*f, func(one finish) bool { return one.index == c.Index })
		switch {
		case i >= 0 && c.Reason != "":
			(*f)[i].reason = c.Reason
		case i < 0 && len(*f) < maxChoices:
			*f = append(*f, finish{c.Index, c.Reason})
		}
	}
}

// all reports whether there are choices and each has ended.
func (f finishes) all() bool {
	return len(f) > 0 && !slices.ContainsFunc(f, func(one finish) bool { return one.reason == "" })
}

// reason returns why an answer with several choices ended: "error" if all of them did so, any other reason if one
// choice has it, and "" when none is told.
func (f finishes) reason() string {
	errors := 0
	for _, one := range f {
		switch one.reason {
		case "":
		case "error":
			errors++
		default:
			return one.reason
		}
	}
	if errors > 0 && errors == len(f) {
		return "error"
	}
	return ""
}

// finishReason returns why a chat completion ended.
func finishReason(list []choice) string {
	numbered := slices.Clone(list)
	for i := range numbered {
		numbered[i].Index = int64(i) // some servers number none
	}
	var f finishes
	f.add(numbered)
	return f.reason()
}

// citation is what an answer of a model that searches the web has, and citations its place among the paths.
const (
	citation  = "url_citation"
	citations = "annotations." + citation
)

// cites reports whether there may be a citation.
func cites(data []byte) bool { return bytes.Contains(data, []byte(citation)) }

// citing reports whether one of the choices cites a page of the web.
func citing(list []choice) bool {
	return slices.ContainsFunc(list, func(c choice) bool { return c.Cites })
}

// SearchOptions is the member of a chat's request that makes a model search the web.
const SearchOptions = "web_search_options"

// Searched marks a reading of a chat in which the web was searched, for which path tells: a search has a fee, and the
// formats of chats do not count it. A charge that is told has the fee in it, and units that are told are the count.
func Searched(r *usage.Reading, path string) {
	if r.ReportedUSD == "" && len(r.Requests) == 0 && r.Coverage != usage.Unbilled {
		beyond(r, []string{path})
	}
}

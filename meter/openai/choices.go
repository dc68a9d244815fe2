package openai

import (
	"bytes"
	"encoding/json"

	"github.com/pertask/pertask/meter/wire"
	"github.com/pertask/pertask/usage"
)

// choice is one of the answers of a chat completion, or a part of one.
type choice struct {
	Index   int64           `json:"index"`
	Reason  string          `json:"finish_reason"`
	Usage   json.RawMessage `json:"usage"` // Moonshot's streams tell it here
	Message annotated       `json:"message"`
	Delta   annotated       `json:"delta"`
}

type annotated struct {
	Annotations []struct {
		Type string `json:"type"`
	} `json:"annotations"`
}

// choicesOf reads choices. What is not as expected in one of them is left out; none is told by a list that is null.
func choicesOf(raw json.RawMessage) (list []choice, told bool) {
	if wire.IsNull(raw) {
		return nil, false
	}
	if json.Unmarshal(raw, &list) == nil {
		return list, true
	}
	list = nil
	var texts []json.RawMessage
	if json.Unmarshal(raw, &texts) != nil {
		return nil, false
	}
	for _, text := range texts {
		var c choice
		_ = json.Unmarshal(text, &c)
		list = append(list, c)
	}
	return list, true
}

// finishes are the reasons why choices ended, "" for one that has not ended.
type finishes map[int64]string

// maxChoices is how many choices are looked at. OpenAI allows as many.
const maxChoices = 128

// add notes the choices of a chunk.
func (f *finishes) add(list []choice) {
	if *f == nil {
		*f = make(finishes)
	}
	for _, c := range list {
		if _, seen := (*f)[c.Index]; c.Reason != "" || !seen && len(*f) < maxChoices {
			(*f)[c.Index] = c.Reason
		}
	}
}

// all reports whether there are choices and each has ended.
func (f finishes) all() bool {
	for _, reason := range f {
		if reason == "" {
			return false
		}
	}
	return len(f) > 0
}

// reason returns why an answer with several choices ended: "error" if all of them did so, any other reason if one
// choice has it, and "" when none is told.
func (f finishes) reason() string {
	errors := 0
	for _, reason := range f {
		switch reason {
		case "":
		case "error":
			errors++
		default:
			return reason
		}
	}
	if errors > 0 && errors == len(f) {
		return "error"
	}
	return ""
}

// finishReason returns why a chat completion ended.
func finishReason(raw json.RawMessage) string {
	var f finishes
	list, _ := choicesOf(raw)
	for i := range list {
		list[i].Index = int64(i) // some servers number none
	}
	f.add(list)
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
	for _, c := range list {
		for _, a := range append(c.Message.Annotations, c.Delta.Annotations...) {
			if a.Type == citation {
				return true
			}
		}
	}
	return false
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

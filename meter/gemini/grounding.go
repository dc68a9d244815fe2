package gemini

import (
	"bytes"
	"encoding/json"

	"github.com/pertask/pertask/meter/wire"
	"github.com/pertask/pertask/usage"
)

// grounding is what a candidate tells about searches that the provider made for it.
type grounding struct {
	Web       []string `json:"webSearchQueries"`
	Images    []string `json:"imageSearchQueries"`
	Retrieval []string `json:"retrievalQueries"`
	Chunks    []struct {
		Web  json.RawMessage `json:"web"`
		Maps json.RawMessage `json:"maps"`
	} `json:"groundingChunks"`
	MapsToken string `json:"googleMapsWidgetContextToken"`
	// Supports and EntryPoint say nothing of what was searched, but that something was.
	Supports   json.RawMessage `json:"groundingSupports"`
	EntryPoint json.RawMessage `json:"searchEntryPoint"`
}

// found reports whether something was searched, whatever it was.
func (g grounding) found() bool {
	return len(g.Chunks) > 0 || filled(g.Supports) || filled(g.EntryPoint)
}

// filled reports whether there is something in a list or an object.
func filled(raw json.RawMessage) bool {
	if wire.IsNull(raw) {
		return false
	}
	text := bytes.TrimSpace(raw)
	return len(text) < 2 || len(bytes.TrimSpace(text[1:len(text)-1])) > 0
}

// The billable units of grounding. The names are those that Interactions have for the same tools, but for images.
const (
	searchUnit    = "google_search"
	imageUnit     = "google_image_search"
	retrievalUnit = "retrieval"
	mapsUnit      = "google_maps"
)

// searches collects the searches of all parts of an answer.
//
// What is known: models up to Gemini 2.5 are billed once per prompt that was grounded with Google Search, later
// ones per query, where a query that is empty or that was there before is not billed. The number of queries is
// what is counted here; whoever prices a prompt must take it as one. What is not known: what searches for images
// and in stores cost, and whether grounding with Google Maps, of which the answer has no number, is billed by
// the prompt or by the query; it is counted as one. A unit without a fee makes the cost unknown, never free.
type searches struct {
	queries map[string]map[string]bool // by unit
	maps    bool
	web     bool // something was found on the web
	found   bool // something was found
}

func (s *searches) add(g grounding) {
	for unit, queries := range map[string][]string{searchUnit: g.Web, imageUnit: g.Images, retrievalUnit: g.Retrieval} {
		for _, q := range queries {
			s.query(unit, q)
		}
	}
	s.maps = s.maps || g.MapsToken != ""
	s.found = s.found || g.found()
	for _, c := range g.Chunks {
		s.maps = s.maps || !wire.IsNull(c.Maps)
		s.web = s.web || !wire.IsNull(c.Web)
	}
}

func (s *searches) query(unit, q string) {
	if q == "" {
		return
	}
	if s.queries == nil {
		s.queries = make(map[string]map[string]bool)
	}
	if s.queries[unit] == nil {
		s.queries[unit] = make(map[string]bool)
	}
	s.queries[unit][q] = true
}

// fill puts the billable units into a reading.
func (s *searches) fill(r *usage.Reading) {
	if r.Coverage == usage.Missing {
		return
	}
	for unit, queries := range s.queries {
		request(r, unit, int64(len(queries)))
	}
	if s.maps {
		request(r, mapsUnit, 1)
	}
	switch {
	case s.web && len(s.queries[searchUnit]) == 0:
		unclassified(r, "a search whose queries are not told", "groundingMetadata.groundingChunks.web")
	case s.found && len(s.queries) == 0 && !s.maps:
		unclassified(r, "a search of which nothing is counted", "groundingMetadata")
	}
}

func request(r *usage.Reading, unit string, n int64) {
	if n == 0 {
		return
	}
	if r.Requests == nil {
		r.Requests = make(map[string]int64)
	}
	r.Requests[unit] += n
}

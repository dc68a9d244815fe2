package openai

import (
	"encoding/json"
	"strings"

	"github.com/pertask/pertask/meter/wire"
	"github.com/pertask/pertask/usage"
)

// ticksPlaces is how many places a tick stands behind the decimal point of a dollar: there are 10^10 in one.
const ticksPlaces = 10

// xaiToolCounts is the object that counts the calls of each tool at xAI.
const xaiToolCounts = "server_side_tool_usage_details"

// xai is a shape with xAI's fields. Its Chat Completions count reasoning beside the completion, its Responses
// inside the output. The fields are those of answers that were published: cost_in_usd_ticks is the charge with
// the tools, server_side_tool_usage_details counts calls of tools at xAI, context_details repeats the counts of
// the last step.
func xai(s shape, beside bool) shape {
	s = s.knowing("context_details.*", xaiToolCounts+".*", "num_sources_used", "num_server_side_tools_used")
	s.beside = beside
	s.more = xaiMore
	return s
}

func xaiMore(o wire.Object, r *usage.Reading) {
	ticks, told, err := o.Count("cost_in_usd_ticks")
	if err == nil && told {
		r.ReportedUSD = wire.MovePoint(ticks, ticksPlaces)
	}
	if err == nil {
		err = xaiTools(o, r)
	}
	if err != nil {
		lower(r, "reading the usage object: "+err.Error())
	}
}

// xaiTools reads the calls of tools at xAI by their names, and the sources of a live search. Each has a fee of
// its own, so that a book without the fee makes the cost unknown and not the tool free.
func xaiTools(o wire.Object, r *usage.Reading) error {
	sources, _, err := o.Count("num_sources_used")
	if err != nil {
		return err
	}
	request(r, "live_search", sources)
	all, _, err := o.Count("num_server_side_tools_used")
	if err != nil {
		return err
	}
	details, err := o.Object(xaiToolCounts)
	if err != nil {
		return err
	}
	for _, name := range details.Names() {
		n, _, err := details.Count(name)
		if err != nil {
			return err
		}
		request(r, strings.TrimSuffix(name, "_calls"), n)
		all -= n
	}
	request(r, "server_side_tool", max(all, 0)) // those that have no name
	return nil
}

// countsTools reports whether a usage object counts the calls of tools by their names.
func countsTools(raw json.RawMessage) bool {
	o, err := wire.ReadObject(raw)
	return err == nil && !wire.IsNull(o.Raw(xaiToolCounts))
}

package openai

import (
	"encoding/json"
	"strings"

	"github.com/pertask/pertask/meter/wire"
	"github.com/pertask/pertask/usage"
)

// openrouter is a shape with OpenRouter's fields. They are the same in each of its formats and those of its
// documentation: cost is what the account is charged, in credits of one dollar.
func openrouter(s shape) shape {
	s = s.knowing("server_tool_use.*", "server_tool_use_details.*")
	s.more = func(o wire.Object, r *usage.Reading) {
		if err := openrouterTools(o, r); err != nil {
			lower(r, "reading the usage object: "+err.Error())
		}
		charge(o, r)
	}
	return s
}

// Charge takes what OpenRouter says that it charges from the usage object of a reading of another format, such
// as Anthropic's. The answer must have been read to its end: before it, a charge may be a running total.
func Charge(r *usage.Reading) {
	if o, err := wire.ReadObject(r.Raw); err == nil {
		charge(o, r)
	}
}

// charge reads the charge. With the caller's own key at the provider (is_byok) cost is OpenRouter's fee only, and
// the provider charges the caller besides. A fee without that other part would look like the whole, so then
// neither is reported. Without such a key the upstream's cost is OpenRouter's own affair.
func charge(o wire.Object, r *usage.Reading) {
	cost, told, err := o.Decimal("cost")
	var details wire.Object
	if err == nil {
		details, err = o.Object("cost_details")
	}
	upstream, toldUpstream := "", false
	if err == nil {
		upstream, toldUpstream, err = details.Decimal("upstream_inference_cost")
	}
	byok := strings.TrimSpace(string(o.Raw("is_byok")))
	switch {
	case err != nil:
		lower(r, "reading the usage object: "+err.Error())
	case byok == "true" && told && toldUpstream:
		r.ReportedUSD, r.ReportedUpstreamUSD = cost, upstream
	case byok == "true":
		lower(r, "the call was made with an own key at the provider, and not both of its charges are told")
	case byok != "" && byok != "null" && byok != "false":
		lower(r, "is_byok is neither true nor false, so it is not known whether cost is the whole charge")
	case told:
		r.ReportedUSD = cost
	}
}

// openrouterTools reads the requests of tools that run at OpenRouter: web_search_requests is web_search.
func openrouterTools(o wire.Object, r *usage.Reading) error {
	tools, err := o.Object("server_tool_use")
	if err != nil {
		return err
	}
	return requests(tools, r)
}

// requests reads the counts whose names end in "_requests", by unit.
func requests(o wire.Object, r *usage.Reading) error {
	for _, name := range o.Names() {
		unit, ok := strings.CutSuffix(name, "_requests")
		if !ok {
			continue
		}
		n, _, err := o.Count(name)
		if err != nil {
			return err
		}
		request(r, unit, n)
	}
	return nil
}

// insure applies OpenRouter's zero completion insurance: an answer without a completion and without a reason for
// its end, or one that ended with an error, is not charged. A charge that is told goes before it, because it is
// what happened. Where none is told, the answer is unbilled only if it also says that no own key was used, since
// the insurance covers no charge of the provider behind that key; else the cost is unknown. It is not left
// complete: its tokens times the list price would be dearer than what the insurance promises.
func insure(r *usage.Reading, finish string) {
	out, known := r.Tokens.Output.Value()
	insured := finish == "error" || finish == "" && known && out == 0
	if !insured || r.ReportedUSD != "" || r.Coverage == usage.Missing {
		return
	}
	*r = usage.Reading{Raw: r.Raw,
		Problem: "the answer is one that OpenRouter's zero completion insurance covers, and it does not say what was charged"}
	var told struct {
		BYOK *bool `json:"is_byok"`
	}
	if json.Unmarshal(r.Raw, &told) == nil && told.BYOK != nil && !*told.BYOK {
		r.Coverage, r.Tokens = usage.Unbilled, usage.None()
		r.Problem = "not charged by OpenRouter: its zero completion insurance covers the answer"
	}
}

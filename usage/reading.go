package usage

import "encoding/json"

// Reading is what a wire format's decoder found in one answer. The zero value is the safe one: nothing was
// found, so nothing can be priced.
type Reading struct {
	Coverage    Coverage
	Tokens      Tokens            // disjoint classes; unknown in every class unless something was seen
	ServedModel string            // empty when the answer does not say
	ServedTier  string            // empty when the answer does not say
	Attributes  map[string]string // other facts that change a price, by the provider's own name
	Requests    map[string]int64  // billable units that are not tokens, by unit
	Parts       []Part            // consumption that Tokens does not contain, priced apart
	ReportedUSD string            // the cost that the provider itself put into the answer, as a decimal string
	// ReportedUpstreamUSD is charged by the provider behind a gateway besides ReportedUSD, as a decimal string.
	ReportedUpstreamUSD string
	ResponseID          string // the provider's name of the answer

	Raw          json.RawMessage // the provider's usage object, untouched
	Unclassified []string        // usage fields that the decoder does not know, as paths such as "a.b_tokens"
	Problem      string          // why Coverage is not Complete, for people
}

// Fill copies what was read into a call. It leaves what the proxy itself knows (who asked for what, when,
// with which status) as it is.
func (r Reading) Fill(c *Call) {
	c.Coverage, c.Tokens = r.Coverage, r.Tokens
	c.ServedModel, c.ServedTier = r.ServedModel, r.ServedTier
	c.Attributes, c.Requests = r.Attributes, r.Requests
	c.Parts, c.ReportedUSD, c.ReportedUpstreamUSD = r.Parts, r.ReportedUSD, r.ReportedUpstreamUSD
	c.ResponseID = r.ResponseID
	c.Raw, c.Unclassified, c.Problem = r.Raw, r.Unclassified, r.Problem
}

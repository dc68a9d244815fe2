package usage

import (
	"encoding/json"
	"time"
)

// CallSchema names the version of the JSON form of a Call. Stored journals depend on it: later versions add
// fields and never rename them.
const CallSchema = "pertask.call/1"

// Coverage says how much of a call's consumption is known. The zero value, Missing, is the safe one: a call
// of which nothing is known cannot be priced.
type Coverage string

// The coverages.
const (
	Missing  Coverage = ""         // no usage was seen: the cost is unknown
	Partial  Coverage = "partial"  // a part was seen, such as a stream cut before its end: the cost is a lower bound
	Complete Coverage = "complete" // the provider's final usage was seen and adds up
	Unbilled Coverage = "unbilled" // not billed by the provider: refused before generation, or a free endpoint
)

// State is where a call is in its life. A call is journalled when it is admitted and again when it ends, so
// that an interrupted one is known.
type State string

// The states.
const (
	Admitted State = "admitted" // forwarded; nothing is known of its cost yet
	Ended    State = "ended"    // answered, refused or cut; Coverage tells what is known
)

// Call is one HTTP attempt to a provider as the proxy saw it: enough to price it again with another book.
// A retry is a call of its own.
type Call struct {
	Schema string `json:"schema"` // CallSchema
	ID     string `json:"id"`     // unique within a journal
	Trial  string `json:"trial"`  // id of the trial that made it
	State  State  `json:"state"`

	// Time is when the call was admitted, and once ended when the answer ended. UTC.
	Time time.Time `json:"time"`
	// Seconds is how long the call took, from admission to the end of the answer.
	Seconds float64 `json:"seconds,omitempty"`

	Upstream string `json:"upstream"` // name of the upstream in the proxy's configuration, such as "openai"
	Provider string `json:"provider"` // who bills: the provider's name in the price book
	Format   string `json:"format"`   // wire format by route, such as "openai.chat"
	Path     string `json:"path"`     // path below the upstream, without the query
	Status   int    `json:"status"`   // HTTP status answered by the provider; 0 when none arrived
	// Retry is how many attempts came before this one, as far as the client says; clients that do not say so
	// look like first attempts.
	Retry int `json:"retry,omitempty"`

	// DeclaredModel is what the arm's settings declare. The proxy does not know it; whoever journals the call adds it.
	DeclaredModel  string `json:"declared_model,omitempty"`
	RequestedModel string `json:"requested_model,omitempty"` // as the request's body says
	ServedModel    string `json:"served_model,omitempty"`    // as the answer says; empty when it does not
	RequestedTier  string `json:"requested_tier,omitempty"`
	ServedTier     string `json:"served_tier,omitempty"`
	// Attributes are other facts of the answer that change a price, by the provider's own name, such as
	// "speed" and "inference_geo".
	Attributes map[string]string `json:"attributes,omitempty"`

	Coverage Coverage `json:"coverage"`
	Tokens   Tokens   `json:"tokens"`
	// Requests counts billable units that are not tokens, by unit, such as "web_search".
	Requests map[string]int64 `json:"requests,omitempty"`
	// Parts are what the call consumed besides Tokens, such as a compaction by the provider: billed, and each a
	// request of its own for the price, with a model of its own.
	Parts []Part `json:"parts,omitempty"`
	// ReportedUSD is the cost that the provider itself put into the answer, as a decimal string.
	ReportedUSD string `json:"reported_usd,omitempty"`
	// ReportedUpstreamUSD is what a gateway says that the provider behind it charges to the caller's own account,
	// besides ReportedUSD, as a decimal string. Empty when there is no such charge.
	ReportedUpstreamUSD string `json:"reported_upstream_usd,omitempty"`
	// Claims are other parties' figures of what the call cost, as decimal strings by who says so, such as
	// "x-litellm-response-cost". They are compared with ours and never added up.
	Claims map[string]string `json:"claims,omitempty"`

	ResponseID   string          `json:"response_id,omitempty"`
	Raw          json.RawMessage `json:"raw,omitempty"`          // the provider's usage object, untouched
	Unclassified []string        `json:"unclassified,omitempty"` // usage fields that no decoder knows
	// Problem says why the coverage is not complete, for people.
	Problem string `json:"problem,omitempty"`

	// PriceRow and CostStatus say how the call was priced when it was journalled: the row of the price book, and
	// how far the cost can be trusted. They are for readers of the journal; a new pricing does not look at them.
	PriceRow   string `json:"price_row,omitempty"`
	CostStatus string `json:"cost_status,omitempty"`
}

// Part is a piece of a call's consumption that its Tokens do not contain and that is priced by itself.
type Part struct {
	Kind   string `json:"kind"`            // the provider's word, such as "compaction"
	Model  string `json:"model,omitempty"` // empty means the call's
	Tokens Tokens `json:"tokens"`
}

// Consumed is everything that the call consumed: its Tokens and those of its Parts. It is for counting; a price
// goes by the single parts.
func (c Call) Consumed() Tokens {
	sum := c.Tokens
	for _, p := range c.Parts {
		sum = sum.Plus(p.Tokens)
	}
	return sum
}

// Model is the model to price: what was served, or what was requested where the answer does not say.
func (c Call) Model() string {
	if c.ServedModel != "" {
		return c.ServedModel
	}
	return c.RequestedModel
}

// Tier is the service tier to price: what was served, or what was requested where the answer does not say.
func (c Call) Tier() string {
	if c.ServedTier != "" {
		return c.ServedTier
	}
	return c.RequestedTier
}

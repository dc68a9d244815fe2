package pricecase

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/pertask/pertask/meter/bedrock"
	"github.com/pertask/pertask/meter/format"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/usage"
)

// Result is what a case costs. Its JSON form is one line of the output of "pertask prices cost".
type Result struct {
	ID     string       `json:"id"`
	Cost   price.Amount `json:"cost_usd"` // every digit; null when unknown
	Status price.Status `json:"status"`
	Lines  []Line       `json:"lines"` // never null; empty when the cost is unknown
	// Missing says what is missing when the cost is unknown.
	Missing string   `json:"missing,omitempty"`
	Notes   []string `json:"notes,omitempty"`
}

// Line is one addend of a cost, at list price.
type Line struct {
	Item string `json:"item"`
	Qty  int64  `json:"qty"`
	// Rate is the price of Per units, surcharges included and contract discounts not.
	Rate price.Money `json:"rate_usd"`
	Per  int64       `json:"per"`
	USD  price.Money `json:"usd"`
}

// Price prices a case with a book. It goes by what was served, at the instant of the case. What is not known makes
// the cost unknown and is named; nothing is an error.
func Price(c Case, book *price.Book) Result { return c.price(book, whole) }

func (c Case) price(book *price.Book, cut func([]byte) [][]byte) Result {
	out := Result{ID: c.ID, Lines: []Line{}}
	calls, missing := c.calls(book, cut)
	if missing != "" {
		out.Missing = missing
		return out
	}
	total := price.Nothing()
	for i, call := range calls {
		p := c.pricing(book, call.Provider).Call(call)
		total = total.Plus(p.Cost)
		of := ""
		if len(calls) > 1 {
			of = " of request " + strconv.Itoa(i+1)
		}
		out.add(book, call, p, of)
	}
	out.Cost, out.Status = total.Amount, total.Status
	if !total.Amount.IsKnown() {
		out.Lines = []Line{}
	}
	return out
}

func (c Case) pricing(book *price.Book, provider string) price.Pricing {
	p := price.Pricing{Book: book, At: c.At}
	if c.Contract != nil {
		p.Discounts = []price.Discount{{Provider: provider, Multiplier: *c.Contract, Note: "contract"}}
	}
	return p
}

// add takes over how one request was priced.
func (r *Result) add(book *price.Book, call usage.Call, p price.Priced, of string) {
	if p.Missing != "" && r.Missing == "" {
		r.Missing = p.Missing + of
	}
	for _, n := range p.Notes {
		if !slices.Contains(r.Notes, n) {
			r.Notes = append(r.Notes, n)
		}
	}
	if usd, known := p.Cost.Amount.Value(); known && p.Cost.Status == price.ProviderReported {
		r.Lines = append(r.Lines, Line{Item: "reported by the provider" + of, Qty: 1, Rate: usd, Per: 1, USD: usd})
		return
	}
	for _, l := range p.Lines {
		item := string(l.Class)
		for _, more := range []string{l.Part, l.Model} {
			if more != "" {
				item += " " + more
			}
		}
		r.Lines = append(r.Lines, Line{Item: item + of, Qty: l.Tokens, Rate: l.Rate, Per: 1_000_000, USD: l.USD})
	}
	fees := book.Fees(call.Provider)
	for _, f := range p.Fees {
		i := slices.IndexFunc(fees, func(info price.FeeInfo) bool { return info.Unit == f.Unit })
		if i < 0 {
			continue // not priced by this book
		}
		r.Lines = append(r.Lines, Line{Item: f.Unit + of, Qty: f.Count, Rate: fees[i].USD, Per: fees[i].Per, USD: f.USD})
	}
}

// calls turns the case into the calls that the meter would have journalled.
func (c Case) calls(book *price.Book, cut func([]byte) [][]byte) (calls []usage.Call, missing string) {
	who := partyOf(c.Provider)
	how := apiOf(c.API, who.dialect)
	if how.protocol == unheard {
		return nil, fmt.Sprintf("the API %.40q is not known", c.API)
	}
	if how.protocol == chat && c.throughGateway() {
		who.dialect = format.LiteLLM
	}
	call := usage.Call{Schema: usage.CallSchema, State: usage.Ended, Time: c.At, Status: 200, Upstream: c.Provider, Provider: who.book, RequestedModel: c.Model}
	if how.protocol == free {
		return []usage.Call{unbilled(call, "a free endpoint")}, ""
	}
	stream := c.Stream || how.stream
	f, path, ok := find(how.protocol, who.dialect, c.Model, c.Request.text("location", "region"), stream)
	if !ok {
		return nil, fmt.Sprintf("the API %.40q of provider %.40q cannot be read", c.API, c.Provider)
	}
	x, err := f.Open(format.Request{Path: path, Query: query(how.protocol, stream), Body: c.body(how.protocol, stream)})
	if err != nil {
		return nil, fmt.Sprintf("the request cannot be read: %v", err)
	}
	call.Format, call.Path, call.RequestedTier = f.Name, path, x.Tier
	if x.Model != "" {
		call.RequestedModel = x.Model
	}
	r := reader{c: c, protocol: how.protocol, stream: stream, exchange: x, cut: cut}
	for _, reading := range r.readings() {
		one := call
		reading.Fill(&one)
		c.complete(&one, how, book, who)
		calls = append(calls, one)
	}
	return calls, ""
}

// throughGateway reports whether a chat's usage has Anthropic's names of cached tokens beside OpenAI's of the prompt,
// which is how LiteLLM writes it, whoever the case says has answered.
func (c Case) throughGateway() bool {
	return slices.ContainsFunc(c.Usage, func(raw json.RawMessage) bool {
		has := func(name string) bool { return bytes.Contains(raw, []byte(`"`+name+`"`)) }
		return has("prompt_tokens") && (has("cache_read_input_tokens") || has("cache_creation_input_tokens"))
	})
}

func query(p protocol, stream bool) string {
	if p == gemini && stream {
		return "alt=sse"
	}
	return ""
}

func unbilled(call usage.Call, why string) usage.Call {
	unbilledReading(why).Fill(&call)
	return call
}

func unbilledReading(why string) usage.Reading {
	return usage.Reading{Coverage: usage.Unbilled, Tokens: usage.None(), Problem: why}
}

// complete adds what the case knows and the answer does not say.
func (c Case) complete(call *usage.Call, how api, book *price.Book, who party) {
	attributes := map[string]string{"data_residency": residency(c.Request.text("base_url_host", "host", "base_url"))}
	if who.dialect == format.Bedrock {
		c.onBedrock(call, book, attributes)
	} else if call.ServedModel == "" {
		call.ServedModel = c.Served
	}
	if call.Provider == "" {
		call.Provider, call.ServedModel = behind(book, call.Model())
		if call.Provider == "" {
			call.Provider = c.Provider
		}
	}
	if call.ServedTier == "" {
		call.ServedTier = tier(c.Extra)
	}
	if call.RequestedTier == "" {
		call.RequestedTier = tier(c.Request)
	}
	if (how.batch || c.Request.yes("batch")) && slices.Contains([]string{"", "default", "standard", "auto", "on_demand"}, strings.ToLower(call.Tier())) {
		call.ServedTier = "batch"
	}
	if who.dialect == format.Anthropic {
		for _, name := range []string{"speed", "inference_geo"} {
			attributes[name] = cmp.Or(c.Extra.text(name), c.Request.text(name))
		}
	}
	for name, value := range call.Attributes {
		attributes[name] = value
	}
	for name, value := range attributes {
		if value == "" {
			delete(attributes, name)
		}
	}
	call.Attributes = attributes
}

// onBedrock adds the model that the case says was served. Bedrock's own answers name none, so the name may be anybody's:
// the requested one goes before it when only that is in the book.
func (c Case) onBedrock(call *usage.Call, book *price.Book, attributes map[string]string) {
	if call.ServedModel != "" || c.Served == "" {
		return
	}
	id, profile := bedrock.Model(segment(c.Served))
	if book.Rows(call.Provider, id) != nil || book.Rows(call.Provider, call.RequestedModel) == nil {
		call.ServedModel = id
	}
	attributes["inference_profile"] = profile
}

// tier reads a service tier where an answer or a request may have it, headers among them.
func tier(o object) string {
	return cmp.Or(tierIn(o), tierIn(objectOf(o["headers"])), tierIn(objectOf(o["usage"])), tierIn(objectOf(o["usageMetadata"])))
}

func tierIn(o object) string {
	for _, name := range slices.Sorted(maps.Keys(o)) {
		key := strings.ReplaceAll(plain(name), "_", "")
		if key != "tier" && !strings.HasSuffix(key, "servicetier") && !strings.HasSuffix(key, "traffictype") {
			continue
		}
		t := strings.ToLower(cmp.Or(o.text(name), objectOf(o[name]).text("type"))) // Bedrock has an object there
		if t != "" {
			return strings.TrimPrefix(strings.TrimPrefix(t, "traffic_type_"), "on_demand_")
		}
	}
	return ""
}

// residency returns the region in a host such as eu.api.openai.com, which is a surcharge. The host may stand in an
// address, and have a port.
func residency(host string) string {
	if _, rest, ok := strings.Cut(host, "//"); ok {
		host = rest
	}
	if i := strings.IndexAny(host, "/?#"); i >= 0 {
		host = host[:i]
	}
	host = host[strings.LastIndexByte(host, '@')+1:]
	host, _, _ = strings.Cut(host, ":")
	host = strings.TrimSuffix(strings.ToLower(strings.TrimSpace(host)), ".")
	region, ok := strings.CutSuffix(host, ".api.openai.com")
	if !ok {
		return ""
	}
	return region
}

// reader reads the answers of a case.
type reader struct {
	c        Case
	protocol protocol
	stream   bool
	exchange format.Exchange
	cut      func([]byte) [][]byte
}

// readings reads every attempt of the case, in order.
func (r reader) readings() []usage.Reading {
	if attempts := r.c.attempts(); len(attempts) > 0 {
		return r.attempts(attempts)
	}
	var out []usage.Reading
	if events := r.c.told(); len(events) > 0 && len(r.c.Usage) <= 1 && r.protocol != codex {
		var usage json.RawMessage
		if len(r.c.Usage) == 1 {
			usage = r.c.Usage[0]
		}
		return append(out, r.c.stream(r.protocol, r.exchange, events, usage, r.cut))
	}
	if status, failed := r.c.failed(); failed && len(r.c.Usage) == 0 {
		return append(out, unbilledReading(fmt.Sprintf("answered with status %d", status)))
	}
	if len(r.c.Usage) == 0 {
		return append(out, r.one(nil))
	}
	for _, u := range r.c.Usage {
		out = append(out, r.one(u))
	}
	return out
}

// one reads the answer around a usage object.
func (r reader) one(u json.RawMessage) usage.Reading {
	if r.protocol == codex {
		var problem string
		if u, problem = codexUsage(u); problem != "" {
			return usage.Reading{Problem: problem}
		}
	}
	if r.stream {
		return listen(r.protocol, r.exchange, r.c.synthesize(r.protocol, u, r.c.aborted()), r.cut)
	}
	reading := r.exchange.Read(encode(r.c.answer(r.protocol, u)))
	if r.c.aborted() && reading.Coverage == usage.Complete {
		reading.Coverage, reading.Problem = usage.Partial, "the answer was cut before its end"
	}
	return reading
}

package scripted

import (
	"net/http"
	"slices"
	"strings"

	"github.com/pertask/pertask/usage"
)

// Served is one request that the script answered or let fail.
type Served struct {
	ID     string // of the answer: unique, and what the answer itself says
	Format string // wire format, in the words of the meter, such as "openai.chat"
	Key    string // the provider key that came with it
	Model  string // that was asked for
	Effort string // reasoning effort that was asked for, as the format has it; "" when the request does not say
	Text   string // the text that the request's Prompt wants in the file: it tells tasks apart; "" without a Prompt
	Stream bool
	Tool   string // name of the tool that the answer calls; "" for words
	Status int    // HTTP status
	Cut    bool   // the answer broke off before its end
	// Tokens are what a provider would bill, in disjoint classes; zero for a refusal. An answer that was cut was
	// paid for too, though its reader has not seen all of them.
	Tokens usage.Tokens
}

// Ledger is what a Server has seen.
type Ledger struct {
	Calls   []Served // in the order in which they came
	Refused int      // requests without a key that is accepted
	Leaks   []string // where a placeholder of the meter came through: "header Authorization", "path", "body"
	Strays  []string // requests that were no calls to a model, such as "GET /v1/models"
}

// Ledger returns a copy of what was served so far.
func (s *Server) Ledger() Ledger {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.ledger
	l.Calls, l.Leaks, l.Strays = slices.Clone(l.Calls), slices.Clone(l.Leaks), slices.Clone(l.Strays)
	return l
}

// Find returns the calls that a condition holds for.
func (l Ledger) Find(is func(Served) bool) []Served {
	var out []Served
	for _, c := range l.Calls {
		if is(c) {
			out = append(out, c)
		}
	}
	return out
}

// Total adds up what the calls that a condition holds for consumed. None of them is a known zero.
func (l Ledger) Total(is func(Served) bool) usage.Tokens {
	sum := none()
	for _, c := range l.Find(is) {
		sum = sum.Plus(c.Tokens)
	}
	return sum
}

// ByKey returns the number of calls with each key.
func (l Ledger) ByKey() map[string]int {
	out := map[string]int{}
	for _, c := range l.Calls {
		out[c.Key]++
	}
	return out
}

// ByModel returns the tokens and the number of calls of each model that was asked for.
func (l Ledger) ByModel() (map[string]usage.Tokens, map[string]int) {
	tokens, calls := map[string]usage.Tokens{}, map[string]int{}
	for _, c := range l.Calls {
		if _, ok := tokens[c.Model]; !ok {
			tokens[c.Model] = none()
		}
		tokens[c.Model] = tokens[c.Model].Plus(c.Tokens)
		calls[c.Model]++
	}
	return tokens, calls
}

// presented returns the key of a request, wherever its provider has it.
func presented(r *http.Request) string {
	for _, name := range []string{"X-Api-Key", "X-Goog-Api-Key", "Api-Key"} {
		if key := r.Header.Get(name); key != "" {
			return key
		}
	}
	if scheme, key, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "bearer") {
		return key
	}
	return r.URL.Query().Get("key")
}

// placeholderMark begins every key that the metering proxy hands out.
const placeholderMark = "ptk_"

// placeholder returns where in a request a key of the metering proxy is, or "".
func placeholder(r *http.Request, body []byte) string {
	for name, values := range r.Header {
		if strings.Contains(strings.Join(values, "\n"), placeholderMark) {
			return "header " + name
		}
	}
	if strings.Contains(r.URL.RequestURI(), placeholderMark) {
		return "path"
	}
	if strings.Contains(string(body), placeholderMark) {
		return "body"
	}
	return ""
}

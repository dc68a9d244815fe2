// Package record holds what a line of an agent's log says about calls to a model.
//
// It knows what all agents' logs have in common: when a call ended, in which session and folder, what it consumed in
// disjoint classes, and what tells it apart from every other call. It refuses to know any agent's names of fields, files,
// and what calls add up to.
package record

import (
	"time"

	"github.com/pertask/pertask/session/scan"
	"github.com/pertask/pertask/usage"
)

// MaxTokens is the largest count of tokens that a call is believed to have.
const MaxTokens = 1_000_000_000

// MaxSession is the largest count that a session's counters are believed to have.
const MaxSession = 1_000_000_000_000

// MaxText is how many bytes a name may have that is kept: of a model, a session, a branch or a folder.
const MaxText = 4096

// Reason says why a line, or a call in it, was left out.
type Reason string

// The reasons. Lines that say nothing about consumption are not left out: nobody has looked for anything in them.
const (
	None      Reason = ""
	Malformed Reason = "malformed" // no line of JSON: cut, torn by a crash, or something else altogether
	TooLong   Reason = "too-long"  // longer than a line may be
	Hostile   Reason = "hostile"   // JSON with impossible numbers, contradictions, or one name twice
	Undated   Reason = "undated"   // without a time that could be of a log
	Repeated  Reason = "repeated"  // a call that was read already: history that was copied, an event emitted again
	Measured  Reason = "measured"  // a call that our own meter has
	Unbilled  Reason = "unbilled"  // written by the agent itself, such as the message of an error: no model answered
	Old       Reason = "old"       // of before what a scan looks at
)

// Place is where a call was made, as the log says. Empty is unknown.
type Place struct {
	Dir    string // working directory
	Branch string
	Commit string
	Remote string // address of the repository
	// Begun is when Branch and Commit were so, where they are of the session's beginning; the zero time is the call's own.
	Begun time.Time
}

// Call is one call to a model.
type Call struct {
	ID       uint64 // Key of what tells the call apart, wherever it is written; never 0
	Response uint64 // Key of the provider's own id of the answer alone; 0 where the log does not have it
	Session  string // the agent's name of its session
	Version  string // of the agent
	Time     time.Time
	Place
	Provider   string // as the log or the model's name tells it
	Model      string
	Tier       string
	Attributes string // pairs of a name and a value, each ended by a NUL, sorted
	Seen       bool   // the log has the call's usage
	Tokens     usage.Tokens
	Searches   int64 // searches of the web by the provider
	// Open is whether later lines may say more of the call: an answer that is written while it streams.
	Open bool
	// Parts are further calls in the same answer, with a price of their own.
	Parts []Part
}

// Part is a call within a call.
type Part struct {
	Model  string // empty means the call's
	Tokens usage.Tokens
}

// Key makes a number of texts, the same in every process. Two different calls have one with a probability of 2^-64.
func Key(texts ...string) uint64 {
	var h Hash
	for _, s := range texts {
		h = h.Text([]byte(s))
	}
	return h.Sum()
}

// Hash works out a Key step by step. Its zero value is ready.
type Hash struct{ h uint64 }

const offset, prime = 14695981039346656037, 1099511628211 // FNV-1a

// Text adds a text.
func (h Hash) Text(s []byte) Hash {
	x := h.h ^ offset
	for _, c := range s {
		x = (x ^ uint64(c)) * prime
	}
	return Hash{(x^uint64(len(s))^0xff<<32)*prime ^ offset}
}

// Number adds a number.
func (h Hash) Number(n int64) Hash {
	x := h.h ^ offset
	for range 8 {
		x = (x ^ uint64(n&0xff)) * prime
		n >>= 8
	}
	return Hash{x ^ offset}
}

// Sum returns the key; never 0.
func (h Hash) Sum() uint64 {
	x := h.h ^ offset
	x ^= x >> 32
	x *= 0xd6e8feb86659fd93
	x ^= x >> 32
	x *= 0xd6e8feb86659fd93
	x ^= x >> 32
	return max(x, 1)
}

// Names keeps one copy of every text that lines have in common. Its zero value is ready. It is not safe for concurrent use.
type Names struct {
	names  map[string]string
	recent [64]name // that were asked for, by what is quick to see of them
}

// name is a value of JSON and the text that it is.
type name struct{ value, text string }

// most bounds how many names are kept: logs that have more of them are not those of an agent.
const most = 1 << 13

// Of returns the text as a string, "" for one that is too long.
func (n *Names) Of(s []byte) string {
	if len(s) == 0 || len(s) > MaxText {
		return ""
	}
	if text, ok := n.names[string(s)]; ok {
		return text
	}
	if n.names == nil || len(n.names) >= most {
		n.names = map[string]string{}
	}
	text := string(s)
	n.names[text] = text
	return text
}

// Text returns what a value of JSON says that is a string; "" for what is absent, null or too long. It is false for
// anything else. Most lines of a log say the same in many of their members.
func (n *Names) Text(v []byte) (s string, ok bool) {
	if scan.IsNull(v) {
		return "", true
	}
	slot := &n.recent[(len(v)+5*int(v[len(v)/2])+7*int(v[max(0, len(v)-2)]))%len(n.recent)]
	if slot.value == string(v) {
		return slot.text, true
	}
	text, ok := scan.Text(v)
	if !ok {
		return "", false
	}
	s = n.Of(text)
	if len(v) <= MaxText {
		*slot = name{string(v), s}
	}
	return s, true
}

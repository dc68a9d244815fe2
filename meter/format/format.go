// Package format chooses how a request and its answer are read: by the dialect of the upstream and the route,
// and never by the name of the model.
//
// It knows the routes of every dialect and which decoder reads each. It refuses to know keys, connections and
// money. The decoders themselves are packages of their own, one per family of wire formats.
package format

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/pertask/pertask/usage"
)

// Request is a request to a provider as a format sees it.
type Request struct {
	Path  string // decoded, below the upstream, starts with a slash
	Query string // as written, without the question mark
	Body  []byte // decompressed
	// Header is the request's, as the client sent it; it may be nil. Only a few named fields are looked at, where a
	// format has what it asks for there: those of Bedrock's InvokeModel for the tier, the latency and the guardrail.
	Header http.Header
}

// Stream reads the events of one answer, in order. It is used by one goroutine.
type Stream interface {
	// Event takes the next event; it must not keep the data.
	Event(name string, data []byte)
	// Reading returns what was read so far.
	Reading() usage.Reading
}

// Skipper is a Stream that can tell from the bytes of server-sent events that they say nothing: most of a stream is
// words of text.
type Skipper interface {
	// Skip returns the length of the whole events that stand first in a text and that need not be handed to Event. The
	// text begins between two events and may end within one.
	Skip(text []byte) int
}

// Splitter turns the bytes of a streamed answer into events. Write never fails.
type Splitter interface {
	io.Writer
	// End says that the stream is over.
	End()
	// Dropped reports whether an event was too large, or too broken, to be handed on.
	Dropped() bool
}

// Exchange is one request as it was read, and how to read its answer.
type Exchange struct {
	Model, Tier string // what the request asks for; "" when it does not say
	Stream      bool   // the answer is to come as events
	Body        []byte // what to send on
	// Withhold tells which events the client must not see, because only the proxy asked for them; nil for none.
	Withhold func(data []byte) bool
	// Read reads an answer in one piece.
	Read func(body []byte) usage.Reading
	// Events reads a streamed answer.
	Events func() Stream
	// Split splits a streamed answer into events that it hands to a function; nil means server-sent events.
	Split func(handle func(name string, data []byte)) Splitter
}

// then returns the exchange with a step behind what is read from its answer, whole or so far.
func (x Exchange) then(step func(usage.Reading) usage.Reading) Exchange {
	read, events := x.Read, x.Events
	x.Read = func(body []byte) usage.Reading { return step(read(body)) }
	x.Events = func() Stream { return stepped{events(), step} }
	return x
}

type stepped struct {
	Stream
	step func(usage.Reading) usage.Reading
}

// Reading returns what was read so far.
func (s stepped) Reading() usage.Reading { return s.step(s.Stream.Reading()) }

// Format is one wire format.
type Format struct {
	// Name is what calls carry, such as "openai.chat".
	Name string
	// Open reads a request. An error is the client's fault.
	Open func(Request) (Exchange, error)
	// Refuse words an error as the provider would. It is for JSON.
	Refuse func(kind, message string) any
	// Salt returns a request's body with a prompt that begins with a salt, so that no other trial's cache serves it;
	// see package salt. An error is the client's fault. It may be nil: then the format cannot be salted.
	Salt func(body []byte, salt string) ([]byte, error)
}

// route is a format and where it is spoken.
type route struct {
	format Format
	// paths are the routes of POST requests below an upstream, as patterns; see matches.
	paths []string
}

// Find returns the format of a POST request to a path below an upstream of a dialect. A free route has none, even
// where the pattern of a metered one fits it.
func Find(d Dialect, path string) (Format, bool) {
	t := tableOf(d)
	path = unversioned(path)
	for _, r := range t.routes {
		for _, pattern := range r.paths {
			if matches(pattern, path) && !t.isFree(path) {
				return r.format, true
			}
		}
	}
	return Format{Refuse: AnyError}, false
}

// table holds the routes of a dialect.
type table struct {
	routes []route
	free   []string
}

func (t table) isFree(path string) bool {
	for _, pattern := range t.free {
		if matches(pattern, path) {
			return true
		}
	}
	return false
}

// tables holds those of the dialects that were asked for: they are looked through for every request.
var tables sync.Map

func tableOf(d Dialect) table {
	if t, ok := tables.Load(d); ok {
		return t.(table)
	}
	t, _ := tables.LoadOrStore(d, table{d.routes(), d.free()})
	return t.(table)
}

// Named returns the format of that name in a dialect, such as "openai.chat" for a request whose route is not
// known any more.
func Named(d Dialect, name string) (Format, bool) {
	for _, r := range d.routes() {
		if r.format.Name == name {
			return r.format, true
		}
	}
	return Format{Refuse: AnyError}, false
}

// IsFree reports whether a POST request to a path consumes nothing that is billed. It is told by path and never
// by the shape of the answer: a counted prompt looks like usage.
func IsFree(d Dialect, path string) bool {
	return tableOf(d).isFree(unversioned(path))
}

// IsModels reports whether a path is the list of models or one of them.
func IsModels(path string) bool {
	path = unversioned(path)
	return path == "/models" || strings.HasPrefix(path, "/models/") && !strings.Contains(path, ":")
}

// Paths lists every route of a dialect that can be metered, for people.
func Paths(d Dialect) string {
	var all []string
	for _, r := range d.routes() {
		for _, p := range r.paths {
			if !slices.Contains(all, p) {
				all = append(all, p)
			}
		}
	}
	return strings.Join(all, ", ")
}

// matches reports whether a path fits a pattern, segment by segment: "*" stands for one segment that is not
// empty, and "*:verb" for one that ends in ":verb" with something before it.
func matches(pattern, path string) bool {
	want, got, more := pattern, path, true
	for more {
		var w, g string
		var same bool
		w, want, more = strings.Cut(want, "/")
		g, got, same = strings.Cut(got, "/")
		if same != more || !fits(w, g) {
			return false
		}
	}
	return true
}

// fits reports whether one segment of a path fits one of a pattern.
func fits(want, got string) bool {
	if want == got {
		return true
	}
	tail, wild := strings.CutPrefix(want, "*")
	head, ends := strings.CutSuffix(got, tail)
	return wild && ends && head != "" && (tail == "" || !strings.Contains(head, ":"))
}

// unversioned takes off the version in front of a path, which some clients put there and others into the base URL.
func unversioned(path string) string {
	for _, version := range []string{"/v1", "/v1beta", "/v1beta1"} {
		if rest, ok := strings.CutPrefix(path, version); ok && strings.HasPrefix(rest, "/") {
			return rest
		}
	}
	return path
}

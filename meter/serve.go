package meter

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/pertask/pertask/meter/body"
	"github.com/pertask/pertask/meter/format"
	"github.com/pertask/pertask/usage"
)

// request is one authorised request of a session.
type request struct {
	*http.Request
	w       http.ResponseWriter
	session *Session
	up      upstream
	path    string // decoded, below the upstream, starts with a slash
	rest    string // the same as it was written
	format  format.Format
	metered bool // the route has a format
}

// serve is the proxy's handler: it decides what a request is, and lets nothing through that is not accounted for.
func (p *Proxy) serve(w http.ResponseWriter, r *http.Request) {
	// A deadline that an earlier answer on this connection left behind does not concern this one.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Time{})
	q := &request{Request: r, w: w}
	id, name, ok := q.split()
	q.format, _ = format.Find(format.Compatible, q.path) // to word refusals before the upstream is known
	if !ok {
		q.refuse(refuse(http.StatusNotFound, "there is nothing here; paths start with /t/, a session and an upstream"))
		return
	}
	if q.session = p.session(id); q.session == nil || !q.session.admits(r) {
		e := refuse(http.StatusUnauthorized, "the session's token is missing or wrong")
		e.kind = "authentication_error"
		q.refuse(e)
		return
	}
	if q.up, ok = p.upstreams[name]; !ok {
		q.refuse(refuse(http.StatusNotFound, "there is no upstream %.40q", name))
		return
	}
	q.format, q.metered = format.Find(q.up.Dialect, q.path)
	p.dispatch(q)
}

// split takes the path apart: /t/<session>/<upstream>/<rest>. Nothing else of the request says where it goes: not
// its Host, and not the host of a request that is made as to a forward proxy.
func (q *request) split() (session, upstream string, ok bool) {
	parts := strings.SplitN(q.URL.EscapedPath(), "/", 5)
	if len(parts) < 4 || parts[0] != "" || parts[1] != "t" {
		return "", "", false
	}
	q.rest = "/"
	if len(parts) == 5 {
		q.rest += parts[4]
	}
	path, err := url.PathUnescape(q.rest)
	if err != nil || strays(path) {
		return "", "", false
	}
	q.path = path
	return parts[2], parts[3], true
}

// strays reports whether some server could take a decoded path for another one, outside of the upstream's base
// path or of the route that was asked for: by dot segments, with parameters or not, by backslashes that it reads as
// slashes, by escapes that it undoes a second time, or by control characters that end it.
func strays(path string) bool {
	if strings.ContainsAny(path, `\%`) || strings.ContainsFunc(path, unicode.IsControl) {
		return true
	}
	for segment := range strings.SplitSeq(path, "/") {
		if name, _, _ := strings.Cut(segment, ";"); name == "." || name == ".." {
			return true
		}
	}
	return false
}

func (p *Proxy) dispatch(q *request) {
	if strings.Contains(strings.ToLower(q.Header.Get("Upgrade")), "websocket") {
		// Clients that prefer WebSocket fall back to plain requests at once on this status, and on no other.
		q.refuse(refuse(http.StatusUpgradeRequired, "WebSocket is not metered; use HTTP"))
		return
	}
	// A slash that is escaped makes one route here and could make another one at the provider. Other escapes are
	// common: some clients write the colon in a model's name so.
	plain := !strings.Contains(strings.ToLower(q.rest), "%2f")
	switch {
	case q.Method == http.MethodGet || q.Method == http.MethodHead:
		p.lookUp(q)
	case q.Method == http.MethodPost && plain && q.metered:
		p.meter(q)
	case q.Method == http.MethodPost && plain && format.IsFree(q.up.Dialect, q.path):
		p.free(q)
	default:
		q.refuse(refuse(http.StatusNotFound, cannotMeter+": %s %.80s; it meters POST to %s",
			q.Method, q.path, format.Paths(q.up.Dialect)))
	}
}

// refusal is why a request is not forwarded: what the client is told.
type refusal struct {
	status  int
	kind    string // the error type of the format
	message string
}

// Error returns the message.
func (r *refusal) Error() string { return r.message }

func refuse(status int, format string, args ...any) *refusal {
	return &refusal{status, "invalid_request_error", fmt.Sprintf(format, args...)}
}

const cannotMeter = "pertask cannot meter this endpoint"

// refuse answers a request that is not forwarded, in the shape of the route's errors. Every message starts with
// the tool's name, so that a person who sees it in an agent's output knows who spoke.
func (q *request) refuse(err error) {
	e := refuse(http.StatusBadRequest, "%s", err)
	if unread := (*body.Error)(nil); errors.As(err, &unread) {
		e.status = unread.Status
	}
	errors.As(err, &e)
	message := e.message
	if !strings.HasPrefix(message, "pertask: ") && !strings.HasPrefix(message, cannotMeter) {
		message = "pertask: " + message
	}
	shape := q.format.Refuse
	if shape == nil {
		shape = format.AnyError
	}
	if q.session != nil {
		message = q.session.proxy.cfg.Keys.Redact(message)
	}
	if e.status == http.StatusUpgradeRequired {
		q.w.Header().Set("Upgrade", "HTTP/1.1")
	}
	q.w.Header().Set("Content-Type", "application/json")
	q.w.WriteHeader(e.status)
	_, _ = q.w.Write(encode(shape(e.kind, message))) // a client that left does not read it
}

// encode writes an error body. The values are strings and nil, which always encode.
func encode(body any) []byte {
	b, _ := json.Marshal(body)
	return b
}

// call is what is known of a request before its body is read.
func (q *request) call() usage.Call {
	// The header is of OpenAI's and Anthropic's own libraries.
	retry, err := strconv.ParseUint(q.Header.Get("X-Stainless-Retry-Count"), 10, 8)
	if err != nil {
		retry = 0
	}
	return usage.Call{Retry: int(retry), Upstream: q.up.Name, Provider: q.up.Provider, Format: q.format.Name, Path: q.path}
}

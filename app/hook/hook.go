// Package hook takes GitHub's webhooks: it holds each against its signature, and promises what has to be worked on by a note in
// the queue, before it answers.
//
// It knows what a webhook looks like on the wire, which limits it has, and which ones did not arrive. It refuses to know what is
// done about an event, but for whether anything is: package review/route says so.
package hook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pertask/pertask/app/queue"
	"github.com/pertask/pertask/github/event"
	"github.com/pertask/pertask/review/route"
)

// The outcomes of a webhook, as they are counted.
const (
	Taken       = "taken"       // 202: there is a note of it
	Replay      = "replay"      // 202: there was one already
	Ignored     = "ignored"     // 202: nothing is done about it
	Unsigned    = "unsigned"    // 401: the signature is missing or wrong
	Malformed   = "malformed"   // 400, 405, 415: no webhook of GitHub's
	Unreadable  = "unreadable"  // 400: signed, and its payload is not that of its event
	TooLarge    = "too-large"   // 413
	Slow        = "slow"        // 408: the body did not arrive in time
	Unavailable = "unavailable" // 503: no note could be made of it; CatchUp asks for it again
)

const (
	// maxPayload is GitHub's own limit: a larger payload is never sent.
	maxPayload = 25 << 20
	// maxForm is a payload of that size as a form, in which most of its bytes can take three.
	maxForm = 3*maxPayload + 1<<10
	// smallBody is what everybody may make us keep in memory; of larger bodies there are only so many at a time.
	smallBody = 1 << 20
	maxLarge  = 3
	// maxHeld bounds the bytes of all smaller bodies that are read or noted at a time: hundreds of usual ones.
	maxHeld  = 64 << 20
	bodyTime = 8 * time.Second
	// addTime is how long the queue may take.
	addTime = 8 * time.Second
)

// Adder takes notes; a queue.Queue is one.
type Adder interface {
	Add(ctx context.Context, notes ...queue.Note) (fresh int, err error)
}

// Config is what a Handler needs. Every field without "may be" must be set.
type Config struct {
	// Secrets are those of the App's webhook, any of which may have signed: two while one takes the place of another.
	Secrets [][]byte
	Queue   Adder
	Log     *slog.Logger // may be nil
	// Count is told of each webhook; may be nil. An event that is not known here is "other", so that strangers make no new
	// names.
	Count func(event, outcome string)
	Now   func() time.Time // may be nil
	// BodyTime is how long a body may take to arrive; 0 is 8 seconds, since GitHub waits 10 for the answer.
	BodyTime time.Duration
}

// Handler takes webhooks at any path. It is safe for concurrent use.
type Handler struct {
	cfg   Config
	large chan struct{}
	held  atomic.Int64 // bytes of smaller bodies that are being read or noted
}

// ErrSecret says that there is no secret, or an empty one: then anybody could sign.
var ErrSecret = errors.New("a webhook needs a secret")

// New returns a handler.
func New(cfg Config) (*Handler, error) {
	if len(cfg.Secrets) == 0 {
		return nil, ErrSecret
	}
	for _, s := range cfg.Secrets {
		if len(s) == 0 {
			return nil, ErrSecret
		}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Count == nil {
		cfg.Count = func(string, string) {}
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.BodyTime <= 0 {
		cfg.BodyTime = bodyTime
	}
	return &Handler{cfg: cfg, large: make(chan struct{}, maxLarge)}, nil
}

// result is how a webhook ends.
type result struct {
	status  int
	outcome string
	err     error // for the log; never shown, since it may quote what a stranger has sent
}

// ServeHTTP answers a webhook: 202 when it is taken or nothing is to be done about it, 401 for a wrong signature, 400, 405, 408,
// 413 and 415 for what is no webhook, and 503 when no note could be made of it.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := h.cfg.Now()
	name := r.Header.Get("X-GitHub-Event")
	res := h.take(w, r, name)
	label := name
	if !event.Known(name) && name != "ping" {
		label = "other"
	}
	h.cfg.Count(label, res.outcome)
	level := slog.LevelDebug
	switch res.outcome {
	case Taken, Replay:
		level = slog.LevelInfo
	case Unreadable, Unavailable:
		level = slog.LevelError
	}
	h.cfg.Log.Log(r.Context(), level, "webhook", "delivery", clip(r.Header.Get("X-GitHub-Delivery")), "event", label, "outcome", res.outcome,
		"status", res.status, "took", h.cfg.Now().Sub(began), "err", res.err)
	if res.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", http.MethodPost)
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(res.status)
	_, _ = io.WriteString(w, res.outcome+"\n") // the sender may have gone
}

// take goes from the cheapest to the dearest: nothing of a stranger's body is kept unless its signature has the right form.
func (h *Handler) take(w http.ResponseWriter, r *http.Request, name string) result {
	// It holds as well while the server drops the rest of a body that was refused. Not every writer has a connection behind
	// it; then there is none to be slow.
	conn := http.NewResponseController(w)
	_ = conn.SetReadDeadline(time.Now().Add(h.cfg.BodyTime))
	if r.Method != http.MethodPost {
		return result{http.StatusMethodNotAllowed, Malformed, nil}
	}
	sum, ok := signature(r.Header)
	if !ok {
		return result{http.StatusUnauthorized, Unsigned, nil}
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	form := kind == "application/x-www-form-urlencoded"
	if err != nil || !form && kind != "application/json" {
		return result{http.StatusUnsupportedMediaType, Malformed, nil}
	}
	held := &h.held
	if isLarge(r) { // which has a limit of its own
		held = new(atomic.Int64)
	}
	body, bad := h.body(w, r, form, held)
	defer held.Add(-int64(cap(body)))
	if bad.status != 0 {
		return bad
	}
	_ = conn.SetReadDeadline(time.Time{}) // the whole body is here; while the queue works nobody is slow
	if !h.signed(body, sum) {
		return result{http.StatusUnauthorized, Unsigned, nil}
	}
	if form {
		if body, err = payload(body); err != nil {
			return result{http.StatusBadRequest, Unreadable, err}
		}
	}
	return h.note(r.Context(), name, r.Header.Get("X-GitHub-Delivery"), body)
}

// body reads the body within the limits of size, memory and time. A result with a status is its failure.
func (h *Handler) body(w http.ResponseWriter, r *http.Request, form bool, held *atomic.Int64) ([]byte, result) {
	limit := int64(maxPayload)
	if form {
		limit = maxForm
	}
	if r.ContentLength > limit {
		return nil, result{http.StatusRequestEntityTooLarge, TooLarge, nil}
	}
	if isLarge(r) {
		select {
		case h.large <- struct{}{}:
			defer func() { <-h.large }()
		case <-time.After(h.cfg.BodyTime / 2):
			return nil, result{http.StatusServiceUnavailable, Unavailable, errors.New("too many large webhooks at a time")}
		case <-r.Context().Done():
			return nil, result{http.StatusRequestTimeout, Slow, r.Context().Err()}
		}
	}
	body, err := read(http.MaxBytesReader(w, r.Body, limit), held, isLarge(r))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, result{http.StatusRequestEntityTooLarge, TooLarge, nil}
	case errors.Is(err, errFull):
		return nil, result{http.StatusServiceUnavailable, Unavailable, err}
	case err != nil:
		return nil, result{http.StatusRequestTimeout, Slow, err}
	}
	return body, result{}
}

// errFull says that too much is being read already.
var errFull = errors.New("too many bytes of webhooks at a time")

// step is by how much room is made ahead of what has arrived, as long as that is small.
const step = 32 << 10

// read reads a body into room that grows as bytes arrive, whatever its length was said to be: whoever says a length has not sent
// anything yet. The room that it returns is counted in held, and that which it gave up is not any more.
func read(r io.Reader, held *atomic.Int64, large bool) (body []byte, err error) {
	defer func() {
		if err != nil {
			held.Add(-int64(cap(body)))
			body = nil
		}
	}()
	for {
		if len(body) == cap(body) {
			more := min(max(cap(body), bytes.MinRead), max(step, cap(body)/2))
			if held.Add(int64(cap(body)+more)) > maxHeld && !large {
				held.Add(-int64(cap(body) + more))
				return body, errFull
			}
			next := make([]byte, len(body), cap(body)+more)
			copy(next, body)
			held.Add(-int64(cap(body)))
			body = next
		}
		n, err := r.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		if err == io.EOF {
			return body, nil
		}
		if err != nil {
			return body, err
		}
	}
}

// isLarge reports whether a body is one of those of which there are only so many at a time.
func isLarge(r *http.Request) bool { return r.ContentLength < 0 || r.ContentLength > smallBody }

// payload takes the payload out of a form.
func payload(body []byte) ([]byte, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil || !form.Has("payload") {
		return nil, errors.New("reading a webhook: the form has no payload")
	}
	text := form.Get("payload")
	if len(text) > maxPayload {
		return nil, fmt.Errorf("reading a webhook: the payload has more than %d bytes", maxPayload)
	}
	return []byte(text), nil
}

// note makes a note of a webhook whose signature was checked.
func (h *Handler) note(ctx context.Context, name, guid string, body []byte) result {
	if name == "" || !isGUID(guid) {
		return result{http.StatusBadRequest, Malformed, errors.New("reading a webhook: a header of GitHub's is missing or garbled")}
	}
	if !event.Known(name) {
		return result{http.StatusAccepted, Ignored, nil}
	}
	e, err := event.Parse(name, body)
	if err != nil {
		return result{http.StatusBadRequest, Unreadable, err}
	}
	if !concerns(e) {
		return result{http.StatusAccepted, Ignored, nil}
	}
	raw, err := json.Marshal(e)
	if err != nil {
		return result{http.StatusBadRequest, Unreadable, err}
	}
	// A sender that goes away does not undo what is nearly done.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), addTime)
	defer cancel()
	fresh, err := h.cfg.Queue.Add(ctx, queue.Note{ID: guid, Key: Key(e), Kind: e.Name, Body: raw, At: h.cfg.Now().UTC()})
	switch {
	case errors.Is(err, queue.ErrNote):
		return result{http.StatusBadRequest, Unreadable, err}
	case err != nil:
		return result{http.StatusServiceUnavailable, Unavailable, err}
	case fresh == 0:
		return result{http.StatusAccepted, Replay, nil}
	}
	return result{http.StatusAccepted, Taken, nil}
}

// concerns reports whether anything is done about an event. A pull request that is closed is noted, although nothing is spent
// for it: what waits for it is moot then. A webhook without an installation is not of an App.
func concerns(e event.Event) bool {
	if e.Installation <= 0 {
		return false
	}
	a, err := route.Route(e)
	return err == nil && (a.Do != route.Ignore || a.Why == route.Closed)
}

// Key is what the note of an event is about, "installation/repository/" and then "#42" for a pull request, "group", "push" or,
// for a check run that does not name its pull request, "@" and its commit; "installation/installation" for what is about no
// repository. Repositories are named by their numbers, which outlive their names.
func Key(e event.Event) string {
	if e.RepoID == 0 {
		return fmt.Sprintf("%d/installation", e.Installation)
	}
	what := "@" + e.Check.HeadSHA
	switch {
	case e.Name == "push":
		what = "push"
	case e.Name == "merge_group":
		what = "group"
	case e.Pull.Number != 0:
		what = fmt.Sprintf("#%d", e.Pull.Number)
	}
	return fmt.Sprintf("%d/%d/%s", e.Installation, e.RepoID, what)
}

// isGUID reports whether s can be the id of a delivery. It is no secret and not signed.
func isGUID(s string) bool {
	return s != "" && len(s) <= 100 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == ""
}

// clip leaves of a header what a delivery can be called.
func clip(s string) string {
	if !isGUID(s) {
		return ""
	}
	return s
}

package meter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pertask/pertask/meter/body"
	"github.com/pertask/pertask/meter/format"
	"github.com/pertask/pertask/meter/tap"
	"github.com/pertask/pertask/usage"
)

// meter forwards a call that is billed and reads what it consumed.
func (p *Proxy) meter(q *request) {
	f, x, sent, err := p.prepare(q)
	defer sent.Release()
	if f == nil {
		q.refuse(err)
		return
	}
	defer q.session.leave()
	w := p.watch(q)
	defer w.end()
	if err == nil {
		err = f.admit(w.ctx, x.Body)
	}
	if err != nil {
		f.end(0, unbilled("not forwarded: "+err.Error()))
		q.refuse(err)
		return
	}
	w.sent.Store(true)
	if q.Context().Err() != nil {
		f.end(0, unbilled("not forwarded: the client had left"))
		return
	}
	p.forward(q, f, w, sent.With(x.Body), func(resp *http.Response) *tap.Tap { return tap.New(resp, x) })
}

// watch is the life of one call as the client and the session let it live. Until the request is sent on, it ends
// when the client leaves. After that the provider works on it and bills it, so it goes on for as long as an answer is
// drained. It ends with its session in any case.
type watch struct {
	ctx    context.Context
	cancel context.CancelFunc
	stop   func() bool
	sent   atomic.Bool // set before the client is looked at for the last time, so that none leaves in between unseen
}

func (p *Proxy) watch(q *request) *watch {
	w := new(watch)
	w.ctx, w.cancel = context.WithCancel(q.session.ctx)
	w.stop = context.AfterFunc(q.Context(), func() {
		defer w.cancel()
		if !w.sent.Load() {
			return
		}
		drain := time.NewTimer(p.cfg.Drain)
		defer drain.Stop()
		select {
		case <-drain.C:
		case <-w.ctx.Done():
		}
	})
	return w
}

func (w *watch) end() {
	w.stop()
	w.cancel()
}

// prepare reads the request. It returns no flight when the session takes no more calls, and a flight with an
// error when the request cannot be metered.
func (p *Proxy) prepare(q *request) (*flight, format.Exchange, body.Body, error) {
	var x format.Exchange
	sent, err := body.Read(q.Request, p.cfg.MaxRequest)
	if err == nil {
		x, err = q.format.Open(format.Request{Path: q.path, Query: q.URL.RawQuery, Header: q.Header, Body: sent.Bytes})
	}
	if err == nil {
		x.Body, err = q.session.season(q.format, x.Body)
	}
	c := q.call()
	c.RequestedModel, c.RequestedTier = x.Model, x.Tier
	f, closed := q.session.begin(c)
	switch {
	case closed != nil:
		return nil, x, sent, closed
	case err != nil:
		return f, x, sent, err
	}
	return f, x, sent, p.checkKey(q.up)
}

func (p *Proxy) checkKey(up upstream) error {
	if up.Auth == NoAuth || p.cfg.Keys.Has(up.Name) {
		return nil
	}
	return refuse(http.StatusBadRequest, "there is no key for upstream %q; set %s", up.Name, up.KeyEnv)
}

// free forwards a request to an endpoint that costs nothing. It needs no admission.
func (p *Proxy) free(q *request) {
	sent, err := body.Read(q.Request, p.cfg.MaxRequest)
	defer sent.Release()
	if err == nil {
		err = p.checkKey(q.up)
	}
	if err != nil {
		q.refuse(err)
		return
	}
	p.unmetered(q, sent, "a free endpoint", nil)
}

// lookUp forwards a HEAD, which tells nothing, and a GET, which providers do not bill, of the list of models or of a
// response that a call of this proxy has made: that one is counted there and nowhere else. Whatever else the key can
// read, such as stored files and other people's responses, is none of an agent's business.
func (p *Proxy) lookUp(q *request) {
	if err := p.checkKey(q.up); err != nil {
		q.refuse(err)
		return
	}
	known, made := p.madeBy(q)
	if q.Method == http.MethodGet && known == nil && !format.IsModels(q.path) {
		q.refuse(refuse(http.StatusNotFound, "an agent may look up models and its own responses only, not %.80s", q.path))
		return
	}
	if known == nil {
		p.unmetered(q, body.Body{}, "a free endpoint", nil)
		return
	}
	x, err := made.Open(format.Request{Path: q.path, Query: q.URL.RawQuery, Body: []byte("{}")})
	if err != nil { // such as a query that hides the usage
		q.refuse(err)
		return
	}
	p.unmetered(q, body.Body{}, "", func(resp *http.Response) *tap.Tap {
		t := tap.New(resp, x)
		t.Then = func(r usage.Reading) usage.Reading {
			known.complete(r)
			c := known.now()
			if c.Coverage != usage.Complete {
				return unbilled("the answer of call " + c.ID + ", which has no usage yet")
			}
			return unbilled("already counted in call " + c.ID)
		}
		return t
	})
}

// madeBy returns the call that made the answer which a path such as /responses/resp_1 names.
func (p *Proxy) madeBy(q *request) (*flight, format.Format) {
	i := strings.LastIndexByte(q.path, '/')
	made, ok := format.Find(q.up.Dialect, q.path[:max(i, 0)])
	if !ok {
		return nil, made
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.answers[answerKey{q.session, q.up.Name, q.path[i+1:]}], made
}

func (p *Proxy) remember(f *flight) {
	c := f.now()
	if c.ResponseID == "" {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sessions[f.session.id] != nil {
		p.answers[answerKey{f.session, c.Upstream, c.ResponseID}] = f
	}
}

// unmetered forwards a request that is not billed, and records that it was made.
func (p *Proxy) unmetered(q *request, sent body.Body, why string, listen func(*http.Response) *tap.Tap) {
	c := q.call()
	c.Format = ""
	f, err := q.session.begin(c)
	if err != nil {
		q.refuse(err)
		return
	}
	defer q.session.leave()
	if listen == nil {
		listen = func(*http.Response) *tap.Tap {
			return &tap.Tap{Then: func(usage.Reading) usage.Reading { return unbilled(why) }}
		}
	}
	w := p.watch(q)
	defer w.end()
	w.sent.Store(true)
	p.forward(q, f, w, sent, listen)
}

// forward sends a request on and its answer back. The provider's answer is read to its end even when the
// client leaves: it is billed all the same, and only its end tells for how much.
func (p *Proxy) forward(q *request, f *flight, w *watch, sent body.Body, listen func(*http.Response) *tap.Tap) {
	var progress progress
	out, err := p.outgoing(progress.trace(w.ctx), q, sent)
	if err != nil {
		f.end(0, unbilled("not forwarded: "+err.Error()))
		q.refuse(err)
		return
	}
	resp, err := p.transport.RoundTrip(out)
	if err != nil {
		p.unanswered(q, f, err, progress.sent(err, p.traced))
		return
	}
	defer resp.Body.Close()
	if err := plain(resp, q.Method); err != nil {
		resp.Body = io.NopCloser(errorReader{err})
	}
	if resp.StatusCode >= 300 {
		p.answerError(q, f, resp)
		return
	}
	p.answer(q, f, resp, listen(resp))
}

// unanswered ends a call that the provider did not answer. If the request had been sent, the provider may have
// worked on it and may bill it.
func (p *Proxy) unanswered(q *request, f *flight, err error, sent bool) {
	why := p.cfg.Keys.Redact(err.Error())
	switch {
	case f.now().Format == "":
		f.end(0, unbilled("the provider did not answer: "+why))
	case sent:
		f.end(0, usage.Reading{Problem: "the connection broke after the request was sent: " + why})
	default:
		f.end(0, unbilled("the provider was not reached: "+why))
	}
	e := refuse(http.StatusBadGateway, "upstream %q did not answer: %s", q.up.Name, why)
	e.kind = "api_error"
	q.refuse(e)
}

// outgoing builds the request to the provider: the client's, without its credentials and with the real key.
func (p *Proxy) outgoing(ctx context.Context, q *request, sent body.Body) (*http.Request, error) {
	target := q.up.base + q.rest
	if query := withoutKey(q.URL.RawQuery); query != "" {
		target += "?" + query
	}
	out, err := http.NewRequestWithContext(ctx, q.Method, target, nil)
	if err == nil {
		err = sent.Put(out)
	}
	if err != nil {
		return nil, fmt.Errorf("building the request for upstream %q: %w", q.up.Name, err)
	}
	out.Header = forwarded(q.Header)
	p.cfg.Keys.inject(out.Header, q.up)
	return out, nil
}

// withoutKey drops the parameters in which clients of Google put their key. The rest stays as it is written.
func withoutKey(query string) string {
	var kept []string
	for _, param := range strings.Split(query, "&") {
		name, _, _ := strings.Cut(param, "=")
		if plain, err := url.QueryUnescape(name); err == nil && plain != "key" && plain != "access_token" && plain != "oauth_token" {
			kept = append(kept, param)
		}
	}
	return strings.Join(kept, "&")
}

// dropped headers are not sent on: they concern one connection, carry credentials, describe the body as the
// client encoded it, or could turn a free request into a billed one.
var droppedHeaders = setOf(
	"Connection", "Proxy-Connection", "Keep-Alive", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
	"Proxy-Authenticate", "Proxy-Authorization", "Authorization", "X-Api-Key", "X-Goog-Api-Key", "Api-Key", "Cookie",
	"Accept-Encoding", "Content-Encoding", "Content-Length", "Expect",
	"X-Http-Method-Override", "X-Http-Method", "X-Method-Override", "X-Idempotency-Key",
	// credentials for gateways and clouds
	"Ocp-Apim-Subscription-Key", "X-Litellm-Api-Key", "X-Portkey-Api-Key", "Cf-Aig-Authorization", "Helicone-Auth",
	"X-Amz-Security-Token", "X-Amz-Date", "X-Amz-Content-Sha256",
	// where a gateway is to send the request
	"X-Original-Url", "X-Rewrite-Url", "Forwarded", "X-Forwarded-Host", "X-Forwarded-Prefix", "X-Forwarded-Uri",
	"X-Portkey-Custom-Host", "Helicone-Target-Url",
	// of the body as the client encoded it
	"Content-Md5", "Digest", "Content-Digest", "Repr-Digest",
)

func setOf(names ...string) map[string]bool {
	set := make(map[string]bool)
	for _, n := range names {
		set[n] = true
	}
	return set
}

func forwarded(in http.Header) http.Header {
	out := make(http.Header, len(in)+2) // the key comes, and what is said of encodings
	for name, values := range in {
		if !droppedHeaders[name] {
			out[name] = slices.Clip(values) // the server made them for this request alone
		}
	}
	dropListed(out, in["Connection"])
	if _, told := out["User-Agent"]; !told {
		out["User-Agent"] = nil // else the transport puts its own there
	}
	out.Set("Accept-Encoding", "identity")
	// The transport sends a request again by itself if this header is there in its canonical form. Every attempt
	// is to be a call of its own, so it goes out in another case, which means the same to the provider.
	if key, told := out["Idempotency-Key"]; told {
		delete(out, "Idempotency-Key")
		out["idempotency-key"] = key
	}
	return out
}

// dropListed removes the headers that the values of Connection list.
func dropListed(h http.Header, connection []string) {
	for _, list := range connection {
		for _, name := range strings.Split(list, ",") {
			h.Del(textproto.TrimString(name))
		}
	}
}

// progress is how far a request came.
type progress struct{ connected, wrote, broken atomic.Bool }

func (g *progress) trace(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { g.connected.Store(true) },
		WroteRequest: func(i httptrace.WroteRequestInfo) {
			g.wrote.Store(i.Err == nil)
			g.broken.Store(i.Err != nil)
		},
	})
}

// sent reports whether the provider may have got the whole request. A transport that does not tell is believed
// only when it could not connect.
func (g *progress) sent(err error, traced bool) bool {
	if !traced {
		var op *net.OpError
		return !errors.As(err, &op) || op.Op != "dial"
	}
	return g.wrote.Load() || g.connected.Load() && !g.broken.Load()
}

type errorReader struct{ err error }

// Read returns the error.
func (e errorReader) Read([]byte) (int, error) { return 0, e.err }

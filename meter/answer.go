package meter

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/pertask/pertask/meter/format"
	"github.com/pertask/pertask/meter/sse"
	"github.com/pertask/pertask/usage"
)

// maxAnswer is the largest answer in one piece that is read for its usage; a larger one goes through unread.
const maxAnswer = 64 << 20

// maxError is how much of an error's body is passed on.
const maxError = 4 << 20

// plain undoes gzip and deflate on an answer although none was asked for. Other encodings stay.
func plain(resp *http.Response, method string) error {
	encoding := strings.ToLower(resp.Header.Get("Content-Encoding"))
	switch encoding {
	case "gzip", "x-gzip", "deflate":
	default:
		return nil
	}
	if resp.ContentLength == 0 || method == http.MethodHead {
		return nil
	}
	body, err := decode(resp.Body, encoding)
	if err != nil {
		return err
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{body, resp.Body}
	resp.Header.Del("Content-Encoding")
	resp.Header.Del("Content-Length")
	resp.ContentLength = -1
	return nil
}

// tap reads a copy of an answer. The zero value reads nothing.
type tap struct {
	filter *sse.Filter // what the client must not see is left out; nil passes everything
	// Exactly one of these is set while something is read.
	events format.Stream
	read   func([]byte) usage.Reading

	parser format.Splitter
	body   []byte
	broken string // why reading was given up
	done   func(usage.Reading) usage.Reading
}

// newTap chooses how to read an answer: by what it says it is, and where it does not say, by what was asked for.
func newTap(resp *http.Response, x format.Exchange) *tap {
	t := new(tap)
	if e := resp.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		t.broken = fmt.Sprintf("the answer is encoded as %.40q, which is not read", e)
		return t
	}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if kind != "text/event-stream" && (kind == "application/json" || !x.Stream) {
		t.read = x.Read
		return t
	}
	t.events = x.Events()
	t.parser = &sse.Parser{Handle: t.events.Event}
	if x.Split != nil && kind != "text/event-stream" {
		t.parser = x.Split(t.events.Event)
		return t
	}
	if x.Withhold != nil {
		t.filter = sse.NewFilter(x.Withhold)
	}
	return t
}

// take reads the next bytes. A decoder that panics gives up its reading and nothing else.
func (t *tap) take(b []byte) {
	if t.broken != "" {
		return
	}
	defer t.recover()
	switch {
	case t.events != nil:
		_, _ = t.parser.Write(b) // it never fails
	case t.read != nil && len(t.body)+len(b) > maxAnswer:
		t.broken, t.body = fmt.Sprintf("the answer is larger than the %d bytes that are read", maxAnswer), nil
	case t.read != nil:
		t.body = append(t.body, b...)
	}
}

func (t *tap) recover() {
	if v := recover(); v != nil {
		t.broken = "the decoder broke on this answer"
	}
}

// result returns what was read, when the answer has ended or was cut by an error.
func (t *tap) result(cut error) (r usage.Reading) {
	r = t.reading(cut)
	if t.broken != "" {
		r = usage.Reading{Problem: t.broken}
	}
	if cut != nil && r.Coverage != usage.Complete {
		r.Problem = strings.TrimPrefix(r.Problem+"; "+cut.Error(), "; ")
	}
	if t.done != nil {
		r = t.done(r)
	}
	return r
}

func (t *tap) reading(cut error) (r usage.Reading) {
	if t.broken != "" {
		return r
	}
	defer t.recover()
	switch {
	case t.events != nil:
		t.parser.End()
		r = t.events.Reading()
		if t.parser.Dropped() && r.Coverage == usage.Complete {
			r.Coverage, r.Problem = usage.Partial, "the stream has an event that is too large or too broken to read"
		}
	case t.read != nil && cut == nil:
		r = t.read(t.body)
	}
	return r
}

var buffers = sync.Pool{New: func() any { return new([32 << 10]byte) }}

// answer passes an answer on while it is read. The client is served first.
func (p *Proxy) answer(q *request, f *flight, resp *http.Response, t *tap) {
	ended := false
	end := func(cut error) {
		if ended {
			return
		}
		ended = true
		f.end(resp.StatusCode, t.result(cut))
		if f.now().Format != "" {
			p.remember(f)
		}
	}
	if t.filter != nil {
		resp.Header.Del("Content-Length")
	}
	p.copyHeader(q.w.Header(), resp.Header)
	q.w.WriteHeader(resp.StatusCode)
	out := &relay{w: q.w, control: http.NewResponseController(q.w), stall: p.cfg.Drain, flush: resp.ContentLength < 0 || t.events != nil}
	defer out.headersSoon()()
	if err := copyAnswer(out, resp, t, end); err != nil && !out.left() {
		panic(http.ErrAbortHandler) // the client is to see that the answer was cut
	}
}

// copyAnswer copies the answer, calls end with what cut it, if anything, and returns the same.
func copyAnswer(out *relay, resp *http.Response, t *tap, end func(cut error)) error {
	buf := buffers.Get().(*[32 << 10]byte)
	defer buffers.Put(buf)
	var total int64
	var passed []byte
	for {
		n, err := resp.Body.Read(buf[:])
		b := buf[:n]
		total += int64(n)
		whole := total == resp.ContentLength && n > 0
		if whole { // the client can act on the last byte, so the call ends before it
			t.take(b)
			end(nil)
		}
		if t.filter != nil {
			passed = t.filter.Pass(passed[:0], b)
			if err == io.EOF {
				passed = t.filter.End(passed)
			}
			out.send(passed)
		} else {
			out.send(b)
		}
		if !whole {
			t.take(b)
		}
		switch {
		case err == io.EOF:
			end(nil)
			return nil
		case err != nil:
			cut := fmt.Errorf("reading the answer: %w", err)
			end(cut)
			return cut
		}
	}
}

// answerError passes on an answer that is not a success. Providers quote the key in some of them, so keys are
// taken out. It is not billed: nothing was generated.
func (p *Proxy) answerError(q *request, f *flight, resp *http.Response) {
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxError))
	why := fmt.Sprintf("answered with status %d", resp.StatusCode)
	if err != nil {
		why += fmt.Sprintf(" (%v)", err)
	}
	f.end(resp.StatusCode, unbilled(why))
	p.copyHeader(q.w.Header(), resp.Header)
	if q.Method != http.MethodHead {
		q.w.Header().Del("Content-Length")
	}
	q.w.WriteHeader(resp.StatusCode)
	_, _ = io.WriteString(q.w, p.cfg.Keys.Redact(string(body))) // a client that left does not read it
}

// copyHeader copies the headers of an answer but for those that concern the connection to the provider or the
// provider's host.
func (p *Proxy) copyHeader(dst, src http.Header) {
	dropListed(src)
	for _, name := range []string{"Connection", "Keep-Alive", "Proxy-Connection", "Trailer", "Transfer-Encoding", "Upgrade",
		"Set-Cookie", "Alt-Svc", "Strict-Transport-Security"} {
		src.Del(name)
	}
	for name, values := range src {
		for _, v := range values {
			dst.Add(name, p.cfg.Keys.Redact(v))
		}
	}
}

// relay writes to a client that may leave or stop reading at any time.
type relay struct {
	w       http.ResponseWriter
	control *http.ResponseController
	stall   time.Duration // how long a client may not read before it counts as gone
	flush   bool

	mu    sync.Mutex
	begun bool // something was sent
	gone  bool
	until time.Time // the write deadline that is set
}

// headersSoon sends the headers alone when the first bytes of a stream are slow to come. Mostly they are not,
// and then one write carries both. The function that it returns ends this.
func (o *relay) headersSoon() (stop func()) {
	if !o.flush {
		return func() {}
	}
	const soon = 5 * time.Millisecond
	timer := time.AfterFunc(soon, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		if !o.begun {
			o.begun = true
			o.flushed()
		}
	})
	return func() {
		timer.Stop()
		o.mu.Lock()
		o.begun = true // a timer that has fired already finds nothing to do
		o.mu.Unlock()
	}
}

func (o *relay) send(b []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.gone || len(b) == 0 {
		return
	}
	o.begun = true
	if now := time.Now(); o.until.Sub(now) < o.stall {
		o.until = now.Add(o.stall + time.Second)
		_ = o.control.SetWriteDeadline(o.until) // a writer without deadlines waits for its client
	}
	if _, err := o.w.Write(b); err != nil {
		o.gone = true
		return
	}
	if o.flush {
		o.flushed()
	}
}

func (o *relay) flushed() {
	if err := o.control.Flush(); err != nil {
		o.gone = true
	}
}

func (o *relay) left() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.gone
}

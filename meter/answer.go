package meter

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"

	"github.com/pertask/pertask/meter/coding"
	"github.com/pertask/pertask/meter/tap"
)

// maxError is how much of an error's body is passed on.
const maxError = 4 << 20

// plain undoes the encodings of an answer although none was asked for. Those that are not known stay.
func plain(resp *http.Response, method string) error {
	applied, err := coding.Applied(resp.Header)
	if err != nil || len(applied) == 0 || resp.ContentLength == 0 || method == http.MethodHead {
		return nil // too many of them are as good as an unknown one: the tap says that it is not read
	}
	if slices.ContainsFunc(applied, func(e string) bool { return !slices.Contains(decoded, e) }) {
		return nil
	}
	body := io.Reader(resp.Body)
	for _, encoding := range slices.Backward(applied) { // the last one was applied last
		if body, err = coding.Decode(body, encoding); err != nil {
			return err
		}
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

// decoded are the encodings that decode knows.
var decoded = []string{"gzip", "x-gzip", "deflate", "br", "zstd"}

// buffer is what one answer is copied through.
type buffer struct {
	in  [32 << 10]byte
	out []byte // what a filter lets pass
}

var buffers = sync.Pool{New: func() any { return new(buffer) }}

func (b *buffer) free() {
	if cap(b.out) <= 4*len(b.in) {
		buffers.Put(b)
	}
}

// answer passes an answer on while it is read. The client is served first.
func (p *Proxy) answer(q *request, f *flight, resp *http.Response, t *tap.Tap) {
	f.claim(q.up, resp.Header)
	ended := false
	end := func(cut error) {
		if ended {
			return
		}
		ended = true
		f.end(resp.StatusCode, t.Result(cut))
		if f.now().Format != "" {
			p.remember(f)
		}
	}
	if t.Filters() {
		resp.Header.Del("Content-Length")
	}
	p.copyHeader(q.w.Header(), resp.Header)
	q.w.WriteHeader(resp.StatusCode)
	out := &relay{w: q.w, control: http.NewResponseController(q.w), stall: p.cfg.Drain, flush: resp.ContentLength < 0 || t.Streams()}
	defer out.headersSoon()()
	if err := copyAnswer(out, resp, t, end); err != nil && !out.left() {
		panic(http.ErrAbortHandler) // the client is to see that the answer was cut
	}
}

// copyAnswer copies the answer, calls end with what cut it, if anything, and returns the same.
func copyAnswer(out *relay, resp *http.Response, t *tap.Tap, end func(cut error)) error {
	buf := buffers.Get().(*buffer)
	defer buf.free()
	var total int64
	for {
		n, err := resp.Body.Read(buf.in[:])
		b := buf.in[:n]
		total += int64(n)
		whole := total == resp.ContentLength && n > 0
		if whole { // the client can act on the last byte, so the call ends before it
			t.Take(b)
			end(nil)
		}
		if t.Filters() {
			buf.out, b = t.Pass(buf.out[:0], b, err == io.EOF)
			out.send(buf.out)
		} else {
			out.send(b)
		}
		if whole {
			out.whole()
		} else {
			t.Take(b)
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

// hopHeaders of an answer concern the connection to the provider or the provider's host.
var hopHeaders = setOf("Connection", "Keep-Alive", "Proxy-Connection", "Trailer", "Transfer-Encoding", "Upgrade",
	"Set-Cookie", "Alt-Svc", "Strict-Transport-Security")

// copyHeader copies the headers of an answer but for those.
func (p *Proxy) copyHeader(dst, src http.Header) {
	dropListed(src, src["Connection"])
	for name, values := range src {
		if hopHeaders[name] {
			continue
		}
		for i, v := range values {
			values[i] = p.cfg.Keys.Redact(v)
		}
		dst[name] = values
	}
}

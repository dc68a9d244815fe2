package meter_test

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pertask/pertask/meter"
)

// benchRounds is how many rounds one iteration of BenchmarkForward has. A round measures every way once.
const benchRounds = 7

// BenchmarkForward says what the meter costs beside the standard library's reverse proxy with a tuned transport,
// both in front of the same provider in the same process. In every round each way (direct, reverse, meter) sends
// the same number of requests, in small turns, so that whatever else the machine does meets all of them. The metrics
// are medians over the rounds:
//
//	added-x       (meter - direct) / (reverse - direct), of the latencies at each round's median
//	added-low-x   the same at the lowest quarter of the rounds, and
//	added-high-x  at the highest: how far the machine's noise reaches
//	throughput-x  requests per second of the meter over those of the reverse proxy
//	direct-us, reverse-us, meter-us  the latencies themselves
//
// The reverse proxy does not buffer requests, and so cuts answers that come before it has seen the end of the
// request (golang/go#40747). The provider here reads the request first, which leaves only a few of them; they are
// counted in reverse-cut. Neither of the other ways may cut any.
func BenchmarkForward(b *testing.B) {
	chat := func(size int, stream bool) []byte {
		return fmt.Appendf(nil, `{"model":"m","stream":%t,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"%s"}]}`,
			stream, strings.Repeat("x", size))
	}
	one, many := answers(200, jsonType, chatAnswer(1, 2)), chatEvents(100, 7)
	for _, k := range []struct {
		name    string
		body    []byte
		handler http.HandlerFunc
	}{
		{"json", chat(2<<10, false), one},
		{"stream", chat(2<<10, true), answers(200, sseType, sse(many...))},
		{"stream-usage-unasked", bytes.Replace(chat(2<<10, true), []byte(`"stream_options":{"include_usage":true},`), nil, 1), answers(200, sseType, sse(many...))},
		{"flushed-stream", chat(2<<10, true), streams(many...)},
		{"json-200kB", chat(200<<10, false), one},
		{"stream-200kB", chat(200<<10, true), answers(200, sseType, sse(many...))},
	} {
		ways := newWays(b, k.handler)
		for _, conns := range []int{1, 8, 64} {
			b.Run(fmt.Sprintf("%s/%d", k.name, conns), func(b *testing.B) {
				var rounds []map[string]measure
				for _, w := range ways {
					w.run(b, k.body, conns, conns) // connections are opened before anything is measured
				}
				for b.Loop() {
					for range benchRounds {
						rounds = append(rounds, oneRound(b, ways, k.body, conns))
					}
				}
				report(b, rounds)
				b.ReportMetric(float64(ways[0].cut.Swap(0)), "reverse-cut")
			})
		}
	}
}

// oneRound has every way send its requests.
func oneRound(b *testing.B, ways []way, body []byte, conns int) map[string]measure {
	const turns = 24
	round := make(map[string]measure)
	for range turns {
		for _, w := range ways {
			m := round[w.name]
			m.add(w.run(b, body, conns, max(24, 2*conns)))
			round[w.name] = m
		}
	}
	return round
}

// way is one way to the provider.
type way struct {
	name, base, token string
	client            *http.Transport
	cut               *atomic.Int64 // answers that did not come whole
}

// measure is what one way took in one round.
type measure struct {
	each []time.Duration // of the requests
	took time.Duration   // together
}

func (m *measure) add(n measure) {
	m.each, m.took = append(m.each, n.each...), m.took+n.took
}

func (m measure) latency() time.Duration { return middle(m.each) }

func (m measure) perSec() float64 { return float64(len(m.each)) / m.took.Seconds() }

func tuned() *http.Transport {
	return &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true}
}

// pool is the reverse proxy's, as large as its own buffers.
type pool struct{ sync.Pool }

func (p *pool) Get() []byte {
	if b, ok := p.Pool.Get().(*[]byte); ok {
		return *b
	}
	return make([]byte, 32<<10)
}

func (p *pool) Put(b []byte) { p.Pool.Put(&b) }

func newWays(b *testing.B, handler http.HandlerFunc) []way {
	b.Helper()
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		_, _ = io.Copy(io.Discard, q.Body)
		handler(w, q)
	}))
	b.Cleanup(provider.Close)
	at, err := url.Parse(provider.URL)
	if err != nil {
		b.Fatal(err)
	}
	reverse := httptest.NewServer(&httputil.ReverseProxy{FlushInterval: -1, Transport: tuned(), BufferPool: new(pool),
		ErrorLog: log.New(io.Discard, "", 0),
		Rewrite:  func(r *httputil.ProxyRequest) { r.SetURL(at) }})
	b.Cleanup(reverse.Close)
	p, err := meter.Start(meter.Config{Admit: admitAll, Upstreams: []meter.Upstream{{Name: "local", URL: provider.URL, Auth: meter.NoAuth}}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = p.Close(b.Context()) })
	s := p.Open("bench")
	cut := new(atomic.Int64)
	return []way{
		{"direct", provider.URL, "", tuned(), cut},
		{"reverse", reverse.URL, "", tuned(), cut},
		{"meter", s.URL("local"), s.Token(), tuned(), cut},
	}
}

// run sends requests over a number of connections.
func (w way) run(b *testing.B, body []byte, conns, requests int) measure {
	took := make([]time.Duration, requests)
	var all sync.WaitGroup
	start := time.Now()
	for c := range conns {
		all.Go(func() {
			for i := c; i < requests; i += conns {
				begin := time.Now()
				w.roundTrip(b, body)
				took[i] = time.Since(begin)
			}
		})
	}
	all.Wait()
	return measure{took, time.Since(start)}
}

func (w way) roundTrip(b *testing.B, body []byte) {
	q, err := http.NewRequest("POST", w.base+"/v1/chat/completions", bytes.NewReader(body))
	if err != nil {
		b.Error(err)
		return
	}
	q.Header.Set("X-Api-Key", w.token)
	resp, err := w.client.RoundTrip(q)
	if err != nil {
		b.Error(err)
		return
	}
	defer resp.Body.Close()
	n, err := io.Copy(io.Discard, resp.Body)
	switch {
	case err != nil && w.name == "reverse":
		w.cut.Add(1)
	case err != nil || n == 0 || resp.StatusCode != 200:
		b.Errorf("%s: status %d, %d bytes, %v", w.name, resp.StatusCode, n, err)
	}
}

func report(b *testing.B, rounds []map[string]measure) {
	var added, throughput []float64
	latency := make(map[string][]time.Duration)
	for _, r := range rounds {
		direct, reverse, ours := r["direct"], r["reverse"], r["meter"]
		added = append(added, float64(ours.latency()-direct.latency())/float64(reverse.latency()-direct.latency()))
		throughput = append(throughput, ours.perSec()/reverse.perSec())
		for name, m := range r {
			latency[name] = append(latency[name], m.latency())
		}
	}
	b.ReportMetric(middle(added), "added-x")
	b.ReportMetric(middle(throughput), "throughput-x")
	b.ReportMetric(added[len(added)/4], "added-low-x") // middle has sorted them
	b.ReportMetric(added[len(added)*3/4], "added-high-x")
	for name, l := range latency {
		b.ReportMetric(float64(middle(l).Microseconds()), name+"-us")
	}
	b.ReportMetric(0, "ns/op") // a time over all ways means nothing
}

// middle sorts what it is given and returns the median.
func middle[T time.Duration | float64](all []T) T {
	slices.Sort(all)
	return all[len(all)/2]
}

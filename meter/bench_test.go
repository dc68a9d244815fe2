package meter_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/pertask/pertask/meter"
)

// BenchmarkForward compares the meter with a direct connection and with the standard library's reverse proxy on
// the same transport. Only the ratios within one run mean anything.
func BenchmarkForward(b *testing.B) {
	body := []byte(`{"model":"m","stream":true,"stream_options":{"include_usage":true},"messages":"` + strings.Repeat("x", 2048) + `"}`)
	for name, handler := range map[string]http.HandlerFunc{
		"stream": answers(200, sseType, sse(chatEvents(100, 7)...)),
		"json":   answers(200, jsonType, chatAnswer(1, 2)),
	} {
		provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			_, _ = io.Copy(io.Discard, q.Body)
			handler(w, q)
		}))
		b.Cleanup(provider.Close)
		transport := func() *http.Transport { return &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true} }

		at, err := url.Parse(provider.URL)
		if err != nil {
			b.Fatal(err)
		}
		reverse := httptest.NewServer(&httputil.ReverseProxy{FlushInterval: -1, Transport: transport(),
			Rewrite: func(r *httputil.ProxyRequest) {
				r.SetURL(at)
				// As the design demands of any proxy here: without it, streams are cut.
				all, _ := io.ReadAll(r.In.Body)
				r.Out.Body = io.NopCloser(bytes.NewReader(all))
			}})
		b.Cleanup(reverse.Close)

		p, err := meter.Start(meter.Config{Admit: admitAll, Upstreams: []meter.Upstream{{Name: "local", URL: provider.URL, Auth: meter.NoAuth}}})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = p.Close(b.Context()) })
		s := p.Open("bench")

		for _, way := range []struct{ name, base string }{{"direct", provider.URL}, {"reverse", reverse.URL}, {"meter", s.URL("local")}} {
			for _, conns := range []struct {
				name string
				n    int
			}{{"1", 1}, {"32", 16}} { // times GOMAXPROCS
				b.Run(name+"/"+way.name+"/"+conns.name, func(b *testing.B) {
					client := transport()
					b.ReportAllocs()
					if conns.n == 1 {
						for b.Loop() {
							roundTripOnce(b, client, way.base, s.Token(), body)
						}
						return
					}
					b.SetParallelism(conns.n)
					b.RunParallel(func(pb *testing.PB) {
						for pb.Next() {
							roundTripOnce(b, client, way.base, s.Token(), body)
						}
					})
				})
			}
		}
	}
}

func roundTripOnce(b *testing.B, client *http.Transport, base, token string, body []byte) {
	q, err := http.NewRequest("POST", base+"/v1/chat/completions", bytes.NewReader(body))
	if err != nil {
		b.Error(err)
		return
	}
	q.Header.Set("X-Api-Key", token)
	resp, err := client.RoundTrip(q)
	if err != nil {
		b.Error(err)
		return
	}
	if n, err := io.Copy(io.Discard, resp.Body); err != nil || n == 0 || resp.StatusCode != 200 {
		b.Errorf("status %d, %d bytes, %v", resp.StatusCode, n, err)
	}
	resp.Body.Close()
}

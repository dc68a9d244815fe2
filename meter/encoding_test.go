package meter_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/usage"
)

// encoders are the encodings that request bodies may have, by the name in Content-Encoding.
var encoders = map[string]func(io.Writer) (io.WriteCloser, error){
	"gzip":    func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil },
	"deflate": func(w io.Writer) (io.WriteCloser, error) { return zlib.NewWriter(w), nil },
	"bare":    func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, 6) }, // sent as deflate
	"br":      func(w io.Writer) (io.WriteCloser, error) { return brotli.NewWriter(w), nil },
	"zstd":    func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w) },
}

// packed encodes a body once for each name, in order.
func packed(t testing.TB, body []byte, names ...string) []byte {
	t.Helper()
	for _, name := range names {
		var b bytes.Buffer
		w, err := encoders[name](&b)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(body); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		body = b.Bytes()
	}
	return body
}

func header(names []string) string {
	return strings.ReplaceAll(strings.Join(names, ", "), "bare", "deflate")
}

var stacks = [][]string{{"gzip"}, {"deflate"}, {"bare"}, {"br"}, {"zstd"},
	{"gzip", "zstd"}, {"zstd", "gzip"}, {"br", "deflate", "zstd"}, {"bare", "br"}, {"zstd", "zstd", "zstd", "zstd"}}

func TestEveryEncodingIsSentOnPlain(t *testing.T) {
	for _, names := range stacks {
		t.Run(header(names), func(t *testing.T) {
			r := newRig(t, answers(200, jsonType, chatAnswer(3, 4)))
			body := `{"model":"m","messages":[{"role":"user","content":"` + strings.Repeat("go ", 50_000) + `"}]}`
			q := r.request("POST", "openai", "/chat/completions", string(packed(t, []byte(body), names...)))
			q.Header.Set("Content-Encoding", strings.ToUpper(header(names)))
			if resp, got := r.do(q); resp.StatusCode != 200 {
				t.Fatalf("got %d %s", resp.StatusCode, got)
			}
			seen, bodies := r.requests()
			if bodies[0] != body {
				t.Errorf("the provider got %d bytes %.80q, want %d", len(bodies[0]), bodies[0], len(body))
			}
			if e, told := seen[0].Header["Content-Encoding"]; told || seen[0].ContentLength != int64(len(body)) {
				t.Errorf("the provider got encoding %q and length %d, want none and %d", e, seen[0].ContentLength, len(body))
			}
			call := r.one()
			want(t, call, usage.Complete, 3, 4)
			if call.RequestedModel != "m" {
				t.Errorf("model is %q", call.RequestedModel)
			}
		})
	}
}

// TestEncodingsInSeveralHeaders says that a header in two lines means the same as in one, and that what is sent
// without a length is read all the same.
func TestEncodingsInSeveralHeaders(t *testing.T) {
	r := newRig(t, answers(200, jsonType, chatAnswer(3, 4)))
	const body = `{"model":"m"}`
	q := r.request("POST", "openai", "/chat/completions", string(packed(t, []byte(body), "gzip", "zstd")))
	q.ContentLength = -1
	q.Header["Content-Encoding"] = []string{"gzip", "identity", "zstd,"}
	if resp, got := r.do(q); resp.StatusCode != 200 {
		t.Fatalf("got %d %s", resp.StatusCode, got)
	}
	if _, bodies := r.requests(); bodies[0] != body {
		t.Errorf("the provider got %q, want %q", bodies[0], body)
	}
}

func TestUsageIsAskedForInACompressedBody(t *testing.T) {
	r := newRig(t, streams(chatEvents(5, 6)...))
	q := r.request("POST", "openai", "/chat/completions", string(packed(t, []byte(`{"model":"m","stream":true}`), "zstd")))
	q.Header.Set("Content-Encoding", "zstd")
	if resp, got := r.do(q); resp.StatusCode != 200 || strings.Contains(got, "prompt_tokens") {
		t.Errorf("got %d %s, want no usage that the client did not ask for", resp.StatusCode, got)
	}
	_, bodies := r.requests()
	var sent struct {
		StreamOptions struct {
			IncludeUsage bool `json:"include_usage"`
		} `json:"stream_options"`
	}
	if err := json.Unmarshal([]byte(bodies[0]), &sent); err != nil || !sent.StreamOptions.IncludeUsage {
		t.Errorf("the provider got %q (%v), want include_usage in it", bodies[0], err)
	}
	want(t, r.one(), usage.Complete, 6, 5)
}

func TestEncodedBodiesThatAreRefused(t *testing.T) {
	const most = 1 << 18
	plain := []byte(`{"model":"m","messages":[]}`)
	type refused struct {
		name     string
		encoding []string
		body     []byte
		status   int
		message  string
	}
	cases := []refused{
		{"five encodings", []string{"gzip", "gzip", "gzip", "gzip", "gzip"}, packed(t, plain, "gzip", "gzip", "gzip", "gzip", "gzip"), 415, "up to 4"},
		{"an unknown one inside", []string{"snappy", "gzip"}, packed(t, plain, "gzip"), 415, `"snappy"`},
		{"the wrong order", []string{"zstd", "gzip"}, packed(t, plain, "gzip", "zstd"), 400, "not the gzip"},
		// The frame says that it needs a window of 2 GiB.
		{"a huge zstd window", []string{"zstd"}, []byte("\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00"), 413, "window"},
		// A frame in one segment that says that it holds 1 GiB.
		{"a huge zstd segment", []string{"zstd"}, []byte("\x28\xb5\x2f\xfd\xa0\x00\x00\x00\x40\x01\x00\x00"), 413, "window"},
		{"zstd with a dictionary", []string{"zstd"}, []byte("\x28\xb5\x2f\xfd\x21\x07\x00\x01\x00\x00"), 400, "dictionary"},
		{"a skipped zstd frame that is not all there", []string{"zstd"}, []byte("\x50\x2a\x4d\x18\xff\xff\xff\xff!"), 400, "unexpected EOF"},
	}
	for name := range encoders {
		one, bomb := packed(t, plain, name), packed(t, make([]byte, 4*most), name)
		enc := []string{name}
		cases = append(cases,
			refused{name + " bomb", enc, bomb, 413, "larger than the 262144 bytes"},
			refused{name + " bomb in a bomb", []string{name, "gzip"}, packed(t, bomb, "gzip"), 413, "larger than the 262144 bytes"},
			refused{name + " cut", enc, one[:len(one)-1], 400, ""},
			refused{name + " cut in the middle", enc, one[:len(one)/2], 400, ""},
			refused{name + " empty", enc, nil, 400, ""},
			refused{name + " with something after it", enc, append(slices.Clone(one), '!'), 400, ""},
			refused{name + " with much after it", enc, append(slices.Clone(one), make([]byte, 40_000)...), 400, ""},
			refused{name + " of something else", enc, []byte(`{"model":"m"}`), 400, ""},
		)
	}
	r := newRig(t, answers(200, jsonType, chatAnswer(1, 1)), func(cfg *meter.Config) { cfg.MaxRequest = most })
	for _, c := range cases {
		for _, length := range []string{"with its length", "in chunks"} {
			t.Run(c.name+" "+length, func(t *testing.T) {
				q := r.request("POST", "openai", "/chat/completions", string(c.body))
				if length == "in chunks" {
					q.ContentLength = -1
				}
				q.Header.Set("Content-Encoding", header(c.encoding))
				resp, body := r.do(q)
				if m := messageOf(t, body); resp.StatusCode != c.status || !strings.Contains(m, c.message) || !strings.HasPrefix(m, "pertask: ") {
					t.Errorf("got %d %q, want %d and %q", resp.StatusCode, m, c.status, c.message)
				}
			})
		}
	}
	if seen, _ := r.requests(); len(seen) != 0 {
		t.Errorf("%d requests were forwarded", len(seen))
	}
}

// TestLargestEncodedBody says that the limit is on the plain body, to the byte.
func TestLargestEncodedBody(t *testing.T) {
	const most = 1 << 16
	r := newRig(t, answers(200, jsonType, chatAnswer(1, 1)), func(cfg *meter.Config) { cfg.MaxRequest = most })
	for name := range encoders {
		for _, more := range []int{0, 1} {
			const object = `{"model":"m"}`
			body := object + strings.Repeat(" ", most+more-len(object))
			q := r.request("POST", "openai", "/chat/completions", string(packed(t, []byte(body), name)))
			q.Header.Set("Content-Encoding", header([]string{name}))
			wanted := []int{200, 413}[more]
			if resp, got := r.do(q); resp.StatusCode != wanted {
				t.Errorf("%s of %d bytes: got %d %s, want %d", name, len(body), resp.StatusCode, got, wanted)
			}
		}
	}
}

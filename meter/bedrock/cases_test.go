package bedrock_test

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/internal/golden"
	"github.com/pertask/pertask/meter/bedrock"
	"github.com/pertask/pertask/meter/readingtest"
	"github.com/pertask/pertask/usage"
)

// What the tests of every format do.
var (
	files = readingtest.Files
	load  = readingtest.Load
)

type stream interface {
	Event(name string, data []byte)
	Reading() usage.Reading
}

// frame writes one message in AWS's framing.
func frame(t testing.TB, kind, name, payload string) []byte {
	t.Helper()
	typeOf := map[string]string{"event": ":event-type", "exception": ":exception-type", "error": ":error-code"}
	m := eventstream.Message{Payload: []byte(payload)}
	m.Headers.Set(":message-type", eventstream.StringValue(kind))
	m.Headers.Set(typeOf[kind], eventstream.StringValue(name))
	m.Headers.Set(":content-type", eventstream.StringValue("application/json"))
	var out bytes.Buffer
	if err := eventstream.NewEncoder().Encode(&out, m); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// frames reads a file of events: the messages in AWS's framing, one by one.
func frames(t testing.TB, path string) (out [][]byte) {
	t.Helper()
	for line := range strings.Lines(string(load(t, path))) {
		part := strings.SplitN(strings.TrimSpace(line), " ", 3)
		out = append(out, frame(t, part[0], part[1], part[2]))
	}
	return out
}

// feed reads a stream that comes in the given pieces, and tells whether something was dropped.
func feed(s stream, pieces ...[]byte) (r usage.Reading, dropped bool) {
	f := bedrock.Frames{Handle: s.Event}
	for _, b := range pieces {
		_, _ = f.Write(b)
	}
	f.End()
	return s.Reading(), f.Dropped()
}

// show writes a reading the way the golden files have it.
func show(t *testing.T, r usage.Reading) string {
	t.Helper()
	check(t, r)
	return readingtest.Show(t, r)
}

func TestCases(t *testing.T) {
	for _, path := range files(t, "converse/*.json") {
		t.Run(path, func(t *testing.T) {
			golden.Check(t, path+".want", show(t, bedrock.ReadConverse(load(t, path), bedrock.ConverseRequest{})))
		})
	}
	for _, path := range files(t, "converse-stream/*.events") {
		t.Run(path, func(t *testing.T) {
			r, dropped := feed(new(bedrock.ConverseStream), frames(t, path)...)
			if dropped {
				t.Error("a whole message was dropped")
			}
			golden.Check(t, path+".want", show(t, r))
		})
	}
}

// TestSplits feeds every stream in two pieces, cut at every byte, and byte by byte: nothing may change.
func TestSplits(t *testing.T) {
	for _, path := range files(t, "converse-stream/*.events") {
		text := bytes.Join(frames(t, path), nil)
		whole, _ := feed(new(bedrock.ConverseStream), text)
		single := make([][]byte, len(text))
		for i := range text {
			single[i] = text[i : i+1]
			if got, dropped := feed(new(bedrock.ConverseStream), text[:i], text[i:]); dropped || !reflect.DeepEqual(whole, got) {
				t.Fatalf("%s cut at byte %d of %d, dropped %t (-whole +cut):\n%s", path, i, len(text), dropped, cmp.Diff(whole, got))
			}
		}
		if got, dropped := feed(new(bedrock.ConverseStream), single...); dropped || !reflect.DeepEqual(whole, got) {
			t.Errorf("%s byte by byte, dropped %t (-whole +bytes):\n%s", path, dropped, cmp.Diff(whole, got))
		}
	}
}

// TestTruncations ends every stream early, at every byte: it may say less, and a message that was cut is told.
func TestTruncations(t *testing.T) {
	for _, path := range files(t, "converse-stream/*.events") {
		messages := frames(t, path)
		text := bytes.Join(messages, nil)
		whole, _ := feed(new(bedrock.ConverseStream), text)
		ends := map[int]bool{0: true}
		end := 0
		for _, m := range messages {
			end += len(m)
			ends[end] = true
		}
		for i := range text {
			got, dropped := feed(new(bedrock.ConverseStream), text[:i])
			if dropped == ends[i] {
				t.Fatalf("%s: the first %d of %d bytes are cut between messages: %t; dropped: %t", path, i, len(text), ends[i], dropped)
			}
			if !dropped && got.Coverage == usage.Complete && !reflect.DeepEqual(got.Tokens, whole.Tokens) {
				t.Fatalf("%s: the first %d of %d bytes read as complete with %v tokens, all of them as %v (%s)",
					path, i, len(text), got.Tokens.Total(), whole.Tokens.Total(), whole.Coverage)
			}
		}
	}
}

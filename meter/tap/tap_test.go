package tap

import (
	"net/http"
	"strings"
	"testing"

	"github.com/pertask/pertask/meter/format"
	"github.com/pertask/pertask/usage"
)

// brittle is a decoder that breaks.
type brittle struct{ onEvent bool }

func (b brittle) Event(string, []byte) {
	if b.onEvent {
		panic("event")
	}
}

func (b brittle) Reading() usage.Reading { panic("reading") }

func TestDecoderThatPanicsLosesItsReadingOnly(t *testing.T) {
	for name, x := range map[string]format.Exchange{
		"in an event": {Stream: true, Events: func() format.Stream { return brittle{true} }},
		"in an event on its way": {Stream: true, Events: func() format.Stream { return brittle{true} },
			Withhold: func([]byte) bool { panic("withhold") }},
		"at the end":   {Stream: true, Events: func() format.Stream { return brittle{} }},
		"in one piece": {Read: func([]byte) usage.Reading { panic("read") }},
	} {
		t.Run(name, func(t *testing.T) {
			tap := New(&http.Response{Header: http.Header{}}, x)
			for range 2 {
				wire := []byte("data: {\"usage\":1}\n\n")
				tap.Take(wire)
				if !tap.Filters() {
					continue
				}
				if got := tap.filter.Pass(nil, wire); string(got) != string(wire) {
					t.Errorf("client got %q", got)
				}
			}
			r := tap.Result(nil)
			if r.Coverage != usage.Missing || !strings.Contains(r.Problem, "decoder broke") {
				t.Errorf("got %q (%s)", r.Coverage, r.Problem)
			}
		})
	}
}

func TestLargeAnswersAreReadWithoutTheirTexts(t *testing.T) {
	text := strings.Repeat(`a line of text\n`, 1<<18)
	body := `{"id":"chatcmpl-1","model":"m-1","choices":[{"message":{"content":"` + text + `"}}],"usage":{"prompt_tokens":7,"completion_tokens":9,"total_tokens":16}}`
	x, err := found(format.Named(format.Compatible, "openai.chat")).Open(format.Request{Body: []byte("{}")})
	if err != nil {
		t.Fatal(err)
	}
	tap := New(&http.Response{Header: http.Header{}}, x)
	for rest := body; rest != ""; {
		n := min(len(rest), 10_000)
		tap.Take([]byte(rest[:n]))
		rest = rest[n:]
		if held := len(tap.body) + len(tap.whole()); held > 3<<20 {
			t.Fatalf("%d bytes are held", held)
		}
	}
	r := tap.Result(nil)
	in, _ := r.Tokens.Input.Value()
	if r.Coverage != usage.Complete || in != 7 || r.ServedModel != "m-1" || len(tap.whole()) > 1000 {
		t.Errorf("got %q (%s), %d input, model %q, %d bytes kept", r.Coverage, r.Problem, in, r.ServedModel, len(tap.whole()))
	}
}

func found(f format.Format, _ bool) format.Format { return f }

// TestAnswersWithTooMuchStructureAreMissing is of the last resort: what is left of an answer without its long strings
// is too large even so.
func TestAnswersWithTooMuchStructureAreMissing(t *testing.T) {
	x := format.Exchange{Read: func([]byte) usage.Reading { return usage.Reading{Coverage: usage.Complete} }}
	tap := New(&http.Response{Header: http.Header{}}, x)
	piece := make([]byte, maxAnswer/4)
	for range 4 {
		tap.Take(piece)
	}
	if r := tap.Result(nil); r.Coverage != usage.Complete {
		t.Errorf("an answer of the largest size is %q (%s)", r.Coverage, r.Problem)
	}
	tap.Take([]byte("1"))
	if r := tap.Result(nil); r.Coverage != usage.Missing || r.Problem == "" || len(tap.whole()) > 0 {
		t.Errorf("a larger answer is %q (%s), %d bytes kept", r.Coverage, r.Problem, len(tap.whole()))
	}
}

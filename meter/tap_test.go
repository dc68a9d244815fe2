package meter

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
		"in an event":  {Stream: true, Events: func() format.Stream { return brittle{true} }},
		"at the end":   {Stream: true, Events: func() format.Stream { return brittle{} }},
		"in one piece": {Read: func([]byte) usage.Reading { panic("read") }},
	} {
		t.Run(name, func(t *testing.T) {
			tap := newTap(&http.Response{Header: http.Header{}}, x)
			tap.take([]byte("data: x\n\n"))
			tap.take([]byte("data: y\n\n"))
			r := tap.result(nil)
			if r.Coverage != usage.Missing || !strings.Contains(r.Problem, "decoder broke") {
				t.Errorf("got %q (%s)", r.Coverage, r.Problem)
			}
		})
	}
}

func TestAnswersThatAreTooLargeAreMissing(t *testing.T) {
	x := format.Exchange{Read: func([]byte) usage.Reading { return usage.Reading{Coverage: usage.Complete} }}
	tap := newTap(&http.Response{Header: http.Header{}}, x)
	piece := make([]byte, maxAnswer/4)
	for range 4 {
		tap.take(piece)
	}
	if r := tap.result(nil); r.Coverage != usage.Complete {
		t.Errorf("an answer of the largest size is %q (%s)", r.Coverage, r.Problem)
	}
	tap.take([]byte("x"))
	if r := tap.result(nil); r.Coverage != usage.Missing || r.Problem == "" || tap.body != nil {
		t.Errorf("a larger answer is %q (%s), %d bytes kept", r.Coverage, r.Problem, len(tap.body))
	}
}

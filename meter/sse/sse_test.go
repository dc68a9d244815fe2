package sse_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/meter/sse"
)

type event struct{ Name, Data string }

// parse feeds a stream in pieces and returns its events.
func parse(p *sse.Parser, pieces ...string) []event {
	var out []event
	p.Handle = func(name string, data []byte) { out = append(out, event{name, string(data)}) }
	for _, s := range pieces {
		_, _ = p.Write([]byte(s))
	}
	p.End()
	return out
}

var streams = []struct {
	name, text string
	want       []event
}{
	{"nothing", "", nil},
	{"one", "data: a\n\n", []event{{"", "a"}}},
	{"no space after the colon", "data:a\n\n", []event{{"", "a"}}},
	{"one space is taken off", "data:  a\n\n", []event{{"", " a"}}},
	{"named", "event: x\ndata: a\n\n", []event{{"x", "a"}}},
	{"the name is for one event", "event: x\ndata: a\n\ndata: b\n\n", []event{{"x", "a"}, {"", "b"}}},
	{"lines are joined", "data: a\ndata\ndata: b\n\n", []event{{"", "a\n\nb"}}},
	{"comments", ": hi\n\ndata: a\n: there\ndata: b\n\n", []event{{"", "a\nb"}}},
	{"other fields", "id: 1\nretry: 2\nfoo: 3\ndata: a\n\n", []event{{"", "a"}}},
	{"no data", "event: x\n\ndata: a\n\n", []event{{"", "a"}}},
	{"empty data", "data:\n\n", []event{{"", ""}}},
	{"carriage returns", "data: a\r\rdata: b\r\r", []event{{"", "a"}, {"", "b"}}},
	{"both", "data: a\r\ndata: b\r\n\r\n", []event{{"", "a\nb"}}},
	{"mixed", "data: a\r\n\ndata: b\n\rdata: c\r\r\n", []event{{"", "a"}, {"", "b"}, {"", "c"}}},
	{"byte order mark", "\ufeffdata: a\n\n", []event{{"", "a"}}},
	{"byte order mark later", "\n\ufeffdata: a\n\n", nil},
	{"no blank line at the end", "data: a\n\ndata: b\n", []event{{"", "a"}, {"", "b"}}},
	{"no line end at the end", "data: a\n\ndata: b", []event{{"", "a"}, {"", "b"}}},
	{"colon in the data", "data: {\"a\":1}\n\n", []event{{"", `{"a":1}`}}},
	{"a long line", "data: " + strings.Repeat("x", 200_000) + "\n\n", []event{{"", strings.Repeat("x", 200_000)}}},
}

func TestParser(t *testing.T) {
	for _, s := range streams {
		t.Run(s.name, func(t *testing.T) {
			if diff := cmp.Diff(s.want, parse(new(sse.Parser), s.text)); diff != "" {
				t.Errorf("events differ (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPiecesDoNotMatter(t *testing.T) {
	for _, s := range streams {
		if len(s.text) > 1000 {
			continue
		}
		for i := range s.text {
			for j := i; j <= len(s.text); j++ {
				if got := parse(new(sse.Parser), s.text[:i], s.text[i:j], s.text[j:]); !cmp.Equal(s.want, got) {
					t.Fatalf("%s cut at %d and %d: got %q, want %q", s.name, i, j, got, s.want)
				}
			}
		}
	}
}

func TestEventsThatAreTooLargeAreDropped(t *testing.T) {
	for name, text := range map[string]string{
		"one line":        "data: 12345\n\ndata: ok\n\n",
		"several lines":   "data: 12\ndata: 34\n\ndata: ok\n\n",
		"no end":          "data: ok\n\ndata: 1234567890123",
		"without a space": "data:12345\n\ndata: ok\n\n",
	} {
		for _, pieces := range [][]string{{text}, strings.Split(text, "")} {
			p := &sse.Parser{Max: 4}
			if diff := cmp.Diff([]event{{"", "ok"}}, parse(p, pieces...)); diff != "" || !p.Dropped() {
				t.Errorf("%s in %d pieces: dropped %t, events differ (-want +got):\n%s", name, len(pieces), p.Dropped(), diff)
			}
		}
	}
	p := &sse.Parser{Max: 4}
	if got := parse(p, "data: 1234\n\n"); len(got) != 1 || p.Dropped() {
		t.Errorf("an event of the largest size: got %q, dropped %t", got, p.Dropped())
	}
}

// pass sends a text through a filter in pieces.
func pass(drop func([]byte) bool, pieces ...string) string {
	f := sse.NewFilter(drop)
	var out []byte
	for _, s := range pieces {
		out = f.Pass(out, []byte(s))
	}
	return string(f.End(out))
}

func isX(data []byte) bool { return string(data) == "x" }

func TestFilter(t *testing.T) {
	cases := []struct{ name, in, want string }{
		{"nothing to drop", ": c\n\nevent: e\ndata: a\nid: 1\n\n\n\ndata: b", ": c\n\nevent: e\ndata: a\nid: 1\n\n\n\ndata: b"},
		{"one in the middle", "data: a\n\ndata: x\n\ndata: b\n\n", "data: a\n\ndata: b\n\n"},
		{"carriage returns", "data: a\r\rdata: x\r\rdata: b\r\r", "data: a\r\rdata: b\r\r"},
		{"both", "data: a\r\n\r\ndata: x\r\n\r\ndata: b\r\n\r\n", "data: a\r\n\r\ndata: b\r\n\r\n"},
		{"at the end", "data: a\n\ndata: x\n\n", "data: a\n\n"},
		{"at the end without a blank line", "data: a\n\ndata: x", "data: a\n\n"},
		{"in several lines", "data: x\ndata: x\n\n", "data: x\ndata: x\n\n"},
		{"a comment before", ": ping\n\ndata: x\n\n", ": ping\n\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for i := range c.in {
				if got := pass(isX, c.in[:i], c.in[i:]); got != c.want {
					t.Fatalf("cut at %d: got %q, want %q", i, got, c.want)
				}
			}
		})
	}
}

func TestFilterHoldsNothingBackLongerThanAnEvent(t *testing.T) {
	f := sse.NewFilter(isX)
	if got := f.Pass(nil, []byte("data: a\n\ndata: b")); string(got) != "data: a\n\n" {
		t.Errorf("got %q, want the first event at once", got)
	}
}

func TestFilterPassesHugeEventsThroughAsTheyCome(t *testing.T) {
	huge := "data: {\"x\":\"" + strings.Repeat("y", 3<<20) + "\"}\r\n\r\n"
	text := "data: x\n\n" + huge + "data: x\n\ndata: z\n\n"
	f := sse.NewFilter(isX)
	var out []byte
	held := 0
	for rest := []byte(text); len(rest) > 0; {
		n := min(len(rest), 10_000)
		out = f.Pass(out, rest[:n])
		rest = rest[n:]
		held = max(held, len(text)-len(rest)-len(out))
	}
	if out = f.End(out); string(out) != huge+"data: z\n\n" {
		t.Errorf("%d bytes came out, want %d", len(out), len(huge)+9)
	}
	if held > 1<<20+20_000 {
		t.Errorf("%d bytes were held back", held)
	}
}

func FuzzParser(f *testing.F) {
	for _, s := range streams {
		if len(s.text) < 1000 {
			f.Add([]byte(s.text), 3)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte, at int) {
		if at < 0 || at > len(text) {
			at = len(text) / 2
		}
		whole := parse(new(sse.Parser), string(text))
		if got := parse(new(sse.Parser), string(text[:at]), string(text[at:])); !cmp.Equal(whole, got) {
			t.Errorf("cut at %d: got %q, want %q", at, got, whole)
		}
		asking := sse.NewFilter(isX)
		asking.May = func(events []byte) int { return bytes.Index(events, []byte("x")) }
		asked := asking.End(asking.Pass(asking.Pass(nil, text[:at]), text[at:]))
		if want := pass(isX, string(text)); string(asked) != want {
			t.Errorf("filtered with a question before, cut at %d, %q became %q, want %q", at, text, asked, want)
		}
		none := func([]byte) bool { return false }
		if got := pass(none, string(text[:at]), string(text[at:])); got != string(text) {
			t.Errorf("a filter that drops nothing made %q of %q", got, text)
		}
		if got, again := pass(isX, string(text)), pass(isX, string(text[:at]), string(text[at:])); got != again {
			t.Errorf("filtered whole %q, cut at %d %q", got, at, again)
		}
		for _, e := range parse(new(sse.Parser), pass(isX, string(text))) {
			if isX([]byte(e.Data)) && !bytes.HasPrefix(text, []byte("\ufeff")) {
				t.Errorf("an event that is to be dropped is still in %q", pass(isX, string(text)))
			}
		}
	})
}

// TestEveryKindOfLineEndIsAsCheap counts the steps of a long text with one kind of line end by its result only: a
// search that began anew at each line would not come to its end within the time of a test.
func TestEveryKindOfLineEndIsAsCheap(t *testing.T) {
	const events = 1 << 18
	for _, event := range []string{"data: x\n\n", "data: x\r\r", "data: x\r\n\r\n", "data: x\n\r", "data: x\r\n\r"} {
		text := []byte(strings.Repeat(event, events) + "\n")
		n := 0
		p := sse.Parser{Handle: func(_ string, data []byte) { n += len(data) }}
		_, _ = p.Write(text)
		if n != events {
			t.Errorf("%q: %d of %d events", event, n, events)
		}
		left := sse.NewFilter(func([]byte) bool { return false }).Pass(nil, text)
		if !bytes.Equal(left, text) {
			t.Errorf("%q: the filter passes %d of %d bytes", event, len(left), len(text))
		}
	}
}

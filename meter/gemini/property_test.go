package gemini_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/pertask/pertask/meter/gemini"
	"github.com/pertask/pertask/usage"
)

// spent is what a call consumed, from which usage objects of both families are made.
type spent struct{ fresh, cached, tool, answer, thoughts int64 }

func (s spent) input() int64 { return s.fresh + s.cached }

func (s spent) total() int64 { return s.input() + s.tool + s.answer + s.thoughts }

// want are the classes that a decoder has to find.
func (s spent) want() usage.Tokens {
	t := usage.None()
	t.Input, t.CacheRead = usage.Known(s.fresh+s.tool), usage.Known(s.cached)
	t.Output, t.Reasoning = usage.Known(s.answer+s.thoughts), usage.Known(s.thoughts)
	return t
}

// family is how one of the formats says all this.
type family struct {
	name   string
	names  [6]string // input, cached, tool, output, thoughts, total
	splits [4]string // of input, cached, tool, output
	count  string
	read   func(u map[string]any) usage.Reading
}

var families = []family{
	{
		"generate",
		[6]string{"promptTokenCount", "cachedContentTokenCount", "toolUsePromptTokenCount", "candidatesTokenCount", "thoughtsTokenCount", "totalTokenCount"},
		[4]string{"promptTokensDetails", "cacheTokensDetails", "toolUsePromptTokensDetails", "candidatesTokensDetails"}, "tokenCount",
		func(u map[string]any) usage.Reading {
			return gemini.Read(encode(map[string]any{"usageMetadata": u}), gemini.Asked{})
		},
	},
	{
		"interactions",
		[6]string{"total_input_tokens", "total_cached_tokens", "total_tool_use_tokens", "total_output_tokens", "total_thought_tokens", "total_tokens"},
		[4]string{"input_tokens_by_modality", "cached_tokens_by_modality", "tool_use_tokens_by_modality", "output_tokens_by_modality"}, "tokens",
		func(u map[string]any) usage.Reading {
			return gemini.ReadInteraction(encode(map[string]any{"status": "completed", "usage": u}), gemini.Asked{})
		},
	},
}

// encode writes JSON. The values are maps, strings and numbers, which always encode.
func encode(v any) []byte {
	b, _ := json.Marshal(v)
	return b
}

// object is the usage object of what was spent.
func (f family) object(s spent) map[string]any {
	u := make(map[string]any)
	for i, n := range []int64{s.input(), s.cached, s.tool, s.answer, s.thoughts, s.total()} {
		u[f.names[i]] = n
	}
	return u
}

func some(r *rand.Rand) int64 {
	if r.IntN(3) == 0 {
		return 0
	}
	return 1 + r.Int64N(1_000_000)
}

func random(r *rand.Rand) spent {
	return spent{1 + some(r), some(r), some(r), some(r), some(r)}
}

// each runs a test for many random calls of both families.
func each(t *testing.T, test func(t *testing.T, r *rand.Rand, f family, s spent)) {
	for i, f := range families {
		t.Run(f.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(35, uint64(i)))
			for range 500 {
				test(t, r, f, random(r))
			}
		})
	}
}

func TestClassesAreDisjointAndSumUp(t *testing.T) {
	each(t, func(t *testing.T, _ *rand.Rand, f family, s spent) {
		r := f.read(f.object(s))
		check(t, r)
		if r.Coverage != usage.Complete || r.Tokens != s.want() {
			t.Fatalf("%+v was read as %q with %+v (%s)", s, r.Coverage, r.Tokens, r.Problem)
		}
	})
}

// TestZerosMayBeLeftOut is what Google does: the total proves them.
func TestZerosMayBeLeftOut(t *testing.T) {
	each(t, func(t *testing.T, _ *rand.Rand, f family, s spent) {
		u := f.object(s)
		maps.DeleteFunc(u, func(_ string, n any) bool { return n == int64(0) })
		if r := f.read(u); r.Coverage != usage.Complete || r.Tokens != s.want() {
			t.Fatalf("%v was read as %q with %+v (%s)", u, r.Coverage, r.Tokens, r.Problem)
		}
	})
}

// TestWhatIsLeftOutIsNoticed drops a part of the total that is not zero, or the total.
func TestWhatIsLeftOutIsNoticed(t *testing.T) {
	each(t, func(t *testing.T, r *rand.Rand, f family, s spent) {
		u, lost := f.object(s), ""
		for _, i := range r.Perm(len(f.names)) {
			if name := f.names[i]; name != f.names[1] && name != f.names[5] && u[name] != int64(0) {
				lost = name
				break
			}
		}
		delete(u, lost)
		got := f.read(u)
		check(t, got)
		if got.Coverage == usage.Complete {
			t.Fatalf("without %s, %v was read as complete with %v tokens", lost, u, got.Tokens.Total())
		}
		atMost(t, got.Tokens, s.want())
	})
}

// atMost fails if a class is known to be more than it is.
func atMost(t *testing.T, got, want usage.Tokens) {
	t.Helper()
	for _, c := range usage.Classes() {
		n, known := got.Of(c).Value()
		if m, _ := want.Of(c).Value(); known && n > m {
			t.Errorf("%s is %d, more than the %d that there are", c, n, m)
		}
	}
}

// TestPartsAboveTheirTotalsAreErrors makes one count contradict another one.
func TestPartsAboveTheirTotalsAreErrors(t *testing.T) {
	each(t, func(t *testing.T, r *rand.Rand, f family, s spent) {
		u, more := f.object(s), 1+r.Int64N(1000)
		switch r.IntN(3) {
		case 0:
			u[f.names[1]] = s.input() + more
		case 1:
			u[f.names[5]] = max(0, s.total()-more)
		case 2:
			i := r.IntN(len(f.splits))
			whole := []int64{s.input(), s.cached, s.tool, s.answer}[i]
			u[f.splits[i]] = []any{entry(f, "TEXT", whole), entry(f, "IMAGE", more)}
		}
		got := f.read(u)
		check(t, got)
		if got.Coverage != usage.Missing {
			t.Fatalf("%v was read as %q with %v tokens", u, got.Coverage, got.Tokens.Total())
		}
	})
}

func entry(f family, modality string, n int64) map[string]any {
	return map[string]any{"modality": modality, f.count: n}
}

// TestATotalAboveItsPartsIsPartial is more than was told: the parts are a lower bound.
func TestATotalAboveItsPartsIsPartial(t *testing.T) {
	each(t, func(t *testing.T, r *rand.Rand, f family, s spent) {
		u := f.object(s)
		u[f.names[5]] = s.total() + 1 + r.Int64N(1000)
		got := f.read(u)
		check(t, got)
		if got.Coverage != usage.Partial || got.Tokens.Total() != usage.Known(s.total()) {
			t.Fatalf("%v was read as %q with %v tokens", u, got.Coverage, got.Tokens.Total())
		}
	})
}

// TestModalitiesWithRatesOfTheirOwn splits every count in two. What is billed as text is complete, whatever is
// not is named.
func TestModalitiesWithRatesOfTheirOwn(t *testing.T) {
	plain := map[string]bool{"TEXT": true, "MODALITY_UNSPECIFIED": true}
	for _, f := range families {
		s := spent{fresh: 50, cached: 50, tool: 30, answer: 70, thoughts: 5}
		wholes := []int64{s.input(), s.cached, s.tool, s.answer}
		for i, name := range f.splits {
			for _, modality := range []string{"TEXT", "MODALITY_UNSPECIFIED", "IMAGE", "VIDEO", "DOCUMENT", "AUDIO", "SMELL", "audio", "image"} {
				u := f.object(s)
				u[name] = []any{entry(f, "TEXT", wholes[i]-7), entry(f, modality, 7), entry(f, "AUDIO", 0)}
				r := f.read(u)
				check(t, r)
				input := i < 3 && slices.Contains([]string{"IMAGE", "VIDEO", "DOCUMENT", "image"}, modality)
				if want := plain[modality] || input; (r.Coverage == usage.Complete) != want || (len(r.Unclassified) == 0) != want {
					t.Errorf("%s of %s: coverage is %q, unclassified %q; want complete: %t", modality, name, r.Coverage, r.Unclassified, want)
				}
				if r.Tokens != s.want() {
					t.Errorf("%s of %s: tokens are %+v", modality, name, r.Tokens)
				}
			}
		}
	}
}

// grow returns totals as the chunks of one stream tell them: the prompt at once, the rest step by step. The cached
// tokens are told at the end only.
func grow(r *rand.Rand, s spent) []map[string]any {
	var out []map[string]any
	seen := spent{fresh: s.input()}
	for range 1 + r.IntN(5) {
		out = append(out, families[0].object(seen))
		delete(out[len(out)-1], families[0].names[1])
		seen.thoughts += r.Int64N(s.thoughts - seen.thoughts + 1)
		seen.answer += r.Int64N(s.answer - seen.answer + 1)
	}
	return append(out, families[0].object(s))
}

// TestStreamsCutBetweenEvents never has more in a class than the whole stream, and never is complete too early.
func TestStreamsCutBetweenEvents(t *testing.T) {
	r := rand.New(rand.NewPCG(38, 0))
	for range 300 {
		s := random(r)
		totals := grow(r, s)
		var stream gemini.Stream
		for i, u := range totals {
			reason := ""
			if i == len(totals)-1 {
				reason = "STOP"
			}
			stream.Event("", encode(map[string]any{"usageMetadata": u, "candidates": []any{map[string]any{"finishReason": reason}}}))
			got := stream.Reading()
			check(t, got)
			atMost(t, got.Tokens, s.want())
			if complete := got.Coverage == usage.Complete; complete != (reason != "") {
				t.Fatalf("event %d of %d: coverage is %q (%s)", i+1, len(totals), got.Coverage, got.Problem)
			}
		}
		if got := stream.Reading(); got.Tokens != s.want() {
			t.Fatalf("%+v was read as %+v", s, got.Tokens)
		}
	}
}

// TestRunningTotalsOfInteractions are a lower bound wherever they stand, and never the end.
func TestRunningTotalsOfInteractions(t *testing.T) {
	total := families[1].object(spent{fresh: 10, cached: 2, answer: 3})
	for name, event := range map[string]map[string]any{
		"interaction.created":       {"interaction": map[string]any{"id": "v1_a", "usage": total}},
		"interaction.status_update": {"interaction_id": "v1_a", "status": "completed", "usage": total},
		"step.stop":                 {"usage": total, "step_usage": map[string]any{"total_input_tokens": 99}},
		"step.delta":                {"metadata": map[string]any{"total_usage": total}},
	} {
		event["event_type"] = name
		for _, spoken := range []string{name, "", "message"} {
			var s gemini.InteractionStream
			s.Event(spoken, encode(event))
			r := s.Reading()
			check(t, r)
			if r.Coverage != usage.Partial || r.Tokens.Total() != usage.Known(15) {
				t.Errorf("%s, as %q: coverage is %q with %v tokens", name, spoken, r.Coverage, r.Tokens.Total())
			}
			s.Event("error", []byte(`{"event_type":"error","error":{"code":"internal"}}`))
			if r := s.Reading(); r.Coverage != usage.Partial || r.Problem != "the provider ended the stream with an error" {
				t.Errorf("%s and an error: coverage is %q (%s)", name, r.Coverage, r.Problem)
			}
		}
	}
}

// TestStatusesOfInteractions tells those that go on from those that ended.
func TestStatusesOfInteractions(t *testing.T) {
	u := families[1].object(spent{fresh: 10, answer: 3})
	for status, want := range map[string]usage.Coverage{
		"completed": usage.Complete, "incomplete": usage.Complete, "failed": usage.Complete, "cancelled": usage.Complete,
		"requires_action": usage.Complete, "requires_continuation": usage.Complete, "budget_exceeded": usage.Complete,
		"queued": usage.Partial, "in_progress": usage.Partial,
	} {
		for _, told := range []bool{true, false} {
			p := map[string]any{"id": "v1_a", "status": status, "service_tier": "priority"}
			if told {
				p["usage"] = u
			}
			r := gemini.ReadInteraction(encode(p), gemini.Asked{})
			check(t, r)
			if told && r.Coverage != want || !told && r.Coverage != usage.Missing || r.ResponseID != "v1_a" {
				t.Errorf("%s, usage told %t: coverage is %q (%s)", status, told, r.Coverage, r.Problem)
			}
			if served := r.ServedTier == "priority"; served != (want == usage.Complete) {
				t.Errorf("%s: the served tier is %q", status, r.ServedTier)
			}
		}
	}
}

// TestCountsAreAddedByNobody repeats one chunk: the totals stay what they are.
func TestCountsAreAddedByNobody(t *testing.T) {
	chunk := load(t, "testdata/generate/ge-39.json")
	var s gemini.Stream
	for i := range 5 {
		s.Event(fmt.Sprint(i), chunk)
	}
	if got := s.Reading().Tokens.Total(); got != usage.Known(11000) {
		t.Errorf("five chunks with one total have %v tokens, want 11000", got)
	}
}

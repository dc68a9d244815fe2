package gemini_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/meter/gemini"
	"github.com/pertask/pertask/usage"
)

// TestGroundingIsNeverFree: whatever says that something was searched is counted, or named as not understood.
func TestGroundingIsNeverFree(t *testing.T) {
	for metadata, want := range map[string]struct {
		units        map[string]int64
		unclassified []string
	}{
		`null`: {}, `{}`: {}, `{"webSearchQueries":[],"groundingChunks":[],"groundingSupports":[ ],"searchEntryPoint":{}}`: {},
		`{"retrievalMetadata":{"googleSearchDynamicRetrievalScore":0.1}}`:        {},
		`{"webSearchQueries":["a"],"searchEntryPoint":{"renderedContent":"x"}}`:  {units: map[string]int64{"google_search": 1}},
		`{"groundingChunks":[{"maps":{}}],"groundingSupports":[{}]}`:             {units: map[string]int64{"google_maps": 1}},
		`{"groundingChunks":[{"web":{"uri":"u"}}]}`:                              {unclassified: []string{"groundingMetadata.groundingChunks.web"}},
		`{"groundingChunks":[{"retrievedContext":{"uri":"u"}}]}`:                 {unclassified: []string{"groundingMetadata"}},
		`{"retrievalQueries":["q"],"groundingChunks":[{"retrievedContext":{}}]}`: {units: map[string]int64{"retrieval": 1}},
		`{"groundingSupports":[{"segment":{}}]}`:                                 {unclassified: []string{"groundingMetadata"}},
		`{"webSearchQueries":[""],"searchEntryPoint":{"renderedContent":"x"}}`:   {unclassified: []string{"groundingMetadata"}},
	} {
		body := fmt.Sprintf(`{"candidates":[{"finishReason":"STOP","groundingMetadata":%s}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2,"totalTokenCount":5}}`, metadata)
		var s gemini.Stream
		s.Event("", []byte(body))
		for how, r := range map[string]usage.Reading{"whole": gemini.Read([]byte(body), gemini.Asked{}), "streamed": s.Reading()} {
			if diff := cmp.Diff(want.units, r.Requests) + cmp.Diff(want.unclassified, r.Unclassified); diff != "" || (r.Coverage == usage.Complete) != (want.unclassified == nil) {
				t.Errorf("%s %s: coverage %q (%s), differences (-want +got):\n%s", metadata, how, r.Coverage, r.Problem, diff)
			}
		}
	}
}

// TestUnknownCachesLeaveTheInputUnknown: a count that nobody understands may be of input that was cheaper.
func TestUnknownCachesLeaveTheInputUnknown(t *testing.T) {
	for name, known := range map[string]bool{"implicitCachedTokenCount": false, "dreamTokenCount": true} {
		r := gemini.Read(fmt.Appendf(nil, `{"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2,"totalTokenCount":5,%q:2}}`, name), gemini.Asked{})
		if r.Coverage != usage.Partial || r.Tokens.Input.IsKnown() != known || r.Tokens.CacheRead.IsKnown() != known || r.Tokens.Output != usage.Known(2) {
			t.Errorf("%s: %q with %v", name, r.Coverage, r.Tokens)
		}
	}
}

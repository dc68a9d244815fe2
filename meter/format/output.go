package format

import (
	"encoding/json"
	"math"
	"strconv"

	"github.com/pertask/pertask/meter/wire"
)

// outputs are where requests of the formats say how many tokens an answer may have, and how many answers there are to be.
var outputs, answers = [][]string{
	{"max_tokens"}, {"max_completion_tokens"}, {"max_output_tokens"}, {"max_new_tokens"}, // chats, messages, responses
	{"generationConfig", "maxOutputTokens"}, {"generation_config", "max_output_tokens"},
	{"inferenceConfig", "maxTokens"}, {"options", "num_predict"},
}, [][]string{{"n"}, {"generationConfig", "candidateCount"}, {"generation_config", "candidate_count"}}

// MostOutput returns the most tokens that a request's body allows for its answers together, in whatever format it is; 0 where it does
// not say.
func MostOutput(body []byte) int64 {
	most, times := int64(0), int64(1)
	for _, path := range outputs {
		most = max(most, whole(body, path))
	}
	for _, path := range answers {
		times = max(times, whole(body, path))
	}
	if most > math.MaxInt32 || times > math.MaxInt32 { // no model has that many
		return 0
	}
	return most * times
}

// whole is a whole number above 0 in a JSON text; 0 where there is none.
func whole(text json.RawMessage, path []string) int64 {
	for _, name := range path {
		text = wire.Value(text, name)
	}
	n, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		return 0
	}
	return max(n, 0)
}

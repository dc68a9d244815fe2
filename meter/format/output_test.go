package format_test

import (
	"testing"

	"github.com/pertask/pertask/meter/format"
)

func TestMostOutput(t *testing.T) {
	for body, want := range map[string]int64{
		`{"model":"m","max_tokens":4096,"messages":[]}`:                 4096, // Anthropic, and older chats
		`{"max_completion_tokens": 12 ,"n":3}`:                          36,
		`{"max_output_tokens":7}`:                                       7, // responses
		`{"max_tokens":5,"max_completion_tokens":9}`:                    9,
		`{"generationConfig":{"maxOutputTokens":8,"candidateCount":2}}`: 16, // Gemini
		`{"inferenceConfig":{"maxTokens":11}}`:                          11, // Bedrock
		`{"options":{"num_predict":13}}`:                                13, // Ollama
		`{"options":{"num_predict":-1}}`:                                0,
		`{"messages":[{"max_tokens":3}]}`:                               0,
		`{"max_tokens":null}`:                                           0,
		`{"max_tokens":"12"}`:                                           0,
		`{"max_tokens":1e3}`:                                            0,
		`{"max_tokens":99999999999999999999}`:                           0,
		`{"max_tokens":9999999999}`:                                     0,
		`{"max_tokens":10,"n":9999999999}`:                              0,
		``:                                                              0,
		`[]`:                                                            0,
		`{`:                                                             0,
	} {
		if got := format.MostOutput([]byte(body)); got != want {
			t.Errorf("%s: %d, want %d", body, got, want)
		}
	}
}

package format

import (
	"testing"

	"github.com/pertask/pertask/usage"
)

// TestWritesBehindLiteLLM checks which class Anthropic's cache writes get when LiteLLM does not tell how long they are
// kept: what the request asked for, and five minutes when it asked for nothing.
func TestWritesBehindLiteLLM(t *testing.T) {
	const claude = `"cache_creation_input_tokens":30,"prompt_tokens":100,"completion_tokens":2,"total_tokens":102`
	cases := []struct {
		name, request, usage string
		want                 usage.Class
	}{
		{"nothing asked", `{"model":"m"}`, claude, usage.CacheCreation5m},
		{"one hour", `{"model":"m","messages":[{"content":[{"cache_control":{"type":"ephemeral","ttl":"1h"}}]}]}`, claude, usage.CacheCreation1h},
		{"both", `{"model":"m","tools":[{"cache_control":{"ttl":"1h"}}],"system":[{"cache_control":{}}]}`, claude, usage.CacheCreation},
		{"not Anthropic's", `{"model":"m"}`, `"prompt_tokens":100,"prompt_tokens_details":{"cache_write_tokens":30},"completion_tokens":2,"total_tokens":102`, usage.CacheCreation},
		{"not Anthropic's, with its zero", `{"model":"m"}`, `"cache_creation_input_tokens":0,"prompt_tokens":100,"prompt_tokens_details":{"cache_write_tokens":30},"completion_tokens":2,"total_tokens":102`, usage.CacheCreation},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f, _ := Find(LiteLLM, "/chat/completions")
			x, err := f.Open(Request{Path: "/chat/completions", Body: []byte(c.request)})
			if err != nil {
				t.Fatal(err)
			}
			s := x.Events()
			s.Event("", []byte(`{"id":"1","model":"m","choices":[],"usage":{`+c.usage+`}}`))
			s.Event("", []byte("[DONE]"))
			for how, r := range map[string]usage.Reading{"whole": x.Read([]byte(`{"id":"1","model":"m","choices":[],"usage":{` + c.usage + `}}`)), "stream": s.Reading()} {
				if got := r.Tokens.Of(c.want); got != usage.Known(30) || r.Tokens.Written() != usage.Known(30) || r.Tokens.Total() != usage.Known(102) {
					t.Errorf("%s: %v of %v written tokens are %s", how, got, r.Tokens.Written(), c.want)
				}
			}
		})
	}
}

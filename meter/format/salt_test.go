package format

import (
	"encoding/json"
	"strings"
	"testing"
)

// salted are bodies as they are sent on. What stands between ‹ and › is added, and nothing else is.
var salted = map[string]struct {
	d    Dialect
	path string
	body string
}{
	"chat, system":             {OpenAI, "/chat/completions", `{ "model":"m", "messages":[{"role":"system","content":"‹S1\n›You are"},{"role":"user","content":"hi"}] }`},
	"chat, parts":              {OpenAI, "/chat/completions", `{"messages":[{"role":"user","content":[ {"type":"text","text":"‹S1\n›hi"}]}]}`},
	"chat, image first":        {OpenAI, "/chat/completions", `{"messages":[‹{"role":"system","content":"S1"},›{"role":"user","content":[{"type":"image_url","text":"x"}]}]}`},
	"chat, tools and key":      {OpenAI, "/chat/completions", `{"prompt_cache_key":"‹S1›k","tools":[{"type":"function","function":{"name":"a","description":"‹S1\n›b"}},{"type":"function","function":{"name":"b","description":"c"}}],"messages":[{"content":"‹S1\n›hi"}]}`},
	"chat, no description":     {Compatible, "/v1/chat/completions", `{"tools":[{"type":"custom","custom":{‹"description":"S1",›"name":"a"}}],"messages":[{"content":"‹S1\n›"}]}`},
	"chat, schema":             {OpenAI, "/chat/completions", `{"response_format":{"type":"json_schema","json_schema":{‹"description":"S1",›"name":"n"}},"messages":[{"content":"‹S1\n›x"}]}`},
	"responses":                {OpenAI, "/v1/responses", `{"instructions":"‹S1\n›You","input":"hi"}`},
	"responses, none":          {OpenAI, "/v1/responses", `{‹"instructions":"S1",›"input":"hi","text":{"format":{"type":"text"}}}`},
	"responses, codex tools":   {OpenAI, "/v1/responses", `{‹"instructions":"S1",›"tools":[],"input":[{"type":"message","content":"x"},{"type":"additional_tools","tools":[{"type":"namespace",‹›"name":"f","description":"‹S1\n›d"}]}]}`},
	"responses, built-in tool": {OpenAI, "/v1/responses", `{"tools":[{"type":"web_search"},{‹"description":"S1",›"type":"function","name":"f"}],"instructions":"‹S1\n›a"}`},
	"messages, text":           {Anthropic, "/v1/messages", `{"system":"‹S1\n›You","messages":[]}`},
	"messages, blocks":         {Anthropic, "/v1/messages", `{"system":[{"type":"text","text":"x-anthropic-billing-header: cch=1;"},{"type":"text","text":"‹S1\n›You","cache_control":{"type":"ephemeral"}}]}`},
	"messages, tools":          {Anthropic, "/v1/messages", `{"tools":[{"name":"a","input_schema":{"cache_control":1},"description":"‹S1\n›d","cache_control":{"type":"ephemeral"}}],"messages":[{"role":"user","content":"‹S1\n›hi"}]}`},
	"messages, deferred tool":  {Anthropic, "/v1/messages", `{"tools":[{"name":"a","defer_loading":true,"description":"d"},{"name":"b","description":"‹S1\n›d"}],"messages":[{"role":"user","content":[{"type":"text","text":"‹S1\n›hi"}]}]}`},
	"messages, image":          {Anthropic, "/v1/messages", `{‹"system":"S1",›"messages":[{"role":"user","content":[{"type":"image","source":{}}]}]}`},
	"gemini":                   {Gemini, "/v1beta/models/g:generateContent", `{"system_instruction":{"parts":{"text":"‹S1\n›You"}},"contents":[{"parts":[{"text":"hi"}]}],"tools":[{"googleSearch":{}},{"function_declarations":[{"name":"f","description":"‹S1\n›d"}]}]}`},
	"gemini, contents":         {Gemini, "/v1beta/models/g:generateContent", `{"contents":[{"role":"user","parts":[{"text":"‹S1\n›hi"}]}]}`},
	"gemini, image":            {Gemini, "/v1beta/models/g:generateContent", `{‹"systemInstruction":{"parts":[{"text":"S1"}]},›"contents":[{"parts":[{"inlineData":{}}]}]}`},
	"interactions":             {Gemini, "/v1beta/interactions", `{‹"system_instruction":"S1",›"model":"g","input":"hi"}`},
	"ollama chat":              {Ollama, "/api/chat", `{"model":"m","messages":[{"role":"user","content":"‹S1\n›hi"}]}`},
	"ollama generate":          {Ollama, "/api/generate", `{"model":"m","prompt":"‹S1\n›hi"}`},
	"converse":                 {Bedrock, "/model/m/converse", `{"system":[{"text":"‹S1\n›You"},{"cachePoint":{"type":"default"}}],"toolConfig":{"tools":[{"toolSpec":{"name":"a","description":"‹S1\n›d"}},{"cachePoint":{"type":"default"}}]}}`},
	"converse, no system":      {Bedrock, "/model/m/converse", `{"messages":[{"role":"user","content":[{"text":"‹S1\n›hi"}]}]}`},
	"invoke":                   {Bedrock, "/model/anthropic.x/invoke", `{"anthropic_version":"bedrock-2023-05-31","messages":[{"role":"user","content":"‹S1\n›hi"}]}`},
}

func TestSaltIsAllThatChanges(t *testing.T) {
	for name, c := range salted {
		t.Run(name, func(t *testing.T) {
			f, ok := Find(c.d, c.path)
			if !ok {
				t.Fatal("no format")
			}
			in := c.body
			for before, rest, more := strings.Cut(in, "‹"); more; before, rest, more = strings.Cut(in, "‹") {
				_, after, _ := strings.Cut(rest, "›")
				in = before + after
			}
			want := strings.NewReplacer("‹", "", "›", "").Replace(c.body)
			got, err := f.Salt([]byte(in), "S1")
			if err != nil || string(got) != want || !json.Valid(got) {
				t.Errorf("got %s, %v\nwant %s", got, err, want)
			}
		})
	}
}

func TestRequestsThatCannotBeSalted(t *testing.T) {
	for name, c := range map[string]struct {
		d          Dialect
		path, body string
	}{
		"no messages":               {OpenAI, "/chat/completions", `{"model":"m"}`},
		"empty messages":            {OpenAI, "/chat/completions", `{"messages":[]}`},
		"messages twice":            {OpenAI, "/chat/completions", `{"messages":[{"content":"a"}],"Messages":[{"content":"a"}]}`},
		"content twice":             {OpenAI, "/chat/completions", `{"messages":[{"content":"a","content":"b"}]}`},
		"a stored prompt":           {OpenAI, "/responses", `{"prompt":{"id":"p"},"instructions":"a"}`},
		"instructions of no text":   {OpenAI, "/responses", `{"instructions":7}`},
		"a breakpoint before":       {Anthropic, "/v1/messages", `{"tools":[{"type":"bash_20250124","name":"bash","cache_control":{"type":"ephemeral"}},{"name":"a"}],"system":"a"}`},
		"system of something else":  {Anthropic, "/v1/messages", `{"system":[{"type":"image"}],"messages":[{"content":"a"}]}`},
		"a cache made before":       {Gemini, "/v1beta/models/g:generateContent", `{"cachedContent":"c","contents":[{"parts":[{"text":"hi"}]}]}`},
		"two spellings":             {Gemini, "/v1beta/models/g:generateContent", `{"systemInstruction":{"parts":[{"text":"a"}]},"system_instruction":{"parts":[{"text":"a"}]}}`},
		"a cache point before":      {Bedrock, "/model/m/converse", `{"system":[{"text":"a"}],"toolConfig":{"tools":[{"cachePoint":{}},{"toolSpec":{"name":"a"}}]}}`},
		"a model's own body":        {Bedrock, "/model/m/invoke", `{"inputText":"a"}`},
		"a description of no text":  {OpenAI, "/responses", `{"tools":[{"type":"function","description":7}]}`},
		"a load without any prompt": {Ollama, "/api/generate", `{"model":"m"}`},
		"no object":                 {OpenAI, "/responses", `[]`},
	} {
		f, _ := Find(c.d, c.path)
		if got, err := f.Salt([]byte(c.body), "S1"); err == nil || got != nil || !strings.Contains(err.Error(), "cache: cold") {
			t.Errorf("%s: got %s, %v", name, got, err)
		}
	}
}

func TestEveryRouteCanBeSalted(t *testing.T) {
	exchanges(t, func(t *testing.T, _ Dialect, f Format, _ opener) {
		if f.Salt == nil {
			t.Fatalf("%s has no salt", f.Name)
		}
		for _, bad := range []string{"", "a b", `"`, "é", strings.Repeat("a", 33)} {
			if _, err := f.Salt([]byte(`{"anthropic_version":"a","prompt":"a","messages":[{"content":"a"}]}`), bad); err == nil {
				t.Errorf("%s takes the salt %q", f.Name, bad)
			}
		}
	})
}

func FuzzSalt(f *testing.F) {
	for _, c := range salted {
		f.Add(strings.NewReplacer("‹", "", "›", "").Replace(c.body))
	}
	f.Fuzz(func(t *testing.T, body string) {
		for _, c := range salted {
			format, _ := Find(c.d, c.path)
			got, err := format.Salt([]byte(body), "S1")
			if err == nil && (!json.Valid(got) || len(got) <= len(body)-64 || !strings.Contains(string(got), "S1")) {
				t.Errorf("%s: %q became %q", c.path, body, got)
			}
		}
	})
}

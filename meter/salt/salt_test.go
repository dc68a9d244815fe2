package salt_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/pertask/pertask/meter/format"
	"github.com/pertask/pertask/meter/salt"
)

func TestCheck(t *testing.T) {
	for _, good := range []string{"a", "Z9", strings.Repeat("0", 32)} {
		if err := salt.Check(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"", " ", "a b", "a-b", `"`, `\n`, "é", "ａ", "\x00", strings.Repeat("0", 33)} {
		err := salt.Check(bad)
		if err == nil || !strings.Contains(err.Error(), "allowed are 1 to 32 ASCII letters and digits") {
			t.Errorf("%q: error %v", bad, err)
		}
		if _, err := (salt.Recipe{Prompts: [][]string{{"p"}}}).Put([]byte(`{"p":"x"}`), bad); err == nil {
			t.Errorf("%q was put into a body", bad)
		}
	}
}

// The recipes of the tables, each with one thing that a format can have.
var (
	plain   = salt.Recipe{Prompts: [][]string{{"prompt"}}}
	made    = salt.Recipe{Prompts: [][]string{{"system"}, {"messages", "text"}}, New: `"system":"%s"`}
	listed  = salt.Recipe{Prompts: [][]string{{"messages", "content", "text"}}, New: `{"role":"system","content":"%s"}`, List: "messages"}
	tooled  = salt.Recipe{Prompts: [][]string{{"prompt"}}, Tools: [][]string{{"tools", "function|custom"}, {"schema"}}, Mark: "mark"}
	keyed   = salt.Recipe{Prompts: [][]string{{"prompt"}}, Keys: []string{"cache_key", "other_key"}}
	guarded = salt.Recipe{Prompts: [][]string{{"prompt"}}, Foreign: []string{"stored"}, Needs: "version"}
)

func TestPut(t *testing.T) {
	for _, c := range []struct {
		name     string
		recipe   salt.Recipe
		in, want string
	}{
		{"a text", plain, `{"prompt":"hi"}`, `{"prompt":"S1\nhi"}`},
		{"all other bytes stay", plain, " {\t\"a\" : [1e5, \"\\u00e9\"],\r\n\"Prompt\":\"\\u0068i\" }\n", " {\t\"a\" : [1e5, \"\\u00e9\"],\r\n\"Prompt\":\"S1\\n\\u0068i\" }\n"},
		{"a name as some servers read it", plain, `{"PROM_PT":"hi"}`, `{"PROM_PT":"S1\nhi"}`},
		{"the first place that is there", made, `{"messages":[{"text":"u"}],"system":"s"}`, `{"messages":[{"text":"u"}],"system":"S1\ns"}`},
		{"the second place", made, `{"messages":[{"text":"u"},{"text":"v"}]}`, `{"messages":[{"text":"S1\nu"},{"text":"v"}]}`},
		{"an empty place is none", made, `{"system":"","messages":[{"text":"u"}]}`, `{"system":"","messages":[{"text":"S1\nu"}]}`},
		{"null is none", made, `{"system":null,"messages":[{"text":"u"}]}`, `{"system":null,"messages":[{"text":"S1\nu"}]}`},
		{"a new member", made, `{"messages":[{"image":1}]}`, `{"system":"S1","messages":[{"image":1}]}`},
		{"a new member of an empty body", made, `{}`, `{"system":"S1"}`},
		{"a new member for an empty one", made, `{"messages":[{"image":1}],"system":""}`, `{"messages":[{"image":1}],"system":"S1"}`},
		{"a new member for null", made, `{"system":null}`, `{"system":"S1"}`},
		{"parts", listed, `{"messages":[{"content":[{"type":"text","text":"u"}]}]}`, `{"messages":[{"content":[{"type":"text","text":"S1\nu"}]}]}`},
		{"a new element", listed, `{"messages":[ {"content":[{"type":"image","text":"u"}]}]}`, `{"messages":[{"role":"system","content":"S1"}, {"content":[{"type":"image","text":"u"}]}]}`},
		{"a new element before an odd one", listed, `{"messages":[7]}`, `{"messages":[{"role":"system","content":"S1"},7]}`},
		{"a billing header is no prompt", made, `{"messages":[{"text":"x-anthropic-billing-header: a"},{"text":"u"}]}`, `{"messages":[{"text":"x-anthropic-billing-header: a"},{"text":"S1\nu"}]}`},
		{"a described tool", tooled, `{"tools":[{"type":"function","function":{"description":"d"}}],"prompt":"p"}`, `{"tools":[{"type":"function","function":{"description":"S1\nd"}}],"prompt":"S1\np"}`},
		{"the other name", tooled, `{"tools":[{"custom":{"name":"n"}}],"prompt":"p"}`, `{"tools":[{"custom":{"description":"S1","name":"n"}}],"prompt":"S1\np"}`},
		{"an empty tool", tooled, `{"tools":[{"custom":{}}],"prompt":"p"}`, `{"tools":[{"custom":{"description":"S1"}}],"prompt":"S1\np"}`},
		{"a description of null", tooled, `{"schema":{"description":null},"prompt":"p"}`, `{"schema":{"description":"S1"},"prompt":"S1\np"}`},
		{"the second tool", tooled, `{"tools":[{"type":"web"},{"function":{"description":"d"}},{"function":{"description":"e"}}],"prompt":"p"}`, `{"tools":[{"type":"web"},{"function":{"description":"S1\nd"}},{"function":{"description":"e"}}],"prompt":"S1\np"}`},
		{"a deferred tool is not there yet", tooled, `{"tools":[{"function":{"defer_loading":true,"description":"d"}},{"function":{"description":"e"}}],"prompt":"p"}`, `{"tools":[{"function":{"defer_loading":true,"description":"d"}},{"function":{"description":"S1\ne"}}],"prompt":"S1\np"}`},
		{"a mark behind the salt", tooled, `{"tools":[{"function":{"description":"d"},"mark":{}}],"prompt":"p"}`, `{"tools":[{"function":{"description":"S1\nd"},"mark":{}}],"prompt":"S1\np"}`},
		{"no tools", tooled, `{"tools":[],"schema":7,"prompt":"p"}`, `{"tools":[],"schema":7,"prompt":"S1\np"}`},
		{"a key", keyed, `{"cache_key":"k","prompt":"p"}`, `{"cache_key":"S1k","prompt":"S1\np"}`},
		{"two keys, one of no text", keyed, `{"cacheKey":"k","other_key":4,"prompt":"p"}`, `{"cacheKey":"S1k","other_key":4,"prompt":"S1\np"}`},
		{"a key that is too long", keyed, `{"cache_key":"` + strings.Repeat("k", 61) + `","prompt":"p"}`, `{"cache_key":"S1","prompt":"S1\np"}`},
		{"a version that is there", guarded, `{"version":1,"stored":null,"prompt":"p"}`, `{"version":1,"stored":null,"prompt":"S1\np"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := []byte(c.in)
			got, err := c.recipe.Put(before, "S1")
			if err != nil || string(got) != c.want {
				t.Errorf("got %s, %v\nwant %s", got, err, c.want)
			}
			if string(before) != c.in {
				t.Errorf("the request itself was changed to %s", before)
			}
		})
	}
}

func TestPutRefuses(t *testing.T) {
	for _, c := range []struct {
		name     string
		recipe   salt.Recipe
		in, says string
	}{
		{"a recipe of nothing", salt.Recipe{}, `{"prompt":"p"}`, "there is no prompt in it"},
		{"no prompt", plain, `{}`, "there is no prompt in it"},
		{"a prompt of no text", plain, `{"prompt":7}`, "there is no prompt in it"},
		{"an empty prompt", plain, `{"prompt":""}`, "there is no prompt in it"},
		{"a prompt that is there twice", plain, `{"prompt":"a","prompt":"b"}`, "prompt"},
		{"in two spellings", plain, `{"prompt":"a","Prom_pt":"b"}`, "Prom_pt"},
		{"a place that cannot be replaced", made, `{"system":7}`, `"system" does not begin with a text`},
		{"a list of nothing", listed, `{"messages":[]}`, `"messages" is not a list with something in it`},
		{"no list", listed, `{}`, `"messages" is not a list`},
		{"a mark before the salt", tooled, `{"tools":[{"type":"web","mark":{}},{"function":{}}],"prompt":"p"}`, "a cache breakpoint stands before the first tool"},
		{"a description of no text", tooled, `{"tools":[{"function":{"description":{}}}],"prompt":"p"}`, "the description of a tool is no text"},
		{"a description twice", tooled, `{"schema":{"description":"a","Description":"b"},"prompt":"p"}`, "Description"},
		{"a stored prompt", guarded, `{"version":1,"stored":"x","prompt":"p"}`, `"stored" brings what other trials may have cached`},
		{"a body of another form", guarded, `{"prompt":"p"}`, `there is no "version"`},
		{"a key that is there twice", keyed, `{"cache_key":"a","cacheKey":"b","prompt":"p"}`, "cacheKey"},
		{"a list", plain, `[{"prompt":"p"}]`, ""},
		{"no JSON", plain, `{"prompt":`, ""},
		{"nothing", plain, ``, ""},
	} {
		got, err := c.recipe.Put([]byte(c.in), "S1")
		if err == nil || got != nil || !strings.HasPrefix(err.Error(), "cache: cold cannot be held for this request: ") || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %q and error %v, want one with %q", c.name, got, err, c.says)
		}
	}
}

// requests are one of each metered format, with a tool where the format has some, and one whose prompt cannot begin with
// a salt.
var requests = map[string]struct {
	dialect    format.Dialect
	path, body string
	refused    string
}{
	"chat": {format.OpenAI, "/v1/chat/completions", `{"model":"m","tools":[{"type":"function","function":{"name":"f","description":"TOOL"}}],"messages":[{"role":"system","content":"PROMPT"},{"role":"user","content":"u"}]}`,
		`{"messages":[]}`},
	"compatible": {format.Compatible, "/v1/chat/completions", `{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"PROMPT"}]}]}`,
		`{"model":"m"}`},
	"responses": {format.OpenAI, "/v1/responses", `{"model":"m","tools":[{"type":"function","name":"f","description":"TOOL"}],"instructions":"PROMPT","input":"u"}`,
		`{"prompt":{"id":"p"},"input":"u"}`},
	"messages": {format.Anthropic, "/v1/messages", `{"model":"m","tools":[{"name":"f","description":"TOOL","cache_control":{"type":"ephemeral"}}],"system":[{"type":"text","text":"PROMPT"}],"messages":[{"role":"user","content":"u"}]}`,
		`{"tools":[{"type":"bash","name":"b","cache_control":{}}],"system":"s"}`},
	"generate": {format.Gemini, "/v1beta/models/g:streamGenerateContent", `{"systemInstruction":{"parts":[{"text":"PROMPT"}]},"tools":[{"functionDeclarations":[{"name":"f","description":"TOOL"}]}],"contents":[{"parts":[{"text":"u"}]}]}`,
		`{"cachedContent":"c","contents":[{"parts":[{"text":"u"}]}]}`},
	"interactions": {format.Gemini, "/v1beta/interactions", `{"model":"g","system_instruction":"PROMPT","tools":[{"type":"function","name":"f","description":"TOOL"}],"input":"u"}`,
		`{"cached_content":"c","input":"u"}`},
	"converse": {format.Bedrock, "/model/m/converse", `{"system":[{"text":"PROMPT"}],"toolConfig":{"tools":[{"toolSpec":{"name":"f","description":"TOOL"}}]},"messages":[{"role":"user","content":[{"text":"u"}]}]}`,
		`{"promptVariables":{},"system":[{"text":"s"}]}`},
	"invoke": {format.Bedrock, "/model/anthropic.x/invoke", `{"anthropic_version":"v","tools":[{"name":"f","description":"TOOL"}],"system":"PROMPT","messages":[{"role":"user","content":"u"}]}`,
		`{"inputText":"u"}`},
	"ollama chat": {format.Ollama, "/api/chat", `{"model":"m","tools":[{"type":"function","function":{"name":"f","description":"TOOL"}}],"messages":[{"role":"user","content":"PROMPT"}]}`,
		`{"messages":[]}`},
	"ollama generate": {format.Ollama, "/api/generate", `{"model":"m","system":"PROMPT","prompt":"u"}`,
		`{"model":"m"}`},
}

// TestEachFormat holds that two trials share no prompt: their requests part at the first byte of the prompt and of the
// first tool's description, and nothing but the salts is in them that was not there before.
func TestEachFormat(t *testing.T) {
	for name, c := range requests {
		t.Run(name, func(t *testing.T) {
			f, ok := format.Find(c.dialect, c.path)
			if !ok || f.Salt == nil {
				t.Fatal("there is no format that can be salted")
			}
			one, err := f.Salt([]byte(c.body), "Trial1")
			if err != nil {
				t.Fatal(err)
			}
			other, err := f.Salt([]byte(c.body), "Trial2")
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.ReplaceAll(string(one), "Trial1", "Trial2"); got != string(other) {
				t.Errorf("more than the salt differs:\n%s\n%s", one, other)
			}
			if got := strings.ReplaceAll(string(one), `Trial1\n`, ""); got != c.body {
				t.Errorf("more than the salt was added: %s", got)
			}
			for _, text := range []string{"PROMPT", "TOOL"} {
				if strings.Contains(c.body, text) && !strings.Contains(string(one), `"Trial1\n`+text+`"`) {
					t.Errorf("%s does not begin with the salt: %s", text, one)
				}
			}
			if strings.Contains(string(one), `Trial1\nu`) || !json.Valid(one) {
				t.Errorf("salted at the wrong place: %s", one)
			}
			if got, err := f.Salt([]byte(c.refused), "Trial1"); err == nil || got != nil {
				t.Errorf("%s became %q: its prompt cannot begin with a salt", c.refused, got)
			}
		})
	}
}

func FuzzPut(f *testing.F) {
	for _, c := range requests {
		f.Add(c.body)
	}
	f.Add(`{"prompt":"p","cache_key":"k","tools":[{"custom":{}}]}`)
	f.Fuzz(func(t *testing.T, body string) {
		for _, r := range []salt.Recipe{{}, plain, made, listed, tooled, guarded} {
			got, err := r.Put([]byte(body), "S1")
			switch {
			case err != nil && got != nil:
				t.Errorf("%q came with the error %v", got, err)
			case err != nil:
			case json.Valid([]byte(body)) && !json.Valid(got):
				t.Errorf("%q became %q, which is no JSON", body, got)
			case !strings.Contains(string(got), "S1"):
				t.Errorf("%q has no salt in it", got)
			}
		}
	})
}

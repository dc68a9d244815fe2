package openai_test

import (
	"fmt"
	"testing"

	"github.com/pertask/pertask/meter/openai"
)

// TestToolsOfResponses reads one item or one count at a time.
func TestToolsOfResponses(t *testing.T) {
	for _, c := range []struct {
		v                   openai.Variant
		output, tools, want string
	}{
		{openai.Plain, `{"type":"message"},{"type":"reasoning"},{"type":"mcp_call"},{"type":"mcp_list_tools"}`, `{}`, "complete 10+0/5"},
		{openai.Plain, `{"type":"local_shell_call"},{"type":"apply_patch_call"},{"type":"computer_call"},{"type":"compaction"}`, `null`, "complete 10+0/5"},
		{openai.Plain, `{"type":"web_search_call"}`, `{"web_search":{"num_requests":0}}`, "complete 10+0/5"},
		{openai.Plain, `{"type":"web_search_call"}`, `{"web_search":{}}`, "partial 10+0/5 output.web_search_call"},
		{openai.Plain, `{"type":"web_search_call"}`, `{"web_search":{"num_requests":2,"num_pages":3}}`, "partial 10+0/5 tool_usage.web_search.num_pages"},
		{openai.Plain, `{"type":"image_generation_call"}`, `{"image_gen":{"input_tokens":0}}`, "partial 10+0/5 output.image_generation_call"},
		{openai.Plain, ``, `{"image_gen":{"cached_tokens":7}}`, "partial 10+0/5 tool_usage.image_gen.cached_tokens"},
		{openai.Plain, ``, `{"container":{"seconds":1.5}}`, "partial 10+0/5 tool_usage.container.seconds"},
		{openai.Plain, ``, `{"container":{"sessions":[1]}}`, "partial 10+0/5 tool_usage.container.sessions"},
		{openai.Plain, `{"type":"shell_call","environment":null}`, `{}`, "complete 10+0/5"},
		{openai.Plain, `{"type":"shell_call","environment":{"type":"local"}}`, `{}`, "complete 10+0/5"},
		{openai.Plain, `{"type":"shell_call","environment":{"type":"container_reference","container_id":"c"}}`, `{}`, "partial 10+0/5 output.shell_call.environment"},
		{openai.Plain, `{"type":"shell_call","environment":"c"}`, `{}`, "partial 10+0/5 output.shell_call.environment"},
		{openai.Plain, `{"type":"program"}`, `{}`, "partial 10+0/5 output.program"},
		{openai.Plain, `{"type":"telepathy_call"},{"type":"telepathy_call"}`, `{}`, "partial 10+0/5 output.telepathy_call"},
		{openai.Plain, `{"type":"custom_tool_call","name":"x_ray"}`, `{}`, "complete 10+0/5"},
		{openai.XAI, `{"type":"custom_tool_call","name":"x_keyword_search"}`, `{}`, "partial 10+0/5 output.custom_tool_call"},
		{openai.XAI, `{"type":"x_search_call"}`, `{}`, "partial 10+0/5 output.x_search_call"},
		{openai.OpenRouter, `{"type":"openrouter:web_search"}`, `{}`, "partial 10+0/5 output.openrouter:web_search"},
	} {
		r := c.v.ReadResponse(fmt.Appendf(nil, `{"status":"completed","output":[%s],"tool_usage":%s,"usage":{"input_tokens":10,"output_tokens":5}}`, c.output, c.tools))
		if brief(r) != c.want {
			t.Errorf("variant %d, %s, %s: got %s, want %s (%s)", c.v, c.output, c.tools, brief(r), c.want, r.Problem)
		}
	}
	counted := []byte(`{"output":[{"type":"x_search_call"},{"type":"custom_tool_call","name":"x_user_search"}],"usage":{"input_tokens":10,"output_tokens":5,"num_server_side_tools_used":2,"server_side_tool_usage_details":{"x_search_calls":2}}}`)
	if r := openai.XAI.ReadResponse(counted); brief(r) != "complete 10+0/5" || r.Requests["x_search"] != 2 {
		t.Errorf("counted: got %s with %v", brief(r), r.Requests)
	}
}

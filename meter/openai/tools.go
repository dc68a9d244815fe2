package openai

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/pertask/pertask/meter/wire"
	"github.com/pertask/pertask/usage"
)

// item is a piece of a response's output.
type item struct {
	Type        string          `json:"type"`
	Name        string          `json:"name"`
	Environment json.RawMessage `json:"environment"`
}

// hosted maps the output items of tools that the provider runs and bills to their names in tool_usage.
var hosted = map[string]string{
	"web_search_call":       "web_search",
	"file_search_call":      "file_search",
	"code_interpreter_call": "code_interpreter",
	"image_generation_call": "image_gen",
}

// free are the items that cost nothing but their tokens: what the model says, what it asks the client to do, what
// servers of others do for it, and what the client told before. Those of the SDK's type ResponseOutputItem that are not
// here run at OpenAI, such as a program, of which nobody has said that it is free; and of types that nobody has heard of
// the same is assumed. compaction_summary is what Codex's backend calls a compaction.
var free = []string{
	"message", "reasoning", "compaction", "compaction_summary",
	"function_call", "function_call_output", "custom_tool_call", "custom_tool_call_output",
	"computer_call", "computer_call_output", "local_shell_call", "local_shell_call_output", "shell_call_output",
	"apply_patch_call", "apply_patch_call_output", "tool_search_call", "tool_search_output", "additional_tools",
	"mcp_call", "mcp_list_tools", "mcp_approval_request", "mcp_approval_response",
}

// untold returns the path of an item whose cost is not told; "" for one that is free or counted. A shell that runs in a
// container of the provider's is billed by the container. xAI's searches of X come as calls of custom tools whose
// names begin with "x_", and where it counts the calls of its tools by name, those are counted.
func (i item) untold(v Variant, counted bool, told func(tool string) bool) string {
	path := "output." + i.Type
	tool, runs := hosted[i.Type]
	switch {
	case counted && strings.HasSuffix(i.Type, "_call"):
		return ""
	case runs && told(tool):
		return ""
	case i.Type == "shell_call":
		if wire.IsNull(i.Environment) || field(i.Environment, "type") == "local" {
			return ""
		}
		return path + ".environment"
	case v == XAI && i.Type == "custom_tool_call" && strings.HasPrefix(i.Name, "x_"):
		return path
	case slices.Contains(free, i.Type):
		return ""
	}
	return path
}

// field returns a text in a JSON object; "" when there is none.
func field(text json.RawMessage, name string) string {
	return wire.String(wire.Value(text, name))
}

// tools reads the billable units of tools. The number of items is not the number of billable requests (opening
// a page is an item and free), so without tool_usage it is not known. What tool_usage counts besides requests, such
// as the tokens of another model that makes images, has rates of its own. xAI counts its tools in the usage object.
func (p response) tools(v Variant, r *usage.Reading) {
	tools, err := wire.ReadObject(p.ToolUsage)
	if err != nil {
		lower(r, "reading tool_usage: "+err.Error())
		return
	}
	var known []string
	told := make(map[string]bool)
	for _, tool := range hosted {
		n, counted, err := requestsOf(tools, tool)
		if err != nil {
			lower(r, "reading tool_usage: "+err.Error())
		}
		request(r, tool, n)
		known, told[tool] = append(known, tool+".num_requests"), counted
	}
	var unknown []string
	for _, path := range tools.Beyond(known) {
		unknown = wire.Note(unknown, "tool_usage."+path)
	}
	counted := v == XAI && countsTools(p.Usage)
	for _, one := range p.Output {
		if path := one.untold(v, counted, func(tool string) bool { return told[tool] }); path != "" {
			unknown = wire.Note(unknown, path)
		}
	}
	if len(unknown) > 0 {
		for _, path := range unknown {
			r.Unclassified = wire.Note(r.Unclassified, path)
		}
		lower(r, "tools with a cost that is not told: "+strings.Join(unknown, ", "))
	}
}

// requestsOf returns how many requests of a tool are billed.
func requestsOf(tools wire.Object, name string) (n int64, told bool, err error) {
	tool, err := tools.Object(name)
	if err != nil {
		return 0, false, err
	}
	return tool.Count("num_requests")
}

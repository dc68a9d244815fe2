package fakeagent

import (
	"encoding/json"

	"github.com/pertask/pertask/usage"
)

func messagesBody(a *agent) any {
	messages := []any{object{"role": "user", "content": a.prompt}}
	for _, e := range a.past {
		messages = append(messages,
			object{"role": "assistant", "content": []any{object{"type": "tool_use", "id": e.call.id, "name": toolName, "input": e.call.args()}}},
			object{"role": "user", "content": []any{object{"type": "tool_result", "tool_use_id": e.call.id, "content": e.result}}})
	}
	body := object{"model": a.model, "max_tokens": 1000, "messages": messages, "stream": a.stream,
		"tools": []any{object{"name": toolName, "description": toolText, "input_schema": schema()}}}
	if a.effort != "" {
		body["output_config"] = object{"effort": a.effort}
	}
	return body
}

// messagesUsage is Anthropic's: what is cached stands beside the input.
type messagesUsage struct {
	Input    int64 `json:"input_tokens"`
	Read     int64 `json:"cache_read_input_tokens"`
	Creation struct {
		Minutes int64 `json:"ephemeral_5m_input_tokens"`
		Hour    int64 `json:"ephemeral_1h_input_tokens"`
	} `json:"cache_creation"`
	Output  int64 `json:"output_tokens"`
	Details struct {
		Thinking int64 `json:"thinking_tokens"`
	} `json:"output_tokens_details"`
}

func (u messagesUsage) tokens() usage.Tokens {
	t := usage.None()
	t.Input, t.CacheRead, t.Output = usage.Known(u.Input), usage.Known(u.Read), usage.Known(u.Output)
	t.CacheCreation5m, t.CacheCreation1h = usage.Known(u.Creation.Minutes), usage.Known(u.Creation.Hour)
	t.Reasoning = usage.Known(u.Details.Thinking)
	return t
}

type messagesBlock struct {
	Type  string          `json:"type"`
	Text  string          `json:"text"`
	ID    string          `json:"id"`
	Input json.RawMessage `json:"input"`
}

func messagesAnswer(data []byte, t *turn) error {
	var a struct {
		Content    []messagesBlock `json:"content"`
		StopReason string          `json:"stop_reason"`
		Usage      messagesUsage   `json:"usage"`
	}
	if err := json.Unmarshal(data, &a); err != nil {
		return err
	}
	for _, b := range a.Content {
		if b.Type == "tool_use" {
			t.called, t.id, t.args = true, b.ID, string(b.Input)
		}
		t.text += b.Text
	}
	t.ended, t.used = a.StopReason != "", a.Usage.tokens()
	return nil
}

func messagesEvent(data []byte, t *turn) error {
	var e struct {
		Type  string        `json:"type"`
		Block messagesBlock `json:"content_block"`
		Delta struct {
			Text        string `json:"text"`
			PartialJSON string `json:"partial_json"`
		} `json:"delta"`
		Usage messagesUsage `json:"usage"`
	}
	if err := json.Unmarshal(data, &e); err != nil {
		return err
	}
	switch e.Type {
	case "content_block_start":
		if e.Block.Type == "tool_use" {
			t.called, t.id = true, e.Block.ID
		}
	case "content_block_delta":
		t.text += e.Delta.Text
		t.args += e.Delta.PartialJSON
	case "message_delta":
		t.used = e.Usage.tokens()
	case "message_stop":
		t.ended = true
	}
	return nil
}

func generatePath(a *agent) string {
	if a.stream {
		return "/v1beta/models/" + a.model + ":streamGenerateContent?alt=sse"
	}
	return "/v1beta/models/" + a.model + ":generateContent"
}

func generateBody(a *agent) any {
	contents := []any{object{"role": "user", "parts": []any{object{"text": a.prompt}}}}
	for _, e := range a.past {
		contents = append(contents,
			object{"role": "model", "parts": []any{object{"functionCall": object{"name": toolName, "args": e.call.args()}}}},
			object{"role": "user", "parts": []any{object{"functionResponse": object{"name": toolName, "response": object{"output": e.result}}}}})
	}
	body := object{"contents": contents,
		"tools": []any{object{"functionDeclarations": []any{object{"name": toolName, "description": toolText, "parametersJsonSchema": schema()}}}}}
	if a.effort != "" {
		body["generationConfig"] = object{"thinkingConfig": object{"thinkingLevel": a.effort}}
	}
	return body
}

func generateAnswer(data []byte, t *turn) error {
	var a struct {
		Candidates []struct {
			Content struct {
				Parts []struct {
					Text         string `json:"text"`
					FunctionCall *struct {
						Args json.RawMessage `json:"args"`
					} `json:"functionCall"`
				} `json:"parts"`
			} `json:"content"`
			FinishReason string `json:"finishReason"`
		} `json:"candidates"`
		Usage struct {
			Prompt     int64 `json:"promptTokenCount"`
			Cached     int64 `json:"cachedContentTokenCount"`
			Candidates int64 `json:"candidatesTokenCount"`
			Thoughts   int64 `json:"thoughtsTokenCount"`
		} `json:"usageMetadata"`
	}
	if err := json.Unmarshal(data, &a); err != nil {
		return err
	}
	for _, c := range a.Candidates {
		for _, p := range c.Content.Parts {
			t.text += p.Text
			if p.FunctionCall != nil {
				t.called, t.args = true, string(p.FunctionCall.Args)
			}
		}
		t.ended = t.ended || c.FinishReason != ""
	}
	u := a.Usage
	t.used = split(u.Prompt, u.Cached, 0, u.Candidates+u.Thoughts, u.Thoughts)
	return nil
}

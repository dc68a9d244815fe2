package fakeagent

import "encoding/json"

func chatBody(a *agent) any {
	messages := []any{object{"role": "user", "content": a.prompt}}
	for _, e := range a.past {
		f := object{"name": toolName, "arguments": e.call.arguments()}
		messages = append(messages,
			object{"role": "assistant", "content": nil, "tool_calls": []any{object{"id": e.call.id, "type": "function", "function": f}}},
			object{"role": "tool", "tool_call_id": e.call.id, "content": e.result})
	}
	body := object{"model": a.model, "messages": messages, "stream": a.stream,
		"tools": []any{object{"type": "function", "function": object{"name": toolName, "description": toolText, "parameters": schema()}}}}
	if a.stream {
		body["stream_options"] = object{"include_usage": true}
	}
	if a.effort != "" {
		body["reasoning_effort"] = a.effort
	}
	return body
}

// chatMessage is a whole message, or what a chunk adds to one.
type chatMessage struct {
	Content   string `json:"content"`
	ToolCalls []struct {
		ID       string `json:"id"`
		Function struct {
			Arguments string `json:"arguments"`
		} `json:"function"`
	} `json:"tool_calls"`
}

func chatAnswer(data []byte, t *turn) error {
	var a struct {
		Choices []struct {
			Message      chatMessage `json:"message"`
			Delta        chatMessage `json:"delta"`
			FinishReason string      `json:"finish_reason"`
		} `json:"choices"`
		Usage *struct {
			Prompt     int64 `json:"prompt_tokens"`
			Completion int64 `json:"completion_tokens"`
			In         struct {
				Cached int64 `json:"cached_tokens"`
			} `json:"prompt_tokens_details"`
			Out struct {
				Reasoning int64 `json:"reasoning_tokens"`
			} `json:"completion_tokens_details"`
		} `json:"usage"`
	}
	if err := json.Unmarshal(data, &a); err != nil {
		return err
	}
	for _, c := range a.Choices {
		for _, m := range []chatMessage{c.Message, c.Delta} {
			t.text += m.Content
			for _, call := range m.ToolCalls {
				t.called, t.id, t.args = true, t.id+call.ID, t.args+call.Function.Arguments
			}
		}
		t.ended = t.ended || c.FinishReason != ""
	}
	if u := a.Usage; u != nil {
		t.used = split(u.Prompt, u.In.Cached, 0, u.Completion, u.Out.Reasoning)
	}
	return nil
}

func responsesBody(a *agent) any {
	input := []any{object{"role": "user", "content": a.prompt}}
	for _, e := range a.past {
		input = append(input,
			object{"type": "function_call", "call_id": e.call.id, "name": toolName, "arguments": e.call.arguments()},
			object{"type": "function_call_output", "call_id": e.call.id, "output": e.result})
	}
	body := object{"model": a.model, "input": input, "stream": a.stream, "store": false,
		"tools": []any{object{"type": "function", "name": toolName, "description": toolText, "parameters": schema()}}}
	if a.effort != "" {
		body["reasoning"] = object{"effort": a.effort}
	}
	return body
}

func responsesEvent(data []byte, t *turn) error {
	var e struct {
		Type     string          `json:"type"`
		Response json.RawMessage `json:"response"`
	}
	if err := json.Unmarshal(data, &e); err != nil || e.Type != "response.completed" {
		return err
	}
	return responsesAnswer(e.Response, t)
}

func responsesAnswer(data []byte, t *turn) error {
	var a struct {
		Status string `json:"status"`
		Output []struct {
			Type      string `json:"type"`
			CallID    string `json:"call_id"`
			Arguments string `json:"arguments"`
			Content   []struct {
				Text string `json:"text"`
			} `json:"content"`
		} `json:"output"`
		Usage struct {
			Input  int64 `json:"input_tokens"`
			Output int64 `json:"output_tokens"`
			In     struct {
				Cached  int64 `json:"cached_tokens"`
				Written int64 `json:"cache_write_tokens"`
			} `json:"input_tokens_details"`
			Out struct {
				Reasoning int64 `json:"reasoning_tokens"`
			} `json:"output_tokens_details"`
		} `json:"usage"`
	}
	if err := json.Unmarshal(data, &a); err != nil {
		return err
	}
	for _, item := range a.Output {
		if item.Type == "function_call" {
			t.called, t.id, t.args = true, item.CallID, item.Arguments
		}
		for _, c := range item.Content {
			t.text += c.Text
		}
	}
	t.ended = a.Status == "completed"
	u := a.Usage
	t.used = split(u.Input, u.In.Cached, u.In.Written, u.Output, u.Out.Reasoning)
	return nil
}

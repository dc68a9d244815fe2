package scripted

func (c counts) response() object {
	return object{
		"input_tokens": c.input + c.read + c.written, "output_tokens": c.output, "total_tokens": c.input + c.read + c.written + c.output,
		"input_tokens_details":  object{"cached_tokens": c.read, "cache_write_tokens": c.written},
		"output_tokens_details": object{"reasoning_tokens": c.reasoning},
	}
}

func response(a answer, status string, output []any, usage any) object {
	return object{"id": a.id, "object": "response", "created_at": created, "status": status, "model": a.model, "output": output, "usage": usage,
		"error": nil, "incomplete_details": nil, "instructions": nil, "metadata": object{}, "parallel_tool_calls": true, "tool_choice": "auto", "tools": []any{}}
}

// item is what the answer consists of, as far as a status.
func item(a answer, status string) object {
	c := a.call
	if c == nil {
		content := []any{}
		if status == "completed" {
			content = append(content, textPart(a.text))
		}
		return object{"type": "message", "id": "msg_" + a.id, "role": "assistant", "status": status, "content": content}
	}
	out := object{"id": "fc_" + a.id, "call_id": c.id, "name": c.name, "status": status}
	if c.namespace != "" {
		out["namespace"] = c.namespace
	}
	switch {
	case c.custom && status == "completed":
		out["type"], out["input"] = "custom_tool_call", c.input
	case c.custom:
		out["type"], out["input"] = "custom_tool_call", ""
	case status == "completed":
		out["type"], out["arguments"] = "function_call", c.arguments()
	default:
		out["type"], out["arguments"] = "function_call", ""
	}
	return out
}

func textPart(text string) object {
	return object{"type": "output_text", "text": text, "annotations": []any{}}
}

func wholeResponse(a answer) any {
	return response(a, "completed", []any{item(a, "completed")}, a.tokens.response())
}

// responseEvents numbers its events, as OpenAI does.
func responseEvents(a answer) []event {
	var events []event
	add := func(name string, data object) {
		data["type"], data["sequence_number"] = name, len(events)
		events = append(events, event{name: name, data: data})
	}
	id, whole := item(a, "completed")["id"], item(a, "completed")
	add("response.created", object{"response": response(a, "in_progress", []any{}, nil)})
	add("response.in_progress", object{"response": response(a, "in_progress", []any{}, nil)})
	add("response.output_item.added", object{"output_index": 0, "item": item(a, "in_progress")})
	switch {
	case a.call == nil:
		at := func(more object) object {
			more["item_id"], more["output_index"], more["content_index"] = id, 0, 0
			return more
		}
		add("response.content_part.added", at(object{"part": textPart("")}))
		add("response.output_text.delta", at(object{"delta": a.text}))
		add("response.output_text.done", at(object{"text": a.text}))
		add("response.content_part.done", at(object{"part": textPart(a.text)}))
	case a.call.custom:
		add("response.custom_tool_call_input.delta", object{"item_id": id, "output_index": 0, "delta": a.call.input})
		add("response.custom_tool_call_input.done", object{"item_id": id, "output_index": 0, "input": a.call.input})
	default:
		add("response.function_call_arguments.delta", object{"item_id": id, "output_index": 0, "delta": a.call.arguments()})
		add("response.function_call_arguments.done", object{"item_id": id, "output_index": 0, "arguments": a.call.arguments()})
	}
	add("response.output_item.done", object{"output_index": 0, "item": whole})
	add("response.completed", object{"response": response(a, "completed", []any{whole}, a.tokens.response())})
	return events
}

package scripted

// messages is Anthropic's usage, with as much of the output as was generated so far.
func (c counts) messages(output int64) object {
	return object{
		"input_tokens": c.input, "cache_read_input_tokens": c.read, "cache_creation_input_tokens": c.written5m + c.written1h,
		"cache_creation": object{"ephemeral_5m_input_tokens": c.written5m, "ephemeral_1h_input_tokens": c.written1h},
		"output_tokens":  output, "service_tier": "standard",
	}
}

func message(a answer, content []any, stop any, usage object) object {
	return object{"id": a.id, "type": "message", "role": "assistant", "model": a.model, "content": content, "stop_reason": stop, "stop_sequence": nil, "usage": usage}
}

// stopReason is why the answer ended.
func (a answer) stopReason() string {
	if a.call != nil {
		return "tool_use"
	}
	return "end_turn"
}

func wholeMessage(a answer) any {
	content := object{"type": "text", "text": a.text}
	if a.call != nil {
		content = object{"type": "tool_use", "id": a.call.id, "name": a.call.name, "input": a.call.args}
	}
	return message(a, []any{content}, a.stopReason(), a.final())
}

// final is the usage at the end of an answer.
func (a answer) final() object {
	u := a.tokens.messages(a.tokens.output)
	u["output_tokens_details"] = object{"thinking_tokens": a.tokens.reasoning}
	return u
}

func messageEvents(a answer) []event {
	var events []event
	add := func(name string, data object) {
		data["type"] = name
		events = append(events, event{name: name, data: data})
	}
	block, delta := object{"type": "text", "text": ""}, object{"type": "text_delta", "text": a.text}
	if a.call != nil {
		block = object{"type": "tool_use", "id": a.call.id, "name": a.call.name, "input": object{}}
		delta = object{"type": "input_json_delta", "partial_json": a.call.arguments()}
	}
	add("message_start", object{"message": message(a, []any{}, nil, a.tokens.messages(1))})
	add("content_block_start", object{"index": 0, "content_block": block})
	add("ping", object{})
	add("content_block_delta", object{"index": 0, "delta": delta})
	add("content_block_stop", object{"index": 0})
	add("message_delta", object{"delta": object{"stop_reason": a.stopReason(), "stop_sequence": nil}, "usage": a.final()})
	add("message_stop", object{})
	return events
}

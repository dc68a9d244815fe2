package scripted

type object = map[string]any

func (c counts) chat() object {
	return object{
		"prompt_tokens": c.input + c.read + c.written, "completion_tokens": c.output, "total_tokens": c.input + c.read + c.written + c.output,
		"prompt_tokens_details":     object{"cached_tokens": c.read},
		"completion_tokens_details": object{"reasoning_tokens": c.reasoning},
	}
}

func wholeChat(a answer) any {
	message := object{"role": "assistant", "content": a.text}
	finish := "stop"
	if a.call != nil {
		finish = "tool_calls"
		message = object{"role": "assistant", "content": nil, "tool_calls": []any{chatCall(a, false)}}
	}
	return object{"id": a.id, "object": "chat.completion", "created": created, "model": a.model,
		"choices": []any{object{"index": 0, "message": message, "finish_reason": finish}}, "usage": a.tokens.chat()}
}

func chatCall(a answer, indexed bool) object {
	c := object{"id": a.call.id, "type": "function", "function": object{"name": a.call.name, "arguments": a.call.arguments()}}
	if indexed {
		c["index"] = 0
	}
	return c
}

// created is when every answer says that it was made.
const created = 1790000000

// chatEvents tells the usage in a last chunk, as if stream_options had asked for it: the meter asks where a client
// does not.
func chatEvents(a answer) []event {
	chunk := func(choices []any, usage any) event {
		return event{data: object{"id": a.id, "object": "chat.completion.chunk", "created": created, "model": a.model, "choices": choices, "usage": usage}}
	}
	delta := func(d object, finish any) event {
		return chunk([]any{object{"index": 0, "delta": d, "finish_reason": finish}}, nil)
	}
	events := []event{delta(object{"role": "assistant", "content": ""}, nil)}
	if a.call != nil {
		events = append(events, delta(object{"tool_calls": []any{chatCall(a, true)}}, nil), delta(object{}, "tool_calls"))
	} else {
		events = append(events, delta(object{"content": a.text}, nil), delta(object{}, "stop"))
	}
	return append(events, chunk([]any{}, a.tokens.chat()), event{data: "[DONE]"})
}

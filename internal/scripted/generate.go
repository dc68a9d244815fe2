package scripted

// generate is Google's usage, with as much of the output as was generated so far.
func (c counts) generate(output int64) object {
	return object{
		"promptTokenCount": c.input + c.read, "cachedContentTokenCount": c.read, "candidatesTokenCount": output,
		"thoughtsTokenCount": c.reasoning, "totalTokenCount": c.input + c.read + output + c.reasoning,
	}
}

func wholeGenerate(a answer) any {
	return generated(a, a.part(), "STOP", a.tokens.output-a.tokens.reasoning)
}

// part is what the answer consists of.
func (a answer) part() object {
	if a.call == nil {
		return object{"text": a.text}
	}
	return object{"functionCall": object{"name": a.call.name, "args": a.call.args}}
}

func generated(a answer, part object, finish any, output int64) object {
	candidate := object{"index": 0, "content": object{"role": "model", "parts": []any{part}}}
	if finish != nil {
		candidate["finishReason"] = finish
	}
	return object{"candidates": []any{candidate}, "usageMetadata": a.tokens.generate(output), "modelVersion": a.model, "responseId": a.id}
}

// generateEvents tells usage in each event; the last one counts.
func generateEvents(a answer) []event {
	last := a.tokens.output - a.tokens.reasoning
	return []event{
		{data: generated(a, a.part(), nil, last/2)},
		{data: generated(a, object{"text": ""}, "STOP", last)},
	}
}

package openai

// deepseek is a shape with DeepSeek's two fields, which split the prompt. They are its own, so that a zero in them is
// a count.
func deepseek(s shape) shape {
	s.strict = true
	return s
}

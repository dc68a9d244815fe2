package format

type object map[string]any

func openaiError(kind, message string) any {
	return object{"error": object{"message": message, "type": kind, "param": nil, "code": "pertask"}}
}

func anthropicError(kind, message string) any {
	return object{"type": "error", "error": object{"type": kind, "message": message}}
}

// AnyError words an error for routes of no format: clients of either provider find their fields in it.
func AnyError(kind, message string) any {
	return object{"type": "error", "error": object{"message": message, "type": kind, "param": nil, "code": "pertask"}}
}

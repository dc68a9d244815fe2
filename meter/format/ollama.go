package format

// Ollama's own formats.
var ollama []route

var ollamaFree []string

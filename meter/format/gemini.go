package format

// Gemini's formats, at the Gemini API and on Vertex.
var gemini, vertexGemini []route

var geminiFree []string

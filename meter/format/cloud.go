package format

// Bedrock's formats, and Claude on Vertex.
var bedrock, vertexClaude []route

var bedrockFree, vertexClaudeFree []string

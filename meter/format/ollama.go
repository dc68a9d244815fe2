package format

import native "github.com/pertask/pertask/meter/ollama"

// Ollama's own formats. Of its other routes only the description of a model is free to ask for: pulls, copies and
// deletions change what others on the machine get, and embeddings are not metered.
var (
	ollama = []route{
		{Format{native.Chat, openOllama, ollamaError, saltOllamaChat.Put}, []string{"/api/chat"}},
		{Format{native.Generate, openOllama, ollamaError, saltOllamaGenerate.Put}, []string{"/api/generate"}},
	}
	ollamaFree = []string{"/api/show"}
)

func openOllama(q Request) (Exchange, error) {
	r, err := native.ReadRequest(q.Body)
	return Exchange{Model: r.Model, Stream: r.Stream, Body: q.Body, Read: native.Read,
		Events: func() Stream { return new(native.Stream) },
		Split: func(handle func(name string, data []byte)) Splitter {
			return &native.Lines{Handle: handle}
		}}, err
}

func ollamaError(_, message string) any { return object{"error": message} }

package ollama

import (
	"fmt"
	"strings"

	"github.com/pertask/pertask/meter/wire"
)

// Request is what a request's body asks for.
type Request struct {
	Model string // "" when the body does not say
	// Stream is whether the answer is to come as lines. Unlike at other providers, it is unless the body says no.
	Stream bool
}

// ReadRequest reads the body of a request to /api/chat or /api/generate. It is an error if the body is no JSON
// object, or has a name twice. Ollama does not distinguish upper and lower case in names, so a name that only
// looks different counts as the same.
func ReadRequest(body []byte) (Request, error) {
	members, err := wire.Members(body)
	if err != nil {
		return Request{}, err
	}
	for _, m := range members {
		for _, name := range []string{"model", "stream"} {
			if m.Name != name && strings.EqualFold(m.Name, name) {
				return Request{}, fmt.Errorf("reading the request: %.80q is written in another way than %q, which servers read as the same", m.Name, name)
			}
		}
	}
	stream, _ := wire.Find(members, "stream")
	return Request{Model: wire.Text(members, "model"), Stream: string(stream.Value) != "false"}, nil
}

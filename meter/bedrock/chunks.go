package bedrock

import (
	"encoding/json"

	"github.com/pertask/pertask/usage"
)

// Chunks reads the events of a streamed InvokeModel answer: each has an event of the model's own format inside,
// which is handed on. It is not safe for concurrent use.
type Chunks struct {
	// Inner reads the events of the model's own format. Their names are in their data.
	Inner interface {
		Event(name string, data []byte)
		Reading() usage.Reading
	}

	problem string
}

// Event takes the next event. Its data is not kept.
func (c *Chunks) Event(name string, data []byte) {
	switch name {
	case "chunk":
		var part struct {
			Bytes []byte `json:"bytes"` // base64
		}
		if json.Unmarshal(data, &part) != nil {
			c.problem = "the stream has a chunk that is not base64 in JSON"
			return
		}
		c.Inner.Event("", part.Bytes)
	case Error:
		c.problem = ended(data)
	}
}

// Reading returns what was read so far.
func (c *Chunks) Reading() usage.Reading { return weaken(c.Inner.Reading(), c.problem) }

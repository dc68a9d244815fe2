package openai

import (
	"strings"

	"github.com/pertask/pertask/meter/wire"
	"github.com/pertask/pertask/usage"
)

// mistral is a shape with Mistral's fields. What it tells in seconds, such as prompt_audio_seconds, is billed by
// the minute and not by the token, so it is unclassified unless it is zero.
func mistral(s shape) shape {
	s.more = func(o wire.Object, r *usage.Reading) {
		for _, name := range o.Names() {
			if strings.HasSuffix(name, "_seconds") && !wire.IsNull(o.Raw(name)) && !wire.IsZero(o.Raw(name)) {
				r.Unclassified = wire.Note(r.Unclassified, name)
			}
		}
	}
	return s
}

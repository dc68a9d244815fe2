package meter

import (
	"context"

	"github.com/pertask/pertask/meter/format"
)

// Asked is the request of a call that Config.Admit is asked about, as far as it tells how large the call can get. It is for use until
// Admit returns.
type Asked struct{ body []byte }

type askedKey struct{}

// AskedOf returns the request that a call of Config.Admit is about, by its context; the zero Asked where there is none.
func AskedOf(ctx context.Context) Asked {
	a, _ := ctx.Value(askedKey{}).(Asked)
	return a
}

// Bytes is the length of the request's body, decompressed. A prompt has fewer tokens, but for what it only names: files, images
// by their address, and earlier answers.
func (a Asked) Bytes() int64 { return int64(len(a.body)) }

// MostOutput is the most tokens that the request allows for its answers; 0 where it does not say.
func (a Asked) MostOutput() int64 { return format.MostOutput(a.body) }

package place

import (
	"context"
	"time"

	"github.com/pertask/pertask/trial/folder"
)

// watchInterval is the least time between two looks at a trial's folders. It grows with the time that they take.
const watchInterval = time.Second

// Watch calls full once the place holds more bytes than the limit. It returns then, or when the context ends.
func (p *Place) Watch(ctx context.Context, limit int64, full func()) {
	for wait := watchInterval; ; {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		start := time.Now()
		if p.Bytes(ctx, limit) > limit {
			full()
			return
		}
		wait = max(watchInterval, 20*time.Since(start))
	}
}

// Bytes adds up what the place holds, until that exceeds the limit or the context ends. Each file and folder counts as
// a block at least, so that a limit bounds their number as well. Folders that the agent has closed count with what is in
// them.
func (p *Place) Bytes(ctx context.Context, limit int64) (sum int64) {
	return folder.Size(ctx, p.scratch, p.name, limit)
}

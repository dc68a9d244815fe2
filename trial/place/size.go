package place

import (
	"context"
	"io/fs"
	"time"
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
// a block at least, so that a limit bounds their number as well. What may not be read counts as what it is itself.
func (p *Place) Bytes(ctx context.Context, limit int64) (sum int64) {
	const block = 4096
	_ = fs.WalkDir(p.scratch.FS(), p.name, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d == nil {
			return nil // it is gone, or not to be read
		}
		size := int64(block)
		if info, err := d.Info(); err == nil && info.Mode().IsRegular() {
			size = max(size, info.Size())
		}
		if sum += size; sum > limit || ctx.Err() != nil {
			return fs.SkipAll
		}
		return nil
	})
	return sum
}

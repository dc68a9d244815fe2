package sandbox

import "context"

// FindWay is Find with one way to try, by its name.
func FindWay(ctx context.Context, opts Options, name string) (*Sandbox, error) {
	return find(ctx, opts, []way{way(name)})
}

// The parts of views, for tests.
var (
	View   = view
	Within = within
)

// Kinds of mounts, by the names that tests use.
const (
	Hide, Scratch, Read, Cache, Store, Link, Write = hide, scratch, read, cache, store, link, write
)

// Mount is a part of a view.
type Mount = mount

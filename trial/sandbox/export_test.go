package sandbox

import "context"

// FindWay is Find with one way to try, by its name.
func FindWay(ctx context.Context, opts Options, name string) (*Sandbox, error) {
	return find(ctx, opts, []way{way(name)})
}

// The parts of views, for tests.
var (
	Within       = within
	Sealed       = sealed
	BoundSockets = boundSockets
	MountPoints  = mountPoints
	SocketPath   = socketPath
)

// View returns what all programs see.
func View(opts Options) ([]Mount, error) {
	all, _, err := view(opts)
	return all, err
}

// Kinds of mounts, by the names that tests use.
const (
	Hide, Scratch, Read, Cache, Store, Link, Write, Seal = hide, scratch, read, cache, store, link, write, seal
)

// Mount is a part of a view.
type Mount = mount

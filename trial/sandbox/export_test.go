package sandbox

import "context"

// FindWay is Find with one way to try, by its name.
func FindWay(ctx context.Context, opts Options, name string) (*Sandbox, error) {
	return find(ctx, opts, []way{way(name)})
}

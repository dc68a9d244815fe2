package compare

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pertask/pertask/meter"
)

// startProxy starts the metering proxy, and where one is wanted finds the sandbox around it. A machine that can have no
// sandbox need not have unix sockets either. The returned function stops what was started.
func (c *Comparison) startProxy(ctx context.Context, b Bench, sandboxed bool, cfg meter.Config) (*meter.Proxy, func(), error) {
	var without error // why there is no socket
	remove := func() {}
	if sandboxed {
		dir, err := socketFolder()
		if err == nil {
			cfg.Socket, remove = filepath.Join(dir, "proxy"), func() { _ = os.RemoveAll(dir) }
		}
		without = err
	}
	proxy, err := meter.Start(cfg)
	if err != nil && cfg.Socket != "" {
		cfg.Socket, without = "", err
		proxy, err = meter.Start(cfg)
	}
	if err != nil {
		remove()
		return nil, nil, fmt.Errorf("starting the metering proxy: %w", errors.Join(without, err))
	}
	stop := func() {
		_ = proxy.Close(context.WithoutCancel(ctx)) // every session is closed by now
		remove()
	}
	if sandboxed {
		if err := c.findSandbox(ctx, b, proxy, cfg.Socket, without); err != nil {
			stop()
			return nil, nil, err
		}
	}
	return proxy, stop, nil
}

// socketFolder makes the folder of the proxy's socket. Paths of sockets are short, so it is not below Scratch.
func socketFolder() (string, error) {
	dir, err := os.MkdirTemp("", "pertask-")
	if err != nil {
		return "", fmt.Errorf("making a folder for the proxy's socket: %w", err)
	}
	return dir, nil
}

// findSandbox finds what keeps programs in. Without the socket that a sandbox needs it is an error if there could be one:
// nothing runs outside of a sandbox because of a mishap.
func (c *Comparison) findSandbox(ctx context.Context, b Bench, proxy *meter.Proxy, socket string, without error) (err error) {
	if without == nil {
		c.box, err = b.FindSandbox(ctx, proxy.Addr(), socket)
		return err
	}
	box, err := b.FindSandbox(ctx, "", "")
	if err != nil || box == nil {
		return err
	}
	return fmt.Errorf("starting the metering proxy where a sandbox reaches it: %w", without)
}

package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/trial"
)

// Start starts the metering proxy to the upstreams, and where one is wanted finds the sandbox around it; nil for none. A
// machine that can have no sandbox need not have unix sockets either. The configuration says who admits and records calls.
// The returned function stops what was started.
func (b Bench) Start(ctx context.Context, sandboxed bool, cfg meter.Config) (*meter.Proxy, trial.Sandbox, func(), error) {
	cfg.Upstreams, cfg.Keys, cfg.Transport = b.Upstreams, b.Keys, b.Transport
	sandboxed = sandboxed && b.FindSandbox != nil
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
		return nil, nil, nil, fmt.Errorf("starting the metering proxy: %w", errors.Join(without, err))
	}
	stop := func() {
		_ = proxy.Close(context.WithoutCancel(ctx)) // every session is closed by now
		remove()
	}
	if !sandboxed {
		return proxy, nil, stop, nil
	}
	box, err := b.sandbox(ctx, proxy, cfg.Socket, without)
	if err != nil {
		stop()
		return nil, nil, nil, err
	}
	return proxy, box, stop, nil
}

// socketFolder makes the folder of the proxy's socket. Paths of sockets are short, so it is not below Scratch.
func socketFolder() (string, error) {
	dir, err := os.MkdirTemp("", "pertask-")
	if err != nil {
		return "", fmt.Errorf("making a folder for the proxy's socket: %w", err)
	}
	return dir, nil
}

// sandbox finds what keeps programs in. Without the socket that a sandbox needs it is an error if there could be one:
// nothing runs outside of a sandbox because of a mishap.
func (b Bench) sandbox(ctx context.Context, proxy *meter.Proxy, socket string, without error) (trial.Sandbox, error) {
	if without == nil {
		return b.FindSandbox(ctx, proxy.Addr(), socket)
	}
	box, err := b.FindSandbox(ctx, "", "")
	if err != nil || box == nil {
		return nil, err
	}
	return nil, fmt.Errorf("starting the metering proxy where a sandbox reaches it: %w", without)
}

//go:build !unix

package process

import "os"

// launch starts the program. There are no process groups here that would end with one signal.
func (t *tree) launch() error { return t.cmd.Start() }

// reap waits for the program. What it has started and left behind is not found.
func (t *tree) reap() {
	_ = t.cmd.Wait() // the status is read from ProcessState
	t.mu.Lock()
	t.reaped = true
	t.mu.Unlock()
}

// ask ends the program by force: there is no polite way.
func (t *tree) ask() { t.kill() }

func (t *tree) kill() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.reaped {
		_ = t.cmd.Process.Kill() // it may have ended
	}
}

func signalOf(*os.ProcessState) string { return "" }

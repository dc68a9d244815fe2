package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pertask/pertask/internal/sandboxed"
)

// TestAgentsAreKeptIn holds the whole way from a webhook to a verdict with agents in a sandbox, although the repository's
// configuration wants none: they reach the provider by the proxy only, and see neither GitHub nor the database.
func TestAgentsAreKeptIn(t *testing.T) {
	name := sandboxed.Need(t)
	w := newStageOf(t, ", sandbox: none, auto_run_below: 9", func(w *stage) string {
		return "name: tickets\nharness: command\ncommand: " + sandboxed.Command(w.provider.URL+"/v1/models", w.hub.URL, filepath.Join(w.dir, "data", "pertask.db")) +
			"\ntasks:\n  - {id: a, prompt: task a, grade: grep -qx billing}\n  - {id: b, prompt: task b, grade: {equals: billing}}\n"
	})
	for i, v := range w.env {
		if strings.HasPrefix(v, "PATH=") {
			w.env[i] = "PATH=" + sandboxed.Tools(t) + string(os.PathListSeparator) + os.Getenv("PATH")
		}
	}
	p := w.start()
	w.ready(p)
	w.deliver("pull_request", w.hub.PullRequestEvent(w.repo, w.pull, "opened"))
	w.until(p, "the check run is complete", func() bool { return w.last(w.head).Status == "completed" })
	w.idle(p)
	w.stop(p)
	r := w.report(t, w.open(), w.pull)
	if r.Sandbox != name || r.Base.Completed != 10 || r.Head.Completed != 10 || r.Base.Voids+r.Head.Voids != 0 {
		t.Errorf("in the sandbox %q (want %q): %d and %d of 10 trials completed, %d voids: %s\n%s", r.Sandbox, name, r.Base.Completed, r.Head.Completed,
			r.Base.Voids+r.Head.Voids, w.last(w.head).Title, p.log)
	}
}

package change

import (
	"fmt"
	"os"

	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/cmd/pertask/output"
	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/compare/outfit"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/trial/journal"
)

// Measure carries out the trials of a change and keeps the journal in a folder. What outlasts the comparison is in another
// one; "" for nothing.
func (c *Change) Measure(a command.App, out, folder string) (*report.Report, error) {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return nil, fmt.Errorf("making the folder of the report: %w", err)
	}
	trials, err := journal.Open(JournalPath(out))
	if err != nil {
		return nil, err
	}
	defer trials.Close()
	if folder != "" {
		store, err := c.useStore(folder)
		if err != nil {
			return nil, err
		}
		defer store.Close()
	}
	b, clean, err := c.bench(a)
	if err != nil {
		return nil, err
	}
	defer clean()
	b.Journal, c.Options.Journal = trials, JournalName
	if r, err := c.Prepare(a, &b); r != nil || err != nil {
		return r, err
	}
	return compare.Run(a.Context, c.Options, b)
}

// bench is what trials are carried out with, but for a journal. The returned function cleans up.
func (c *Change) bench(a command.App) (compare.Bench, func(), error) {
	ups := c.Config.AllUpstreams()
	keys, err := a.Keys(ups)
	if err != nil {
		return compare.Bench{}, nil, err
	}
	scratch, clean, err := scratchFolder()
	if err != nil {
		return compare.Bench{}, nil, err
	}
	return compare.Bench{
		Source: c.Source, Watches: c.Watches, Upstreams: ups, Keys: keys, Scratch: scratch,
		Concurrency: c.Config.Run.Concurrency, Getenv: a.Getenv,
		Progress: output.Progress(a),
	}, clean, nil
}

// Prepare gets ready what the machine has for the suite. It returns a report when that cannot lead to a verdict.
func (c *Change) Prepare(a command.App, b *compare.Bench) (*report.Report, error) {
	machine := outfit.Machine{Getenv: a.Getenv, Hide: c.folders}
	if err := machine.Prepare(a.Context, c.Config.Run, &c.Options, b); err != nil {
		return nil, err
	}
	return c.Options.Hold(), nil
}

// useStore opens the folder of stored trials and tests.
func (c *Change) useStore(dir string) (*outfit.Store, error) {
	store, err := outfit.OpenStore(dir, nil, "")
	if err != nil {
		return nil, err
	}
	c.Options.Store, c.Options.Tests, c.Options.ReuseBase = store, store, c.Config.Run.ReuseBase
	return store, nil
}

// scratchFolder is a folder that is removed by the returned function.
func scratchFolder() (string, func(), error) {
	dir, err := os.MkdirTemp("", "pertask-")
	if err != nil {
		return "", nil, fmt.Errorf("making a scratch folder: %w", err)
	}
	return dir, func() { _ = os.RemoveAll(dir) }, nil
}

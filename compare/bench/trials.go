package bench

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare/fit"
	"github.com/pertask/pertask/compare/question"
	"github.com/pertask/pertask/compare/route"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/trial"
)

// Trials is how trials of a question are carried out, with the calls going through a proxy, and programs in a sandbox; nil for
// none. What to do with their results, and which of them cost too much, is for the caller to fill in.
func (b Bench) Trials(o question.Options, proxy *meter.Proxy, box trial.Sandbox) (trial.Config, error) {
	overlay := map[trial.Side]map[string][]byte{}
	for _, x := range []struct {
		side trial.Side
		arm  arm.Arm
	}{{trial.Base, o.Pair.Base}, {trial.Head, o.Pair.Head}} {
		files, err := b.settings(x.arm)
		if err != nil {
			return trial.Config{}, fmt.Errorf("writing the settings of the %s into the watched files: %w", x.side, err)
		}
		overlay[x.side] = files
	}
	var names []string
	for _, u := range b.Upstreams {
		names = append(names, u.Name)
	}
	open := trial.Metered(proxy)
	if o.Cache == question.CacheCold {
		open = b.Salted(proxy)
	}
	return trial.Config{
		Source: b.Source, Suite: o.Suite, Overlay: overlay, Harnesses: b.harnesses(),
		Arms:  map[trial.Side]arm.Arm{trial.Base: fit.Given(o.Pair, o.Pair.Base), trial.Head: fit.Given(o.Pair, o.Pair.Head)},
		Proxy: open, Upstreams: names, Journal: b.Journal, Scratch: b.Scratch, Sandbox: box, SetupsInside: b.SetupsInside, Limits: b.Limits,
		Concurrency: b.Concurrency, EvidenceKey: o.EvidenceKey(), Getenv: b.Getenv,
		Upstream: func(a arm.Arm) (string, error) {
			u, err := route.Upstream(a, o.Pricing.Book, b.Upstreams)
			return u.Name, err
		},
	}, nil
}

// settings returns the watched files with an arm's values written in. Those in which nothing changes are there too: an
// application finds the same files under both arms.
func (b Bench) settings(a arm.Arm) (map[string][]byte, error) {
	files, err := arm.Rewrite(b.Source, b.Watches, a)
	if err != nil {
		return nil, err
	}
	for _, w := range b.Watches {
		if _, there := files[w.Path]; there {
			continue
		}
		text, err := fs.ReadFile(b.Source, w.Path)
		switch {
		case err == nil:
			files[w.Path] = text
		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		}
	}
	return files, nil
}

func (b Bench) harnesses() map[string]trial.Harness {
	if b.Harnesses == nil {
		return trial.Harnesses()
	}
	return b.Harnesses
}

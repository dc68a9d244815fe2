// Package config reads .github/pertask.yml.
//
// It knows the keys of the file, their defaults and what this version can do. It refuses to know where the file
// comes from and what is done with it: the owners of the sections parse and check what is theirs.
package config

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/internal/strict"
	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/verdict"
)

// Path is where the configuration is, from the root of the repository.
const Path = ".github/pertask.yml"

// Config is the whole configuration with defaults filled in. It is read from the base, never from a head.
type Config struct {
	Path string // the file; "" for Default
	// Suites are measured one after the other, each with a report of its own. Without one nothing is measured.
	Suites []Suite
	// Watches are the files that hold model settings. Without one, the files that agents find by their names
	// are watched (arm.WellKnown).
	Watches   []arm.Watch
	Run       Run
	Verdict   verdict.Policy
	Prices    Prices
	Upstreams []Upstream // besides the providers that need no configuration; see AllUpstreams
	Watch     Watch
	App       App
	// places are where the keys stand whose values show to be wrong once a suite is known; see Plan.
	places map[string]strict.Error
}

// Suite names one suite file.
type Suite struct {
	Name string // of the report; "" means the name that the suite file gives itself
	Path string // from the root of the repository
	// Models are the paths of watched files. The suite is measured when a setting in one of them changes;
	// without any, when a setting in any watched file changes.
	Models []string
}

// Run is how a check is carried out.
type Run struct {
	Budget       price.Amount // hard cap in dollars on one check; always known
	AutoRunBelow price.Amount // a forecast above it waits for a person; always known
	MaxTrials    int          // of each task under each arm, 1 to 100
	Concurrency  int          // trials at once, 1 to 64
	Cache        string       // of prompts at the provider: "as-is", "cold" or "warm"
	Sandbox      string       // "auto", "required" or "none"
	Memory, Disk int64        // bytes that one trial may use
	KeepOutput   bool         // false: prompts, answers and outputs are not kept
	// ReuseBase is how old a stored trial of the base may be to be used again; 0 for not at all.
	ReuseBase time.Duration
	Comment   string // "update", "new-on-change", "hide-and-new" or "off"
	CheckName string // of the check run, at most 60 characters
	Label     string // of a pull request; adding it asks for a review as the command run does, at most 50 characters
	Seed      uint64 // of the order of the trials
}

// Prices is what the price book does not know.
type Prices struct {
	// Overrides are rows that go before the book's own: see price.Book.With, which takes all of them.
	Overrides []price.Override
	Discounts []price.Discount
}

// Default is what an empty configuration means.
func Default() *Config {
	return &Config{
		Run: Run{
			Budget:       price.Known(price.MustMoney("10.00")),
			AutoRunBelow: price.Known(price.MustMoney("3.00")),
			MaxTrials:    20,
			Concurrency:  4,
			Cache:        "as-is",
			Sandbox:      "auto",
			Memory:       4 << 30,
			Disk:         4 << 30,
			ReuseBase:    ledger.DefaultMaxAge,
			Comment:      "update",
			CheckName:    "pertask",
			Label:        "pertask:run",
			Seed:         1,
		},
		Verdict: verdict.DefaultPolicy(),
		App:     App{Runner: RunnerApp, Workflow: "pertask.yml"},
	}
}

// Load reads the configuration at path. Mistakes in the file are a strict.Errors with a place each. A missing
// file is an fs.ErrNotExist: the caller decides whether Default will do.
func Load(fsys fs.FS, path string) (*Config, error) {
	c, err := load(fsys, path)
	var mistakes strict.Errors
	switch {
	case errors.As(err, &mistakes):
		return nil, mistakes
	case err != nil:
		return nil, fmt.Errorf("reading configuration: %w", err)
	}
	return c, nil
}

func load(fsys fs.FS, path string) (*Config, error) {
	data, err := fs.ReadFile(fsys, path)
	if err != nil {
		return nil, err
	}
	doc, err := strict.Parse(path, data)
	if err != nil {
		return nil, err
	}
	c := Default()
	c.Path = path
	read(c, doc.Root())
	if err := doc.Err(); err != nil {
		return nil, err
	}
	return c, nil
}

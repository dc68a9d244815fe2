package spending

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/cmd/pertask/desk"
	"github.com/pertask/pertask/ledger/attribute"
	"github.com/pertask/pertask/ledger/rollup"
	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/price"
)

// lead is how long before the begin of a report entries and pull requests are read: what a pull request cost began before its merge,
// and a branch's name may have had another pull request then.
const lead = 90 * 24 * time.Hour

// authorPrefix begins the label that an author has.
const authorPrefix = "author:"

// world is everything that a report is made of.
type world struct {
	app         command.App
	opt         options
	desk        *desk.Desk
	folder      string
	now         time.Time
	from, until time.Time
	pricing     price.Pricing
	branches    []iter.Seq2[spend.Entry, error] // ledgers of repositories
	held        iter.Seq2[spend.Entry, error]   // all of them, where they are not too many; nil until then
	repos       []attribute.Repository          // whose pull requests were read
	stored      []storedRepository              // the same, as they are kept
	only        []string                        // repositories that are looked at; nil for all
	controls    []rollup.Control
	notes       []string
	first       time.Time // hour of the first entry that is read
}

// open reads everything that the options ask for.
func (f *options) open(a command.App, now time.Time) (*world, error) {
	w := &world{app: a, opt: *f, now: now}
	var err error
	if w.from, w.until, err = f.times(w.now); err != nil {
		return nil, err
	}
	if w.only, err = names(f.repos); err != nil {
		return nil, err
	}
	if w.pricing, err = f.pricing(w.now); err != nil {
		return nil, err
	}
	if w.desk, w.folder, err = open(f.ledger, a.Getenv); err != nil {
		return nil, err
	}
	if err = w.read(); err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

func (w *world) close() { w.desk.Close() }

// read fills the world, from the logs to the pull requests.
func (w *world) read() error {
	if !w.opt.noScan {
		r, err := scan(w.app, w.desk, w.now)
		if err != nil {
			return err
		}
		if r.Calls > 0 {
			fmt.Fprintln(w.app.Stderr, found(r))
		}
		for _, s := range problems(r) {
			fmt.Fprintln(w.app.Stderr, s)
		}
	}
	if err := w.readControls(); err != nil {
		return err
	}
	w.readBranches()
	w.hold()
	return w.readPulls()
}

// readBranches reads the ledgers on branches of the repositories that are asked for, or that this machine's ledger names. One that cannot
// be read is noted.
func (w *world) readBranches() {
	if w.opt.branch == "" {
		return
	}
	for _, name := range w.candidates() {
		if host, _, _ := strings.Cut(name, "/"); w.only == nil {
			if _, ok := server(host, w.app.Getenv); !ok {
				continue // it is noted where its pull requests are read
			}
		}
		store, err := ledgerOf(name, w.opt.branch, w.app.Getenv)
		if err != nil {
			w.note("The ledger of `%s` could not be read: %v.", name, err)
			continue
		}
		entries, bad, err := w.all(store)
		if err != nil {
			w.note("The ledger of `%s` could not be read: %v.", name, err)
		}
		w.branches = append(w.branches, again(entries, bad))
	}
}

// all reads a store once: it may be on the other side of a network.
func (w *world) all(store spend.Store) (entries []spend.Entry, bad []error, err error) {
	for e, err := range store.Entries(w.app.Context, spend.Query{From: w.begin(), To: w.until}) {
		var line *spend.LineError
		switch {
		case errors.As(err, &line):
			bad = append(bad, err)
		case err != nil:
			return entries, bad, err
		default:
			entries = append(entries, e)
		}
	}
	return entries, bad, nil
}

// again yields what was read, any number of times.
func again(entries []spend.Entry, bad []error) iter.Seq2[spend.Entry, error] {
	return func(yield func(spend.Entry, error) bool) {
		for _, err := range bad {
			if !yield(spend.Entry{}, err) {
				return
			}
		}
		for _, e := range entries {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// begin is where reading begins.
func (w *world) begin() time.Time {
	if w.from.IsZero() {
		return time.Time{}
	}
	return w.from.Add(-lead)
}

// entries are those of this machine and of the branches, each once.
func (w *world) entries(ctx context.Context) iter.Seq2[spend.Entry, error] {
	if w.held != nil {
		return w.held
	}
	all := append([]iter.Seq2[spend.Entry, error]{w.desk.Entries(ctx, spend.Query{From: w.begin(), To: w.until})}, w.branches...)
	return spend.Merge(all...)
}

// mostHeld is how many entries are held in memory, in less than 300 MB. More are read again in each pass.
const mostHeld = 100_000

// hold reads the entries once, for all passes: most of what a report takes is reading and checking them.
func (w *world) hold() {
	var entries []spend.Entry
	var bad []error
	for e, err := range w.entries(w.app.Context) {
		var line *spend.LineError
		switch {
		case err != nil && !errors.As(err, &line), len(entries)+len(bad) == mostHeld:
			return // the roll-up meets the error again
		case err != nil:
			bad = append(bad, err)
		default:
			entries = append(entries, e)
		}
	}
	w.held = again(entries, bad)
}

// rollup adds up what was spent in [from, to).
func (w *world) rollup(from, to time.Time) (rollup.Rollup, error) {
	index := attribute.New(w.repos...)
	return rollup.Of(rollup.Input{
		Entries: w.wanted(index), Attribute: index.Find, Repositories: w.repos, From: from, To: to, Begin: w.first,
		Pricing: w.pricing, Label: w.opt.label(), Controls: w.controls,
	})
}

// branchSums are the sums by repository and branch.
func (w *world) branchSums() ([]rollup.Group, error) {
	named := func(yield func(spend.Entry, error) bool) {
		for e, err := range w.wanted(attribute.New()) {
			if err == nil {
				e.Labels = nil
				if name := strings.TrimSpace(e.Repository + " " + e.Branch); name != "" {
					e.Labels = []string{name}
				}
			}
			if !yield(e, err) {
				return
			}
		}
	}
	r, err := rollup.Of(rollup.Input{Entries: named, From: w.from, To: w.until, Pricing: w.pricing})
	return r.Labels, err
}

// wanted are the entries of the repositories that are looked at. Who worked is left out unless it was asked for.
func (w *world) wanted(index *attribute.Index) iter.Seq2[spend.Entry, error] {
	return func(yield func(spend.Entry, error) bool) {
		for e, err := range w.entries(w.app.Context) {
			if err == nil && w.only != nil && !slices.Contains(w.only, index.Find(e).Repository) {
				continue
			}
			if err == nil && w.opt.authors && e.Author != "" {
				e.Labels = append(slices.Clone(e.Labels), authorPrefix+e.Author)
				slices.Sort(e.Labels)
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// asked are the names of the repositories whose pull requests were read.
func (w *world) asked() []string {
	var out []string
	for _, r := range w.repos {
		out = append(out, r.Name)
	}
	return out
}

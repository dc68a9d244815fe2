package trial

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial/folder"
	"github.com/pertask/pertask/trial/process"
	"github.com/pertask/pertask/usage"
)

// Proxy opens sessions at a metering proxy. It is safe for concurrent use. Metered makes one of a meter.Proxy.
type Proxy interface {
	Open(trial string) Session
}

// Session is one trial's way to the providers, and the meter on it.
type Session interface {
	// URL returns the base URL of an upstream at the proxy, or "" when there is no such upstream.
	URL(upstream string) string
	// Token returns the key that the proxy takes from this session.
	Token() string
	// Refused returns a channel that is closed once calls of the session are refused for good, such as for want of money,
	// and none is under way any more.
	Refused() <-chan struct{}
	// Close ends the session: the token stops to work. It waits for open calls until the context ends, and
	// returns the session's calls in the order in which they were admitted.
	Close(context.Context) []usage.Call
}

// Sandbox starts programs where they see and reach no more than a trial needs. Package sandbox has one. It is safe for
// concurrent use.
type Sandbox interface {
	// Name says what keeps programs in, for the report, such as "root namespaces".
	Name() string
	// Inside returns the program that runs p inside of the room.
	Inside(p process.Program, r Room) (process.Program, error)
}

// Room is what a program in a sandbox has besides the system's own files, which it may read.
type Room struct {
	Write []string // absolute paths of the folders that it may write
	Proxy bool     // it reaches the metering proxy, and nothing else; without it it reaches nothing
	Aside string   // absolute path of an empty folder that is not in Write, for the sandbox's own files
}

// Limits bound what the programs of one trial may use. 0 is no limit.
type Limits struct {
	Memory int64 // bytes resident of all processes together
	Disk   int64 // bytes in the trial's folders, and in each file
}

// Config is what a Runner needs to know.
type Config struct {
	Source fs.FS        // the tree of the base: workspaces, protected files and graders come from here alone
	Suite  *suite.Suite // the suite of the base
	Arms   map[Side]arm.Arm
	// Overlay holds the watched files of the base with an arm's values written in, by path from the root of
	// the repository. Each trial finds them in the folder that EnvSettingsDir names. A file that lies in the
	// task's workspace is written there too.
	Overlay   map[Side]map[string][]byte
	Harnesses map[string]Harness // by name; nil stands for Harnesses()
	Proxy     Proxy
	Upstream  func(arm.Arm) (name string, err error) // the upstream of the proxy that serves an arm
	Upstreams []string                               // every upstream of the proxy
	Journal   Journal                                // gets each trial after its calls
	// Scratch is the folder in which trials get theirs; "" stands for one below os.TempDir. It may not lie in
	// a git work tree: agents look for one in the folders above.
	Scratch string
	Sandbox Sandbox // for agents and graders; nil runs them as they are
	// SetupsInside runs set-ups in the sandbox too, within the limits and without a network; without a sandbox they are not
	// run. It is for a machine that whoever writes the suite must not get at.
	SetupsInside bool
	Limits       Limits
	// OverCost reports whether calls cost more than one trial of the task may, which makes it failed. Nil is for no such
	// limit. It is called from several goroutines.
	OverCost func(suite.Task, []usage.Call) bool
	// Spent returns an error once there is no money for another trial: slots that are left are recorded as void by their
	// budget, with that reason, and nothing of theirs is started. Nil is for no such end. It is called from several
	// goroutines.
	Spent       func() error
	Concurrency int    // trials at the same time; less than 1 stands for 1
	Shard       int    // number of this shard, for the journal
	EvidenceKey string // for the journal; not ""
	// Getenv looks up the variables that Inherited lists, and no other; nil stands for os.Getenv.
	Getenv func(string) string
	Now    func() time.Time // nil stands for time.Now
	// Done is told of every trial that the journal has. Calls do not overlap. It may be nil.
	Done func(Result)
}

// Runner carries out trials. It is safe for concurrent use.
type Runner struct {
	cfg       Config
	upstreams map[Side]string
	inherited []string
	scratch   *os.Root // folder of one Run
	alone     *alone   // of one Run
	done      *sync.Mutex
}

// New checks a configuration. What is wrong with it is an error here, before anything is spent.
func New(cfg Config) (*Runner, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("preparing trials: %w", err)
	}
	if cfg.Harnesses == nil {
		cfg.Harnesses = Harnesses()
	}
	if cfg.Getenv == nil {
		cfg.Getenv = os.Getenv
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Done == nil {
		cfg.Done = func(Result) {}
	}
	if cfg.Scratch == "" {
		cfg.Scratch = os.TempDir()
	}
	r := &Runner{cfg: cfg, upstreams: map[Side]string{}, inherited: append(inherited(cfg.Getenv), process.RunEnv(cfg.EvidenceKey)), done: new(sync.Mutex)}
	if err := r.checkTasks(); err != nil {
		return nil, fmt.Errorf("preparing trials: %w", err)
	}
	for side, a := range cfg.Arms {
		name, err := cfg.Upstream(a)
		if err != nil {
			return nil, fmt.Errorf("choosing an upstream for the %s arm: %w", side, err)
		}
		if !slices.Contains(cfg.Upstreams, name) {
			return nil, fmt.Errorf("choosing an upstream for the %s arm: the proxy has no %q; it has %q", side, name, cfg.Upstreams)
		}
		r.upstreams[side] = name
	}
	return r, nil
}

func (c Config) check() error {
	switch {
	case c.Source == nil:
		return errors.New("no source tree is given")
	case c.Suite == nil:
		return errors.New("no suite is given")
	case c.Proxy == nil:
		return errors.New("no proxy is given")
	case c.Upstream == nil:
		return errors.New("no choice of an upstream is given")
	case c.Journal == nil:
		return errors.New("no journal is given")
	case c.EvidenceKey == "":
		return errors.New("no evidence key is given")
	}
	for side, files := range c.Overlay {
		for name := range files {
			if !fs.ValidPath(name) || name == "." {
				return fmt.Errorf("the %s arm's settings file %q is not a path in the repository", side, name)
			}
		}
	}
	return nil
}

func (r *Runner) checkTasks() error {
	for _, t := range r.cfg.Suite.Tasks {
		h, ok := r.cfg.Harnesses[t.Harness]
		if !ok {
			return fmt.Errorf("the task %q needs the harness %q; there are %q",
				t.ID, t.Harness, slices.Sorted(maps.Keys(r.cfg.Harnesses)))
		}
		if (h.Start == nil) == (h.Ask == nil) {
			return fmt.Errorf("the harness %q must have one of Start and Ask, and not both", t.Harness)
		}
	}
	return nil
}

// Run carries out slots, in their order as far as Concurrency allows. Each trial that ends is journalled after
// its calls, and then told to Done.
//
// When the context ends, every process of every trial is killed, the trials that were under way are journalled
// as void and canceled, and the context's error is returned. An error of the journal ends all trials too:
// money is not spent on evidence that is lost. Before it returns, Run removes every folder that it made.
func (r *Runner) Run(ctx context.Context, slots []Slot) error {
	if err := r.checkSlots(slots); err != nil {
		return fmt.Errorf("planning trials: %w", err)
	}
	in, remove, err := r.within()
	if err != nil {
		return fmt.Errorf("making the scratch folder: %w", err)
	}
	failed := in.runAll(ctx, slots)
	if err := remove(); err != nil && failed == nil {
		failed = fmt.Errorf("%w: %w", ErrScratch, err)
	}
	return failed
}

// ErrScratch is wrapped by an error of Run when every trial was carried out and journalled, and only a folder could not
// be removed, such as one with files of another user in it.
var ErrScratch = errors.New("removing the scratch folder")

func (r *Runner) runAll(ctx context.Context, slots []Slot) error {
	outer := ctx
	ctx, stop := context.WithCancelCause(outer)
	defer stop(nil)
	next := make(chan Slot)
	var workers sync.WaitGroup
	for range min(max(r.cfg.Concurrency, 1), len(slots)) {
		workers.Go(func() {
			// A trial is recorded while the next one begins: a disk is slow, and nothing waits for it but what
			// counts, which is Done.
			var recording sync.WaitGroup
			for slot := range next {
				res := r.attempt(ctx, slot)
				recording.Wait()
				recording.Go(func() {
					if err := r.record(res); err != nil {
						stop(err)
					}
				})
			}
			recording.Wait()
		})
	}
	for _, slot := range slots {
		if ctx.Err() != nil {
			break
		}
		select {
		case next <- slot:
		case <-ctx.Done():
		}
	}
	close(next)
	workers.Wait()
	if err := context.Cause(ctx); err != nil && err != context.Cause(outer) {
		return err
	}
	return outer.Err()
}

// record journals a trial, its calls first, and tells Done.
func (r *Runner) record(res Result) error {
	for _, c := range res.Calls {
		if err := r.cfg.Journal.AppendCall(c); err != nil {
			return fmt.Errorf("recording a call of the trial %q: %w", res.Trial.ID, err)
		}
	}
	if err := r.cfg.Journal.AppendTrial(res.Trial); err != nil {
		return fmt.Errorf("recording the trial %q: %w", res.Trial.ID, err)
	}
	r.done.Lock()
	defer r.done.Unlock()
	r.cfg.Done(res)
	return nil
}

func (r *Runner) checkSlots(slots []Slot) error {
	seen := map[string]bool{}
	for _, s := range slots {
		if _, ok := r.cfg.Arms[s.Arm]; !ok {
			return fmt.Errorf("the slot %q is of an arm that is not given", s.ID())
		}
		if _, ok := r.cfg.Suite.Task(s.Task); !ok {
			return fmt.Errorf("the slot %q is of a task that the suite does not have", s.ID())
		}
		if seen[s.ID()] {
			return fmt.Errorf("the slot %q is there twice", s.ID())
		}
		seen[s.ID()] = true
	}
	return nil
}

// within returns a copy of the runner that works in a new folder, and the function that removes the folder.
func (r *Runner) within() (*Runner, func() error, error) {
	if err := os.MkdirAll(r.cfg.Scratch, 0o700); err != nil {
		return nil, nil, err
	}
	// Links are resolved once here, so that programs see the paths by which they are started.
	parent, err := filepath.Abs(r.cfg.Scratch)
	if err == nil {
		parent, err = filepath.EvalSymlinks(parent)
	}
	if err != nil {
		return nil, nil, err
	}
	if tree := workTree(parent); tree != "" {
		return nil, nil, fmt.Errorf("%q lies in the git work tree %q; choose a folder outside of every work tree", parent, tree)
	}
	above, err := os.OpenRoot(parent)
	if err != nil {
		return nil, nil, err
	}
	dir, err := os.MkdirTemp(parent, "pertask-")
	if err != nil {
		return nil, nil, errors.Join(err, above.Close())
	}
	in := *r
	in.alone = new(alone)
	if in.scratch, err = os.OpenRoot(dir); err != nil {
		return nil, nil, errors.Join(err, above.Close())
	}
	return &in, func() error {
		return errors.Join(in.scratch.Close(), folder.Remove(above, filepath.Base(dir)), above.Close())
	}, nil
}

// workTree returns the git work tree that a folder lies in, or "".
func workTree(dir string) string {
	for {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			return ""
		}
		dir = up
	}
}

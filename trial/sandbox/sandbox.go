// Package sandbox runs the programs of a trial where they see and reach no more than they need.
//
// It knows namespaces, mounts, users and the forwarder that is the only way out, to the metering proxy. It refuses to
// know what the programs are, what their end means, and keys: it has none.
//
// A sandbox is one of three ways, tried in this order by a smoke run: the namespaces of root (of this process, or by
// sudo without a password), bubblewrap, and the namespaces of an unprivileged user. In each of them the own binary is
// started again: outside of the sandbox to set it up and to tell its end from the program's, and inside of it to carry
// connections to the proxy.
package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/folder"
	"github.com/pertask/pertask/trial/process"
	"github.com/pertask/pertask/trial/sandbox/view"
)

// Command is the first argument of the own binary when it is started as a part of a sandbox.
const Command = "__sandbox"

// ErrNone is wrapped by the errors of Find when no sandbox works here.
var ErrNone = errors.New("no sandbox works on this machine")

// Options say what the sandbox lets programs reach and what it hides.
type Options struct {
	// Proxy is the address of the metering proxy as programs see it, such as "127.0.0.1:18080". "" is no proxy.
	Proxy string
	// Socket is the absolute path of the proxy's unix socket. Nothing but the sandbox itself connects to it, save in
	// bubblewrap.
	Socket string
	// Hide lists absolute paths of folders and files that programs must not see, such as the repository's checkout and
	// the folders of a runner. Links are followed; what is not there yet is looked for again at each start. A path that
	// cannot be hidden is an error of Find. Home folders, /run, /tmp and their like are hidden without it.
	Hide []string
	// Getenv looks up HOME, PATH, the variables that trial.Inherited lists, and those that name folders of CI runners and
	// sockets; nil stands for os.Getenv.
	Getenv func(string) string
}

// Sandbox is a way of running programs that has been seen to work. It is safe for concurrent use.
type Sandbox struct {
	way    way
	opts   Options
	self   string // path of the own binary
	mount  []view.Mount
	absent []string // of Options.Hide, when mount was made
}

var _ trial.Sandbox = (*Sandbox)(nil)

// way is one kind of sandbox.
type way string

const (
	asRoot   way = "root namespaces"
	bySudo   way = "root namespaces by sudo"
	byBwrap  way = "bubblewrap"
	byUserns way = "user namespaces"
)

// Name says what keeps programs in: "root namespaces", "root namespaces by sudo", "bubblewrap" or "user namespaces".
func (s *Sandbox) Name() string { return string(s.way) }

// Find returns the first sandbox that a smoke run shows to hold. Without one the error wraps ErrNone and says what is
// missing for each.
func Find(ctx context.Context, opts Options) (*Sandbox, error) { return find(ctx, opts, ways()) }

// callsMain is whether the own binary can be started as a part of a sandbox.
var callsMain atomic.Bool

func find(ctx context.Context, opts Options, ways []way) (*Sandbox, error) {
	if !callsMain.Load() { // it would be started again as a whole, and again by itself
		return nil, fmt.Errorf("%w: this program does not call sandbox.Main", ErrNone)
	}
	if opts.Getenv == nil {
		opts.Getenv = os.Getenv
	}
	if (opts.Proxy == "") != (opts.Socket == "") {
		return nil, fmt.Errorf("looking for a sandbox: the proxy has the address %q and the socket %q; both or none are needed", opts.Proxy, opts.Socket)
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("looking for a sandbox: finding the own binary: %w", err)
	}
	mounts, absent, err := view.Static(opts.Hide, opts.Getenv)
	if err != nil {
		return nil, fmt.Errorf("looking for a sandbox: %w", err)
	}
	var failed []string
	for _, w := range ways {
		s := &Sandbox{way: w, opts: opts, self: self, mount: mounts, absent: absent}
		err := s.try(ctx)
		if err == nil {
			return s, nil
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("looking for a sandbox: %w", ctx.Err())
		}
		failed = append(failed, fmt.Sprintf("%s: %v", w, err))
	}
	return nil, fmt.Errorf("%w (%s); %s", ErrNone, strings.Join(failed, "; "), remedy)
}

// spec is what the own binary is told when it is started as a part of a sandbox. It lies in the room's Aside.
type spec struct {
	Way      way
	Argv     []string
	Dir      string
	Env      []string
	FileSize int64
	UID, GID int // of the program
	Self     string
	Mounts   []view.Mount
	Proxy    string // "" when the program may not reach it
	Socket   string
	Leash    string
	Status   string // path of the file that says how the program ended
}

// shownSelf is where the own binary is seen inside, for the smoke run and where it is the inner part.
const shownSelf = "/run/pertask"

// Names of the files in a room's Aside.
const (
	specFile   = "spec.json"
	statusFile = "status.json"
	leashFile  = "leash"
)

// status is how the program ended, or why it never began.
type status struct {
	Started bool   `json:"started"`
	Exit    int    `json:"exit"`
	Signal  int    `json:"signal"`
	Problem string `json:"problem,omitempty"` // of the sandbox
}

// Inside returns the program that runs p in the room. Files in the folders that may be written become independent of
// other names that they have elsewhere, and where this process is root they are given to the user nobody, as whom p
// runs: links in them are not followed.
func (s *Sandbox) Inside(p process.Program, r trial.Room) (process.Program, error) {
	out, err := s.inside(p, r, false)
	if err != nil {
		return process.Program{}, fmt.Errorf("preparing the sandbox: %w", err)
	}
	return out, nil
}

func (s *Sandbox) inside(p process.Program, r trial.Room, show bool) (process.Program, error) {
	if p.Keeper != nil || len(p.Argv) == 0 {
		return p, errors.New("the program is in a sandbox already, or there is none")
	}
	for _, dir := range append([]string{r.Aside}, r.Write...) {
		if !filepath.IsAbs(dir) || filepath.Clean(dir) == "/" {
			return p, fmt.Errorf("%q is not the absolute path of a folder", dir)
		}
	}
	x := spec{
		Way: s.way, Argv: p.Argv, Dir: p.Dir, Env: p.Env, FileSize: p.FileSize, Self: s.self,
		Leash: filepath.Join(r.Aside, leashFile), Status: filepath.Join(r.Aside, statusFile),
	}
	x.UID, x.GID = s.way.user()
	static, err := s.static()
	if err != nil {
		return p, err
	}
	x.Mounts = view.Sealed(view.Within(static, r.Write), view.Sockets(s.opts.Getenv))
	if show || s.way == byBwrap {
		x.Mounts = append(x.Mounts, view.Mount{Kind: view.Read, Path: shownSelf, From: s.self}) // below /run, which is hidden before it
	}
	if r.Proxy {
		x.Proxy, x.Socket = s.opts.Proxy, s.opts.Socket
	}
	for _, dir := range r.Write {
		if err := handOver(dir, x); err != nil {
			return p, err
		}
	}
	if err := makeLeash(x.Leash); err != nil {
		return p, fmt.Errorf("making the leash: %w", err)
	}
	text, err := json.Marshal(x)
	if err != nil {
		return p, err
	}
	file := filepath.Join(r.Aside, specFile)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return p, err
	}
	p.Argv = []string{s.self, Command, "enter", file}
	if s.way == bySudo {
		p.Argv = append([]string{"sudo", "-n", "--"}, p.Argv...)
	}
	p.Dir, p.Env, p.FileSize = "/", []string{"PATH=" + s.opts.Getenv("PATH")}, 0
	p.Keeper = &process.Keeper{Leash: x.Leash, Ended: func(e process.Ending) (process.Ending, error) { return ended(e, x.Status) }}
	return p, nil
}

// static returns what all programs see, now.
func (s *Sandbox) static() (mounts []view.Mount, err error) {
	if !slices.ContainsFunc(s.absent, exists) {
		return s.mount, nil
	}
	mounts, _, err = view.Static(s.opts.Hide, s.opts.Getenv)
	return mounts, err
}

// handOver makes a tree of files one that a program may change without changing anything else, and gives it to the
// program's user where that is another one. No agent runs in it yet.
func handOver(dir string, x spec) error {
	uid, gid := -1, -1
	if x.Way == asRoot && x.UID != os.Getuid() {
		uid, gid = x.UID, x.GID
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	return folder.Own(context.Background(), root, uid, gid, 2_000_000)
}

// ended reads how the program in the sandbox ended. One that was killed from outside may have left no word of it.
func ended(e process.Ending, file string) (process.Ending, error) {
	var s status
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	killed := e.TimedOut || e.Canceled || e.Memory
	switch {
	case err != nil && killed:
		return e, nil
	case err != nil:
		return e, fmt.Errorf("reading how the program ended (the sandbox: %s): %w", e, err)
	case !s.Started && (e.Canceled || e.Memory):
		return e, nil
	case !s.Started:
		return e, errors.New(s.Problem)
	}
	e.Status, e.Signal = s.Exit, signalName(s.Signal)
	if s.Signal != 0 {
		e.Status = -1
	}
	return e, nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

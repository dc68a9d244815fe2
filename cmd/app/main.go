package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/pertask/pertask/app"
	"github.com/pertask/pertask/app/secret"
	"github.com/pertask/pertask/app/sqldb"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/process"
	"github.com/pertask/pertask/trial/sandbox"
)

// Exit statuses.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	if status, mine := sandbox.Main(os.Args[1:]); mine {
		os.Exit(status) // started by itself, as a part of the sandbox of a trial
	}
	names := names(os.Environ()) // Conceal takes the variables that hold keys out
	getenv, err := process.Conceal(trial.Inherited()...)
	if err != nil {
		fmt.Fprintln(os.Stderr, "pertask-app: warning: programs that run here may be able to read the keys of this process:", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], getenv, names, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// names copies the names of variables.
func names(environ []string) []string {
	var out []string
	for _, entry := range environ {
		if name, _, ok := strings.Cut(entry, "="); ok && name != "" {
			out = append(out, strings.Clone(name))
		}
	}
	return out
}

// world is what the commands need of the process.
type world struct {
	getenv         func(string) string
	names          []string // of all variables
	stdout, stderr io.Writer
}

// command is one of the program's.
type command struct {
	name, args, does string
	run              func(ctx context.Context, w world, args []string) error
}

var commands = []command{
	{"serve", "[FLAGS]", "take webhooks, review pull requests and show the dashboard; serve --help lists the flags", serve},
	{"migrate", "[FLAGS]", "bring the database up to date and end, as serve does when it starts", migrate},
	{"backup", "FILE [FLAGS]", "copy a SQLite database to a file, also while the App runs", backup},
	{"restore", "FILE [FLAGS]", "make the database of a file that backup has written", restore},
	{"reseal", "[FLAGS]", "seal everything anew with the first key of " + app.EnvKey + ", and say whether old ones are needed", reseal},
	{"keygen", "", "print a new key for " + app.EnvKey, keygen},
	{"version", "", "print the version", printVersion},
}

// run carries out a command and returns the exit status.
func run(ctx context.Context, args []string, getenv func(string) string, names []string, stdout, stderr io.Writer) int {
	w := world{getenv, names, stdout, stderr}
	if len(args) == 0 {
		list(stderr)
		return exitUsage
	}
	if args[0] == "--help" || args[0] == "-h" || args[0] == "help" {
		list(stdout)
		return exitOK
	}
	for _, c := range commands {
		if c.name != args[0] {
			continue
		}
		err := c.run(ctx, w, args[1:])
		switch {
		case err == nil, errors.Is(err, flag.ErrHelp):
			return exitOK
		case errors.Is(err, app.ErrUsage):
			fmt.Fprintf(stderr, "pertask-app %s: %v\n", c.name, err)
			return exitUsage
		}
		fmt.Fprintf(stderr, "pertask-app %s: %v\n", c.name, err)
		return exitFailed
	}
	fmt.Fprintf(stderr, "pertask-app: there is no command %q\n", args[0])
	list(stderr)
	return exitUsage
}

func list(w io.Writer) {
	fmt.Fprint(w, "pertask-app is pertask as a GitHub App. docs/app.md has the rest.\n\n")
	for _, c := range commands {
		fmt.Fprintf(w, "  pertask-app %-21s %s\n", strings.TrimSpace(c.name+" "+c.args), c.does)
	}
}

// parse reads the flags of serve, which the other commands share, after so many arguments without a name.
func parse(w world, args []string, count int) (app.Config, []string, error) {
	if len(args) > 0 && (args[0] == "--help" || args[0] == "-h" || args[0] == "-help") {
		c, err := app.Parse(args[:1], w.getenv, w.names, w.stdout)
		return c, nil, err
	}
	if len(args) < count || count > 0 && strings.HasPrefix(args[0], "-") {
		return app.Config{}, nil, fmt.Errorf("%w: a FILE is needed before the flags", app.ErrUsage)
	}
	c, err := app.Parse(args[count:], w.getenv, w.names, io.Discard)
	return c, args[:count], err
}

func serve(ctx context.Context, w world, args []string) error {
	c, _, err := parse(w, args, 0)
	if err != nil {
		return err
	}
	level := slog.LevelInfo
	if c.Debug {
		level = slog.LevelDebug
	}
	log := slog.New(slog.NewJSONHandler(w.stderr, &slog.HandlerOptions{Level: level}))
	s, err := app.New(ctx, c, app.World{Getenv: w.getenv, Version: version(), Log: log, Terminal: w.stderr,
		Keys: func(getenv func(string) string, ups []meter.Upstream) (meter.Keys, error) {
			return meter.LoadKeys(getenv, os.ReadFile, ups)
		},
		Listening: func(address string) { fmt.Fprintln(w.stdout, "listening on http://"+address) }})
	if err != nil {
		return err
	}
	return errors.Join(s.Run(ctx), s.Close())
}

func migrate(ctx context.Context, w world, args []string) error {
	c, _, err := parse(w, args, 0)
	if err != nil {
		return err
	}
	db, err := sqldb.Open(ctx, c.Database)
	if err != nil {
		return err
	}
	return db.Close()
}

func backup(ctx context.Context, w world, args []string) error {
	c, files, err := parse(w, args, 1)
	if err != nil {
		return err
	}
	db, err := sqldb.Open(ctx, c.Database)
	if err != nil {
		return err
	}
	return errors.Join(sqldb.Backup(ctx, db, files[0]), db.Close())
}

func restore(ctx context.Context, w world, args []string) error {
	c, files, err := parse(w, args, 1)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return err
	}
	path, _ := strings.CutPrefix(c.Database, "sqlite:")
	if strings.Contains(path, "://") {
		return sqldb.ErrServer
	}
	return sqldb.Restore(ctx, files[0], path)
}

// errOld is what is under old keys yet.
var errOld = errors.New("other processes have an old key in front")

func reseal(ctx context.Context, w world, args []string) error {
	c, _, err := parse(w, args, 0)
	if err != nil {
		return err
	}
	t, err := app.Reseal(ctx, c, w.getenv)
	if err != nil {
		return err
	}
	fmt.Fprintf(w.stdout, "%d values: %d sealed anew, %d under old keys, %d that no key opens\n", t.All, t.Anew, t.Old, t.Shut)
	if t.Old > 0 {
		return errOld
	}
	return nil
}

func keygen(_ context.Context, w world, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%w: keygen takes nothing", app.ErrUsage)
	}
	key, err := secret.Generate()
	if err == nil {
		_, err = fmt.Fprintln(w.stdout, strings.TrimSpace(key))
	}
	return err
}

func printVersion(_ context.Context, w world, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%w: version takes nothing", app.ErrUsage)
	}
	_, err := fmt.Fprintln(w.stdout, version())
	return err
}

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}

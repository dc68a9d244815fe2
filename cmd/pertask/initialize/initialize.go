// Package initialize is the command that writes the files which a repository needs to use pertask.
//
// It knows the work tree, its default branch, and how a file is written without ever replacing one. It refuses to know
// what is in the files: package setup does.
package initialize

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime/debug"
	"strings"

	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/setup"
)

// Command returns the command.
func Command() command.Command {
	return command.Command{
		Name: "init", Args: "[options]", Short: "write a configuration, a starter suite and a workflow",
		Long: `
Looks for the files in which agents and applications keep their model, and writes what a repository
needs for its pull requests to be measured: .github/pertask.yml, a starter suite of three tasks
that run as they are and are to be replaced, and .github/workflows/pertask.yml with the other
Actions pinned by SHA. It asks nothing, needs no key and no network, and runs nothing of the
repository.

A file that is there is never changed. It says so, and --print shows what it would have
written instead of writing anything.

With --store there is also a workflow that measures the base branch ahead, so that pull requests
pay for the head only. It spends money on a push that changes what is measured.

  pertask init
  pertask init --print
  pertask init --pin 0123456789abcdef0123456789abcdef01234567=v1.2.3`,
		Run: run,
	}
}

type options struct {
	dir, pin     string
	print, store bool
}

func run(a command.App, fs *flag.FlagSet, args []string) (int, error) {
	var o options
	fs.StringVar(&o.dir, "repo", ".", "`dir` of the repository")
	fs.StringVar(&o.pin, "pin", "", "`sha` of the release of pertask that the workflow runs, and with = its version")
	fs.BoolVar(&o.print, "print", false, "print the files, also those that are there, and write nothing")
	fs.BoolVar(&o.store, "store", false, "also write the workflow that measures the base ahead")
	if _, err := command.Parse(fs, args, 0); err != nil {
		return command.ExitUsage, err
	}
	pin, err := pinOf(o.pin)
	if err != nil {
		return command.ExitUsage, err
	}
	top, err := git(a.Context, o.dir, "rev-parse", "--show-toplevel")
	if err != nil {
		return command.ExitUsage, fmt.Errorf("finding the repository of %q: %w", o.dir, err)
	}
	root, err := os.OpenRoot(top)
	if err != nil {
		return command.ExitUsage, fmt.Errorf("opening the repository: %w", err)
	}
	defer root.Close()
	plan, err := setup.New(setup.Input{Tree: root.FS(), Branch: branch(a.Context, top), Pin: pin, Store: o.store})
	if err != nil {
		return command.ExitUsage, err
	}
	if o.print {
		return command.ExitOK, show(a, plan)
	}
	return carryOut(a, root, plan)
}

// show prints the files of a plan.
func show(a command.App, plan *setup.Plan) error {
	out := bufio.NewWriter(a.Stdout)
	for _, f := range plan.Files {
		there := ""
		if f.Exists {
			there = " (is there and stays as it is)"
		}
		fmt.Fprintf(out, "--- %s%s\n%s", f.Path, there, f.Content)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("printing the files: %w", err)
	}
	return nil
}

// carryOut writes what is not there, and says what it did and what is left to do.
func carryOut(a command.App, root *os.Root, plan *setup.Plan) (int, error) {
	out := bufio.NewWriter(a.Stdout)
	for _, s := range plan.Found {
		fmt.Fprintln(out, "found ", s)
	}
	var failed []error
	for _, f := range plan.Files {
		switch err := create(root, f); {
		case errors.Is(err, os.ErrExist):
			fmt.Fprintf(out, "kept   %s: it is there already; --print shows what would have been written\n", f.Path)
		case err != nil:
			failed = append(failed, err)
		default:
			fmt.Fprintln(out, "wrote ", f.Path)
		}
	}
	fmt.Fprintln(out, "\nWhat is left to do:")
	for i, s := range plan.Next {
		fmt.Fprintf(out, "%2d. %s\n", i+1, s)
	}
	if err := errors.Join(append(failed, out.Flush())...); err != nil {
		return command.ExitUsage, err
	}
	return command.ExitOK, nil
}

var pinForm = regexp.MustCompile(`^([0-9a-f]{40})(?:=(v[0-9][0-9A-Za-z.+-]{0,60}))?$`)

// pinOf reads --pin; without it, what was built into this program counts.
func pinOf(given string) (setup.Pin, error) {
	if given == "" {
		info, ok := debug.ReadBuildInfo()
		if !ok {
			return setup.Pin{}, nil
		}
		return built(info), nil
	}
	m := pinForm.FindStringSubmatch(given)
	if m == nil {
		return setup.Pin{}, command.Usagef("--pin %.80q; allowed is the full SHA of a commit, 40 hex digits, and after it = and the version, such as v1.2.3", given)
	}
	return setup.Pin{SHA: m[1], Version: m[2]}, nil
}

var release = regexp.MustCompile(`^v[0-9]+\.[0-9]+\.[0-9]+$`)

// built is the pin of a program by what the Go command recorded. A tree that was changed has no commit that has it.
func built(info *debug.BuildInfo) setup.Pin {
	p, changed := setup.Pin{}, false
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			p.SHA = s.Value
		case "vcs.modified":
			changed = s.Value != "false"
		}
	}
	if changed || !pinForm.MatchString(p.SHA) || !strings.HasPrefix(info.Path, "github.com/pertask/pertask") {
		p.SHA = ""
	}
	if release.MatchString(info.Main.Version) {
		p.Version = info.Main.Version
	}
	return p
}

// branch is the default branch as far as the repository says: the remote's, or one of the usual names, or the one that
// is checked out.
func branch(ctx context.Context, dir string) string {
	if name, err := git(ctx, dir, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD"); err == nil {
		return strings.TrimPrefix(name, "origin/")
	}
	for _, name := range []string{"main", "master"} {
		if _, err := git(ctx, dir, "rev-parse", "--verify", "--quiet", "refs/heads/"+name); err == nil {
			return name
		}
	}
	name, _ := git(ctx, dir, "symbolic-ref", "--quiet", "--short", "HEAD")
	return name
}

func git(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && len(exit.Stderr) > 0 {
		return "", errors.New(strings.TrimSpace(string(exit.Stderr)))
	}
	return strings.TrimSpace(string(out)), err
}

// Package examine is the command that says what is wrong with a repository's set-up.
//
// It knows how the facts are found out: from the work tree, git, this machine, and GitHub where there is a token. It
// refuses to know what they mean: package doctor does.
package examine

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"

	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/cmd/pertask/text"
	"github.com/pertask/pertask/doctor"
	"github.com/pertask/pertask/harness"
	"github.com/pertask/pertask/internal/gitrepo"
	"github.com/pertask/pertask/trial/sandbox"
)

// Command returns the command.
func Command() command.Command {
	return command.Command{
		Name: "doctor", Args: "[options]", Short: "say what is wrong with a repository's set-up",
		Long: `
Looks at the configuration, the suites, the settings files and the workflows of a repository, and
at what this machine has: keys by their names, agents and their versions, a sandbox. Each finding
says where it is, what is wrong and what to do. No network is used, no key is needed and nothing
of the repository is run; installed agents are asked for their versions.

With --token-env it also asks GitHub about the default branch: whether the files are there, which
checks are required and from which source, and whether there is a merge queue. The token
needs no more than to read. GITHUB_API_URL names another server than github.com.

The exit status is 0 when there are no findings or warnings only, and 1 when there is an error.

  pertask doctor
  pertask doctor --token-env GITHUB_TOKEN --format json`,
		Run: run,
	}
}

type options struct {
	dir, format, tokenEnv, repository string
}

func run(a command.App, fs *flag.FlagSet, args []string) (int, error) {
	var o options
	fs.StringVar(&o.dir, "repo", ".", "`dir` of the repository")
	fs.StringVar(&o.format, "format", "term", "`form` of the findings: term or json")
	fs.StringVar(&o.tokenEnv, "token-env", "", "`name` of the variable with a token of GitHub, such as GITHUB_TOKEN")
	fs.StringVar(&o.repository, "github", "", "`owner/name` at GitHub; that of the remote origin, or GITHUB_REPOSITORY, when not given")
	if _, err := command.Parse(fs, args, 0); err != nil {
		return command.ExitUsage, err
	}
	if o.format != "term" && o.format != "json" {
		return command.ExitUsage, command.Usagef("--format %q; allowed are term and json", o.format)
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
	seen := doctor.Repository{Tree: root.FS()}
	seen.Base, seen.Branch = base(a.Context, top)
	x := doctor.Examine(seen)
	m, err := machine(a, x)
	if err != nil {
		return command.ExitUsage, err
	}
	found := append(x.Findings, x.Machine(m)...)
	if o.tokenEnv != "" {
		s, err := ask(a, top, o)
		if err != nil {
			return command.ExitUsage, err
		}
		found = append(found, x.Server(s)...)
	}
	doctor.Sort(found)
	if err := show(a, found, o.format); err != nil {
		return command.ExitUsage, err
	}
	if doctor.Failed(found) {
		return command.ExitVerdict, nil
	}
	return command.ExitOK, nil
}

// result is the JSON of the command.
type result struct {
	Schema   string           `json:"schema"`
	Findings []doctor.Finding `json:"findings"`
}

// show prints the findings.
func show(a command.App, found []doctor.Finding, format string) error {
	if format == "json" {
		if found == nil {
			found = []doctor.Finding{}
		}
		return text.WriteJSON(a.Stdout, result{Schema: "pertask.doctor/1", Findings: found})
	}
	out, failed := bufio.NewWriter(a.Stdout), 0
	for _, f := range found {
		fmt.Fprintln(out, f)
		if f.Level == doctor.Error {
			failed++
		}
	}
	fmt.Fprintf(out, "%d errors, %d warnings\n", failed, len(found)-failed)
	if err := out.Flush(); err != nil {
		return fmt.Errorf("printing the findings: %w", err)
	}
	return nil
}

// base is the tree of the default branch, as far as the local repository has it.
func base(ctx context.Context, dir string) (fs.FS, string) {
	repo, err := gitrepo.Open(ctx, dir)
	if err != nil {
		return nil, ""
	}
	var names []string
	if name, err := git(ctx, dir, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD"); err == nil {
		names = append(names, name)
	}
	for _, name := range append(names, "main", "master") {
		sha, err := repo.Resolve(name)
		if err != nil {
			continue
		}
		if t, err := repo.Tree(sha); err == nil {
			return t, name
		}
	}
	return nil, ""
}

// machine finds out what this machine has. Agents are asked one by one, so that one that is missing hides no other.
func machine(a command.App, x *doctor.Examination) (doctor.Machine, error) {
	m := doctor.Machine{Versions: map[string]string{}, Missing: map[string]string{}}
	keys, err := a.Keys(x.Config.AllUpstreams())
	if err != nil {
		return m, fmt.Errorf("looking for keys: %w", err)
	}
	for _, name := range keys.Env() {
		m.Keys = append(m.Keys, strings.TrimSuffix(name, "_FILE"))
	}
	for _, name := range x.Agents() {
		v, err := harness.Versions(a.Context, []string{name}, a.Getenv)
		if err != nil {
			m.Missing[name] = err.Error()
			continue
		}
		m.Versions[name] = v[name]
	}
	if len(x.Suites) > 0 && x.Config.Run.Sandbox != "none" {
		if _, err := sandbox.Find(a.Context, sandbox.Options{Getenv: a.Getenv}); err != nil {
			m.NoSandbox = err.Error()
		}
	}
	return m, nil
}

func git(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
}

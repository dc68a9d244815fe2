package examine

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"

	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/config"
	"github.com/pertask/pertask/doctor"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/wire"
)

// ask asks GitHub about the default branch. It only reads.
func ask(a command.App, dir string, o options) (s doctor.Server, err error) {
	token := a.Getenv(o.tokenEnv)
	if token == "" {
		return s, command.Usagef("--token-env %.80q: the variable is empty", o.tokenEnv)
	}
	name, err := repositoryOf(a, dir, o)
	if err != nil {
		return s, err
	}
	repo, err := github.ParseRepo(name)
	if err != nil {
		return s, command.Usage(err)
	}
	// A person waits, so a rate limit is an answer.
	c, err := github.New(github.Config{BaseURL: a.Getenv("GITHUB_API_URL"), GraphQLURL: a.Getenv("GITHUB_GRAPHQL_URL"), Token: token, MaxRetries: 1, UserAgent: "pertask-doctor"})
	if err != nil {
		return s, err
	}
	if s.Repository, err = c.Repository(a.Context, repo); err != nil {
		return s, err
	}
	return s, read(a, c, repo, dir, &s)
}

// read asks what takes a permission each. One that the token lacks is a finding and keeps nothing else from being asked.
func read(a command.App, c *github.Client, repo github.Repo, dir string, s *doctor.Server) error {
	branch := s.Repository.DefaultBranch
	head, err := git(a.Context, dir, "rev-parse", "HEAD")
	if err != nil {
		head = strings.Repeat("0", 40) // which GitHub refuses after it has looked at the permission
	}
	for _, q := range []struct {
		permission, what string
		ask              func() error
		refused          func() // may be nil
	}{
		{"contents: read", "read the rules of " + branch, func() (err error) { s.Rules, err = c.BranchRules(a.Context, repo, branch); return err }, func() { s.NoRules = true }},
		{"contents: read", "read files of " + branch, func() error { _, err := c.RepoFile(a.Context, repo, branch, config.Path); return err }, nil},
		{"pull-requests: read", "read pull requests", func() error { _, err := c.Pull(a.Context, repo, 1); return unlessAbsent(err) }, nil},
		{"checks: read", "list check runs", func() error { _, err := c.Checks(a.Context, repo, head, "pertask"); return unlessAbsent(err) }, nil},
	} {
		switch err := q.ask(); {
		case err == nil:
		case errors.Is(err, fs.ErrNotExist):
			s.Absent = []string{config.Path}
		case errors.Is(err, github.ErrPermission):
			s.Lacks = append(s.Lacks, doctor.Lack{Permission: cmp.Or(named(err), q.permission), What: q.what})
			if q.refused != nil {
				q.refused()
			}
		default:
			return err
		}
	}
	return nil
}

// unlessAbsent is an error of asking for something that need not be there.
func unlessAbsent(err error) error {
	if wire.NoCommit(err) {
		return nil
	}
	return err
}

// named is the permission that GitHub has asked for, or "".
func named(err error) string {
	var e *github.Error
	if errors.As(err, &e) {
		return e.Permission
	}
	return ""
}

// repositoryOf is the repository's name at GitHub.
func repositoryOf(a command.App, dir string, o options) (string, error) {
	if o.repository != "" {
		return o.repository, nil
	}
	if name := a.Getenv("GITHUB_REPOSITORY"); name != "" {
		return name, nil
	}
	remote, err := git(a.Context, dir, "config", "--get", "remote.origin.url")
	if name := nameOf(remote); err == nil && name != "" {
		return name, nil
	}
	return "", fmt.Errorf("finding the repository at GitHub: there is no remote origin that names one; use --github OWNER/NAME")
}

// nameOf returns owner/name of a remote's address, or "". Credentials in an address are not looked at.
func nameOf(remote string) string {
	path := ""
	if u, err := url.Parse(remote); err == nil && u.Host != "" {
		path = u.Path
	} else if _, rest, ok := strings.Cut(remote, ":"); ok && !strings.Contains(remote, "://") {
		path = rest // git@github.com:owner/name.git
	}
	path = strings.TrimSuffix(strings.Trim(path, "/"), ".git")
	if strings.Count(path, "/") != 1 {
		return ""
	}
	return path
}

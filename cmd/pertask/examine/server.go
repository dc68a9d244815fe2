package examine

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"

	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/config"
	"github.com/pertask/pertask/doctor"
	"github.com/pertask/pertask/github"
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
	if s.Rules, err = c.BranchRules(a.Context, repo, s.Repository.DefaultBranch); err != nil {
		return s, err
	}
	_, err = c.RepoFile(a.Context, repo, s.Repository.DefaultBranch, config.Path)
	if errors.Is(err, fs.ErrNotExist) {
		s.Absent, err = []string{config.Path}, nil
	}
	return s, err
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

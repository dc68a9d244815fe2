package app

import (
	"context"
	"fmt"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/wire"
)

// Repo is a repository that an App is installed in.
type Repo struct {
	ID            int64
	Name          github.Repo
	DefaultBranch string
	Private       bool
	Archived      bool
	// Level is what a person may do in it: admin, maintain, write, triage or read, and "" when nobody was asked about.
	Level string
}

type repoJSON struct {
	ID            int64
	FullName      string `json:"full_name"`
	DefaultBranch string `json:"default_branch"`
	Private       bool
	Archived      bool
	Permissions   *struct{ Admin, Maintain, Push, Triage, Pull bool }
}

func (j repoJSON) repo() (Repo, error) {
	name, err := github.ParseRepo(j.FullName)
	if err == nil && j.ID <= 0 {
		err = fmt.Errorf("repository %s has no id", name)
	}
	return Repo{ID: j.ID, Name: name, DefaultBranch: j.DefaultBranch, Private: j.Private, Archived: j.Archived, Level: j.level()}, err
}

// level is the highest of the permissions.
func (j repoJSON) level() string {
	p := j.Permissions
	switch {
	case p == nil:
		return ""
	case p.Admin:
		return "admin"
	case p.Maintain:
		return "maintain"
	case p.Push:
		return "write"
	case p.Triage:
		return "triage"
	case p.Pull:
		return "read"
	}
	return ""
}

// repos reads all pages of a list of repositories.
func repos(ctx context.Context, c *wire.Caller, path string) ([]Repo, error) {
	var out []Repo
	var bad error
	var page struct{ Repositories []repoJSON }
	err := pages(ctx, c, path, &page, &bad, func(int) {
		for _, j := range page.Repositories {
			r, err := j.repo()
			if err != nil {
				bad = err
				return
			}
			out = append(out, r)
		}
		page.Repositories = nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

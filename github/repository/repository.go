// Package repository reads how a repository is set up: what it is, and what its rules demand of a branch.
//
// It knows GitHub's two kinds of rules, those of rulesets and those of a protected branch. It refuses to know
// what a check is for and whether the rules are wise.
package repository

import (
	"context"
	"errors"
	"net/url"
	"slices"

	"github.com/pertask/pertask/github/wire"
)

// Repository is what a repository is.
type Repository struct {
	DefaultBranch string
	Private       bool
	Fork          bool
	Archived      bool
	// Permissions are those of the token, such as "push", as far as GitHub says; nil when it says nothing.
	Permissions map[string]bool
}

type repositoryJSON struct {
	DefaultBranch string `json:"default_branch"`
	Private       bool
	Fork          bool
	Archived      bool
	Permissions   map[string]bool
}

// Read reads the repository "owner/name".
func Read(ctx context.Context, c *wire.Caller, repo string) (Repository, error) {
	var j repositoryJSON
	if _, err := c.Do(ctx, wire.Call{Path: "repos/" + repo, Out: &j, Poll: true}); err != nil {
		return Repository{}, err
	}
	if j.DefaultBranch == "" {
		return Repository{}, errors.New("the answer has no default branch")
	}
	return Repository(j), nil
}

// Check is a check run or status that a branch requires.
type Check struct {
	Name string
	App  int64 // id of the App that must have made it; 0 is any source
}

// Rules are what a branch demands of a pull request into it.
type Rules struct {
	Required   []Check
	MergeQueue bool
}

type ruleJSON struct {
	Type       string
	Parameters struct {
		Checks []struct {
			Context string
			App     *int64 `json:"integration_id"`
		} `json:"required_status_checks"`
	}
}

type branchJSON struct {
	Protection struct {
		Required struct {
			Contexts []string
			Checks   []struct {
				Context string
				App     *int64 `json:"app_id"`
			}
		} `json:"required_status_checks"`
	}
}

// RulesOf reads the rules of a branch: of the rulesets that are in force, and of the branch's own protection.
// It needs no more than read permissions. Each check is there once, in order of the name.
func RulesOf(ctx context.Context, c *wire.Caller, repo, branch string) (Rules, error) {
	if branch == "" {
		return Rules{}, errors.New("the branch has no name")
	}
	var out Rules
	seen := map[string]*int64{}
	require := func(name string, app *int64) {
		if old, there := seen[name]; !there || id(old) == 0 {
			seen[name] = app
		}
	}
	var page []ruleJSON
	_, err := c.Pages(ctx, wire.Call{Path: "repos/" + repo + "/rules/branches/" + url.PathEscape(branch), Out: &page}, 10, func(int) {
		for _, r := range page {
			out.MergeQueue = out.MergeQueue || r.Type == "merge_queue"
			if r.Type == "required_status_checks" {
				for _, k := range r.Parameters.Checks {
					require(k.Context, k.App)
				}
			}
		}
		page = nil
	})
	if err != nil {
		return Rules{}, err
	}
	var b branchJSON
	if _, err := c.Do(ctx, wire.Call{Path: "repos/" + repo + "/branches/" + url.PathEscape(branch), Out: &b}); err != nil {
		return Rules{}, err
	}
	for _, name := range b.Protection.Required.Contexts {
		require(name, nil)
	}
	for _, k := range b.Protection.Required.Checks {
		require(k.Context, k.App)
	}
	for name, app := range seen {
		out.Required = append(out.Required, Check{name, id(app)})
	}
	slices.SortFunc(out.Required, func(a, b Check) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return out, nil
}

// id is the number of an App; GitHub writes none and any as null, 0 and -1.
func id(app *int64) int64 {
	if app == nil {
		return 0
	}
	return max(*app, 0)
}

// Commit returns the commit that a branch, a tag or an object id names.
func Commit(ctx context.Context, c *wire.Caller, repo, ref string) (string, error) {
	if wire.IsSHA(ref) {
		return ref, nil
	}
	if ref == "" {
		return "", errors.New("no commit is named")
	}
	var out struct{ SHA string }
	q := url.Values{"per_page": {"1"}} // of the files, which are not looked at
	if _, err := c.Do(ctx, wire.Call{Path: "repos/" + repo + "/commits/" + url.PathEscape(ref), Query: q, Out: &out}); err != nil {
		return "", err
	}
	if !wire.IsSHA(out.SHA) {
		return "", errors.New("the answer has no object id")
	}
	return out.SHA, nil
}

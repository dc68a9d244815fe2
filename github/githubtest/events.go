package githubtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/pertask/pertask/github/githubtest/appstore"
	"github.com/pertask/pertask/github/githubtest/body"
)

// PullRequestEvent returns the payload of a pull_request event.
func (s *Server) PullRequestEvent(repo string, number int, action string) []byte {
	return s.event(repo, number, func(r *repoView) map[string]any {
		return map[string]any{"action": action, "number": number, "pull_request": r.pull}
	})
}

// CommentEvent returns the payload of an issue_comment event.
func (s *Server) CommentEvent(repo string, number int, commentID int64) []byte {
	return s.event(repo, number, func(v *repoView) map[string]any {
		var comment map[string]any
		for _, c := range v.repo.on(number) {
			if c.ID == commentID {
				comment = c.json()
			}
		}
		return map[string]any{"action": "created", "comment": comment, "issue": map[string]any{
			"number": number, "state": v.pull["state"], "user": v.pull["user"], "labels": v.pull["labels"],
			"pull_request": map[string]any{"url": s.URL},
		}}
	})
}

// MergeGroupEvent returns the payload of a merge_group event for a group that ends with a pull request.
func (s *Server) MergeGroupEvent(repo string, number int, groupSHA string) []byte {
	return s.event(repo, number, func(v *repoView) map[string]any {
		base := v.pull["base"].(map[string]any)
		return map[string]any{"action": "checks_requested", "merge_group": map[string]any{
			"head_sha": groupSHA, "head_ref": fmt.Sprintf("refs/heads/gh-readonly-queue/%s/pr-%d-%s", base["ref"], number, groupSHA),
			"base_sha": base["sha"], "base_ref": fmt.Sprintf("refs/heads/%s", base["ref"]),
		}}
	})
}

type repoView struct {
	repo *repo
	pull map[string]any
}

func (s *Server) event(name string, number int, build func(*repoView) map[string]any) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.mustRepo(name)
	p := r.pulls[number]
	if p == nil {
		s.fatal("no pull request %s#%d", name, number)
		return nil
	}
	v := &repoView{r, s.pull(r, p).JSON()}
	return s.payload(map[string]any{"repository": r.json(), "sender": body.User(p.Author)}, build(v))
}

// CheckEvent returns the payload of a check_run event that a person causes: of the action rerequested, or requested_action with
// the identifier of a button.
func (s *Server) CheckEvent(name string, id int64, action, identifier, sender string) []byte {
	return s.of(name, sender, func(r *repo) map[string]any {
		k := r.checks.Find(id)
		if k == nil {
			s.fatal("no check run %d in %s", id, name)
			return nil
		}
		run := k.JSON()
		run["pull_requests"] = r.headOf(k.HeadSHA)
		out := map[string]any{"action": action, "check_run": run}
		if identifier != "" {
			out["requested_action"] = map[string]any{"identifier": identifier}
		}
		return out
	})
}

// SuiteEvent returns the payload of a check_suite event for the check runs of an App on a commit.
func (s *Server) SuiteEvent(name, sha string, app int64, action, sender string) []byte {
	return s.of(name, sender, func(r *repo) map[string]any {
		return map[string]any{"action": action, "check_suite": map[string]any{
			"id": s.id(), "head_sha": sha, "head_branch": nil, "status": "queued", "conclusion": nil, "app": body.App(app, "app"), "pull_requests": r.headOf(sha),
		}}
	})
}

// PushEvent returns the payload of a push event to a branch.
func (s *Server) PushEvent(name, branch, before, after, sender string) []byte {
	return s.of(name, sender, func(*repo) map[string]any {
		return map[string]any{"ref": "refs/heads/" + branch, "before": before, "after": after, "commits": []any{}, "pusher": map[string]any{"name": sender}}
	})
}

// InstallationEvent returns the payload of an installation event, with the repositories that it has.
func (s *Server) InstallationEvent(id int64, action string) []byte {
	return s.ofInstallation(id, func(i *appstore.Installation) map[string]any {
		return map[string]any{"action": action, "repositories": brief(s.reposOf(i))}
	})
}

// InstallationReposEvent returns the payload of an installation_repositories event.
func (s *Server) InstallationReposEvent(id int64, added, removed []string) []byte {
	action := "added"
	if len(removed) > 0 {
		action = "removed"
	}
	return s.ofInstallation(id, func(i *appstore.Installation) map[string]any {
		named := func(names []string) []any {
			var out []*repo
			for _, n := range names {
				out = append(out, s.mustRepo(n))
			}
			return brief(out)
		}
		return map[string]any{"action": action, "repositories_added": named(added), "repositories_removed": named(removed), "repository_selection": "selected"}
	})
}

// brief lists repositories as the events of installations do.
func brief(list []*repo) []any {
	out := []any{}
	for _, r := range list {
		m := r.json()
		out = append(out, map[string]any{"id": m["id"], "node_id": m["node_id"], "name": m["name"], "full_name": m["full_name"], "private": m["private"]})
	}
	return out
}

// headOf lists the open pull requests that have a commit as their head, as a check run names them: none of forks.
func (r *repo) headOf(sha string) []any {
	out := []any{}
	for _, n := range slices.Sorted(maps.Keys(r.pulls)) {
		p := r.pulls[n]
		if p.Head != sha || p.State != "open" || p.HeadRepo != r.FullName {
			continue
		}
		side := func(ref, sha string) map[string]any {
			return map[string]any{"ref": ref, "sha": sha, "repo": map[string]any{"id": r.ID, "name": r.json()["name"], "url": body.API + "/repos/" + r.FullName}}
		}
		out = append(out, map[string]any{"id": r.ID*1000 + int64(n), "number": n, "url": body.API, "head": side(p.HeadRef, p.Head), "base": side(p.BaseRef, p.Base)})
	}
	return out
}

// of writes the payload of an event in a repository.
func (s *Server) of(name, sender string, build func(*repo) map[string]any) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.mustRepo(name)
	return s.payload(map[string]any{"repository": r.json(), "sender": body.User(sender)}, build(r))
}

func (s *Server) ofInstallation(id int64, build func(*appstore.Installation) map[string]any) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.apps.Installation(id)
	if i == nil {
		s.fatal("no installation %d", id)
		return nil
	}
	return s.payload(map[string]any{"installation": i.JSON(), "sender": body.User(i.Account)}, build(i))
}

func (s *Server) payload(parts ...map[string]any) []byte {
	out := map[string]any{}
	for _, p := range parts {
		maps.Copy(out, p)
	}
	raw, err := json.Marshal(out)
	if err != nil {
		s.fatal("writing event: %v", err)
	}
	return raw
}

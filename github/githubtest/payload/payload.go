// Package payload writes what GitHub's webhooks say of a server's repositories and installations.
//
// It knows the events that package event reads, and what each one holds. It refuses to know where they are sent, who listens, and
// package event itself, so that a mistake there is not repeated here.
package payload

import (
	"encoding/json"
	"fmt"
	"maps"

	"github.com/pertask/pertask/github/githubtest/appstore"
	"github.com/pertask/pertask/github/githubtest/body"
	"github.com/pertask/pertask/github/githubtest/repostore"
	"github.com/pertask/pertask/github/githubtest/traffic"
)

// Writer writes payloads. All fields are needed. What is asked of something that the stores do not have is an error. It is not
// safe for concurrent use, as they are not.
type Writer struct {
	Repos *repostore.Store
	Apps  *appstore.Store
	NewID func() int64 // of a check suite
	URL   string       // of REST
}

type object = map[string]any

// PullRequest returns the payload of a pull_request event.
func (w Writer) PullRequest(repo string, number int, action string) ([]byte, error) {
	return w.ofPull(repo, number, func(_ *repostore.Repo, pull object) object {
		return object{"action": action, "number": number, "pull_request": pull}
	})
}

// Comment returns the payload of an issue_comment event. A comment that there is none of is null.
func (w Writer) Comment(repo string, number int, id int64) ([]byte, error) {
	return w.ofPull(repo, number, func(r *repostore.Repo, pull object) object {
		var comment object
		if c := r.Comments.Find(id); c != nil && c.Issue == number {
			comment = c.JSON()
		}
		return object{"action": "created", "comment": comment, "issue": object{
			"number": number, "state": pull["state"], "user": pull["user"], "labels": pull["labels"],
			"pull_request": object{"url": w.URL},
		}}
	})
}

// MergeGroup returns the payload of a merge_group event for a group that ends with a pull request.
func (w Writer) MergeGroup(repo string, number int, groupSHA string) ([]byte, error) {
	return w.ofPull(repo, number, func(_ *repostore.Repo, pull object) object {
		base := pull["base"].(object)
		return object{"action": "checks_requested", "merge_group": object{
			"head_sha": groupSHA, "head_ref": fmt.Sprintf("refs/heads/gh-readonly-queue/%s/pr-%d-%s", base["ref"], number, groupSHA),
			"base_sha": base["sha"], "base_ref": fmt.Sprintf("refs/heads/%s", base["ref"]),
		}}
	})
}

// Check returns the payload of a check_run event that a person causes: of the action rerequested, or requested_action with the
// identifier of a button.
func (w Writer) Check(repo string, id int64, action, identifier, sender string) ([]byte, error) {
	return w.ofRepo(repo, sender, func(r *repostore.Repo) (object, error) {
		k := r.Checks.Find(id)
		if k == nil {
			return nil, fmt.Errorf("no check run %d in %s", id, repo)
		}
		run := k.JSON()
		run["pull_requests"] = r.HeadOf(k.HeadSHA)
		out := object{"action": action, "check_run": run}
		if identifier != "" {
			out["requested_action"] = object{"identifier": identifier}
		}
		return out, nil
	})
}

// Suite returns the payload of a check_suite event for the check runs of an App on a commit.
func (w Writer) Suite(repo, sha string, app int64, action, sender string) ([]byte, error) {
	return w.ofRepo(repo, sender, func(r *repostore.Repo) (object, error) {
		return object{"action": action, "check_suite": object{
			"id": w.NewID(), "head_sha": sha, "head_branch": nil, "status": "queued", "conclusion": nil, "app": body.App(app, "app"), "pull_requests": r.HeadOf(sha),
		}}, nil
	})
}

// Push returns the payload of a push event to a branch.
func (w Writer) Push(repo, branch, before, after, sender string) ([]byte, error) {
	return w.ofRepo(repo, sender, func(*repostore.Repo) (object, error) {
		return object{"ref": "refs/heads/" + branch, "before": before, "after": after, "commits": []any{}, "pusher": object{"name": sender}}, nil
	})
}

// Installation returns the payload of an installation event, with the repositories that it has.
func (w Writer) Installation(id int64, action string) ([]byte, error) {
	return w.ofInstallation(id, func(i *appstore.Installation) (object, error) {
		return object{"action": action, "repositories": brief(w.Repos.Where(i.Has))}, nil
	})
}

// InstallationRepos returns the payload of an installation_repositories event. Its action is removed when any are.
func (w Writer) InstallationRepos(id int64, added, removed []string) ([]byte, error) {
	action := "added"
	if len(removed) > 0 {
		action = "removed"
	}
	return w.ofInstallation(id, func(*appstore.Installation) (object, error) {
		in, err := w.named(added)
		if err != nil {
			return nil, err
		}
		out, err := w.named(removed)
		return object{"action": action, "repositories_added": in, "repositories_removed": out, "repository_selection": "selected"}, err
	})
}

func (w Writer) named(names []string) ([]any, error) {
	var out []*repostore.Repo
	for _, n := range names {
		r, err := w.repo(n)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return brief(out), nil
}

// brief lists repositories as the events of installations do.
func brief(list []*repostore.Repo) []any {
	out := []any{}
	for _, r := range list {
		m := r.JSON()
		out = append(out, object{"id": m["id"], "node_id": m["node_id"], "name": m["name"], "full_name": m["full_name"], "private": m["private"]})
	}
	return out
}

// Delivery is an event of an App before it is sent, with what it is about. A payload without an installation gets that of its
// repository; one that is no JSON is left as it is.
func (w Writer) Delivery(app *appstore.Registered, event string, payload []byte) traffic.Delivery {
	var m map[string]json.RawMessage
	var known struct {
		Action       string
		Installation struct{ ID int64 }
		Repository   struct{ ID int64 }
	}
	if json.Unmarshal(payload, &m) != nil || json.Unmarshal(payload, &known) != nil {
		return traffic.Delivery{Event: event, Payload: payload}
	}
	if repo := w.Repos.ByID(known.Repository.ID); known.Installation.ID == 0 && repo != nil {
		all := w.Apps.Installed(func(i *appstore.Installation) bool { return i.App == app && i.Has(repo.ID) })
		if len(all) > 0 {
			known.Installation.ID = all[0].ID
			m["installation"], _ = json.Marshal(object{"id": all[0].ID, "node_id": "I"}) // a number and a text
			payload, _ = json.Marshal(m)                                                 // which were read from JSON
		}
	}
	return traffic.Delivery{Event: event, Payload: payload, Action: known.Action, Installation: known.Installation.ID, Repository: known.Repository.ID}
}

func (w Writer) repo(name string) (*repostore.Repo, error) {
	r := w.Repos.Find(name)
	if r == nil {
		return nil, fmt.Errorf("no repository %q", name)
	}
	return r, nil
}

func (w Writer) ofPull(name string, number int, build func(*repostore.Repo, object) object) ([]byte, error) {
	r, err := w.repo(name)
	if err != nil {
		return nil, err
	}
	p := r.Pulls[number]
	if p == nil {
		return nil, fmt.Errorf("no pull request %s#%d", name, number)
	}
	return written(object{"repository": r.JSON(), "sender": body.User(p.Author)}, build(r, w.Repos.Pull(r, p).JSON()))
}

func (w Writer) ofRepo(name, sender string, build func(*repostore.Repo) (object, error)) ([]byte, error) {
	r, err := w.repo(name)
	if err != nil {
		return nil, err
	}
	m, err := build(r)
	if err != nil {
		return nil, err
	}
	return written(object{"repository": r.JSON(), "sender": body.User(sender)}, m)
}

func (w Writer) ofInstallation(id int64, build func(*appstore.Installation) (object, error)) ([]byte, error) {
	i := w.Apps.Installation(id)
	if i == nil {
		return nil, fmt.Errorf("no installation %d", id)
	}
	m, err := build(i)
	if err != nil {
		return nil, err
	}
	return written(object{"installation": i.JSON(), "sender": body.User(i.Account)}, m)
}

func written(about, event object) ([]byte, error) {
	maps.Copy(about, event)
	raw, err := json.Marshal(about)
	if err != nil {
		return nil, fmt.Errorf("writing event: %w", err)
	}
	return raw, nil
}

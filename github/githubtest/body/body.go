// Package body writes GitHub's resources as its REST interface shows them, whole: with the fields that we read, as
// they stand on the server, and with all the others that GitHub promises.
//
// It knows which fields a resource has, and what stands in those that nobody here sets. It refuses to know where
// the values come from. Package contract finds a field that is missing, and one that GitHub does not have.
package body

import (
	"hash/crc32"
	"maps"
	"strconv"
	"strings"
	"time"
)

// M is an object of JSON.
type M = map[string]any

// The addresses in answers: of the interface, and of the pages for people.
const (
	API  = "https://api.github.example"
	Site = "https://github.example"
)

// Time is how GitHub writes an instant.
func Time(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// Null is a text, or null when it is empty.
func Null(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// at is the time of everything that nobody gives one.
const at = "2026-11-01T12:00:00Z"

// node is an id of GraphQL.
func node(kind string, id int64) string { return kind + "_" + strconv.FormatInt(id, 10) }

// addresses sets a field for each name, "pulls{/number}" being "pulls_url" with that end.
func addresses(m M, root string, names ...string) {
	for _, n := range names {
		field, _, _ := strings.Cut(n, "{")
		m[strings.ReplaceAll(strings.ReplaceAll(strings.TrimSuffix(field, "/"), "/", "_"), "-", "_")+"_url"] = root + "/" + n
	}
}

// User is an account: a person, or a bot when its login ends in "[bot]".
func User(login string) M {
	id := int64(crc32.ChecksumIEEE([]byte(login)))
	kind := "User"
	if strings.HasSuffix(login, "[bot]") {
		kind = "Bot"
	}
	root := API + "/users/" + strings.NewReplacer("[", "%5B", "]", "%5D").Replace(login)
	m := M{
		"login": login, "id": id, "node_id": node("U", id), "type": kind, "site_admin": false, "gravatar_id": "",
		"avatar_url": Site + "/u/" + strconv.FormatInt(id, 10), "html_url": Site + "/" + strings.TrimSuffix(login, "[bot]"), "url": root,
		"organizations_url": root + "/orgs",
	}
	addresses(m, root, "events{/privacy}", "followers", "following{/other_user}", "gists{/gist_id}", "received_events", "repos", "starred{/owner}{/repo}", "subscriptions")
	return m
}

// App is a GitHub App.
func App(id int64, slug string) M {
	return M{
		"id": id, "slug": slug, "node_id": node("A", id), "name": slug, "owner": User("acme"), "description": nil,
		"external_url": "https://app.example/", "html_url": Site + "/apps/" + slug, "created_at": at, "updated_at": at,
		"permissions": M{"checks": "write"}, "events": []any{"push"},
	}
}

// Repository is a repository, with what is given set over the usual.
func Repository(id int64, fullName string, given M) M {
	owner, name, _ := strings.Cut(fullName, "/")
	root, html := API+"/repos/"+fullName, Site+"/"+fullName
	m := M{
		"id": id, "node_id": node("R", id), "name": name, "full_name": fullName, "owner": User(owner), "private": false, "fork": false,
		"archived": false, "disabled": false, "default_branch": "main", "description": nil, "homepage": nil, "language": nil, "license": nil,
		"url": root, "html_url": html, "clone_url": html + ".git", "git_url": "git://github.example/" + fullName + ".git",
		"ssh_url": "git@github.example:" + fullName + ".git", "svn_url": html, "mirror_url": nil,
		"has_issues": true, "has_projects": false, "has_wiki": false, "has_pages": false, "has_downloads": false, "has_discussions": false,
		"forks": 0, "forks_count": 0, "open_issues": 0, "open_issues_count": 0, "size": 1, "stargazers_count": 0, "watchers": 0, "watchers_count": 0,
		"created_at": at, "updated_at": at, "pushed_at": at, "visibility": "public",
		"archive_url": root + "/{archive_format}{/ref}", "issue_events_url": root + "/issues/events{/number}",
		"issue_comment_url": root + "/issues/comments{/number}", "collaborators_url": root + "/collaborators{/collaborator}",
	}
	addresses(m, root, "assignees{/user}", "branches{/branch}", "comments{/number}", "commits{/sha}", "compare/{base}...{head}", "contents/{+path}",
		"contributors", "deployments", "downloads", "events", "forks", "git/commits{/sha}", "git/refs{/sha}", "git/tags{/sha}", "hooks",
		"issues{/number}", "keys{/key_id}", "labels{/name}", "languages", "merges", "milestones{/number}", "notifications{?since,all,participating}",
		"pulls{/number}", "releases{/id}", "stargazers", "statuses/{sha}", "subscribers", "subscription", "tags", "teams")
	m["blobs_url"], m["trees_url"] = root+"/git/blobs{/sha}", root+"/git/trees{/sha}"
	maps.Copy(m, given)
	return m
}

// Full is Repository as it is shown alone.
func Full(id int64, fullName string, given M) M {
	m := Repository(id, fullName, given)
	m["network_count"], m["subscribers_count"] = 0, 0
	return m
}

// Comment is a comment on an issue or, with pull, on a pull request. App is the slug of the App that wrote it.
type Comment struct {
	Repo             string
	ID               int64
	NodeID           string
	Number           int
	Pull             bool
	Author           string
	Body             string
	AppID            int64
	App              string
	Created, Updated time.Time
}

// JSON is the comment in answers.
func (c Comment) JSON() M {
	kind := "issues"
	if c.Pull {
		kind = "pull"
	}
	id, number := strconv.FormatInt(c.ID, 10), strconv.Itoa(c.Number)
	m := M{
		"id": c.ID, "node_id": c.NodeID, "body": c.Body, "user": User(c.Author), "author_association": "NONE", "performed_via_github_app": nil,
		"created_at": Time(c.Created), "updated_at": Time(c.Updated), "url": API + "/repos/" + c.Repo + "/issues/comments/" + id,
		"issue_url": API + "/repos/" + c.Repo + "/issues/" + number,
		"html_url":  Site + "/" + c.Repo + "/" + kind + "/" + number + "#issuecomment-" + id,
	}
	if c.App != "" {
		m["performed_via_github_app"] = App(c.AppID, c.App)
	}
	return m
}

// Reaction is a reaction to something.
func Reaction(id int64, login, content string, when time.Time) M {
	return M{"id": id, "node_id": node("REA", id), "user": User(login), "content": content, "created_at": Time(when)}
}

// Status is a commit status.
func Status(repo, sha string, id int64, creator, state, name, description, target string, when time.Time) M {
	user := User(creator)
	return M{
		"id": id, "node_id": node("SC", id), "url": API + "/repos/" + repo + "/statuses/" + sha, "state": state, "context": name,
		"description": Null(description), "target_url": Null(target), "creator": user, "avatar_url": user["avatar_url"],
		"created_at": Time(when), "updated_at": Time(when),
	}
}

// Permission is what a person may do in a repository.
func Permission(level, role, login string) M {
	user := User(login)
	user["role_name"] = role
	return M{"permission": level, "role_name": role, "user": user}
}

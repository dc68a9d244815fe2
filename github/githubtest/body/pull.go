package body

import (
	"fmt"
	"strconv"
)

// Side is the base or the head of a pull request. Repo is nil when the repository was deleted.
type Side struct {
	Owner, Ref, SHA string
	Repo            M
}

func (s Side) json() M {
	var repo any
	if s.Repo != nil {
		repo = s.Repo
	}
	return M{"label": s.Owner + ":" + s.Ref, "ref": s.Ref, "sha": s.SHA, "user": User(s.Owner), "repo": repo}
}

// Pull is a pull request.
type Pull struct {
	Repo       string
	ID         int64
	Number     int
	Title      string
	State      string
	Draft      bool
	Merged     bool
	MergeSHA   string
	Mergeable  *bool
	Author     string
	Labels     []string
	Base, Head Side
	Comments   int
}

// Simple is the pull request in a list.
func (p Pull) Simple() M {
	number := strconv.Itoa(p.Number)
	api, html := API+"/repos/"+p.Repo+"/pulls/"+number, Site+"/"+p.Repo+"/pull/"+number
	issue, statuses := API+"/repos/"+p.Repo+"/issues/"+number, API+"/repos/"+p.Repo+"/statuses/"+p.Head.SHA
	labels := []any{}
	for i, name := range p.Labels {
		labels = append(labels, M{
			"id": i + 1, "node_id": node("LA", int64(i+1)), "url": API + "/repos/" + p.Repo + "/labels/" + strconv.Itoa(i), "name": name,
			"description": "a label", "color": "ededed", "default": false,
		})
	}
	link := func(href string) M { return M{"href": href} }
	var closed, merged any
	if p.State == "closed" {
		closed = at
	}
	if p.Merged {
		merged = at
	}
	return M{
		"id": p.ID, "node_id": node("PR", p.ID), "number": p.Number, "state": p.State, "draft": p.Draft, "locked": false, "title": p.Title, "body": nil,
		"user": User(p.Author), "labels": labels, "assignee": nil, "milestone": nil, "author_association": "CONTRIBUTOR", "auto_merge": nil,
		"base": p.Base.json(), "head": p.Head.json(), "merge_commit_sha": Null(p.MergeSHA),
		"created_at": at, "updated_at": at, "closed_at": closed, "merged_at": merged,
		"url": api, "html_url": html, "diff_url": html + ".diff", "patch_url": html + ".patch", "issue_url": issue, "statuses_url": statuses,
		"comments_url": issue + "/comments", "commits_url": api + "/commits", "review_comments_url": api + "/comments",
		"review_comment_url": API + "/repos/" + p.Repo + "/pulls/comments{/number}",
		"_links": M{
			"self": link(api), "html": link(html), "issue": link(issue), "comments": link(issue + "/comments"), "commits": link(api + "/commits"),
			"statuses": link(statuses), "review_comments": link(api + "/comments"), "review_comment": link(API + "/repos/" + p.Repo + "/pulls/comments{/number}"),
		},
	}
}

// JSON is the pull request alone.
func (p Pull) JSON() M {
	m, state := p.Simple(), "unknown"
	var merger any
	if p.Merged {
		merger = User(p.Author)
	}
	if p.Mergeable != nil {
		state = map[bool]string{true: "clean", false: "dirty"}[*p.Mergeable]
	}
	for k, v := range (M{
		"merged": p.Merged, "mergeable": p.Mergeable, "mergeable_state": state, "merged_by": merger, "maintainer_can_modify": false,
		"comments": p.Comments, "review_comments": 0, "commits": 1, "additions": 1, "deletions": 1, "changed_files": 1,
	}) {
		m[k] = v
	}
	return m
}

// File is a changed file.
func File(repo, commit, path, previous, status, sha, patch string, added, deleted int) M {
	m := M{
		"filename": path, "status": status, "sha": sha, "additions": added, "deletions": deleted, "changes": added + deleted,
		"blob_url": Site + "/" + repo + "/blob/" + commit + "/file", "raw_url": Site + "/" + repo + "/raw/" + commit + "/file",
		"contents_url": API + "/repos/" + repo + "/contents/file?ref=" + commit,
	}
	if previous != "" {
		m["previous_filename"] = previous
	}
	if patch != "" {
		m["patch"] = patch
	}
	return m
}

// Comparison is a comparison of two commits, but for its commits and files.
func Comparison(repo, base, head string) M {
	html := fmt.Sprintf("%s/%s/compare/%s...%s", Site, repo, base, head)
	return M{
		"url": fmt.Sprintf("%s/repos/%s/compare/%s...%s", API, repo, base, head), "html_url": html, "permalink_url": html,
		"diff_url": html + ".diff", "patch_url": html + ".patch",
	}
}

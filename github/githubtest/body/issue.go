package body

import (
	"strconv"
	"time"
)

// Issue is an issue that is no pull request.
type Issue struct {
	Repo             string
	ID               int64
	Number           int
	Title, Body      string
	Author           string
	AppID            int64
	App              string // slug of the App that wrote it
	State, Reason    string
	Comments         int
	Created, Updated time.Time
}

// JSON is the issue in answers.
func (i Issue) JSON() M {
	at := API + "/repos/" + i.Repo + "/issues/" + strconv.Itoa(i.Number)
	m := M{
		"id": i.ID, "node_id": node("I", i.ID), "number": i.Number, "title": i.Title, "body": i.Body, "user": User(i.Author), "state": i.State,
		"state_reason": Null(i.Reason), "labels": []any{}, "assignee": nil, "assignees": []any{}, "milestone": nil, "locked": false,
		"active_lock_reason": nil, "comments": i.Comments, "closed_at": nil, "closed_by": nil, "author_association": "NONE",
		"created_at": Time(i.Created), "updated_at": Time(i.Updated), "performed_via_github_app": nil,
		"url": at, "labels_url": at + "/labels{/name}", "comments_url": at + "/comments", "events_url": at + "/events", "timeline_url": at + "/timeline",
		"repository_url": API + "/repos/" + i.Repo, "html_url": Site + "/" + i.Repo + "/issues/" + strconv.Itoa(i.Number),
	}
	if i.State == "closed" {
		m["closed_at"] = Time(i.Updated)
	}
	if i.App != "" {
		m["performed_via_github_app"] = App(i.AppID, i.App)
	}
	return m
}

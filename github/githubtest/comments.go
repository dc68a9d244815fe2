package githubtest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pertask/pertask/github/githubtest/body"
)

// maxComment is GitHub's limit for the body of a comment, in characters.
const maxComment = 65_536

func (cm *Comment) json() map[string]any {
	return body.Comment{
		Repo: cm.repo, ID: cm.ID, NodeID: cm.NodeID, Number: cm.Issue, Pull: cm.pull, Author: cm.Author, Body: cm.Body, AppID: cm.appID, App: cm.App,
		Created: cm.Created, Updated: cm.Updated,
	}.JSON()
}

const rfc3339 = "2006-01-02T15:04:05Z"

func (c *call) number(name string) int {
	n, _ := strconv.Atoi(c.r.PathValue(name))
	return n
}

func (c *call) listComments() reply {
	if rep, ok := c.need("pull_requests", "read"); !ok {
		return rep
	}
	n := c.number("number")
	if c.repo.pulls[n] == nil {
		return notFound
	}
	all := c.repo.on(n)
	from, to := c.page(len(all))
	out := []any{}
	for _, cm := range all[from:to] {
		out = append(out, cm.json())
	}
	return ok(out)
}

func (c *call) createComment() reply {
	if rep, ok := c.need("pull_requests", "write"); !ok {
		return rep
	}
	n := c.number("number")
	if c.repo.pulls[n] == nil {
		return notFound
	}
	text, rep, good := c.commentBody()
	if !good {
		return rep
	}
	return reply{status: http.StatusCreated, body: c.s.addComment(c.repo, n, c.actor, text).json()}
}

func (c *call) commentBody() (string, reply, bool) {
	var in struct{ Body *string }
	if rep, ok := c.decode(&in); !ok {
		return "", rep, false
	}
	if in.Body == nil || strings.TrimSpace(*in.Body) == "" {
		return "", invalid("IssueComment", "body", "missing_field", ""), false
	}
	if utf8.RuneCountInString(*in.Body) > maxComment {
		return "", invalid("IssueComment", "data", "unprocessable", "Body is too long (maximum is 65536 characters)"), false
	}
	return *in.Body, reply{}, true
}

func (c *call) findComment() *Comment {
	id, _ := strconv.ParseInt(c.r.PathValue("id"), 10, 64)
	for _, cm := range c.repo.comments {
		if cm.ID == id {
			return cm
		}
	}
	return nil
}

func (c *call) editComment() reply {
	if rep, ok := c.need("pull_requests", "write"); !ok {
		return rep
	}
	cm := c.findComment()
	if cm == nil {
		return notFound
	}
	text, rep, good := c.commentBody()
	if !good {
		return rep
	}
	cm.Body, cm.Updated = text, c.s.opt.Now().UTC()
	cm.Edits++
	return ok(cm.json())
}

func (c *call) deleteComment() reply {
	if rep, ok := c.need("pull_requests", "write"); !ok {
		return rep
	}
	cm := c.findComment()
	if cm == nil {
		return notFound
	}
	c.repo.comments = slices.DeleteFunc(c.repo.comments, func(o *Comment) bool { return o == cm })
	return reply{status: http.StatusNoContent}
}

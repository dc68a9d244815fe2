package githubtest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxComment is GitHub's limit for the body of a comment, in characters.
const maxComment = 65_536

func (cm *Comment) json() map[string]any {
	kind, user := "issues", "User"
	if cm.pull {
		kind = "pull"
	}
	if strings.HasSuffix(cm.Author, "[bot]") {
		user = "Bot"
	}
	out := map[string]any{
		"id": cm.ID, "node_id": cm.NodeID, "body": cm.Body, "user": map[string]any{"login": cm.Author, "type": user},
		"issue_url":  fmt.Sprintf("https://api.github.example/repos/%s/issues/%d", cm.repo, cm.Issue),
		"html_url":   fmt.Sprintf("https://github.example/%s/%s/%d#issuecomment-%d", cm.repo, kind, cm.Issue, cm.ID),
		"created_at": cm.Created.Format(rfc3339), "updated_at": cm.Updated.Format(rfc3339),
		"author_association": "NONE", "performed_via_github_app": nil,
	}
	if cm.App != "" {
		out["performed_via_github_app"] = map[string]any{"slug": cm.App}
	}
	return out
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
	body, rep, good := c.commentBody()
	if !good {
		return rep
	}
	return reply{status: http.StatusCreated, body: c.s.addComment(c.repo, n, c.actor, body).json()}
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
	body, rep, good := c.commentBody()
	if !good {
		return rep
	}
	cm.Body, cm.Updated = body, c.s.opt.Now().UTC()
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

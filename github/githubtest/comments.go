package githubtest

import (
	"net/http"
	"strconv"

	"github.com/pertask/pertask/github/githubtest/commentstore"
)

func (c *call) number(name string) int {
	n, _ := strconv.Atoi(c.r.PathValue(name))
	return n
}

func (c *call) listComments() reply {
	if rep, ok := c.need("pull_requests", "read"); !ok {
		return rep
	}
	n := c.number("number")
	if c.repo.Pulls[n] == nil {
		return notFound
	}
	all := c.repo.Comments.On(n)
	from, to := c.page(len(all))
	out := []any{}
	for _, cm := range all[from:to] {
		out = append(out, cm.JSON())
	}
	return ok(out)
}

func (c *call) createComment() reply {
	n := c.number("number")
	permission := "pull_requests"
	if c.repo.Issues.Find(n) != nil {
		permission = "issues"
	}
	if rep, ok := c.need(permission, "write"); !ok {
		return rep
	}
	if c.repo.Pulls[n] == nil && permission != "issues" {
		return notFound
	}
	text, rep, good := c.commentBody()
	if !good {
		return rep
	}
	return reply{status: http.StatusCreated, body: c.s.addComment(c.repo, n, c.actor, text).JSON()}
}

func (c *call) commentBody() (string, reply, bool) {
	var in struct{ Body *string }
	if rep, ok := c.decode(&in); !ok {
		return "", rep, false
	}
	if bad := commentstore.Check(in.Body); bad != nil {
		return "", invalid("IssueComment", bad.Field, bad.Code, bad.Message), false
	}
	return *in.Body, reply{}, true
}

func (c *call) findComment() *Comment {
	id, _ := strconv.ParseInt(c.r.PathValue("id"), 10, 64)
	return c.repo.Comments.Find(id)
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
	cm.Edit(text, c.s.opt.Now())
	return ok(cm.JSON())
}

func (c *call) deleteComment() reply {
	if rep, ok := c.need("pull_requests", "write"); !ok {
		return rep
	}
	cm := c.findComment()
	if cm == nil {
		return notFound
	}
	c.repo.Comments.Delete(cm.ID)
	return reply{status: http.StatusNoContent}
}

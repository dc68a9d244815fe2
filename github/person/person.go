// Package person reads what a person wrote to us and may do, and answers with a reaction.
//
// It knows comments on issues and pull requests, reactions, and levels of permission. It refuses to know commands:
// what a comment asks for is the reader's business, and that of who asked is in the answer.
package person

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pertask/pertask/github/wire"
)

// Comment is a comment of anyone on an issue or a pull request, as it is now.
type Comment struct {
	ID     int64
	Body   string
	Author string // login; "" when the account is gone
	// Bot says that the author is no person, or that an App wrote it in a person's name.
	Bot bool
	// Pull is the number of the pull request that it is on; 0 when it is on an issue.
	Pull    int
	Created time.Time
	Updated time.Time
	// Edited says that the text was changed after it was written, in another second at least.
	Edited bool
}

type commentJSON struct {
	ID   int64
	Body string
	User *struct{ Login, Type string }
	App  *struct{ Slug string } `json:"performed_via_github_app"`
	// HTMLURL tells pull requests from issues, which IssueURL does not.
	HTMLURL   string    `json:"html_url"`
	IssueURL  string    `json:"issue_url"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Read returns the comment with the id in the repository "owner/name". One that was deleted is
// wire.ErrNotFound.
func Read(ctx context.Context, c *wire.Caller, repo string, id int64) (Comment, error) {
	if id <= 0 {
		return Comment{}, errors.New("the comment has no id")
	}
	var j commentJSON
	if _, err := c.Do(ctx, wire.Call{Path: path(repo, id), Out: &j}); err != nil {
		return Comment{}, err
	}
	if j.ID != id {
		return Comment{}, fmt.Errorf("the answer is comment %d", j.ID)
	}
	number, on := last(j.IssueURL, "issues")
	if !on {
		return Comment{}, fmt.Errorf("bad address of its issue %q", wire.Clip(j.IssueURL, 200))
	}
	out := Comment{
		ID: id, Body: j.Body, Created: j.CreatedAt, Updated: j.UpdatedAt, Edited: !j.UpdatedAt.Equal(j.CreatedAt),
		Bot: j.App != nil,
	}
	if n, ok := last(j.HTMLURL, "pull"); ok && n == number {
		out.Pull = n
	}
	if j.User != nil {
		out.Author, out.Bot = j.User.Login, out.Bot || j.User.Type != "User"
	}
	return out, nil
}

func path(repo string, id int64) string {
	return "repos/" + repo + "/issues/comments/" + strconv.FormatInt(id, 10)
}

// last returns the number at the end of the path of an address, when kind stands before it.
func last(address, kind string) (int, bool) {
	u, err := url.Parse(address)
	if err != nil {
		return 0, false
	}
	parts := strings.Split(u.Path, "/")
	if len(parts) < 2 || parts[len(parts)-2] != kind {
		return 0, false
	}
	n, err := strconv.Atoi(parts[len(parts)-1])
	return n, err == nil && n > 0
}

// Reactions are all that GitHub knows.
var Reactions = []string{"+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"}

// React adds a reaction of ours to a comment. One that is there already is no error.
func React(ctx context.Context, c *wire.Caller, repo string, id int64, content string) error {
	if id <= 0 {
		return errors.New("the comment has no id")
	}
	if !slices.Contains(Reactions, content) {
		return fmt.Errorf("reaction %q is not allowed; %s are", wire.Clip(content, 40), strings.Join(Reactions, ", "))
	}
	_, err := c.Do(ctx, wire.Call{
		Method: "POST", Path: path(repo, id) + "/reactions", In: map[string]string{"content": content}, Again: true,
	})
	return err
}

// CanWrite reports whether a person may write to the repository: GitHub's permission is write, maintain or
// admin. An association such as MEMBER, which comments carry, says nothing about that.
func CanWrite(ctx context.Context, c *wire.Caller, repo, login string) (bool, error) {
	var out struct{ Permission string }
	_, err := c.Do(ctx, wire.Call{Path: "repos/" + repo + "/collaborators/" + url.PathEscape(login) + "/permission", Out: &out})
	if errors.Is(err, wire.ErrNotFound) {
		return false, nil
	}
	// admin, write, read or none; maintain is given as write
	return err == nil && (out.Permission == "admin" || out.Permission == "write"), err
}

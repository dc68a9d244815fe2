// Package issue keeps one issue of ours in a repository: finds it, opens it, keeps it up to date, closes it.
//
// It knows GitHub's issues, and which of them is ours: GitHub says that this identity wrote it, and it carries a marker of
// package marker with the key that is asked for. It refuses to know what the issue says, and labels: a repository's labels
// are its own.
package issue

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/pertask/pertask/github/marker"
	"github.com/pertask/pertask/github/wire"
)

// MaxTitle is the longest title that is written, in characters; GitHub refuses more than 256.
const MaxTitle = 200

// MaxBody is the largest body that is written, in bytes. GitHub refuses more than 65,536 characters.
const MaxBody = 60_000

// Board is the issues of a repository. It is safe for concurrent use.
type Board struct {
	Calls *wire.Caller
	// Wrap adds to an error what was done, and the permission that is missing.
	Wrap func(err error, permission, format string, args ...any) error
	Repo string // "owner/name"
	// Viewer is the login of this identity, such as "github-actions[bot]".
	Viewer func(context.Context) (string, error)
	// Redact hides secrets in what is written.
	Redact func(string) string
}

// Issue is an issue of ours.
type Issue struct {
	Number int
	Title  string
	Body   string // with the marker in its first line
	Marker marker.Marker
	Open   bool
	URL    string // of its page
}

type issueJSON struct {
	Number int
	Title  string
	Body   *string
	State  string
	URL    string    `json:"html_url"`
	Pull   *struct{} `json:"pull_request"`
	User   *struct{ Login string }
}

func (j issueJSON) issue() Issue {
	i := Issue{Number: j.Number, Title: j.Title, Open: j.State == "open", URL: j.URL}
	if j.Body != nil {
		i.Body = *j.Body
		i.Marker, _ = marker.Parse(i.Body)
	}
	return i
}

// maxPages bounds how many pages of a hundred issues of ours are looked at, the newest first.
const maxPages = 5

// Find returns our newest issue with a marker of the key, an open one before every closed one. It reports false where there
// is none. It makes two requests where there are few issues of ours.
func (b Board) Find(ctx context.Context, key string) (Issue, bool, error) {
	found, ok, err := b.find(ctx, key)
	return found, ok, b.Wrap(err, "issues: write", "looking for our issue on %s", b.Repo)
}

func (b Board) find(ctx context.Context, key string) (out Issue, found bool, err error) {
	me, err := b.Viewer(ctx)
	if err != nil {
		return Issue{}, false, err
	}
	q := url.Values{"creator": {me}, "state": {"all"}, "sort": {"created"}, "direction": {"desc"}, "per_page": {"100"}}
	for page := 1; page > 0 && page <= maxPages; {
		var list []issueJSON
		q.Set("page", strconv.Itoa(page))
		if page, err = b.Calls.Do(ctx, wire.Call{Path: "repos/" + b.Repo + "/issues", Query: q, Out: &list}); err != nil {
			return Issue{}, false, err
		}
		for _, j := range list {
			if j.Pull != nil || j.User == nil || !strings.EqualFold(j.User.Login, me) || j.Body == nil {
				continue
			}
			m, ok := marker.Parse(*j.Body)
			if !ok || m.Key != key {
				continue
			}
			if i := j.issue(); i.Open {
				return i, true, nil
			} else if !found {
				out, found = i, true
			}
		}
	}
	return out, found, nil
}

// Create opens an issue whose body begins with a marker, and returns the one that is there after all where another process
// was faster, or GitHub's answer left open whether it was made.
func (b Board) Create(ctx context.Context, title, body string) (Issue, error) {
	i, err := b.create(ctx, title, body)
	return i, b.Wrap(err, "issues: write", "opening an issue on %s", b.Repo)
}

func (b Board) create(ctx context.Context, title, body string) (Issue, error) {
	body, m, err := b.finish(body)
	if err != nil {
		return Issue{}, err
	}
	var j issueJSON
	in := map[string]any{"title": b.title(title), "body": body}
	_, err = b.Calls.Do(ctx, wire.Call{Method: http.MethodPost, Path: "repos/" + b.Repo + "/issues", In: in, Out: &j})
	if err == nil {
		return j.issue(), nil
	}
	if !wire.Unclear(err) || ctx.Err() != nil {
		return Issue{}, err
	}
	there, found, lookErr := b.find(ctx, m.Key)
	if lookErr == nil && found && there.Open {
		return there, nil
	}
	return Issue{}, errors.Join(err, lookErr) // the next watch tells it
}

// Edit gives an issue another title and body, which begins with a marker.
func (b Board) Edit(ctx context.Context, number int, title, body string) error {
	body, _, err := b.finish(body)
	if err == nil {
		err = b.patch(ctx, number, map[string]any{"title": b.title(title), "body": body})
	}
	return b.Wrap(err, "issues: write", "editing issue %d on %s", number, b.Repo)
}

// Close writes a comment on an issue and closes it as completed.
func (b Board) Close(ctx context.Context, number int, comment string) error {
	err := b.Comment(ctx, number, comment)
	if err == nil {
		err = b.patch(ctx, number, map[string]any{"state": "closed", "state_reason": "completed"})
	}
	return b.Wrap(err, "issues: write", "closing issue %d on %s", number, b.Repo)
}

// Comment writes a comment on an issue.
func (b Board) Comment(ctx context.Context, number int, comment string) error {
	path := fmt.Sprintf("repos/%s/issues/%d/comments", b.Repo, number)
	_, err := b.Calls.Do(ctx, wire.Call{Method: http.MethodPost, Path: path, In: map[string]any{"body": b.Redact(comment)}})
	return b.Wrap(err, "issues: write", "writing a comment on issue %d of %s", number, b.Repo)
}

// patch changes an issue; twice is as once.
func (b Board) patch(ctx context.Context, number int, in map[string]any) error {
	path := fmt.Sprintf("repos/%s/issues/%d", b.Repo, number)
	_, err := b.Calls.Do(ctx, wire.Call{Method: http.MethodPatch, Path: path, In: in, Again: true})
	return err
}

func (b Board) title(s string) string {
	r := []rune(strings.Join(strings.Fields(b.Redact(s)), " "))
	return string(r[:min(len(r), MaxTitle)])
}

// finish returns the body as it will be written, redacted, and its marker.
func (b Board) finish(body string) (string, marker.Marker, error) {
	m, ok := marker.Parse(body)
	if !ok {
		return "", m, fmt.Errorf("the first line of the body has no marker: %w", marker.ErrMarker)
	}
	m.Data = []byte(b.Redact(string(m.Data)))
	line, err := m.Line()
	if err != nil {
		return "", m, err
	}
	_, text, _ := strings.Cut(body, "\n")
	out := line + "\n" + b.Redact(text)
	if len(out) > MaxBody {
		return "", m, fmt.Errorf("the body has %d bytes, %d are allowed: %w", len(out), MaxBody, wire.ErrTooLong)
	}
	return out, m, nil
}

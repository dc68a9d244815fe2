package merged

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/pertask/pertask/github"
)

// cursor is a place in a read. Its form is nobody's business, and may change with a release.
type cursor struct {
	Repo     string // lower case
	Since    time.Time
	Unmerged bool
	Open     bool
	List     int
	After    string // GitHub's
	Pages    int    // that were read
	Began    time.Time
}

func (c cursor) text() string {
	raw, _ := json.Marshal(c) // of texts, numbers and times
	return base64.RawURLEncoding.EncodeToString(raw)
}

// begin returns where a read begins or goes on.
func (r *Reader) begin(q Query) (cursor, error) {
	if _, err := github.ParseRepo(q.Repo.String()); err != nil {
		return cursor{}, err
	}
	c := cursor{Repo: strings.ToLower(q.Repo.String()), Since: q.Since, Unmerged: q.Unmerged, Open: q.Open, Began: r.now().UTC()}
	if !q.Open {
		c.List = listEnded
	}
	if q.Cursor == "" {
		return c, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(q.Cursor)
	var at cursor
	if err != nil || json.Unmarshal(raw, &at) != nil || at.List < listOpen || at.List >= listDone || at.Pages < 0 {
		return cursor{}, errors.New("the cursor is not one of a read of pull requests")
	}
	if at.Repo != c.Repo || !at.Since.Equal(c.Since) || at.Unmerged != c.Unmerged || at.Open != c.Open {
		return cursor{}, errors.New("the cursor is of another read: it goes with the same repository, time and states")
	}
	return at, nil
}

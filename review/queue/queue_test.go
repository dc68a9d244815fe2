package queue_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/marker"
	"github.com/pertask/pertask/review/queue"
)

// hub has pull requests by commit, and our comments by pull request.
type hub struct {
	pulls    map[string][]int
	comments map[int]string // what the comment keeps
	asked    []string
	fail     error
}

func (h *hub) PullsOf(_ context.Context, _ github.Repo, sha string) ([]int, error) {
	h.asked = append(h.asked, sha)
	return h.pulls[sha], h.fail
}

func (h *hub) Comments(_ context.Context, _ github.Repo, n int) ([]github.Comment, error) {
	h.asked = append(h.asked, fmt.Sprint(n))
	return ours(h.comments[n]), h.fail
}

func ours(keeps string) []github.Comment {
	if keeps == "" {
		return nil
	}
	return []github.Comment{{ID: 1, Marker: marker.Marker{Data: []byte(keeps)}}}
}

func last(comment int) string {
	return fmt.Sprintf(`{"v":1,"last":{"command":"/pertask run","by":"bob","comment":%d,"time":"2026-11-22T12:00:00Z"}}`, comment)
}

func read(t *testing.T, h *hub, named int, known []github.Comment, commits ...string) []string {
	t.Helper()
	var log bytes.Buffer
	pulls, err := queue.Read(t.Context(), h, github.Repo{}, named, known, commits, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, p := range pulls {
		text := fmt.Sprint(p.Number)
		if p.State.Last != nil {
			text += fmt.Sprintf(" keeps %d", p.State.Last.CommentID)
		}
		out = append(out, text)
	}
	if log.Len() > 0 {
		out = append(out, "warned")
	}
	return out
}

func TestRead(t *testing.T) {
	h := &hub{pulls: map[string][]int{"a": {4, 3}, "b": {4, 5}}, comments: map[int]string{3: last(33), 4: last(44), 5: "{"}}
	if diff := cmp.Diff([]string{"4 keeps 7", "3 keeps 33", "5", "warned"}, read(t, h, 4, ours(last(7)), "a", "b")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := strings.Join(h.asked, " "); got != "a b 3 5" {
		t.Errorf("asked for %s; the comments of the first are known", got)
	}
	if diff := cmp.Diff([]string{"4 keeps 44", "3 keeps 33"}, read(t, h, 0, ours(last(7)), "a")); diff != "" {
		t.Errorf("without a name (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{}, read(t, h, 0, nil, "c")); diff != "" {
		t.Errorf("none (-want +got):\n%s", diff)
	}
}

func TestBounds(t *testing.T) {
	h := &hub{pulls: map[string][]int{}, comments: map[int]string{}}
	var commits []string
	for i := range 3 * queue.Most {
		sha := fmt.Sprint("c", i)
		commits = append(commits, sha)
		h.pulls[sha] = []int{1000 + i, 2000 + i}
		h.comments[1000+i] = last(1)
	}
	if got := read(t, h, 0, nil, commits...); len(got) != queue.Most/2 {
		t.Errorf("%d pull requests", len(got))
	}
	if len(h.asked) != 2*queue.Most || h.asked[0] != fmt.Sprint("c", 2*queue.Most) {
		t.Errorf("%d requests, the first for %s; want the newest commits", len(h.asked), h.asked[0])
	}
}

func TestErrors(t *testing.T) {
	h := &hub{fail: errors.New("out of reach")}
	if _, err := queue.Read(t.Context(), h, github.Repo{}, 1, nil, []string{"a"}, slog.Default()); !errors.Is(err, h.fail) {
		t.Errorf("error %v", err)
	}
}

type tree struct {
	fs.FS
	fail error
}

func (t tree) Blobs(context.Context, github.Repo, string, []string) (fs.FS, error) {
	return t.FS, t.fail
}

func TestFacts(t *testing.T) {
	const path = ".github/pertask.yml"
	f, err := queue.Facts(t.Context(), tree{FS: fstest.MapFS{path: {Data: []byte("version: 1\n")}}}, github.Repo{}, "base", path)
	if err != nil || !f.HasConfig || string(f.Config) != "version: 1\n" || !f.ChecksUnknown {
		t.Errorf("%+v, %v", f, err)
	}
	if f, err = queue.Facts(t.Context(), tree{FS: fstest.MapFS{}}, github.Repo{}, "base", path); err != nil || f.HasConfig {
		t.Errorf("without one: %+v, %v", f, err)
	}
	down := errors.New("down")
	if _, err = queue.Facts(t.Context(), tree{fail: down}, github.Repo{}, "base", path); !errors.Is(err, down) {
		t.Errorf("error %v", err)
	}
	if f, err = queue.Facts(t.Context(), tree{FS: fstest.MapFS{path: {Mode: fs.ModeDir}}}, github.Repo{}, "base", path); err == nil || f.HasConfig {
		t.Errorf("a folder in its place: %+v, %v", f, err)
	}
}

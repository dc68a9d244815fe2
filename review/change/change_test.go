package change_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/review/change"
	"github.com/pertask/pertask/review/trigger"
)

// hub is a GitHub with three commits: "base", "fork" and "head".
type hub struct {
	files     []github.File
	truncated bool
	trees     map[string]fstest.MapFS
	read      []string // "commit path,path"
	fail      error
}

func (h *hub) Files(context.Context, github.Repo, int) ([]github.File, bool, error) {
	return h.files, h.truncated, h.fail
}

func (h *hub) Between(context.Context, github.Repo, string, string) ([]github.File, []string, bool, error) {
	return h.files, []string{"one", "two"}, h.truncated, h.fail
}

func (h *hub) MergeBase(context.Context, github.Repo, string, string) (string, error) {
	return "fork", nil
}

func (h *hub) Blobs(_ context.Context, _ github.Repo, sha string, paths []string) (fs.FS, error) {
	h.read = append(h.read, sha+" "+strings.Join(paths, ","))
	return h.trees[sha], nil
}

func settings(model string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte("model: " + model + "\n")}
}

func watches() []arm.Watch {
	return []arm.Watch{{Path: "agent.yaml", Selectors: map[arm.Key]string{arm.Model: "$.model"}}}
}

func trees(path string) map[string]fstest.MapFS {
	return map[string]fstest.MapFS{"base": {"agent.yaml": settings("a")}, "fork": {"agent.yaml": settings("a")}, "head": {path: settings("b")}}
}

var push = trigger.Trigger{Kind: trigger.PullRequest, BaseSHA: "base", HeadSHA: "head"}

func TestOnlyWatchedFilesAreRead(t *testing.T) {
	h := &hub{files: []github.File{{Path: "README.md"}, {Path: "agent.yaml"}}, trees: trees("agent.yaml")}
	c, err := change.Read(t.Context(), h, push, watches(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"base agent.yaml", "fork agent.yaml", "head agent.yaml"}, h.read); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}
	if len(c.Pair.Changes) != 1 || c.MergeBase != "fork" || !c.Concerns([]string{"agent.yaml"}) || c.Concerns([]string{"other.yaml"}) || !c.Concerns(nil) {
		t.Errorf("the change is %+v", c)
	}
	h = &hub{files: []github.File{{Path: "README.md"}}, trees: trees("agent.yaml")}
	if c, err = change.Read(t.Context(), h, push, watches(), nil); err != nil || len(h.read) != 0 || c.MergeBase != "" || len(c.Pair.Changes) != 0 {
		t.Errorf("without a watched file %v were read, for %+v, %v", h.read, c.Pair, err)
	}
}

// A list that is cut may hide a watched file, so the files are read.
func TestATruncatedListIsLookedBehind(t *testing.T) {
	h := &hub{files: []github.File{{Path: "README.md"}}, truncated: true, trees: trees("agent.yaml")}
	c, err := change.Read(t.Context(), h, push, watches(), nil)
	if err != nil || len(c.Pair.Changes) != 1 {
		t.Errorf("%+v, %v; want the change", c.Pair, err)
	}
	if !slices.ContainsFunc(c.Pair.Findings, func(f arm.Finding) bool { return f.Code == "many-files" }) {
		t.Errorf("nothing is said of it: %v", c.Pair.Findings)
	}
}

func TestARename(t *testing.T) {
	h := &hub{files: []github.File{{Path: "new.yaml", PreviousPath: "agent.yaml"}}, trees: trees("new.yaml")}
	c, err := change.Read(t.Context(), h, push, watches(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"new.yaml", "agent.yaml"}, c.Paths()); diff != "" {
		t.Errorf("paths (-want +got):\n%s", diff)
	}
	if len(h.read) == 0 || h.read[0] != "base agent.yaml,new.yaml" || !c.Concerns([]string{"agent.yaml"}) {
		t.Errorf("read %v, for %+v", h.read, c.Pair.Changes)
	}
}

func TestAMergeGroup(t *testing.T) {
	h := &hub{files: []github.File{{Path: "agent.yaml"}}, trees: trees("agent.yaml")}
	tr := push
	tr.Kind = trigger.MergeGroup
	c, err := change.Read(t.Context(), h, tr, watches(), nil)
	if err != nil || len(c.Commits) != 2 || len(c.Pair.Changes) != 1 {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestMistakes(t *testing.T) {
	h := &hub{files: []github.File{{Path: "agent.yaml"}}, trees: trees("agent.yaml")}
	h.trees["head"] = fstest.MapFS{"agent.yaml": {Data: []byte("model: [\n")}}
	_, err := change.Read(t.Context(), h, push, watches(), nil)
	var bad *change.Mistake
	if !errors.As(err, &bad) || !strings.Contains(err.Error(), "agent.yaml") {
		t.Errorf("error %v, want a mistake with the place", err)
	}
	h.fail = errors.New("out of reach")
	if _, err = change.Read(t.Context(), h, push, watches(), nil); !errors.Is(err, h.fail) || errors.As(err, &bad) {
		t.Errorf("error %v, want GitHub's", err)
	}
	if errors.Unwrap(&change.Mistake{Err: h.fail}) != h.fail {
		t.Error("the mistake hides what it is")
	}
}

type archive string

func (a archive) Archive(context.Context, github.Repo, string) (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader([]byte(a))), nil
}

func TestSourceIsAnArchive(t *testing.T) {
	if _, err := change.Source(t.Context(), archive("no gzip"), push); err == nil || !strings.Contains(err.Error(), "the archive of base") {
		t.Errorf("error %v", err)
	}
}

func TestWatched(t *testing.T) {
	if got := change.Watched(nil); len(got) == 0 {
		t.Error("nothing is watched by default")
	}
	if got := change.Watched(watches()); len(got) != 1 {
		t.Errorf("%v", got)
	}
}

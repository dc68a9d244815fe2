package github_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/dispatch"
	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/github/githubtest/runstore"
)

const byHand = `name: measure
run-name: pertask ${{ inputs.review }}
on: {workflow_dispatch: {inputs: {review: {required: true}, request: {required: true}}}}
`

// workflows is a server with a workflow on main that can be started by hand, and one that cannot, and an App that may.
func workflows(t *testing.T, opt githubtest.Options, permission string) (*githubtest.Server, string, *github.Client) {
	t.Helper()
	s := githubtest.NewWith(t, opt)
	repo := s.AddRepo("acme", "agent")
	sha := s.Commit(repo, nil, githubtest.Text(map[string]string{".github/workflows/pertask.yml": byHand, ".github/workflows/ci.yml": "on: push\n"}))
	s.SetBranch(repo, "main", sha)
	key := s.RegisterApp(githubtest.App{ID: 9, Slug: "pertask", Permissions: map[string]string{"metadata": "read", "actions": permission}})
	s.Install(9, 77, "acme")
	return s, repo, newClient(t, s, func(c *github.Config) {
		c.Token, c.App = "", &github.AppAuth{ID: 9, Installation: 77, PrivateKey: key}
	})
}

func TestWorkflow(t *testing.T) {
	for _, silent := range []bool{false, true} {
		s, repo, c := workflows(t, githubtest.Options{Silent: silent}, "write")
		w := c.Workflow(acme, "pertask.yml")
		began := time.Now().Add(-time.Second)
		id, err := w.Start(t.Context(), "main", map[string]string{"review": "r1", "request": "{}"})
		if err != nil || (id == 0) != silent {
			t.Fatalf("started run %d, %v", id, err)
		}
		if _, err := w.Start(t.Context(), "main", map[string]string{"review": "r2", "request": "{}"}); err != nil {
			t.Fatal(err)
		}
		runs, err := w.Runs(t.Context(), "main", "pertask[bot]", began)
		if err != nil || len(runs) != 2 {
			t.Fatalf("%d runs, %v", len(runs), err)
		}
		r := runs[1]
		want := dispatch.Run{ID: r.ID, Title: "pertask r1", Path: ".github/workflows/pertask.yml", Event: "workflow_dispatch", Branch: "main", HeadSHA: s.Log(repo, "main")[0],
			Repo: r.Repo, Actor: "pertask[bot]", Again: "pertask[bot]", Attempt: 1, Status: "queued", URL: r.URL, Created: r.Created}
		if diff := cmp.Diff(want, r); diff != "" || r.Repo == 0 || r.Over() || !silent && r.ID != id {
			t.Errorf("run %d (-want +got):\n%s", id, diff)
		}
		if none, err := w.Runs(t.Context(), "main", "eve", began); err != nil || len(none) != 0 {
			t.Errorf("of somebody else: %v, %v", none, err)
		}
		if err := w.Cancel(t.Context(), r.ID); err != nil || !s.Runs(repo)[0].Cancelled {
			t.Errorf("cancelled: %v", err)
		}
		s.ChangeRun(repo, r.ID, func(r *githubtest.WorkflowRun) { r.Status, r.Conclusion = "completed", "success" })
		if r, err = w.Read(t.Context(), r.ID); err != nil || !r.Over() || r.Conclusion != dispatch.Success {
			t.Errorf("%+v, %v", r, err)
		}
		if err := w.Cancel(t.Context(), r.ID); err != nil {
			t.Errorf("one that has ended: %v", err)
		}
	}
}

func TestArtifacts(t *testing.T) {
	s, repo, c := workflows(t, githubtest.Options{}, "write")
	w := c.Workflow(acme, "pertask.yml")
	id, err := w.Start(t.Context(), "main", map[string]string{"review": "r1", "request": "{}"})
	if err != nil {
		t.Fatal(err)
	}
	if all, err := w.Artifacts(t.Context(), id, "pertask"); err != nil || len(all) != 0 {
		t.Errorf("before there is one: %v, %v", all, err)
	}
	data := runstore.Zip(map[string][]byte{"a.txt": []byte("hello")})
	first := s.LeaveArtifact(repo, id, "pertask", data)
	s.LeaveArtifact(repo, id, "coverage", []byte("x"))
	all, err := w.Artifacts(t.Context(), id, "pertask")
	if err != nil || len(all) != 1 || all[0].ID != first || all[0].Size != int64(len(data)) {
		t.Fatalf("%+v, %v", all, err)
	}
	got, err := w.Download(t.Context(), first, int64(len(data)))
	if err != nil || string(got) != string(data) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	for _, r := range s.Requests() {
		if r.Archive && r.Authorized {
			t.Error("the token went to the server of the archives")
		}
	}
	if _, err := w.Download(t.Context(), first, int64(len(data))-1); !errors.Is(err, github.ErrTooLong) {
		t.Errorf("one that is too large: %v", err)
	}
	s.ChangeRun(repo, id, func(r *githubtest.WorkflowRun) { r.Artifacts[0].Expired = true })
	if _, err := w.Download(t.Context(), first, 1<<20); !errors.Is(err, github.ErrNotFound) {
		t.Errorf("one that has expired: %v", err)
	}
}

func TestWorkflowsThatCannotBeStarted(t *testing.T) {
	good := map[string]string{"review": "r", "request": "{}"}
	for _, tt := range []struct {
		name, file, branch string
		permission         string
		inputs             map[string]string
		want               error
		text               string
	}{
		{"no file", "none.yml", "main", "write", good, dispatch.ErrNoWorkflow, ""},
		{"not by hand", "ci.yml", "main", "write", good, dispatch.ErrNotStartable, "does not have"},
		{"disabled", "pertask.yml", "main", "write", good, dispatch.ErrNotStartable, "disabled"},
		{"an input that it does not have", "pertask.yml", "main", "write", map[string]string{"review": "r", "request": "{}", "x": "y"}, dispatch.ErrNotStartable, "Unexpected inputs"},
		{"an input is missing", "pertask.yml", "main", "write", map[string]string{"review": "r"}, dispatch.ErrNotStartable, "Required input"},
		{"no branch", "pertask.yml", "gone", "write", good, dispatch.ErrNotStartable, "No ref"},
		{"no permission", "pertask.yml", "main", "read", good, github.ErrPermission, `"actions: write"`},
	} {
		s, repo, c := workflows(t, githubtest.Options{}, tt.permission)
		if tt.name == "disabled" {
			s.DisableWorkflow(repo, tt.file)
		}
		_, err := c.Workflow(acme, tt.file).Start(t.Context(), tt.branch, tt.inputs)
		if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) {
			t.Errorf("%s: %v, want %v with %q", tt.name, err, tt.want, tt.text)
		}
		if n := len(s.Runs(repo)); n != 0 {
			t.Errorf("%s: %d runs", tt.name, n)
		}
	}
}

// A start whose outcome is not known is not repeated: it would be a second run.
func TestAStartIsNotRepeated(t *testing.T) {
	s, repo, c := workflows(t, githubtest.Options{}, "write")
	s.Fail(githubtest.Match(http.MethodPost, "/dispatches"), 502, 1, true)
	if _, err := c.Workflow(acme, "pertask.yml").Start(t.Context(), "main", map[string]string{"review": "r", "request": "{}"}); err == nil {
		t.Error("it is known to be started")
	}
	if n := len(s.Runs(repo)); n != 1 {
		t.Errorf("%d runs, want 1", n)
	}
}

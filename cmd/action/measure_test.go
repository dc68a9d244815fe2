package main

import (
	"encoding/json"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/config"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/github/githubtest/runstore"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/review/errand"
	"github.com/pertask/pertask/review/ground"
	"github.com/pertask/pertask/review/trigger"
	"github.com/pertask/pertask/verdict"
)

// asks is what the App would ask about the stage's pull request.
func (s *stage) asks(t *testing.T) errand.Request {
	t.Helper()
	client, err := github.New(github.Config{BaseURL: s.hub.URL, GraphQLURL: s.hub.GraphQLURL, Token: s.hub.Token})
	if err != nil {
		t.Fatal(err)
	}
	p, err := client.Pull(t.Context(), github.Repo{Owner: "acme", Name: "agent"}, s.pull)
	if err != nil {
		t.Fatal(err)
	}
	g := ground.Ground{Options: ground.Options{GitHub: client, Book: price.Embedded(), ConfigPath: config.Path, Now: time.Now},
		Trigger: trigger.Trigger{Kind: trigger.Job, Repo: github.Repo{Owner: "acme", Name: "agent"}, Pull: s.pull, BaseSHA: p.BaseSHA, HeadSHA: s.head}}
	source, err := g.Source(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	text, err := fs.ReadFile(source, config.Path)
	if err == nil {
		err = g.Configure(text, true)
	}
	if err == nil {
		err = g.ReadChange(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	all, err := g.Suites(source)
	if err != nil || len(all) != 1 {
		t.Fatalf("%d suites, %v", len(all), err)
	}
	return errand.Request{Schema: errand.Schema, Review: "0123456789abcdef-1", Repository: "acme/agent", Pull: s.pull, Base: p.BaseSHA, Head: s.head, Suite: all[0].Suite.Name,
		Question: all[0].Question(), Looks: all[0].Looks, Budget: price.Known(price.MustMoney("5")), Until: time.Now().Add(time.Hour).UTC().Truncate(time.Second)}
}

// measures is the job of a request, with a token that only reads.
func (s *stage) measures(t *testing.T, q errand.Request) *job {
	t.Helper()
	j := newJob(t, s, "workflow_dispatch")
	j.env["PERTASK_MEASURE"] = q.String()
	j.env["PERTASK_GITHUB_TOKEN"] = "ghs_" + strings.Repeat("r", 36)
	s.hub.AddToken(j.env["PERTASK_GITHUB_TOKEN"], githubtest.ReadOnlyActor())
	return j
}

// left is the answer that a job has left.
func (j *job) left(t *testing.T) errand.Answer {
	t.Helper()
	var a errand.Answer
	if err := json.Unmarshal([]byte(j.file(t, "pertask/report/"+errand.File)), &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// The Action measures what the App asks for, and leaves it where the workflow keeps it. Nothing is posted.
func TestMeasure(t *testing.T) {
	s := newStage(t, "block", dearer)
	q := s.asks(t)
	j := s.measures(t, q)
	if code := j.run("review"); code != 0 {
		t.Fatalf("exit %d\n%s%s", code, &j.stdout, &j.stderr)
	}
	a := j.left(t)
	if !a.Ended || a.Result != verdict.Measured || a.Request.String() != q.String() || a.Journal != "trials.jsonl" || !strings.HasPrefix(a.Evidence, "sha256:") {
		t.Errorf("%+v", a)
	}
	files := map[string][]byte{}
	for _, name := range []string{errand.File, "trials.jsonl", "report.json", "report.md", "report.html"} {
		files[name] = []byte(j.file(t, "pertask/report/"+name))
		if strings.Contains(string(files[name]), providerKey) {
			t.Errorf("the provider key is in %s", name)
		}
	}
	b, err := errand.Open(runstore.Zip(files), q)
	if err != nil || len(b.Trials.Results) == 0 {
		t.Errorf("%d trials, %v", len(b.Trials.Results), err)
	}
	if len(s.hub.Comments(s.repo, s.pull)) != 0 || len(s.hub.Checks(s.repo, s.head)) != 0 {
		t.Error("something was posted")
	}
	if code := j.run("finish"); code != 0 || len(s.hub.Checks(s.repo, s.head)) != 0 {
		t.Errorf("finish: exit %d", code)
	}
	if !strings.Contains(j.file(t, "summary"), "cost per completed task") {
		t.Error("the job has no summary")
	}
}

// What may be spent is the lesser of what the base and what the request allow.
func TestMeasureWithinTheBudget(t *testing.T) {
	s := newStage(t, "block", dearer)
	q := s.asks(t)
	q.Budget = price.Known(price.MustMoney("0.000001"))
	j := s.measures(t, q)
	if code := j.run("review"); code != 0 {
		t.Fatalf("exit %d\n%s%s", code, &j.stdout, &j.stderr)
	}
	if n := s.calls.Load(); n > 4 {
		t.Errorf("%d calls with next to no budget", n)
	}
	if a := j.left(t); !a.Ended {
		t.Errorf("%+v", a)
	}
}

// Where nothing can be measured the answer says why, and the job has done its work.
func TestMeasureWithoutAKey(t *testing.T) {
	s := newStage(t, "block", dearer)
	j := s.measures(t, s.asks(t))
	delete(j.env, "OPENAI_API_KEY")
	if code := j.run("review"); code != 0 || s.calls.Load() != 0 {
		t.Errorf("exit %d, %d calls\n%s%s", code, s.calls.Load(), &j.stdout, &j.stderr)
	}
	if a := j.left(t); !a.Ended || a.Result != verdict.NotMeasured || a.Code != "not-ready" || a.Journal != "" || !strings.Contains(a.Reason, "OPENAI_API_KEY") {
		t.Errorf("%+v", a)
	}
}

// A request that these commits do not ask, or that goes beyond the base's configuration, is refused before anything is spent.
func TestMeasureRefuses(t *testing.T) {
	s := newStage(t, "block", dearer)
	good := s.asks(t)
	for name, tt := range map[string]struct {
		change func(*errand.Request)
		env    map[string]string
		code   int
		want   string
	}{
		"another question":   {func(q *errand.Request) { q.Question = "sha256:" + strings.Repeat("0", 64) + "/x" }, nil, 1, "different versions"},
		"another suite":      {func(q *errand.Request) { q.Suite = "easy" }, nil, 1, `"easy"`},
		"the base as head":   {func(q *errand.Request) { q.Head = q.Base }, nil, 1, ""},
		"the head as base":   {func(q *errand.Request) { q.Base = q.Head }, nil, 1, "is no commit of main"},
		"no such commit":     {func(q *errand.Request) { q.Base = strings.Repeat("e", 40) }, nil, 1, ""},
		"many trials":        {func(q *errand.Request) { q.Looks = []int{2, 99} }, nil, 1, "run.max_trials"},
		"another repository": {func(q *errand.Request) { q.Repository = "acme/other" }, nil, exitUsage, "acme/other"},
		"no request":         {func(q *errand.Request) {}, map[string]string{"PERTASK_MEASURE": "{}"}, exitUsage, "input measure"},
		"a pull request's":   {func(q *errand.Request) {}, map[string]string{"GITHUB_EVENT_NAME": "pull_request"}, exitUsage, "workflow_dispatch"},
	} {
		t.Run(name, func(t *testing.T) {
			q := good
			tt.change(&q)
			j := s.measures(t, q)
			for k, v := range tt.env {
				j.env[k] = v
			}
			if code := j.run("review"); code != tt.code || !strings.Contains(j.stdout.String(), "::error") || !strings.Contains(j.stdout.String(), tt.want) {
				t.Errorf("exit %d, want %d and %q\n%s%s", code, tt.code, tt.want, &j.stdout, &j.stderr)
			}
			if s.calls.Load() != 0 {
				t.Errorf("%d calls", s.calls.Load())
			}
		})
	}
}

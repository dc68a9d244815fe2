package merge_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/github/marker"
	"github.com/pertask/pertask/ledger/prediction"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/review/merge"
	"github.com/pertask/pertask/review/state"
	"github.com/pertask/pertask/verdict"
)

const config = `version: 1
suites:
  - {path: evals/a.yaml, name: a}
  - {path: evals/b.yaml, name: b}
models: [{path: config/agent.yaml, model: $.coder.model}]
`

var agent = github.Repo{Owner: "acme", Name: "agent"}

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// world is a pull request that changes a model, before anything was said about it.
type world struct {
	*githubtest.Server
	t          *testing.T
	base, head string
	pull       int
	client     *github.Client
}

func newWorld(t *testing.T, change map[string]string) *world {
	t.Helper()
	w := &world{Server: githubtest.New(t), t: t}
	repo := w.AddRepo(agent.Owner, agent.Name)
	files := map[string]string{".github/pertask.yml": config, "config/agent.yaml": "coder:\n  model: gpt-5.4\n"}
	w.base = w.Commit(repo, nil, githubtest.Text(files))
	for path, text := range change {
		files[path] = text
	}
	w.head = w.Commit(repo, []string{w.base}, githubtest.Text(files))
	w.SetBranch(repo, "main", w.base)
	w.pull = w.OpenPull(repo, w.base, w.head)
	var err error
	w.client, err = github.New(github.Config{BaseURL: w.URL, GraphQLURL: w.GraphQLURL, Token: w.Token, Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

var switched = map[string]string{"config/agent.yaml": "coder:\n  model: gpt-5.4-mini\n"}

// says puts a state into our comment.
func (w *world) says(st state.State) {
	w.t.Helper()
	data, err := st.Encode()
	if err != nil {
		w.t.Fatal(err)
	}
	line, err := marker.Marker{Head: w.head, Time: noon, Data: data}.Line()
	if err == nil {
		_, err = w.client.Post(w.t.Context(), agent, w.pull, line+"\n\nThe result.")
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// shows makes the check run of a result.
func (w *world) shows(r state.Run, conclusion string) {
	w.t.Helper()
	_, err := w.client.CreateCheck(w.t.Context(), agent, github.CheckRun{Name: "pertask", HeadSHA: w.head, Status: github.StatusCompleted, Conclusion: conclusion, ExternalID: r.Key(), Title: "x", Summary: "x"})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) predictions() ([]prediction.Prediction, error) {
	o := merge.Options{GitHub: w.client, Book: price.Embedded(), ConfigPath: ".github/pertask.yml", Host: "GitHub.com", App: "github-actions", Now: func() time.Time { return noon }, Log: slog.New(slog.NewTextHandler(w.t.Output(), nil))}
	return o.Predictions(w.t.Context(), merge.Merge{Repo: agent, Pull: w.pull, BaseSHA: w.base, HeadSHA: w.head, Commit: strings.Repeat("c", 40), At: noon})
}

// said is a prediction in short.
type said struct {
	Suite    string
	Ratio    float64 // 0 for none
	Verdict  verdict.Verdict
	Accepted bool
	Book     string
}

func measured(name string, estimate float64) state.Suite {
	return state.Suite{Name: name, Question: "q-" + name, Result: verdict.Measured, Verdict: verdict.Switch, Conclusion: "success", Cap: 8, Ended: true, Book: price.Embedded().Digest(),
		Ratio: &state.Ratio{Estimate: figure.Number(estimate), Low: figure.Number(estimate / 2), High: figure.Number(estimate * 2)}}
}

func accepted(name string) state.Suite {
	return state.Suite{Name: name, Question: "q-" + name, Result: verdict.Accepted, Conclusion: "success"}
}

func (w *world) run(minute int, suites ...state.Suite) state.Run {
	return state.Run{Time: noon.Add(time.Duration(minute) * time.Minute), Head: w.head, Suites: suites}
}

func TestPredictions(t *testing.T) {
	book := price.Embedded().AsOf()
	unmeasured := []said{{Suite: "a", Book: book}, {Suite: "b", Book: book}}
	for _, tt := range []struct {
		name  string
		write func(*world)
		want  []said
	}{
		{"nothing was said", func(*world) {}, unmeasured},
		{"measured", func(w *world) {
			r := w.run(0, measured("a", 0.5), measured("b", 0.8))
			w.says(state.State{}.Add(r))
			w.shows(r, "success")
		}, []said{{"a", 0.5, verdict.Switch, false, book}, {"b", 0.8, verdict.Switch, false, book}}},
		{"measured, and one suite was not", func(w *world) {
			r := w.run(0, measured("a", 0.5), state.Suite{Name: "b", Question: "q-b", Result: verdict.NotMeasured, Conclusion: "neutral"})
			w.says(state.State{}.Add(r))
			w.shows(r, "neutral")
		}, []said{{"a", 0.5, verdict.Switch, false, book}, {Suite: "b", Book: book}}},
		{"no check run", func(w *world) { w.says(state.State{}.Add(w.run(0, measured("a", 0.5)))) }, []said{{Suite: "a", Book: book}}},
		{"another number than was shown", func(w *world) {
			w.says(state.State{}.Add(w.run(0, measured("a", 0.1))))
			w.shows(w.run(0, measured("a", 0.5)), "success")
		}, []said{{Suite: "a", Book: book}}},
		{"a later result that the comment has lost", func(w *world) {
			r := w.run(0, measured("a", 0.5))
			w.says(state.State{}.Add(r))
			w.shows(r, "success")
			w.shows(w.run(1, measured("a", 1.5)), "success")
		}, []said{{Suite: "a", Book: book}}},
		{"the later of two", func(w *world) {
			r, s := w.run(0, measured("a", 0.5)), w.run(1, measured("a", 0.7))
			w.says(state.State{}.Add(r).Add(s))
			w.shows(r, "success")
			w.shows(s, "success")
		}, []said{{"a", 0.7, verdict.Switch, false, book}}},
		{"accepted after it was measured", func(w *world) {
			r, s := w.run(0, measured("a", 1.5)), w.run(1, accepted("a"))
			w.says(state.State{}.Add(r).Add(s))
			w.shows(r, "success")
			w.shows(s, "success")
		}, []said{{"a", 1.5, verdict.Switch, true, book}}},
		{"accepted and never measured", func(w *world) {
			s := w.run(1, accepted("a"))
			w.says(state.State{}.Add(s))
			w.shows(s, "success")
		}, []said{{Suite: "a", Accepted: true, Book: book}}},
		{"an acceptance that nothing shows", func(w *world) { w.says(state.State{}.Add(w.run(1, accepted("a")))) }, []said{{Suite: "a", Book: book}}},
		{"accepted, and what was measured before is not proven", func(w *world) {
			r, s := w.run(0, measured("a", 1.5)), w.run(1, accepted("a"))
			w.says(state.State{}.Add(r).Add(s))
			w.shows(s, "success")
		}, []said{{Suite: "a", Accepted: true, Book: book}}},
		{"another price book", func(w *world) {
			u := measured("a", 0.5)
			u.Book = "sha256:" + strings.Repeat("0", 64)
			r := w.run(-60*24*365, u)
			w.says(state.State{}.Add(r))
			w.shows(r, "success")
		}, []said{{"a", 0.5, verdict.Switch, false, "2025-11-20"}}},
		{"a result of another head", func(w *world) {
			r := w.run(0, measured("a", 0.5))
			r.Head = w.base
			w.says(state.State{}.Add(r))
			w.shows(r, "success")
		}, unmeasured},
		{"a mistake in the suite", func(w *world) {
			w.says(state.State{}.Add(w.run(0, state.Suite{Result: verdict.BadInput, Conclusion: "failure", Exit: 2})))
		}, unmeasured},
		{"somebody else's comment", func(w *world) {
			r := w.run(0, measured("a", 0.5))
			data, err := state.State{}.Add(r).Encode()
			if err != nil {
				w.t.Fatal(err)
			}
			line, err := marker.Marker{Head: w.head, Time: noon, Data: data}.Line()
			if err != nil {
				w.t.Fatal(err)
			}
			w.AddComment("acme/agent", w.pull, "eve", line+"\n\nThe result.")
			w.shows(r, "success")
		}, unmeasured},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, switched)
			tt.write(w)
			all, err := w.predictions()
			if err != nil {
				t.Fatal(err)
			}
			var got []said
			for _, p := range all {
				x := said{p.Suite, 0, p.Verdict, p.Accepted, p.Book}
				if p.Ratio != nil {
					x.Ratio = p.Ratio.Estimate
				}
				got = append(got, x)
				if err := p.Check(); err != nil || p.Repository != "github.com/acme/agent" || p.Pull != w.pull || len(p.Before) != 1 || len(p.After) != 1 || p.After[0].Value != "gpt-5.4-mini" {
					t.Errorf("%+v: %v", p, err)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// A pull request that changes no model setting predicts nothing, nor does one whose settings cannot be read.
func TestNoSettings(t *testing.T) {
	for name, change := range map[string]map[string]string{
		"another file":   {"README.md": "x"},
		"unreadable":     {"config/agent.yaml": "coder: [\n"},
		"the same value": {"config/agent.yaml": "# it is the same\ncoder:\n  model: gpt-5.4\n"},
	} {
		if got, err := newWorld(t, change).predictions(); err != nil || len(got) != 0 {
			t.Errorf("%s: %+v, %v; want nothing", name, got, err)
		}
	}
}

// Without a suite for it, or with a mistake in the configuration, a change of well-known settings is known to have been made.
func TestNoSuite(t *testing.T) {
	w := newWorld(t, nil)
	w.base = w.Commit("acme/agent", nil, githubtest.Text(map[string]string{".github/pertask.yml": "mistake: 1\n", ".claude/settings.json": `{"model": "claude-sonnet-4-5"}`}))
	w.head = w.Commit("acme/agent", []string{w.base}, githubtest.Text(map[string]string{".github/pertask.yml": "mistake: 1\n", ".claude/settings.json": `{"model": "claude-opus-4-5"}`}))
	w.pull = w.OpenPull("acme/agent", w.base, w.head)
	got, err := w.predictions()
	if err != nil || len(got) != 1 || got[0].Suite != merge.Unnamed || got[0].Ratio != nil {
		t.Errorf("%+v, %v; want one without a ratio", got, err)
	}
}

// That GitHub cannot be asked is an error, and not a change without a ratio: what is kept does not change any more.
func TestGitHubIsAway(t *testing.T) {
	w := newWorld(t, switched)
	r := w.run(0, measured("a", 0.5))
	w.says(state.State{}.Add(r))
	w.shows(r, "success")
	w.Fail(githubtest.Match("GET", "/check-runs"), 500, -1, false)
	if got, err := w.predictions(); err == nil {
		t.Errorf("got %+v, want an error", got)
	}
}

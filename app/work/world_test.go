package work_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pertask/pertask/app/measure"
	"github.com/pertask/pertask/app/queue"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/app/record/recordtest"
	"github.com/pertask/pertask/app/work"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/event"
	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/github/githubtest/checkstore"
	"github.com/pertask/pertask/ledger/ledgertest"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/review/route"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
)

const (
	appID        = 9
	installation = 77
	repoID       = 5
)

// world is a repository with the App, whose notes a test writes itself.
type world struct {
	t        *testing.T
	hub      *githubtest.Server
	calls    atomic.Int64
	onCall   func(int64)
	repo     string
	base     string
	head     string
	pull     int
	kept     *recordtest.Memory
	journals sync.Map
	ledger   ledgertest.Memory
	config   work.Config
	done     []string // notes
	at       time.Time
}

func newWorld(t *testing.T, run string) *world {
	t.Helper()
	return newWorldOf(t, run, "")
}

func newWorldOf(t *testing.T, run, more string) *world {
	t.Helper()
	w := &world{t: t, kept: &recordtest.Memory{}, at: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
	provider := httptest.NewServer(http.HandlerFunc(w.answer))
	t.Cleanup(provider.Close)
	files := githubtest.Text(map[string]string{
		".github/pertask.yml": "version: 1\nsuite: suite.yaml\nmodels: [{path: agent.yaml, model: $.model}]\nrun: {max_trials: 5" + run + "}\n" +
			"upstreams: [{name: openai, provider: openai, url: \"" + provider.URL + "/v1\", auth: bearer, key_env: OPENAI_API_KEY}]\n" + more,
		"suite.yaml": "name: tickets\nharness: prompt\ngrade: {equals: billing}\ntasks: [{id: a, prompt: a}, {id: b, prompt: b}, {id: c, prompt: c}, {id: d, prompt: d}]\n",
		"agent.yaml": "model: gpt-5.4\n",
	})
	w.hub = githubtest.New(t)
	w.repo = w.hub.AddRepo("acme", "agent")
	w.base = w.hub.Commit(w.repo, nil, files)
	w.hub.SetBranch(w.repo, "main", w.base)
	files["agent.yaml"] = githubtest.File{Content: "model: gpt-5.4-mini\n"}
	w.head = w.hub.Commit(w.repo, []string{w.base}, files)
	w.pull = w.hub.OpenPull(w.repo, w.base, w.head)
	scratch, _, err := measure.OpenScratch(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = scratch.Close() })
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	m, err := measure.New(measure.Config{
		App: github.AppAuth{ID: appID, PrivateKey: w.hub.AddApp(appID, installation, "pertask")}, BaseURL: w.hub.URL, GraphQLURL: w.hub.GraphQLURL,
		Version: "test", Reviews: w.kept, Audit: w.kept, Evidence: w.evidence, Getenv: os.Getenv, Scratch: scratch, Slots: measure.NewSlots(2, 2), Now: time.Now, Log: log,
		Keys: func(_ context.Context, _ int64, ups []meter.Upstream) (meter.Keys, error) {
			return meter.KeysFromEnv(func(string) string { return "sk-0123456789abcdef" }, ups), nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	w.config = work.Config{Measure: m, App: appID, Audit: w.kept, Repos: w.kept, Now: time.Now, Log: log}
	return w
}

func (w *world) evidence(t measure.Tenant) measure.Evidence {
	return measure.Evidence{Base: &w.ledger, Tests: &w.ledger, Journal: func(_ context.Context, key string) (trial.Journal, error) {
		j, _ := w.journals.LoadOrStore(fmt.Sprint(t, key), journal.NewMemory())
		return j.(trial.Journal), nil
	}}
}

func (w *world) answer(rw http.ResponseWriter, r *http.Request) {
	n := w.calls.Add(1)
	if w.onCall != nil {
		w.onCall(n)
	}
	var req struct{ Model string }
	body, _ := io.ReadAll(r.Body)
	_ = json.Unmarshal(body, &req)
	output := 1000
	if req.Model == "gpt-5.4-mini" {
		output *= 20
	}
	fmt.Fprintf(rw, `{"id":"r%d","model":%q,"choices":[{"index":0,"message":{"role":"assistant","content":"billing"},"finish_reason":"stop"}],`+
		`"usage":{"prompt_tokens":1000,"completion_tokens":%d,"total_tokens":%d}}`, n, req.Model, output, 1000+output)
}

// event is one about the repository.
func (w *world) event(name, action, sender string, change func(*event.Event)) event.Event {
	e := event.Event{Name: name, Action: action, Repo: github.Repo{Owner: "acme", Name: "agent"}, RepoID: repoID, DefaultBranch: "main",
		Sender: sender, Installation: installation}
	if change != nil {
		change(&e)
	}
	return e
}

// pulled is an event of the pull request.
func (w *world) pulled(action string) event.Event {
	return w.event("pull_request", action, "eve", func(e *event.Event) {
		e.Pull = event.Pull{Number: w.pull, BaseSHA: w.base, BaseRef: "main", HeadSHA: w.head, HeadRef: "head", HeadRepo: w.repo, State: "open", Author: "eve"}
	})
}

// commented is a command of a person.
func (w *world) commented(by, text string) event.Event {
	id := w.hub.AddComment(w.repo, w.pull, by, text)
	return w.event("issue_comment", "created", by, func(e *event.Event) {
		e.Pull = event.Pull{Number: w.pull, State: "open", Fork: true}
		e.Comment = event.Comment{ID: id, Body: text, Author: by}
	})
}

// pressed is a button, or "" for "Re-run".
func (w *world) pressed(by, button string) event.Event {
	action := "requested_action"
	if button == "" {
		action = "rerequested"
	}
	all := w.hub.Checks(w.repo, w.head)
	return w.event("check_run", action, by, func(e *event.Event) {
		e.Pull = event.Pull{Number: w.pull, Fork: true}
		e.Check = event.Check{ID: all[len(all)-1].ID, Name: "pertask", HeadSHA: w.head, App: appID, Identifier: button}
	})
}

func (w *world) note(e event.Event) queue.Note {
	w.t.Helper()
	body, err := json.Marshal(e)
	if err != nil {
		w.t.Fatal(err)
	}
	w.at = w.at.Add(time.Second)
	return queue.Note{ID: fmt.Sprint("delivery-", w.at.Unix()), Key: "key", Kind: e.Name, Body: body, At: w.at}
}

// turn works on notes as a first attempt.
func (w *world) turn(notes ...queue.Note) error {
	return w.attempt(w.t.Context(), 1, notes...)
}

func (w *world) attempt(ctx context.Context, n int, notes ...queue.Note) error {
	return work.New(w.config).Turn(ctx, queue.Turn{Key: "key", Notes: notes, Attempt: n, Done: func(_ context.Context, id string) error {
		w.done = append(w.done, id)
		return nil
	}})
}

// deliver is a turn of one note.
func (w *world) deliver(e event.Event) queue.Note {
	w.t.Helper()
	n := w.note(e)
	if err := w.turn(n); err != nil {
		w.t.Fatal(err)
	}
	if !slices.Contains(w.done, n.ID) {
		w.t.Fatalf("%s %s is not marked as done", e.Name, e.Action)
	}
	return n
}

var scope = record.Scope{Installation: installation, Repos: []int64{repoID}}

func (w *world) review(n queue.Note) (record.Review, bool) {
	w.t.Helper()
	r, found, err := w.kept.Review(w.t.Context(), scope, work.ReviewID(n.ID))
	if err != nil {
		w.t.Fatal(err)
	}
	return r, found
}

func (w *world) acts() []record.Act {
	w.t.Helper()
	out, err := w.kept.Acts(w.t.Context(), scope, record.Filter{}, time.Time{})
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

func (w *world) check() checkstore.Run {
	w.t.Helper()
	all := w.hub.Checks(w.repo, w.head)
	if len(all) == 0 {
		w.t.Fatal("there is no check run")
	}
	return all[len(all)-1]
}

const (
	buttonRun    = route.ButtonRun
	buttonAccept = route.ButtonAccept
)

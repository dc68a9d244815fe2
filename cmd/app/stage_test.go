package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pertask/pertask/app/secret"
	"github.com/pertask/pertask/app/sqldb"
	"github.com/pertask/pertask/app/sqldb/sqldbtest"
	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/github/githubtest/checkstore"
	"github.com/pertask/pertask/internal/logbuffer"
	"github.com/pertask/pertask/internal/sandboxed"
)

// testMain makes the test's own program the App, as main has it.
const testMain = "PERTASK_TEST_MAIN"

func TestMain(m *testing.M) {
	sandboxed.Main() // a part of a sandbox, and the agent in it
	if os.Getenv(testMain) != "" {
		main()
		return
	}
	os.Exit(sqldbtest.Main(m))
}

const (
	appID        = 9
	installation = 77
	hookSecret   = "a secret of the webhook"
	providerKey  = "sk-a-provider-key-that-nobody-may-see"
)

// stage is a repository on an in-memory GitHub with the App installed, a provider, and the folder of a server.
type stage struct {
	t        *testing.T
	hub      *githubtest.Server
	provider *provider
	repo     string
	base     string
	head     string
	files    map[string]githubtest.File // of the head
	pull     int
	dir      string
	database string // as --database takes it
	env      []string
	flags    []string
}

const suiteText = "name: tickets\nharness: prompt\ngrade: {equals: billing}\ntasks: [{id: a, prompt: task a}, {id: b, prompt: task b}, {id: c, prompt: task c}, {id: d, prompt: task d}]\n"

func newStage(t *testing.T, run string) *stage {
	t.Helper()
	return newStageOf(t, run, func(*stage) string { return suiteText })
}

// newStageOf is newStage with another suite, which may name the stage's servers.
func newStageOf(t *testing.T, run string, suite func(*stage) string) *stage {
	t.Helper()
	w := &stage{t: t, dir: t.TempDir(), provider: newProvider(t)}
	w.hub = githubtest.NewWith(t, githubtest.Options{Unchecked: true, Hourly: 1_000_000}) // package github's own tests check every request
	files := githubtest.Text(map[string]string{
		".github/pertask.yml": "version: 1\nsuite: suite.yaml\nmodels: [{path: agent.yaml, model: $.model}]\nrun: {max_trials: 5" + run + "}\n" +
			"upstreams: [{name: openai, provider: openai, url: \"" + w.provider.URL + "/v1\", auth: bearer, key_env: OPENAI_API_KEY}]\n",
		"suite.yaml": suite(w), "agent.yaml": "model: gpt-5.4\n",
	})
	w.repo = w.hub.AddRepo("acme", "agent")
	w.base = w.hub.Commit(w.repo, nil, files)
	w.hub.SetBranch(w.repo, "main", w.base)
	files["agent.yaml"] = githubtest.File{Content: "model: gpt-5.4-mini\n"}
	w.files = files
	w.head = w.hub.Commit(w.repo, []string{w.base}, files)
	w.pull = w.hub.OpenPull(w.repo, w.base, w.head)
	key := w.hub.RegisterApp(githubtest.App{ID: appID, Slug: "pertask", WebhookSecret: hookSecret})
	w.hub.Install(appID, installation, "acme")
	seal, err := secret.Generate()
	if err != nil {
		t.Fatal(err)
	}
	w.env = []string{testMain + "=1", "PATH=" + os.Getenv("PATH"), "HOME=" + w.dir, "TMPDIR=" + w.dir, "OPENAI_API_KEY=" + providerKey,
		"PERTASK_APP_ID=9", "PERTASK_APP_SLUG=pertask", "PERTASK_APP_CLIENT_ID=Iv23x", "PERTASK_APP_CLIENT_SECRET=s", "PERTASK_APP_WEBHOOK_SECRET=" + hookSecret,
		"PERTASK_APP_PRIVATE_KEY=" + string(key), "PERTASK_APP_KEY=" + strings.TrimSpace(seal), "PERTASK_APP_METRICS_TOKEN=metrics"}
	w.database = "sqlite:" + filepath.Join(w.dir, "data", "pertask.db")
	w.flags = []string{"--listen", "127.0.0.1:0", "--data", filepath.Join(w.dir, "data"), "--github-api-url", strings.TrimSuffix(w.hub.URL, "/"),
		"--github-graphql-url", w.hub.GraphQLURL, "--env-keys-for", fmt.Sprint(installation), "--env-key-hosts", strings.TrimPrefix(w.provider.URL, "http://"), "--private-upstreams", "--lease", "1s",
		"--public-url", "http://localhost:8080"}
	return w
}

// provider remembers what it served, whoever was still there to hear it.
type provider struct {
	*httptest.Server
	mu     sync.Mutex
	served map[string]lot // by the answer's id
	wait   time.Duration
	open   sync.WaitGroup
}

// lot names the calls of one arm to one task: a provider can tell no more apart.
type lot struct{ model, task string }

func newProvider(t *testing.T) *provider {
	p := &provider{served: map[string]lot{}}
	p.Server = httptest.NewServer(http.HandlerFunc(p.answer))
	t.Cleanup(p.Close)
	return p
}

var taskInPrompt = regexp.MustCompile(`task ([a-z])\b`)

// answer needs 20 times the tokens for all models but the base's.
func (p *provider) answer(w http.ResponseWriter, r *http.Request) {
	p.open.Add(1)
	defer p.open.Done()
	var req struct {
		Model    string
		Messages []struct{ Content string }
	}
	body, err := io.ReadAll(r.Body)
	if err != nil || json.Unmarshal(body, &req) != nil || len(req.Messages) == 0 || r.Header.Get("Authorization") != "Bearer "+providerKey {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	time.Sleep(p.wait)
	output := 1000
	if req.Model != "gpt-5.4" {
		output *= 20
	}
	task := taskInPrompt.FindStringSubmatch(req.Messages[0].Content)
	p.mu.Lock()
	id := fmt.Sprint("r", len(p.served)+1)
	p.served[id] = lot{req.Model, task[1]}
	p.mu.Unlock()
	fmt.Fprintf(w, `{"id":%q,"model":%q,"choices":[{"index":0,"message":{"role":"assistant","content":"billing"},"finish_reason":"stop"}],`+
		`"usage":{"prompt_tokens":1000,"completion_tokens":%d,"total_tokens":%d}}`, id, req.Model, output, 1000+output)
}

func (p *provider) calls() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.served)
}

// server is a running App.
type server struct {
	cmd   *exec.Cmd
	url   string
	log   *logbuffer.Buffer
	ended chan error
}

// command is a command of the program with the server's environment.
func (w *stage) command(args ...string) *exec.Cmd {
	w.t.Helper()
	program, err := os.Executable()
	if err != nil {
		w.t.Fatal(err)
	}
	cmd := exec.Command(program, args...)
	cmd.Env, cmd.Dir = w.env, w.dir
	return cmd
}

// start starts the server and tells GitHub where it is.
func (w *stage) start(more ...string) *server {
	w.t.Helper()
	flags := append([]string{"serve", "--database", w.database}, w.flags...)
	p := &server{cmd: w.command(append(flags, more...)...), log: &logbuffer.Buffer{}, ended: make(chan error, 1)}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	p.cmd.Stderr = p.log
	if err := p.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	go func() { p.ended <- p.cmd.Wait() }()
	address, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if err != nil || !ok {
		_ = p.cmd.Process.Kill()
		w.t.Fatalf("the server says %q, %v\n%s", line, err, p.log)
	}
	p.url = address
	w.t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	w.hub.SetHook(appID, p.url+"/webhook", hookSecret)
	return p
}

// ready waits until the server takes webhooks.
func (w *stage) ready(p *server) {
	w.t.Helper()
	w.until(p, "it is ready", func() bool { return p.get(w.t, "/readyz", "") == http.StatusOK })
}

func (p *server) get(t *testing.T, path, token string) int {
	status, _ := p.read(t, path, token)
	return status
}

func (p *server) read(t *testing.T, path, token string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body)
}

// until waits for something to become true.
func (w *stage) until(p *server, what string, true func() bool) {
	w.t.Helper()
	for end := time.Now().Add(90 * time.Second); !true(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("waited in vain until %s\n%s", what, p.log)
		}
		select {
		case err := <-p.ended:
			p.ended <- err
			w.t.Fatalf("the server has ended before %s: %v\n%s", what, err, p.log)
		default:
		}
	}
}

// stop ends the server as a machine that shuts down does.
func (w *stage) stop(p *server) {
	w.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		w.t.Fatal(err)
	}
	select {
	case err := <-p.ended:
		if err != nil {
			w.t.Fatalf("it has ended with %v\n%s", err, p.log)
		}
	case <-time.After(time.Minute):
		w.t.Fatalf("it does not end\n%s", p.log)
	}
}

// deliver sends a webhook, which has to be taken.
func (w *stage) deliver(event string, payload []byte) githubtest.Delivery {
	w.t.Helper()
	d := w.hub.Deliver(appID, event, payload)
	if d.Status != http.StatusAccepted {
		w.t.Fatalf("%s %s was answered with %d %s", event, d.Action, d.Status, d.Answer)
	}
	return d
}

// onCheck is the payload of a check_run event: "Re-run", or a button.
func (w *stage) onCheck(sender, button string) []byte {
	w.t.Helper()
	all := w.hub.Checks(w.repo, w.head)
	m := map[string]any{}
	if err := json.Unmarshal(w.hub.PullRequestEvent(w.repo, w.pull, "rerequested"), &m); err != nil {
		w.t.Fatal(err)
	}
	pull := m["pull_request"]
	delete(m, "pull_request")
	m["sender"] = map[string]any{"login": sender, "type": "User"}
	m["check_run"] = map[string]any{"id": all[len(all)-1].ID, "name": "pertask", "head_sha": w.head, "app": map[string]any{"id": appID}, "pull_requests": []any{pull}}
	if button != "" {
		m["action"], m["requested_action"] = "requested_action", map[string]any{"identifier": button}
	}
	out, err := json.Marshal(m)
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

// last is the newest check run of a commit.
func (w *stage) last(sha string) checkstore.Run {
	all := w.hub.Checks(w.repo, sha)
	if len(all) == 0 {
		return checkstore.Run{}
	}
	return all[len(all)-1]
}

// settled waits until there are so many check runs on a commit, and all are completed.
func (w *stage) settled(p *server, sha string, count int) checkstore.Run {
	w.t.Helper()
	w.until(p, fmt.Sprintf("%d check runs are complete", count), func() bool {
		all := w.hub.Checks(w.repo, sha)
		for _, c := range all {
			if c.Status != "completed" {
				return false
			}
		}
		return len(all) >= count
	})
	return w.last(sha)
}

// ours are the comments of the App.
func (w *stage) ours() []githubtest.Comment { return w.oursOn(w.pull) }

func (w *stage) oursOn(pull int) []githubtest.Comment {
	var out []githubtest.Comment
	for _, c := range w.hub.Comments(w.repo, pull) {
		if c.Author == "pertask[bot]" {
			out = append(out, c)
		}
	}
	return out
}

// rows asks the database of a server that has ended.
func (w *stage) rows(text string, args ...any) (n int) {
	w.t.Helper()
	if err := w.open().QueryRow(text, args...).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

// open opens the database until the test ends.
func (w *stage) open() *sqldb.DB { return sqldbtest.Open(w.t, w.database) }

// idle waits until nothing is left to do.
func (w *stage) idle(p *server) {
	w.t.Helper()
	w.until(p, "nothing is left to do", func() bool {
		_, text := p.read(w.t, "/metrics", "metrics")
		return strings.Contains(text, `pertask_notes{state="waiting"} 0`) && strings.Contains(text, `pertask_notes{state="running"} 0`)
	})
}

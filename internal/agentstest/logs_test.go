package agentstest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/internal/scripted"
	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/session"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/process"
	"github.com/pertask/pertask/usage"
)

// logger is an agent that keeps logs of its sessions, used as people use it: in its own home, and without our harness.
type logger struct {
	name, program string
	env           []string          // "{home}" and "{url}" stand for the folder and the provider
	files         map[string]string // of the home, with the same
	steps         [][]string        // of one call of the program each; "{1}" is the id of the first session
	session       string            // glob of the files whose names have the sessions' ids
	id            func(file string) string
	unlogged      func(scripted.Served) bool // what is served and not in the logs
	lumps         bool                       // what was written to the cache is not split by how long it is kept
	// Of ccusage: its name of the agent, and whether its output leaves reasoning out.
	ccusage    string
	noThoughts bool
	copies     bool // ccusage counts the copy of a session that is forked off another
}

var (
	writing = scripted.Prompt("out.txt", "hello")
	more    = "And once more, please."
)

var loggers = []logger{
	{name: "codex", program: "codex", ccusage: "codex",
		env: []string{"CODEX_HOME={home}/.codex", "CODEX_API_KEY=sk-logs-1"},
		files: map[string]string{".codex/config.toml": `model = "gpt-5.5"
model_provider = "openai"
openai_base_url = "{url}/v1"
check_for_update_on_startup = false
[analytics]
enabled = false
[features]
plugins = false
memories = false
unbounded_connection_retries = false
`},
		steps: [][]string{
			{"exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", writing},
			{"exec", "resume", "--last", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", more},
			{"exec", "fork", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", "{1}", more},
			{"archive", "{1}"},
		},
		session: ".codex/sessions/*/*/*/rollout-*.jsonl",
		id: func(file string) string {
			return strings.TrimSuffix(filepath.Base(file), ".jsonl")[len("rollout-2006-01-02T15-04-05-"):]
		}},
	{name: "claude-code", program: "claude", ccusage: "claude",
		env: []string{"CLAUDE_CONFIG_DIR={home}/.claude", "ANTHROPIC_BASE_URL={url}", "ANTHROPIC_API_KEY=sk-logs-1", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1", "DISABLE_AUTOUPDATER=1", "IS_SANDBOX=1"},
		steps: [][]string{
			{"-p", "--dangerously-skip-permissions", "--model=claude-sonnet-4-6", writing},
			{"-p", "--dangerously-skip-permissions", "--model=claude-opus-5-5", "--continue", more},
			{"-p", "--dangerously-skip-permissions", "--model=claude-sonnet-4-6", "--resume={1}", "--fork-session", more},
			{"-p", "--dangerously-skip-permissions", "--model=claude-sonnet-4-6", "--resume={1}", more},
		},
		session: ".claude/projects/*/*.jsonl",
		id:      func(file string) string { return strings.TrimSuffix(filepath.Base(file), ".jsonl") }},
	{name: "gemini", program: "gemini", ccusage: "gemini", noThoughts: true,
		env:   []string{"GOOGLE_GEMINI_BASE_URL={url}", "GEMINI_API_KEY=sk-logs-1"},
		files: map[string]string{".gemini/settings.json": `{"security":{"auth":{"selectedType":"gemini-api-key"}},"privacy":{"usageStatisticsEnabled":false},"general":{"enableAutoUpdate":false,"enableAutoUpdateNotification":false}}`},
		steps: [][]string{
			{"--skip-trust", "--approval-mode=yolo", "--model=gemini-3.8-flash", writing},
			{"--skip-trust", "--approval-mode=yolo", "--model=gemini-3.8-flash", "--resume=latest", "-p", more},
		}},
	{name: "opencode", program: "opencode", ccusage: "opencode", noThoughts: true, lumps: true, copies: true,
		env: []string{"OPENCODE_DISABLE_AUTOUPDATE=1", "OPENCODE_DISABLE_MODELS_FETCH=1", "OPENCODE_DISABLE_DEFAULT_PLUGINS=1", "OPENCODE_DISABLE_LSP_DOWNLOAD=1"},
		files: map[string]string{".config/opencode/opencode.json": `{"autoupdate":false,"share":"disabled","small_model":"openai/gpt-5.4-nano","provider":{
			"anthropic":{"options":{"baseURL":"{url}/v1","apiKey":"sk-logs-1"},"models":{"claude-sonnet-4-6":{"name":"claude-sonnet-4-6"}}},
			"openai":{"options":{"baseURL":"{url}/v1","apiKey":"sk-logs-1"},"models":{"gpt-5.5":{"name":"gpt-5.5"},"gpt-5.4-nano":{"name":"gpt-5.4-nano"}}}}}`},
		steps: [][]string{
			{"run", "--pure", "--auto", "--model=anthropic/claude-sonnet-4-6", writing}, // without a title: it asks for one
			{"run", "--pure", "--auto", "--model=openai/gpt-5.5", "--continue", "--fork", more},
		},
		unlogged: func(s scripted.Served) bool { return s.Model == "gpt-5.4-nano" }},
}

// TestLogs has each agent keep its logs of some sessions, resumed and forked ones among them, and reads them after each: what
// is read is what the provider served, class by class and model by model, once. The provider refuses twice at first.
func TestLogs(t *testing.T) {
	for _, g := range loggers {
		t.Run(g.name, func(t *testing.T) {
			real{name: g.name, program: g.program}.find(t)
			d := newDesk(t, g)
			var ledger spend.Set
			state := filepath.Join(t.TempDir(), "state")
			var copied []spend.Entry
			for i, step := range g.steps {
				d.use(t, step)
				r := d.scan(t, state, &ledger)
				d.served(t, ledger.Sorted())
				if i > 0 {
					continue
				}
				if r.Calls != 2 {
					t.Errorf("the first session has %d calls in its logs, want two: %+v", r.Calls, r)
				}
				d.compare(t, ledger.Sorted())
				if g.copies {
					copied = ledger.Sorted()
				}
			}
			if r := d.scan(t, state, &ledger); r.Bytes != 0 || r.Entries != 0 {
				t.Errorf("a further scan read again: %+v", r)
			}
			var again spend.Set
			d.scan(t, "", &again)
			if diff := cmp.Diff(ledger.Sorted(), again.Sorted()); diff != "" {
				t.Errorf("a scan without a state makes other entries (-with +without):\n%s", diff)
			}
			d.located(t, ledger.Sorted())
			d.compare(t, append(copied, ledger.Sorted()...))
		})
	}
}

// desk is a machine that somebody uses an agent at.
type desk struct {
	logger
	server     *scripted.Server
	url        string
	home, work string
	first      string // id of the first session
}

func newDesk(t *testing.T, g logger) *desk {
	t.Helper()
	d := &desk{logger: g, home: t.TempDir(), work: filepath.Join(t.TempDir(), "shop")}
	var err error
	if d.server, err = scripted.Start(scripted.Config{Failures: []scripted.Failure{{Status: 429}, {Status: 500}}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.server.Close() })
	d.url = signed(t, d.server.URL())
	for name, text := range g.files {
		file := filepath.Join(d.home, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(d.fill(text)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"init", "-q", "-b", "main", d.work}, {"-C", d.work, "remote", "add", "origin", "git@github.com:Acme/Shop.git"},
		{"-C", d.work, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "--allow-empty", "-m", "first"}, {"-C", d.work, "checkout", "-q", "-b", "fix-date"}} {
		if out, err := exec.Command("git", args...).CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
	}
	return d
}

// signed puts a name of the request into every answer, as Anthropic does: agents log it.
func signed(t *testing.T, to string) string {
	t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	var n atomic.Int64
	proxy := httputil.NewSingleHostReverseProxy(u)
	proxy.FlushInterval = -1
	proxy.ModifyResponse = func(r *http.Response) error {
		r.Header.Set("Request-Id", fmt.Sprintf("req_logs_%d", n.Add(1)))
		return nil
	}
	s := httptest.NewServer(proxy)
	t.Cleanup(s.Close)
	return s.URL
}

func (d *desk) fill(s string) string {
	return strings.NewReplacer("{home}", d.home, "{url}", d.url, "{1}", d.first).Replace(s)
}

func (d *desk) environ() []string {
	env := []string{"HOME=" + d.home, "TERM=dumb", "NO_PROXY=127.0.0.1,localhost"}
	for _, name := range trial.Inherited() {
		if value := os.Getenv(name); value != "" && !strings.Contains(strings.ToUpper(name), "PROXY") {
			env = append(env, name+"="+value)
		}
	}
	for _, e := range d.env {
		env = append(env, d.fill(e))
	}
	return env
}

// use runs the agent once.
func (d *desk) use(t *testing.T, args []string) {
	t.Helper()
	argv := []string{d.program}
	for _, a := range args {
		argv = append(argv, d.fill(a))
	}
	end, err := process.Program{Argv: argv, Dir: d.work, Env: d.environ(), Keep: 1 << 16, Limit: 4 * time.Minute}.Run(t.Context(), time.Now)
	if err != nil || end.Status != 0 {
		t.Fatalf("%q: %v, %+v\n%s", argv, err, end, end.Output)
	}
	if d.first == "" && d.session != "" {
		files, err := filepath.Glob(filepath.Join(d.home, filepath.FromSlash(d.session)))
		if err != nil || len(files) != 1 {
			t.Fatalf("the first session left %q (%v), want one log", files, err)
		}
		d.first = d.id(files[0])
	}
}

// scan reads the logs as they are now.
func (d *desk) scan(t *testing.T, state string, into *spend.Set) session.Result {
	t.Helper()
	vars := map[string]string{}
	for _, e := range d.environ() {
		name, value, _ := strings.Cut(e, "=")
		vars[name] = value
	}
	homes := session.Homes(func(name string) string { return vars[name] }, d.home)
	if len(homes) != 1 || homes[0].Harness != d.name {
		t.Fatalf("the logs are looked for in %q", homes)
	}
	r, err := session.Scan(t.Context(), session.Options{Homes: homes, State: state, Add: func(_ context.Context, entries ...spend.Entry) error {
		for _, e := range entries {
			if err := e.Check(); err != nil {
				t.Error(err)
			}
			into.Add(e)
		}
		return nil
	}})
	if err != nil || len(r.Problems) > 0 {
		t.Fatalf("%v, %q", err, r.Problems)
	}
	return r
}

// served holds what was read against what the provider served.
func (d *desk) served(t *testing.T, entries []spend.Entry) {
	t.Helper()
	want, calls := map[string]usage.Tokens{}, map[string]int64{}
	unlogged := 0
	for _, s := range d.server.Ledger().Calls {
		if s.Status != 200 {
			continue
		}
		if d.unlogged != nil && d.unlogged(s) {
			unlogged++
			continue
		}
		tokens := s.Tokens
		if d.lumps {
			tokens.CacheCreation = tokens.Written()
			tokens.CacheCreation5m, tokens.CacheCreation1h = usage.Known(0), usage.Known(0)
		}
		add(want, s.Model, tokens)
		calls[s.Model]++
	}
	got, gotCalls := map[string]usage.Tokens{}, map[string]int64{}
	for _, e := range entries {
		add(got, e.Model, e.Tokens)
		gotCalls[e.Model] += e.Calls
		if e.Unseen > 0 {
			t.Errorf("%d calls were not seen: %+v", e.Unseen, e)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the logs differ from what was served (-served +read):\n%s", diff)
	}
	if diff := cmp.Diff(calls, gotCalls); diff != "" {
		t.Errorf("the calls differ (-served +read):\n%s", diff)
	}
	if d.unlogged != nil && unlogged == 0 {
		t.Error("nothing was served that is not in the logs: say so in docs/spend.md")
	}
}

func add(to map[string]usage.Tokens, model string, tokens usage.Tokens) {
	sum, ok := to[model]
	if !ok {
		sum = usage.None()
	}
	to[model] = sum.Plus(tokens)
}

// located holds every entry to say where it was made.
func (d *desk) located(t *testing.T, entries []spend.Entry) {
	t.Helper()
	for _, e := range entries {
		if e.Repository != "github.com/acme/shop" || e.Branch != "fix-date" || e.Source != spend.SessionLog || e.Provenance != spend.Reported {
			t.Errorf("an entry is of %q, %q (%s, %s)", e.Repository, e.Branch, e.Source, e.Provenance)
		}
		if text, err := json.Marshal(e); err != nil || bytes.Contains(text, []byte(d.home)) || bytes.Contains(text, []byte(d.work)) || d.first != "" && bytes.Contains(text, []byte(d.first)) {
			t.Errorf("an entry tells more than numbers: %s (%v)", text, err)
		}
	}
}

// compare holds what was read against what ccusage makes of the same logs.
func (d *desk) compare(t *testing.T, entries []spend.Entry) {
	t.Helper()
	want := inWordsOfCcusage(entries)
	if d.noThoughts {
		for _, e := range entries {
			n, _ := e.Tokens.Reasoning.Value()
			want["output"] -= n
		}
	}
	theirs, ok := ccusage(t, d.ccusage, d.work, d.environ())
	if !ok {
		t.Log("ccusage is not installed; scripts/agents.sh installs it")
		return
	}
	if diff := cmp.Diff(want, theirs); diff != "" {
		t.Errorf("ccusage differs (-ours +ccusage's):\n%s", diff)
	}
}
